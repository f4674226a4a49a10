"""A frontal chest radiograph, drawn as attenuation and exposed (synthetic)."""

import numpy as np
from scipy.ndimage import gaussian_filter

from placa.demo.phantoms.fields import Array, bump, fractal, soft, unit_grid

_RIBS = 10


def chest_attenuation(size: int = 750) -> Array:
    """Attenuation along the beam, the patient facing the viewer: the patient's left at the right. Square."""
    x, y = unit_grid(size, size)
    wx = x + np.float32(0.02) * fractal((size, size), 4.5, 1)
    wy = y + np.float32(0.02) * fractal((size, size), 4.5, 2)
    width = 0.80 + 0.14 * np.clip(y + 0.2, -1, 1) - 0.55 * np.clip(-0.62 - y, 0, 1)
    torso = soft(width - np.abs(wx), 26)
    total = 1.9 * torso * (1 - 0.25 * x**2)
    total += 1.1 * np.exp(-((np.abs(wx) - 0.86) ** 2 / 0.05 + (wy + 0.74) ** 2 / 0.05))
    for side in (-1, 1):
        total += _hemithorax(wx, wy, side)
        total += _ribs(wx, wy, side) * torso
        total += _shoulder_girdle(wx, wy, side)
    total += _mediastinum(wx, wy)
    blurred: Array = gaussian_filter(total, 0.0013 * size)
    return blurred + np.float32(0.03) * fractal((size, size), 2.2, 4)


def _hemithorax(wx: Array, wy: Array, side: int) -> Array:
    centre, top, bottom = side * 0.40, -0.72, 0.50 + (0.07 if side > 0 else 0)
    u = (wx - centre) / (0.36 + 0.06 * wy)
    v = (wy - (top + bottom) / 2) / ((bottom - top) / 2)
    profile = 1 - np.abs(u) ** 2.6 - np.abs(np.where(v < 0, v, v * 0.2)) ** 2.4
    dome = bottom - 0.30 * (np.abs(wx - centre * 0.95) / 0.33) ** 2.2 - wy
    lung = soft(profile, 9) * soft(dome, 34)
    hilum = 0.12 * np.exp(-((wx - side * 0.17) ** 2 / 0.008 + (wy + 0.02) ** 2 / 0.03))
    return np.asarray(
        -1.30 * lung + 0.34 * np.clip(_lung_vessels(wx, wy, side), 0, 0.75) * lung + hilum, np.float32
    )


def _lung_vessels(wx: Array, wy: Array, side: int) -> Array:
    rng = np.random.default_rng(3 + side)
    drawn = np.zeros_like(wx)
    from_x, from_y = side * (wx - side * 0.15), wy + 0.05
    for number in range(26):
        angle, length = rng.uniform(-1.45, 1.45), rng.uniform(0.16, 0.46)
        along = from_x * np.cos(angle) + from_y * np.sin(angle)
        reached = (along > 0) & (along < length)
        t = along[reached]
        across = (
            from_y[reached] * np.cos(angle) - from_x[reached] * np.sin(angle) + 0.05 * np.sin(t * 9 + number)
        )
        fading = 1 - t / length
        drawn[reached] += np.exp(-((across / (0.016 * (0.25 + 0.75 * fading))) ** 2)) * fading
    return drawn


def _ribs(wx: Array, wy: Array, side: int) -> Array:
    """Posterior arcs with a brighter rim, and fainter anterior ends that run down and inwards."""
    drawn = np.zeros_like(wx)
    away = side * wx
    for number in range(_RIBS):
        start, half = -0.80 + number * 0.135, 0.022
        reach = (away > 0.06) & (away < 0.70 + 0.035 * number)
        px, py = away[reach], wy[reach]
        line = start + 0.30 * (px - 0.12) + 0.42 * (px - 0.12) ** 2 - 0.1
        body = bump(py - line, half, 4) * soft(0.86 - 0.06 * (number < 2) - px, 60)
        rim = bump(np.abs(py - line) - half * 0.9, 0.007)
        drawn[reach] += 0.13 * body + 0.10 * rim
        if number < 7:
            reach = (away > 0.30) & (away < 0.70)
            front_line = start + 0.30 + 0.342 * (0.70 - away[reach])
            drawn[reach] += 0.055 * bump(wy[reach] - front_line, 0.02, 4)
    return drawn


def _shoulder_girdle(wx: Array, wy: Array, side: int) -> Array:
    away = side * wx
    clavicle = -0.70 - 0.16 * (np.abs(wx) - 0.1) + 0.10 * np.sin(np.abs(wx) * 6)
    drawn: Array = 0.34 * bump(wy - clavicle, 0.026, 4) * soft(away - 0.05, 60) * soft(0.66 - away, 60)
    scapula = (away - 0.62) - 0.28 * (wy + 0.5)
    return np.asarray(
        drawn + 0.16 * bump(scapula, 0.05, 4) * soft(wy + 0.72, 60) * soft(-0.1 - wy, 20), np.float32
    )


def _mediastinum(wx: Array, wy: Array) -> Array:
    heart = soft(1 - ((wx - 0.13) / 0.33) ** 2 - ((wy - 0.24) / 0.34) ** 2, 9)
    drawn = 0.70 * heart * soft(0.62 - wy, 20) + 0.55 * bump(wx, 0.10, 4)
    drawn += 0.18 * np.exp(-((wx - 0.11) ** 2 / 0.006 + (wy + 0.27) ** 2 / 0.02))
    for number in range(15):
        drawn += 0.10 * bump(wx, 0.075, 4) * bump(wy + 0.95 - number * 0.135, 0.045, 4)
    trachea = bump(wx + 0.005, 0.026, 4) * soft(-0.12 - wy, 25)
    return np.asarray(drawn - 0.30 * trachea, np.float32)
