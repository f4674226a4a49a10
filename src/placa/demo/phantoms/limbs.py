"""Radiographs of bones: the wrist of a child of eleven and the lumbar spine in two views (synthetic)."""

import numpy as np
from scipy.ndimage import gaussian_filter

from placa.demo.phantoms.fields import Array, bump, ellipse, fractal, soft, unit_grid

_CARPALS = (
    (-0.185, -0.315, 0.072, 0.058, 0.4),
    (-0.045, -0.30, 0.062, 0.066, 0.0),
    (0.085, -0.29, 0.060, 0.052, -0.3),
    (0.125, -0.335, 0.036, 0.036, 0.0),
    (-0.235, -0.435, 0.052, 0.046, 0.3),
    (-0.130, -0.445, 0.044, 0.050, 0.0),
    (-0.020, -0.425, 0.058, 0.082, 0.0),
    (0.095, -0.420, 0.058, 0.066, 0.3),
)


def wrist_attenuation(rows: int = 700, columns: int = 540) -> Array:
    """A right wrist, back of the hand to the tube's other side, fingers up; growth plates still open."""
    x, y = unit_grid(rows, columns)
    x = x + np.float32(0.006) * fractal((rows, columns), 4.5, 41)
    outline = 0.36 + 0.16 * bump(y + 0.75, 0.5) - 0.03 * soft(y - 0.2, 6)
    flesh = soft(outline - np.abs(x + 0.02), 40)
    total = 0.55 * flesh * np.sqrt(np.clip(1.05 - (x / 0.6) ** 2, 0.05, 1))
    total += _shaft(x, y, -0.12, 0.105, (-0.155, 1.4), 0.55) + _shaft(x, y, 0.165, 0.07, (-0.11, 1.4), 0.35)
    total += _epiphysis(x, y, (-0.125, -0.205), (0.150, 0.036)) + _epiphysis(
        x, y, (0.168, -0.150), (0.085, 0.026)
    )
    for number, (cx, cy, width, height, turn) in enumerate(_CARPALS):
        total += _carpal(x, y, (cx, cy), (width, height), turn, number)
    for number, cx in enumerate((-0.215, -0.095, 0.02, 0.125)):
        lean = (y + 0.5) * -0.10 * (number - 1.5)
        total += _shaft(x, y, cx + lean, 0.040, (-1.4, -0.525), 0.4)
    thumb = -0.30 + (y + 0.48) * 0.62
    total += _shaft(x, y, thumb, 0.045, (-0.86, -0.50), 0.35)
    total += np.float32(0.05) * fractal((rows, columns), 2.4, 43) * flesh
    return np.asarray(gaussian_filter(total, 0.0016 * rows), np.float32)


def _shaft(
    x: Array, y: Array, centre: float | Array, half: float, ends: tuple[float, float], flare: float
) -> Array:
    """A long bone: dense cortex, lighter marrow, wider at its ends."""
    widened = half * (1 + flare * bump(y - ends[0], 0.12) + flare * bump(y - ends[1], 0.12))
    u = np.abs(x - centre) / widened
    length = soft(y - ends[0], 70) * soft(ends[1] - y, 70)
    return np.asarray(soft(1 - u, 30) * length * (0.40 + 0.62 * np.clip(u, 0, 1) ** 3), np.float32)


def _epiphysis(x: Array, y: Array, centre: tuple[float, float], radii: tuple[float, float]) -> Array:
    flat = np.abs((x - centre[0]) / radii[0]) ** 3.5 + np.abs((y - centre[1]) / radii[1]) ** 2.4
    return np.asarray(0.72 * soft(1 - flat, 7) + 0.14 * bump(1 - flat, 0.25), np.float32)


def _carpal(
    x: Array, y: Array, centre: tuple[float, float], radii: tuple[float, float], turn: float, number: int
) -> Array:
    angle = np.arctan2(y - centre[1], x - centre[0])
    lumpy = 1 + 0.09 * np.cos(3 * angle + number) + 0.05 * np.cos(4 * angle + 2 * number)
    radius = ellipse(x, y, centre, radii, turn) / lumpy**2
    return np.asarray(0.52 * soft(1 - radius, 12) + 0.20 * bump(radius - 0.88, 0.16), np.float32)


def lumbar_frontal_attenuation(rows: int = 880, columns: int = 640) -> Array:
    """T11 to the sacrum from the front: bodies, discs, pedicles, processes, psoas, iliac wings, some gas."""
    x, y = unit_grid(rows, columns)
    x = x + np.float32(0.008) * fractal((rows, columns), 4.6, 51)
    y = y + np.float32(0.006) * fractal((rows, columns), 4.6, 52)
    flank = 0.66 - 0.07 * bump(y - 0.05, 0.35)
    total = 1.35 * soft(flank - np.abs(x), 22) + 0.12 * soft(y, 4)
    total += 0.18 * soft(0.20 + 0.17 * (y + 0.3) - np.abs(x), 34) * soft(y + 0.45, 18)
    total += 0.22 * soft(1 - ellipse(x, y, (-0.40, -0.62), (0.30, 0.36)), 6)
    for number in range(7):
        level = -0.86 + number * 0.222
        near = _rows_near(y, level, 0.42 if number < 2 else 0.2)
        total[near] += _vertebra_from_front(x[near], y[near], level, 0.118 + 0.006 * number, ribs=number < 2)
    total += _sacrum_and_wings(x, y)
    total += _bowel_gas(x, y)
    total += np.float32(0.045) * fractal((rows, columns), 2.3, 53)
    return np.asarray(gaussian_filter(total, 0.0013 * rows), np.float32)


def _rows_near(y: Array, level: float, reach: float) -> slice:
    """The rows that a vertebra can touch: painting only them saves most of the time."""
    top, bottom = np.searchsorted(y[:, 0], (level - reach, level + reach))
    return slice(int(top), int(bottom))


def _vertebra_from_front(x: Array, y: Array, level: float, half: float, ribs: bool) -> Array:
    waist = half * (1 - 0.10 * bump(y - level, 0.05))
    box = np.abs(x / waist) ** 6 + np.abs((y - level) / 0.088) ** 8
    drawn = 0.44 * soft(1 - box, 8) + 0.13 * bump(box - 0.9, 0.4)
    drawn += 0.20 * bump(np.abs(y - level) - 0.083, 0.008) * soft(half - np.abs(x), 90)
    for side in (-1, 1):
        pedicle = ellipse(x, y, (side * half * 0.66, level - 0.022), (0.022, 0.034))
        drawn += 0.20 * bump(pedicle - 1, 0.4) + 0.08 * soft(1 - pedicle, 8)
        away = side * x
        if ribs:
            line = level - 0.05 + 0.34 * (away - half) + 0.3 * (away - half) ** 2
            length = soft(away - half, 60) * soft(0.60 - away, 40)
            drawn += length * (0.16 * bump(y - line, 0.024, 4) + 0.10 * bump(np.abs(y - line) - 0.022, 0.007))
        else:
            tip = level - 0.03 - 0.10 * (away - half)
            drawn += 0.20 * bump(y - tip, 0.020, 4) * soft(away - half, 60) * soft(half + 0.105 - away, 50)
    spinous = ellipse(x, y, (0, level + 0.045), (0.017, 0.05))
    return np.asarray(drawn + 0.26 * soft(1 - spinous, 6) + 0.12 * bump(spinous - 0.9, 0.4), np.float32)


def _sacrum_and_wings(x: Array, y: Array) -> Array:
    away = np.abs(x)
    sacrum = soft(0.235 - 0.42 * (y - 0.62) - away, 34) * soft(
        y - 0.60 - 0.5 * np.clip(away - 0.12, 0, 1) ** 2, 50
    )
    drawn = 0.55 * sacrum
    for row in (0.72, 0.84, 0.95):
        for side in (-1, 1):
            drawn -= 0.14 * soft(1 - ellipse(x, y, (side * 0.095, row), (0.024, 0.018)), 5)
    crest = 0.40 + 1.9 * (away - 0.40) ** 2
    wing = soft(y - crest, 40) * soft(away - 0.20 - 0.06 * (y - 0.5), 34) * soft(0.645 - away, 34)
    rim = bump(y - crest - 0.012, 0.016) * soft(away - 0.22, 40) * soft(0.635 - away, 40)
    joint = bump(away - 0.225 + 0.12 * (y - 0.7), 0.012) * soft(y - 0.60, 30) * soft(0.95 - y, 30)
    return np.asarray(drawn + 0.55 * wing + 0.34 * rim - 0.20 * joint, np.float32)


def _bowel_gas(x: Array, y: Array) -> Array:
    rng = np.random.default_rng(54)
    drawn = np.zeros_like(x)
    for number in range(22):
        side = -1 if number % 2 else 1
        centre = (side * rng.uniform(0.30, 0.52), rng.uniform(-0.25, 0.72))
        radius = ellipse(x, y, centre, (rng.uniform(0.03, 0.07), rng.uniform(0.03, 0.06)), rng.uniform(0, 3))
        drawn -= rng.uniform(0.10, 0.22) * soft(1 - radius, 5)
    return drawn


def lumbar_lateral_attenuation(rows: int = 880, columns: int = 560) -> Array:
    """The same spine from its left side, front at the left: lordosis, bodies, discs, arches, sacrum."""
    x, y = unit_grid(rows, columns)
    x = x + np.float32(0.006) * fractal((rows, columns), 4.6, 61)
    y = y + np.float32(0.006) * fractal((rows, columns), 4.6, 62)
    total = 1.5 * soft(0.60 - np.abs(x), 16) + 0.35 * soft(y - 0.35, 8) - 0.25 * soft(-0.1 - x, 9)
    for number in range(7):
        level = -0.86 + number * 0.222
        turn = 0.26 * (number - 3.2) / 3.2
        near = _rows_near(y, level, 0.3)
        total[near] += _vertebra_from_side(x[near], y[near], (_lordosis(level), level), turn)
    for number in range(4):
        centre = (0.055 + 0.085 * number, 0.70 + 0.12 * number)
        total += _vertebra_from_side(x, y, centre, -0.62, scale=0.85 - 0.1 * number, arch=False)
    total += np.float32(0.05) * fractal((rows, columns), 2.3, 63)
    return np.asarray(gaussian_filter(total, 0.0013 * rows), np.float32)


def _lordosis(level: float) -> float:
    return 0.04 - 0.13 * float(np.exp(-(((level - 0.15) / 0.5) ** 2)))


def _vertebra_from_side(
    x: Array, y: Array, centre: tuple[float, float], turn: float, scale: float = 1, arch: bool = True
) -> Array:
    across = ((x - centre[0]) * np.cos(turn) + (y - centre[1]) * np.sin(turn)) / scale
    along = ((y - centre[1]) * np.cos(turn) - (x - centre[0]) * np.sin(turn)) / scale
    half = 0.122 * (1 - 0.08 * bump(along, 0.05))
    box = np.abs(across / half) ** 7 + np.abs(along / 0.090) ** 8
    drawn = 0.46 * soft(1 - box, 8) + 0.10 * bump(box - 0.9, 0.4)
    drawn += 0.24 * bump(np.abs(along) - 0.085, 0.008) * soft(half - np.abs(across), 90)
    if arch:
        pedicle = bump(along + 0.035, 0.026, 4) * soft(across - 0.10, 50) * soft(0.20 - across, 50)
        facet = soft(1 - ellipse(across, along, (0.205, 0.02), (0.035, 0.105), 0.25), 6)
        spinous = soft(1 - ellipse(across, along, (0.30, 0.075), (0.105, 0.042), 0.3), 6)
        drawn += 0.22 * pedicle + 0.24 * facet + 0.17 * spinous
    return np.asarray(drawn, np.float32)
