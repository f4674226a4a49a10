"""Smooth random fields and soft edges, the building blocks of every phantom. All of them are seeded."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.float32]


@lru_cache(maxsize=24)
def fractal(shape: tuple[int, int], slope: float, seed: int) -> Array:
    """Noise whose power falls with spatial frequency to the power `slope`; mean 0, deviation 1. Read-only."""
    spectrum = np.fft.fft2(np.random.default_rng(seed).normal(size=shape))
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None])
    frequency[0, 0] = 1
    field = np.real(np.fft.ifft2(spectrum / frequency ** (slope / 2)))
    field -= field.mean()
    made: Array = (field / field.std()).astype(np.float32)
    made.flags.writeable = False  # it is kept and handed out again
    return made


def soft(value: Any, sharpness: float = 30) -> Array:
    """A step from 0 to 1 where `value` crosses zero; a larger `sharpness` is a harder edge."""
    return np.asarray(1 / (1 + np.exp(np.clip(-sharpness * np.asarray(value), -60, 60))), dtype=np.float32)


def bump(distance: Any, width: float, power: float = 2) -> Array:
    """1 at distance 0, falling to 1/e at `width`; a higher `power` gives a flatter top."""
    return np.asarray(np.exp(-(np.abs(np.asarray(distance) / width) ** power)), dtype=np.float32)


def ellipse(
    x: Array, y: Array, centre: tuple[float, float], radii: tuple[float, float], turn: float = 0
) -> Array:
    """Squared elliptical radius: below 1 inside. `turn` in radians, from x towards y."""
    across = (x - centre[0]) * np.cos(turn) + (y - centre[1]) * np.sin(turn)
    along = (y - centre[1]) * np.cos(turn) - (x - centre[0]) * np.sin(turn)
    return np.asarray((across / radii[0]) ** 2 + (along / radii[1]) ** 2, dtype=np.float32)


def unit_grid(rows: int, columns: int) -> tuple[Array, Array]:
    """x to the right and y downwards over an image, pixels square, the longer side from -1 to 1."""
    longest = max(rows, columns)
    y = np.linspace(-1, 1, rows, dtype=np.float32) * np.float32(rows / longest)
    x = np.linspace(-1, 1, columns, dtype=np.float32) * np.float32(columns / longest)
    grid_y, grid_x = np.meshgrid(y, x, indexing="ij")
    return grid_x, grid_y


def noise(shape: tuple[int, int], blur: float, rng: np.random.Generator) -> Array:
    """Correlated detector noise of deviation 1; `blur` in pixels."""
    field: Array = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), blur)
    return np.asarray(field / field.std(), dtype=np.float32)


class Waves:
    """Five plane waves of random direction: a cheap, smooth wobble in three dimensions, about -1 to 1.

    `scale` is the measure of the longest wavelength in mm. Sines of sums are split: a plane costs one small
    matrix product instead of five sines a pixel.
    """

    def __init__(self, scale: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        direction = rng.normal(size=(5, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        order = np.arange(5)
        self._wave_vectors = 2 * np.pi * direction * ((0.6 + order * 0.55) / scale)[:, None]
        self._phases = rng.uniform(0, 6.28, 5)
        self._weights = 1 / (1 + order * 0.7) / 2.4

    def plane(self, x: Array, y: Array, z: float) -> Array:
        """Values at every (y, x) of two axes (1-D, mm) at one height z."""
        kx, ky, kz = self._wave_vectors.T
        along_x = np.outer(kx, x)
        along_y = np.outer(y, ky) + (kz * z + self._phases)
        rows = np.hstack([np.sin(along_y) * self._weights, np.cos(along_y) * self._weights])
        columns = np.vstack([np.cos(along_x), np.sin(along_x)])
        # Not `@`: BLAS starts threads for this little work, and its rounding depends on their number.
        product = np.einsum("ik,kj->ij", rows.astype(np.float32), columns.astype(np.float32))
        return np.asarray(product, np.float32)
