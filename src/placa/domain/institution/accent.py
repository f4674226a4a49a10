"""The institution's accent colour as the roles of a theme, where its contrast is enough.

Each role keeps the lightness that it has in the patient's theme (`themes-light.css`, `themes-dark.css`), and so its
contrast; hue and chroma are the institution's. A scheme in which a pair fails keeps the theme's own colours.
"""

from typing import Final, Literal

from placa.common import colours

Scheme = Literal["light", "dark"]
TEXT, PICTURE = 4.5, 3.0  # WCAG 2.2: 1.4.3, 1.4.11

# role: lightness in OKLCH, and its share of the accent's chroma
_LIGHT: Final = {
    "accent": (0.548, 1.0), "accent-hover": (0.478, 0.91), "accent-active": (0.403, 0.76),
    "accent-ink": (0.478, 0.91), "accent-soft": (0.971, 0.08), "accent-soft-2": (0.942, 0.15),
    "accent-soft-ink": (0.403, 0.76), "accent-line": (0.89, 0.3), "focus": (0.548, 1.0), "hero-a": (0.942, 0.15),
    "hero-b": (0.987, 0.03),
}  # fmt: skip
_DARK: Final = {
    "accent": (0.755, 0.65), "accent-hover": (0.81, 0.54), "accent-active": (0.861, 0.38), "accent-ink": (0.801, 0.56),
    "accent-soft": (0.286, 0.28), "accent-soft-2": (0.334, 0.35), "accent-soft-ink": (0.9, 0.27),
    "accent-line": (0.42, 0.42), "focus": (0.82, 0.5), "hero-a": (0.271, 0.34), "hero-b": (0.19, 0.12),
}  # fmt: skip
# colours of the patient's theme that the accent's roles stand on or under
_GROUNDS: Final = {"light": ("#ffffff", "#f4f8fe", "#edf1f5"), "dark": ("#0b1017", "#141a22", "#242b35")}
_ON: Final = {"light": "#ffffff", "dark": "#071425"}


def roles(accent: str) -> dict[Scheme, dict[str, str]]:
    """Colours by scheme and role; without a scheme in which contrast fails. In light the accent itself is used."""
    found: dict[Scheme, dict[str, str]] = {}
    light = _drawn(accent, _LIGHT) | {"accent": accent, "focus": accent}
    # pressed, it is darker than at rest, however dark that is
    rest, _chroma, _hue = colours.oklch(accent)
    for role, step in (("accent-hover", 0.07), ("accent-active", 0.145)):
        lightness, share = _LIGHT[role]
        light[role] = _of(accent, max(0.0, min(lightness, rest - step)), share)
    if _is_readable("light", light):
        found["light"] = light
    dark = _drawn(accent, _DARK)
    if _is_readable("dark", dark):
        found["dark"] = dark
    return found


def _drawn(accent: str, steps: dict[str, tuple[float, float]]) -> dict[str, str]:
    return {role: _of(accent, lightness, share) for role, (lightness, share) in steps.items()}


def _of(accent: str, lightness: float, share: float) -> str:
    _lightness, chroma, hue = colours.oklch(accent)
    return colours.of_oklch(lightness, chroma * share, hue)


def _is_readable(scheme: Scheme, drawn: dict[str, str]) -> bool:
    on, grounds = _ON[scheme], _GROUNDS[scheme]
    pairs = [(on, drawn[role], TEXT) for role in ("accent", "accent-hover", "accent-active")]
    pairs += [(drawn["accent-ink"], ground, TEXT) for ground in grounds]
    pairs += [(drawn[role], ground, PICTURE) for role in ("accent", "focus") for ground in grounds]
    pairs += [(drawn["accent-soft-ink"], drawn[role], TEXT) for role in ("accent-soft", "accent-soft-2")]
    return all(colours.contrast(one, other) >= least for one, other, least in pairs)
