"""Template tags of the shared look: icons, dates as people say them, names, sizes, built files."""

import datetime as dt
import itertools
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import select_template
from django.templatetags.static import static
from django.utils import translation
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from placa.common import clock
from placa.interfaces.web.ui import assets, dates, institution

register = template.Library()
_ids = itertools.count(1)

# drawings of modalities (static/ui/img/modalities.svg) by DICOM code; ours for what DICOM has no image code
GLYPHS = {
    "CT": "ct", "PT": "ct", "NM": "ct", "MR": "mr", "CR": "rx", "DX": "rx", "RG": "rx", "RF": "rx", "XA": "rx",
    "IO": "rx", "PX": "rx", "BMD": "rx", "US": "us", "IVUS": "us", "MG": "mg", "ECG": "ecg", "EEG": "ecg",
    "HD": "ecg", "EPS": "ecg", "LAB": "lab", "SM": "lab",
}  # fmt: skip


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; hidden from screen readers unless `label` says what it means.

    Raises ValueError for a name that icons.txt does not list, because the sprite would show nothing.
    """
    if name not in assets.icon_names():
        raise ValueError(f"icons.txt has no icon {name!r}")
    voice = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    classes = f"bi bi-{name} {css}".rstrip()
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"></use></svg>', classes, voice, _sprite("build/vendor/icons.svg"), name
    )


@register.simple_tag
def modality_icon(code: str) -> SafeString:
    """The drawing of a modality (DICOM code, or LAB, EEG); a plain picture for one that has none."""
    if glyph := GLYPHS.get(code.upper()):
        sprite = _sprite("ui/img/modalities.svg")
        return format_html(
            '<svg class="p-glyph" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, glyph
        )
    return icon("image")


def _sprite(path: str) -> str:
    return static(path)


@register.simple_tag
def human_date(value: dt.datetime | dt.date | None) -> str:
    """`<time>` with the date as one says it; the exact one on hover. Empty for None."""
    if value is None:
        return ""
    zone = institution.zone()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        dates.exact(value, zone),
        dates.moment(value, zone),
    )


@register.filter
def exact_date(value: dt.datetime | dt.date | None) -> str:
    """The whole date (and time) in the institution's zone."""
    return "" if value is None else dates.exact(value, institution.zone())


@register.filter
def day_group(value: dt.datetime | dt.date) -> str:
    """Month of this year, or the year: for `{% regroup %}` of a list."""
    return dates.day_group(value, institution.zone())


@register.filter
def age(birth: dt.date | None, on: dt.date | None = None) -> str:
    """Age in words, today in the institution's zone unless `on` is given."""
    return "" if birth is None else dates.age(birth, on or clock.today(institution.zone()))


@register.filter
def person_name(person: Any) -> str:
    """A person's name as read aloud: from a DICOM PN ("Morales^Ana") or an object that knows its name."""
    if person is None:
        return ""
    if isinstance(person, str):
        family, _sep, rest = person.split("=")[0].partition("^")
        return " ".join(part for part in (*rest.split("^")[:2], family) if part.strip()).strip()
    for attribute in ("display_name", "full_name", "get_full_name", "name"):
        if found := getattr(person, attribute, None):
            return str(found() if callable(found) else found)
    return str(person)


@register.filter
def initials(name: Any) -> str:
    """At most two capitals for an avatar; titles such as "Dr." do not count."""
    words = [word for word in person_name(name).split() if not word.endswith(".")]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def filesize(size: int | None) -> str:
    """Bytes as kB, MB, GB (powers of 1000, as systems and phones show them)."""
    if size is None:
        return ""
    amount, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            break
        amount /= 1000
    places = 1 if amount < 9.95 and unit not in ("B", "kB") else 0
    return f"{number_format(round(amount, places), places)}\u00a0{unit}"


@register.simple_tag
def static_built(path: str) -> str:
    """Address of a file that `npm run build` took from a package."""
    return static(f"build/vendor/{path}")


@register.simple_tag
def ui_styles() -> SafeString:
    """Links to the style sheets of every page, in order."""
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(path),) for path in assets.STYLES))


@register.simple_tag
def ui_scripts() -> SafeString:
    """The modules of every page; each works alone and does nothing where its part is not on the page."""
    return format_html_join(
        "\n",
        '<script type="module" src="{}"></script>',
        ((static(f"ui/js/{name}.js"),) for name in assets.SCRIPTS),
    )


@register.simple_tag
def vite_entry(entry: str) -> SafeString:
    """Script, styles and preloads of an entry of the viewer's build."""
    script, styles, preload = assets.vite_chunks(entry)
    parts = [format_html('<link rel="stylesheet" href="{}">', static(path)) for path in styles]
    parts += [format_html('<link rel="modulepreload" href="{}">', static(path)) for path in preload]
    parts.append(format_html('<script type="module" src="{}"></script>', static(script)))
    return mark_safe("\n".join(parts))


@register.simple_tag
def unique_id(prefix: str = "u") -> str:
    """An id that no other element of this page has."""
    return f"{prefix}{next(_ids)}"


@register.simple_tag
def language_name(code: str) -> str:
    """A language's name in itself: español, italiano, English, português."""
    return translation.get_language_info(code)["name_local"].capitalize()


@register.simple_tag
def bound_widget(field: BoundField) -> SafeString:
    """A form field's widget with our classes, and aria wiring to the help and error that c-field writes."""
    kind = getattr(field.field.widget, "input_type", "")
    css = {"checkbox": "form-check-input", "radio": "form-check-input", "select": "form-select"}.get(kind, "form-control")
    described = [f"{field.id_for_label}-error"] if field.errors else []
    described += [f"{field.id_for_label}-help"] if field.help_text else []
    attrs = {"class": f"{field.field.widget.attrs.get('class', '')} {css}{' is-invalid' if field.errors else ''}".strip()}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.simple_tag(takes_context=True)
def help_text(context: template.Context) -> SafeString:
    """The help of this page: ui/help/<audience>/<help_topic>.html, else the audience's, else the general one."""
    audience, topic = context.get("audience", "patient"), context.get("help_topic", "")
    names = [f"ui/help/{audience}/{topic}.html"] if topic else []
    found = select_template([*names, f"ui/help/account/{topic}.html", f"ui/help/{audience}/index.html", "ui/help/index.html"])
    return mark_safe(found.render(context.flatten()))


@register.simple_tag
def person_label(user: Any) -> str:
    """What the header calls a signed-in user: the name, else the user name."""
    name = person_name(user) if user is not None else ""
    return name or str(getattr(user, "username", ""))


@register.simple_tag(takes_context=True)
def nav_count(context: template.Context, key: str) -> int:
    """Figure beside a place of the navigation, from the context's `nav_counts`; 0 where none is kept."""
    counts: dict[str, int] = context.get("nav_counts") or {}
    return counts.get(key, 0) if key else 0
