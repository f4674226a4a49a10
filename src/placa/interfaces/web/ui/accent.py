"""The stylesheet that puts the institution's accent into the patient's theme.

Recipients, doctors, companies and staff keep the colours that tell their portals apart.
"""

import hashlib
from functools import lru_cache

from django.urls import reverse

from placa.common import colours
from placa.domain.institution.accent import Scheme, roles
from placa.interfaces.web.ui import institution

_LIGHT = '[data-theme="patient"]'
_DARK = '[data-bs-theme="dark"][data-theme="patient"], [data-bs-theme="dark"] [data-theme="patient"]'
_DEVICE = (
    ':root:not([data-bs-theme])[data-theme="patient"], :root:not([data-bs-theme]) [data-theme="patient"]'
)


def url() -> str:
    """Address of the stylesheet, changing with what is in it; empty where the theme's own colours stay."""
    css = sheet(institution.current().accent)
    if not css:
        return ""
    return reverse("institution_accent", args=[hashlib.sha256(css.encode()).hexdigest()[:12]])


@lru_cache(maxsize=8)
def sheet(accent: str) -> str:
    """The rules for `accent`; empty for none (or what is no colour), or where its contrast fails in both schemes."""
    try:
        found = roles(colours.checked(accent))
    except ValueError:
        return ""
    rules = [_rule(selector, found[scheme]) for scheme, selector in _ALWAYS if scheme in found]
    if "dark" in found:
        rules.append(f"@media (prefers-color-scheme: dark) {{\n{_rule(_DEVICE, found['dark'])}\n}}")
    return "\n".join(rules)


_ALWAYS: tuple[tuple[Scheme, str], ...] = (("light", _LIGHT), ("dark", _DARK))


def _rule(selector: str, drawn: dict[str, str]) -> str:
    lines = "".join(f"  --{role}: {colour};\n" for role, colour in drawn.items())
    return f"{selector} {{\n{lines}}}"
