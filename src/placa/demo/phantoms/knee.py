"""A right knee as proton-density signal with the fat suppressed, sagittal plane by plane (synthetic).

Local millimetres: x from lateral (negative) to medial, y to the back, z up, with the joint line at z = 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from placa.demo.phantoms.fields import Array, ellipse, fractal

FAT, MARROW, MUSCLE, CARTILAGE, FLUID, TENDON, CORTEX = 0.15, 0.20, 0.38, 0.74, 1.0, 0.05, 0.05
Mask = NDArray[np.bool_]
Point = tuple[float, float]
#: Where the medial meniscus is torn: x from, to. Its posterior horn there has a bright line.
TEAR_SPAN = (13.0, 29.0)


@dataclass
class Sagittal:
    """One plane being painted: grids of y and z, the plane's x, and signal from 0 to 1."""

    x: float
    y: Array
    z: Array
    signal: Array

    def paint(self, mask: Mask, value: Any) -> None:
        self.signal[mask] = value if np.isscalar(value) else np.asarray(value)[mask]

    def strand(self, points: tuple[Point, Point, Point], half: float) -> Mask:
        """A band along a quadratic curve through (y, z) start, control and end."""
        nearest = np.full(self.y.shape, 1e6, np.float32)
        (y0, z0), (y1, z1), (y2, z2) = points
        for t in np.linspace(0, 1, 40):
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
            nearest = np.minimum(
                nearest,
                (self.y - (a * y0 + b * y1 + c * y2)) ** 2 + (self.z - (a * z0 + b * z1 + c * z2)) ** 2,
            )
        return nearest < half**2


def knee_plane(x: float, y: Array, z: Array, pixel: float) -> Array:
    """Noise-free signal over grids of y and z (mm) in the plane x; `pixel` in mm sets the blur."""
    wobble = fractal(y.shape, 4.4, 71)
    plane = Sagittal(x, y + wobble, z + 0.8 * fractal(y.shape, 4.4, 72), np.zeros(y.shape, np.float32))
    for paint in (_leg, _fibula, _bones, _menisci, _cruciates, _extensor, _vessels_and_fluid):
        paint(plane)
    blurred: Array = gaussian_filter(plane.signal, 0.35 / pixel)
    return blurred


def _leg(plane: Sagittal) -> None:
    """Skin, fat under it, muscles at the back and above, striped along the leg."""
    y, z, slim = plane.y, plane.z, np.sqrt(max(0.05, 1 - (plane.x / 54) ** 2))
    back = (58 + 0.10 * z - 4 * np.exp(-(((z - 4) / 22) ** 2))) * slim
    front = (-60 + 0.0018 * (z - 28) ** 2 + 0.05 * (28 - z)) * slim
    plane.paint((y < back) & (y > front), 0.42)
    plane.paint((y < back - 1.6) & (y > front + 1.6), FAT + 0.02 * fractal(y.shape, 2.6, 73))
    texture = MUSCLE + 0.05 * np.sin(y * 1.1 + 0.12 * z + 2 * fractal(y.shape, 3.6, 74))
    calf = (y > 21 + 0.0035 * (z + 10) ** 2 * (z < -10)) & (y < back - 7) & (z < 22 - 0.45 * (y - 30))
    ham = (y > 30 - 0.12 * (z - 40)) & (y < back - 6) & (z > 34 + 0.3 * np.abs(plane.x))
    quadriceps = (y < -18) & (y > front + 7) & (z > 62 + 0.9 * (y + 40))
    plane.paint(calf | ham | quadriceps, texture)


def _fibula(plane: Sagittal) -> None:
    if plane.x > -26:
        return
    half = 8.5 * np.sqrt(max(0.1, 1 - ((plane.x + 36) / 12) ** 2))
    head = (np.abs(plane.y - 24) < half * (0.8 + 0.2 * np.exp(-(((plane.z + 24) / 9) ** 2)))) & (
        plane.z < -16
    )
    plane.paint(head, CORTEX)
    plane.paint(head & (np.abs(plane.y - 24) < half - 2) & (plane.z < -18), MARROW)


def _condyle(plane: Sagittal, grow: float) -> Mask:
    """The femur's outline, `grow` mm outside the bone: two condyles, the trochlea between them, the shaft."""
    x, y, z = abs(plane.x), plane.y, plane.z
    fullness = np.sqrt(max(0.0, 1 - ((x - 20) / 22) ** 2))
    round_end = ellipse(y, z, (4, 27), (30 * fullness + grow, 24 * fullness + grow)) < 1
    notch = (y > -4 + 0.4 * x) & (z < 34) if x < 9 else np.zeros(y.shape, bool)
    shaft_half = 14 + 13 * np.exp(-np.clip(z - 34, 0, None) / 15)
    shaft = (np.abs(y + 4) < shaft_half * min(1.0, fullness * 1.25) + grow) & (z > 34)
    if x > 20:
        shaft &= z < 96 - 2.6 * (x - 20)
    return np.asarray((round_end & ~notch) | shaft, bool)


def _tibia(plane: Sagittal, grow: float) -> Mask:
    y, z = plane.y, plane.z
    fullness = np.sqrt(max(0.0, 1 - (plane.x / 40) ** 2))
    top = -5.0 + (4 if abs(plane.x) < 7 else 0) * np.exp(-((y / 7) ** 2)) + 0.05 * (y + 4)
    half = (15 + 13 * np.exp(-np.clip(-z - 7, 0, None) / 20)) * fullness
    tuberosity = 5 * np.exp(-(((z + 36) / 9) ** 2)) * (abs(plane.x) < 12)
    return np.asarray((z < top + grow) & (y > -3 - half - tuberosity) & (y < 1 + half), bool)


def _bones(plane: Sagittal) -> None:
    marrow = MARROW + 0.025 * fractal(plane.y.shape, 2.2, 75)
    joint = (plane.z > -12) & (plane.z < 36)
    plane.paint(_condyle(plane, 2.6) & joint & (plane.y > -34), CARTILAGE)
    plane.paint(_tibia(plane, 2.2) & (plane.z > -8), CARTILAGE)
    for outline in (_condyle, _tibia):
        plane.paint(outline(plane, 0), CORTEX)
        plane.paint(outline(plane, -1.5), marrow)
        scar_height = 30.0 if outline is _condyle else -20.0
        scar = np.abs(plane.z - scar_height - 2 * np.sin(plane.y / 6)) < 0.6
        plane.paint(outline(plane, -1.5) & scar, MARROW - 0.08)


def _menisci(plane: Sagittal) -> None:
    """Two wedges that meet to a band at the edge of the joint; the medial posterior horn has a tear."""
    away = abs(plane.x)
    if not 8 < away < 36:
        return
    y, z = plane.y, plane.z
    reach = np.sqrt(max(0.05, 1 - ((away - 20) / 22) ** 2))
    inner = 22 * reach - 13 + (12 if away < 28 else -40)
    for direction in (-1, 1):
        outer = 26.5 * reach
        along = direction * (y - 1)
        thickness = np.clip((along - inner + 9) / 15, 0, 1) * 3.6
        wedge = (
            (along > max(inner - 9, 0))
            & (along < outer)
            & (np.abs(z - 0.4) < thickness)
            & ~_condyle(plane, 0.8)
        )
        plane.paint(wedge, TENDON)
        if direction > 0 and TEAR_SPAN[0] < plane.x < TEAR_SPAN[1]:
            tear = np.abs(z - 0.2 + 0.22 * (along - outer + 6)) < 0.75
            plane.paint(wedge & tear & (along < outer - 2), 0.85)


def _cruciates(plane: Sagittal) -> None:
    if abs(plane.x + 2) < 6.5:
        fibres = 0.12 + 0.07 * np.sin((plane.y - plane.z) * 1.6)
        plane.paint(plane.strand(((-10, -3), (4, 10), (15, 29)), 4.2), fibres)
    if abs(plane.x - 4) < 5:
        plane.paint(plane.strand(((25, -14), (24, 16), (0, 21)), 3.4), TENDON)


def _extensor(plane: Sagittal) -> None:
    """Patella with its cartilage, the quadriceps and patellar tendons, the fat pad's septa."""
    x, y, z = plane.x, plane.y, plane.z
    fullness = np.sqrt(max(0.0, 1 - (x / 25) ** 2))
    if fullness > 0.2:
        flat = np.abs((y + 46) / (10 * fullness)) ** 2.5 + np.abs((z - 27) / (20 * fullness)) ** 2.5
        cartilage = np.abs((y + 44) / (11 * fullness)) ** 2.5 + np.abs((z - 28) / (16 * fullness)) ** 2.5
        plane.paint((cartilage < 1) & (y > -46) & ~_condyle(plane, 0), CARTILAGE)
        plane.paint(flat < 1, CORTEX)
        plane.paint(flat < 0.68, MARROW + 0.02 * fractal(y.shape, 2.2, 76))
    if abs(x) < 13:
        plane.paint(plane.strand(((-50, 10), (-47, -14), (-35, -37)), 2.3), TENDON)
        plane.paint(plane.strand(((-48, 46), (-45, 62), (-40, 92)), 3.0), TENDON)
    pad = (ellipse(y, z, (-37, 2), (11, 17), 0.25) < 1) & (plane.signal < 0.3) & (plane.signal > 0.1)
    plane.paint(pad, FAT + 0.05 * np.abs(fractal(y.shape, 2.8, 77)))


def _vessels_and_fluid(plane: Sagittal) -> None:
    """Popliteal vessels near the middle, and a small effusion above the patella and behind the condyles."""
    x, y, z = plane.x, plane.y, plane.z
    for centre, half, depth in ((-1.0, 4.0, 39), (5.0, 3.2, 35)):
        if abs(x - centre) < 5:
            plane.paint(np.abs(y - depth - 0.0016 * (z - 5) ** 2) < half, 0.62)
            plane.paint(np.abs(y - depth - 0.0016 * (z - 5) ** 2) < half - 1.0, 0.10)
    if abs(x) < 27:
        room = np.sqrt(1 - (x / 27) ** 2)
        pouch = ellipse(y, z, (-35, 58), (3.0 * room, 17 * room), 0.14) < 1
        plane.paint(pouch & ~_condyle(plane, 0), FLUID)
    line = _condyle(plane, 3.4) & ~_condyle(plane, 2.6) & (z < 30) & (plane.signal > 0.1) & (np.abs(x) < 38)
    plane.paint(line & (y > -30) & (np.abs(x) > 7), FLUID * 0.85)
