"""Colours as sRGB hex, their contrast (WCAG 2.2) and their place in OKLCH (Ottosson 2020)."""

import math
import re

_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 24  # of the search for the most chroma that a screen can show


def checked(text: str) -> str:
    """`#rrggbb` in small letters. Raises ValueError for anything else."""
    colour = text.strip().lower()
    if not _HEX.fullmatch(colour):
        raise ValueError("not a colour: write it as #rrggbb")
    return colour


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def oklch(colour: str) -> tuple[float, float, float]:
    """Lightness (0 to 1), chroma and hue (radians)."""
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def of_oklch(lightness: float, chroma: float, hue: float) -> str:
    """The colour, with as much of `chroma` as sRGB has at this lightness and hue."""
    least, most = 0.0, chroma
    if _fits(_from(lightness, chroma, hue)):
        least = chroma
    else:
        for _ in range(_STEPS):
            middle = (least + most) / 2
            least, most = (middle, most) if _fits(_from(lightness, middle, hue)) else (least, middle)
    return "#" + "".join(f"{_encoded(value):02x}" for value in _from(lightness, least, hue))


def _from(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _fits(linear: tuple[float, float, float]) -> bool:
    return all(-1e-4 <= value <= 1 + 1e-4 for value in linear)


def _encoded(linear: float) -> int:
    value = min(1.0, max(0.0, linear))
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def _linear(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
