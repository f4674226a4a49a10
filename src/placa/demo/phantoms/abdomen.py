"""A person's abdomen in Hounsfield units, portal phase, plane by plane (synthetic).

Coordinates are DICOM's patient coordinates in mm (PS3.3 C.7.6.2.1.1): x to the patient's left, y to the
back, z up.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from placa.demo.phantoms.fields import Array, Waves

Mask = NDArray[np.bool_]
Window = tuple[slice, slice]

AIR_HU = -1000
LIVER_HU = 112
FAT_HU = -105
AORTA_HU = 232
CYST_HU = 8
#: A place well inside the liver, away from its vessels.
LIVER_POINT = (-92.0, 38.0, 60.0)
#: The cyst that the report speaks of: a ball of exactly this diameter, in the upper pole of the left kidney.
CYST_CENTRE = (74.0, 52.0, 42.0)
CYST_DIAMETER = 9.0
HALF_WIDTH, HALF_DEPTH = 168.0, 112.0
_ROUNDNESS = 2.35
_MARGIN = 9.0
_SIDES = (-1, 1)


@lru_cache(maxsize=32)
def waves(scale: float, seed: int) -> Waves:
    return Waves(scale, seed)


@dataclass
class Plane:
    """One axial plane being painted. `x` and `y` are axes in mm; organs see a gently warped copy of them."""

    x: Array
    y: Array
    z: float
    hu: Array = field(init=False)
    warped: tuple[Array, Array, Array] = field(init=False)
    body: Mask = field(init=False)
    inside: Mask = field(init=False)
    liver: Mask = field(init=False)
    powers: tuple[Array, Array] = field(init=False)
    half_width: float = field(init=False)

    def __post_init__(self) -> None:
        self.hu = np.full((len(self.y), len(self.x)), AIR_HU, np.float32)
        self.warped = (
            self.x[None] + 5 * waves(90, 1).plane(self.x, self.y, self.z),
            self.y[:, None] + 4 * waves(80, 2).plane(self.x, self.y, self.z),
            self.z + 5 * waves(90, 3).plane(self.x, self.y, self.z),
        )
        exponent = np.float32(_ROUNDNESS)
        self.powers = (np.abs(self.warped[0]) ** exponent, np.abs(self.warped[1]) ** exponent)
        self.half_width = HALF_WIDTH - 10 * float(np.exp(-(((self.z + 60) / 50) ** 2)))
        self.liver = np.zeros(self.hu.shape, bool)

    def outline(self, inset: float, front_inset: float | None = None) -> Array:
        """Below 1 inside the body's outline, `inset` mm in from the sides, `front_inset` from the front."""
        width = np.float32((self.half_width - inset) ** -_ROUNDNESS)
        depth = np.float32((HALF_DEPTH - (inset if front_inset is None else front_inset)) ** -_ROUNDNESS)
        return self.powers[0] * width + self.powers[1] * depth

    def window(self, centre: tuple[float, float], radii: tuple[float, float]) -> Window:
        """The pixels that a shape can reach, so that a small organ costs little."""
        left, right = np.searchsorted(
            self.x, (centre[0] - radii[0] - _MARGIN, centre[0] + radii[0] + _MARGIN)
        )
        top, bottom = np.searchsorted(
            self.y, (centre[1] - radii[1] - _MARGIN, centre[1] + radii[1] + _MARGIN)
        )
        return slice(int(top), int(bottom)), slice(int(left), int(right))

    def at(self, window: Window) -> tuple[Array, Array, Array]:
        """Warped x, y, z of a window."""
        return self.warped[0][window], self.warped[1][window], self.warped[2][window]

    def wobble(self, window: Window, scale: float, seed: int) -> Array:
        """A smooth random field over a window, about -1 to 1."""
        return waves(scale, seed).plane(self.x[window[1]], self.y[window[0]], self.z)

    def ball(
        self, centre: tuple[float, float, float], radii: tuple[float, float, float]
    ) -> tuple[Window, Array]:
        """Squared radius of an ellipsoid, below 1 inside, over the window that it can reach."""
        window = self.window(centre[:2], radii[:2])
        if abs(self.z - centre[2]) > radii[2] + _MARGIN:
            window = (slice(0, 0), slice(0, 0))
        x, y, z = self.at(window)
        parts = zip((x, y, z), centre, radii, strict=True)
        return window, np.asarray(sum(((v - c) / r) ** 2 for v, c, r in parts), np.float32)

    def tube(self, centre: tuple[float, float], radii: tuple[float, float]) -> tuple[Window, Array]:
        """Squared radius of an upright elliptical cylinder, below 1 inside, over its window."""
        window = self.window(centre, radii)
        x, y, _ = self.at(window)
        return window, ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2

    def paint(self, window: Window, mask: Mask, value: Any) -> None:
        """Put HU (one, or an array as large as the window) where the mask is true."""
        self.hu[window][mask] = value if np.isscalar(value) else np.asarray(value)[mask]


def body_wall(plane: Plane) -> None:
    """Skin, fat under it, the muscular wall with its fat stripe, and the fat inside it."""
    front = plane.warped[1] < 0
    plane.body = plane.outline(0) < 1
    plane.hu[plane.body] = 60
    plane.hu[plane.body & (plane.outline(2.5) < 1)] = FAT_HU
    wall = np.where(front, plane.outline(20, 21), plane.outline(20, 17)) < 1
    plane.hu[wall] = 58
    plane.hu[wall & (np.abs(plane.outline(27, 24) - 1) < 0.028)] = -60
    plane.inside = plane.outline(33, 31) < 1
    plane.hu[plane.inside] = -98


def back_muscles(plane: Plane) -> None:
    for side in _SIDES:
        window, radius = plane.tube((side * 36, 86), (31, 17))
        plane.paint(window, (radius < 1) & plane.body[window], 58 + 6 * plane.wobble(window, 14, 9))
        growth = 1 + 0.25 * float(np.clip((20 - plane.z) / 120, 0, 1))
        window, radius = plane.tube((side * 38 * growth, 58), (15 * growth, 17 * growth))
        plane.paint(window, radius < 1, 62)


_VESSELS = (
    (-70, 10, 0.5, 0.2),
    (-90, -30, 0.2, -0.6),
    (-45, -20, -0.7, 0.3),
    (-100, 22, 0.1, 0.8),
    (-60, -48, 0.5, -0.2),
)


def liver_and_gallbladder(plane: Plane) -> None:
    window = plane.window((-60, 0), (100, 96))
    x, y, z = plane.at(window)
    right = ((x + 72) / 76) ** 2 + (y / 84) ** 2 + ((z - 42) / 78) ** 2 < 1
    left = ((x + 18) / 62) ** 2 + ((y + 42) / 34) ** 2 + ((z - 48) / 44) ** 2 < 1
    spine_bed = (x / 44) ** 2 + ((y - 58) / 30) ** 2 < 1
    mask = (right | left) & plane.inside[window] & ~spine_bed
    plane.liver[window] = mask
    plane.paint(window, mask, LIVER_HU + 3 * plane.wobble(window, 12, 4))
    for number, (cx, cy, slope_x, slope_y) in enumerate(_VESSELS):
        bend = 9 * np.sin(y / 17 + number)
        across = x - cx - slope_x * (z - 38) - bend
        along = (y - cy - slope_y * (z - 38)) * 0.42
        plane.paint(window, mask & (across**2 + along**2 < 4.2**2), 158)
    window, radius = plane.ball((-48, -48, 8), (17, 24, 26))
    plane.paint(window, (radius < 1) & plane.inside[window], 12)


def stomach_spleen_pancreas(plane: Plane) -> None:
    window, wall = plane.ball((64, -44, 48), (50, 36, 46))
    stomach = (wall < 1) & plane.inside[window]
    plane.paint(window, stomach, 74)
    _, lumen = plane.ball((64, -44, 48), (50, 36, 46))
    air_above_fluid = np.where(plane.y[window[0]][:, None] < -54, -960, 24) + np.zeros_like(lumen)
    plane.paint(window, stomach & (lumen < 0.79), air_above_fluid)
    window, radius = plane.ball((108, 34, 50), (27, 46, 48))
    x, y, z = plane.at(window)
    hilum = ((x - 84) / 18) ** 2 + ((y - 22) / 30) ** 2 + ((z - 50) / 40) ** 2 < 1
    plane.paint(window, (radius < 1) & plane.inside[window] & ~hilum, 124)
    window = plane.window((17, 0), (62, 40))
    x, y, z = plane.at(window)
    curve = np.abs(y - (2 - 18 * np.sin((x + 20) / 60)) + (z - 18) * 0.3)
    gland = (curve < 10 + 2 * plane.wobble(window, 20, 6)) & (x > -44) & (x < 78) & (np.abs(z - 24) < 18)
    in_stomach = ((x - 64) / 50) ** 2 + ((y + 44) / 36) ** 2 + ((z - 48) / 46) ** 2 < 1
    plane.paint(window, gland & plane.inside[window] & ~plane.liver[window] & ~in_stomach, 104)


def kidneys(plane: Plane) -> None:
    """Cortex, pyramids, sinus fat, pelvis with contrast; and in the left one a simple cyst of known size."""
    for side, height in ((-1, -2), (1, 8)):
        window, radius = plane.ball((side * 70, 50, height), (27, 31, 56))
        plane.paint(window, radius < 1, 205)
        plane.paint(window, (radius < 0.62) & (plane.wobble(window, 17, 12 + side) > -0.15), 138)
        window, radius = plane.ball((side * 58, 44, height), (15, 12, 28))
        plane.paint(window, radius < 1, -70)
        window, radius = plane.tube((side * 50, 43), (4.5, 4.5))
        plane.paint(window, (radius < 1) & (np.abs(plane.warped[2][window] - height) < 14), 185)
    distance_2 = (plane.x[None] - CYST_CENTRE[0]) ** 2 + (plane.y[:, None] - CYST_CENTRE[1]) ** 2
    plane.hu[distance_2 + (plane.z - CYST_CENTRE[2]) ** 2 < (CYST_DIAMETER / 2) ** 2] = CYST_HU


def vessels(plane: Plane) -> None:
    """Aorta (in two below the fourth vertebra), cava, mesenteric artery and vein, splenic vein."""
    spread = float(np.clip((-95 - plane.z) * 0.35, 0, 24))
    size = 11 if spread == 0 else 7.5
    for side in _SIDES if spread else (0,):
        window, radius = plane.tube((14 + side * spread - 6 * (spread > 0), 34), (size, size))
        plane.paint(window, radius < 1, AORTA_HU)
    window, radius = plane.tube((-20, 32), (13, 10))
    plane.paint(window, radius < 1, 165)
    for centre, size, value in (((10, 6), 5, 225), ((-4, 4), 7, 170)):
        window, radius = plane.tube(centre, (size, size))
        plane.paint(window, (radius < 1) & (plane.warped[2][window] < 20), value)
    window = plane.window((15, -2), (46, 8))
    x, y, z = plane.at(window)
    plane.paint(window, ((y + 2) ** 2 + (z - 30) ** 2 < 6.5**2) & (x > -30) & (x < 60), 165)


@lru_cache(maxsize=1)
def _loops() -> tuple[tuple[float, float, float, float, float], ...]:
    rng = np.random.default_rng(5)
    draws = [
        (*(rng.uniform(*span) for span in ((-100, 100), (-66, 10), (-155, 0), (11, 20), (0.7, 1.1))),)
        for _ in range(58)
    ]
    return tuple((float(a), float(b), float(c), float(d), float(e)) for a, b, c, d, e in draws)


def bowel(plane: Plane) -> None:
    """Loops of small bowel with some air, and the colon at both sides."""
    for number, (cx, cy, cz, size, flat) in enumerate(_loops()):
        window, radius = plane.ball((cx, cy, cz), (size, size * flat, size * 1.3))
        free = plane.inside[window] & ~plane.liver[window]
        plane.paint(window, (radius < 1) & free, 82)
        fluid = 30 + 40 * (number % 2)
        air = (plane.y[window[0]][:, None] < cy - 1) & (number % 3 == 0)
        plane.paint(window, (radius < 0.62) & free, np.where(air, -900, fluid) + np.zeros_like(radius))
    for side in _SIDES:
        window, radius = plane.tube((side * 106, 14), (22, 22))
        below = plane.warped[2][window] < 30 * (side > 0)
        free = plane.inside[window] & ~plane.liver[window] & below
        plane.paint(window, (radius < 1) & free, 70)
        haustra = (17 + 2 * np.sin(plane.warped[2][window] / 5)) / 22
        content = np.where(plane.wobble(window, 12, 30) > -0.1, -820, -30)
        plane.paint(window, (radius < haustra**2) & free, content)


def lungs_and_heart(plane: Plane) -> None:
    if plane.z < 25:
        return
    for side in _SIDES:
        window = plane.window((side * 72, 0), (70, 105))
        x, y, z = plane.at(window)
        dome = (
            104 + 4.4 * side + (side < 0) * 8 - ((x - side * 72) / 12) ** 2 * 0.9 - ((y - 6) / 12) ** 2 * 0.55
        )
        lung = plane.inside[window] & (z > dome) & (np.abs(x - side * 74) < 66)
        plane.paint(window, lung, -860 + 190 * (plane.wobble(window, 16, 20) > 0.62))
    window, radius = plane.ball((18, -24, 138), (58, 46, 40))
    plane.paint(window, (radius < 1) & plane.inside[window], 120)


ORGANS = (
    body_wall,
    back_muscles,
    liver_and_gallbladder,
    stomach_spleen_pancreas,
    kidneys,
    bowel,
    lungs_and_heart,
    vessels,
)


def smooth(hu: Array, pixel_mm: float) -> Array:
    """The blur of a soft-tissue kernel: half a value within about 0.7 mm of an edge."""
    blurred: Array = gaussian_filter(hu, 0.65 / pixel_mm)
    return blurred
