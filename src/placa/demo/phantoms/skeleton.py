"""The bones of the abdomen phantom: spine, ribs, sacrum and the wings of the pelvis."""

import numpy as np

from placa.demo.phantoms.abdomen import Plane

CORTEX_HU = 560
MARROW_HU = 190
_VERTEBRA_MM = 33
_SACRUM_TOP = -122.0
_CREST_TOP = -82.0


def spine(plane: Plane) -> None:
    """Vertebrae 33 mm apart with discs between them, arch, canal and processes."""
    if plane.z < _SACRUM_TOP:
        return
    level = float(np.mod(plane.z + 6, _VERTEBRA_MM))
    disc = level < 7
    window, radius = plane.tube((0, 60), (25, 19))
    plane.paint(window, radius < 1, 85 if disc else 640)
    if not (level < 9 or level > 31):
        marrow = 235 + 70 * plane.wobble(window, 5, 8)
        plane.paint(window, radius < 0.78, marrow)
    window, radius = plane.tube((0, 86), (19, 15))
    x, y, _ = plane.at(window)
    hollow = (x / 13.5) ** 2 + ((y - 85) / 10.5) ** 2
    plane.paint(window, (radius < 1) & (hollow > 1) & (y > 72), CORTEX_HU)
    plane.paint(window, hollow < 0.86, 25)
    plane.paint(window, (x / 7) ** 2 + ((y - 84) / 6) ** 2 < 1, 45)
    _processes(plane, level)


def _processes(plane: Plane, level: float) -> None:
    window = plane.window((0, 92), (46, 22))
    x, y, _ = plane.at(window)
    if level >= 7:
        plane.paint(window, (np.abs(x) < 3.4) & (y > 98) & (y < 109), 520)
    if 16 < level < 26:
        away = np.abs(x)
        plane.paint(window, (np.abs(y - 84 - 0.25 * (away - 18)) < 3.4) & (away > 16) & (away < 44), 470)


def ribs(plane: Plane) -> None:
    """A cage of rings that rise to the back, cut off below the twelfth rib and open in front."""
    ring = plane.outline(27, 24) ** (1 / 2.35) - 1
    band = np.abs(ring) < 0.036
    x, y = plane.warped[0][band], plane.warped[1][band]
    distance = np.hypot(x, y)
    sine, cosine = y / distance, np.abs(x) / distance
    phase = np.mod(plane.z + 62 * cosine**0.8 - 34 * sine, 30)
    present = (plane.z > -42 - 25 * sine) & (sine > -0.86)
    values = plane.hu[band]
    values[present & (phase < 11)] = CORTEX_HU
    values[present & (np.abs(ring[band]) < 0.018) & (phase > 2.2) & (phase < 8.8)] = MARROW_HU
    plane.hu[band] = values


def pelvis(plane: Plane) -> None:
    """Sacrum, the wings of the iliac bones opening forwards, and the muscles on them."""
    if plane.z > _CREST_TOP + 8:
        return
    depth = float(np.clip((_CREST_TOP - plane.z) / 55, 0, 1))
    for side in (-1, 1):
        window, radius = plane.tube((side * 74, 82), (50, 24))
        fits = (radius < 0.35 + 0.65 * depth) & (plane.outline(12)[window] < 1)
        plane.paint(window, fits, 58 + 6 * plane.wobble(window, 14, 19))
        window, radius = plane.tube((side * 84, 46), (30, 26))
        plane.paint(window, radius < 0.25 + 0.75 * depth, 61)
        if depth > 0:
            _iliac_wing(plane, side, depth)
    if plane.z < _SACRUM_TOP:
        _sacrum(plane)


def _iliac_wing(plane: Plane, side: int, depth: float) -> None:
    """A curved plate from the sacrum outwards and forwards: a quadratic curve, thicker at its ends."""
    window = plane.window((side * 82, 42), (52, 62))
    x, y, _ = plane.at(window)
    steps = np.linspace(0.42 * (1 - depth), 0.5 + 0.5 * depth, 36)
    nearest = np.full(x.shape, 1e6, np.float32)
    for t in steps:
        curve_x = side * ((1 - t) ** 2 * 40 + 2 * t * (1 - t) * 88 + t**2 * 122)
        curve_y = (1 - t) ** 2 * 88 + 2 * t * (1 - t) * 66 + t**2 * (34 - 44 * depth)
        thickness = 4.2 + 10 * (t - 0.45) ** 2
        nearest = np.minimum(nearest, np.hypot(x - curve_x, y - curve_y) - np.float32(thickness))
    plane.paint(window, nearest < 0, CORTEX_HU)
    plane.paint(window, nearest < -2.2, MARROW_HU + 40 * plane.wobble(window, 6, 23))


def _sacrum(plane: Plane) -> None:
    window = plane.window((0, 76), (52, 30))
    x, y, _ = plane.at(window)
    tilt = (_SACRUM_TOP - plane.z) * 0.45
    radius = np.abs(x / 40) ** 2.4 + np.abs((y - 66 - tilt) / 19) ** 2
    plane.paint(window, radius < 1, 480)
    plane.paint(window, radius < 0.86, MARROW_HU + 50 * plane.wobble(window, 6, 24))
    canal = (x / 10) ** 2 + ((y - 76 - tilt) / 6) ** 2
    plane.paint(window, canal < 1, 30)
    for side in (-1, 1):
        plane.paint(window, (x - side * 19) ** 2 + (y - 66 - tilt) ** 2 < 16, 20)


BONES = (spine, pelvis, ribs)
