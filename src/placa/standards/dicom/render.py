"""Pictures of frames: stored values to 8-bit grey or RGB, then JPEG or PNG.

The order is PS3.4 N.2: Modality LUT, VOI LUT, presentation. Integer frames go through one 65,536-entry table.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from placa.standards.dicom import errors
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import Frame, decode_frame
from placa.standards.dicom.header import InstanceHeader, read_header
from placa.standards.dicom.lookups import Lookups, Lut, lookups_of

Picture = NDArray[np.uint8]
Path = str | os.PathLike[str]
Region = tuple[int, int, int, int]  # x, y, width, height in pixels of the source; a negative side is flipped
MAX_VIEWPORT: Final = 8192


@dataclass(frozen=True, slots=True)
class Window:
    """A window in the unit of the modality (HU for CT). Function: LINEAR, LINEAR_EXACT or SIGMOID (PS3.3
    C.11.2.1)."""

    center: float
    width: float
    function: str = "LINEAR"

    def apply(self, values: NDArray[Any]) -> Picture:
        """`values` to 0 … 255."""
        if self.function == "SIGMOID":
            exponent = np.clip(-4.0 * (values - self.center) / max(self.width, 1e-9), -700, 700)
            scaled = 255.0 / (1.0 + np.exp(exponent))
        elif self.function == "LINEAR_EXACT":
            scaled = ((values - self.center) / max(self.width, 1e-9) + 0.5) * 255.0
        else:
            scaled = ((values - (self.center - 0.5)) / max(self.width - 1.0, 1e-9) + 0.5) * 255.0
        shown: Picture = np.clip(np.nan_to_num(scaled), 0.0, 255.0).astype(np.uint8)
        return shown


def render_frame(
    path: Path,
    frame: int = 0,
    *,
    window: Window | None = None,
    invert: bool = False,
    header: InstanceHeader | None = None,
    offset: int = 0,
    length: int | None = None,
) -> Picture:
    """Frame `frame` (from 0) as (rows, columns) grey or (rows, columns, 3) RGB, 8 bits.

    `window` overrides what the object says; without either, percentiles of the frame. Raises IndexError,
    InvalidObject.
    """
    header = header or read_header(path, offset, length)
    decoded = decode_frame(path, frame, header=header, offset=offset, length=length)
    if decoded.photometric_interpretation == "RGB":
        picture = eight_bits(decoded.samples, header.bits_stored)
        return 255 - picture if invert else picture
    lookups = lookups_of(path, header, frame, offset, length)
    if decoded.photometric_interpretation == "PALETTE COLOR" and lookups.palette:
        picture = coloured(decoded.samples, lookups.palette)
        return 255 - picture if invert else picture
    return _grey(decoded, header, lookups, window, invert)


def eight_bits(samples: NDArray[Any], bits_stored: int) -> Picture:
    """Colour samples as bytes."""
    if samples.dtype == np.uint8:
        return samples
    shifted: Picture = (samples >> max(0, min(bits_stored, 16) - 8)).astype(np.uint8)
    return shifted


def coloured(samples: NDArray[Any], palette: tuple[Lut, Lut, Lut]) -> Picture:
    """Palette colours as RGB bytes (PS3.3 C.7.6.3.1.5)."""
    picture = np.empty((*samples.shape, 3), np.uint8)
    for channel, table in enumerate(palette):
        picture[:, :, channel] = table.of(samples) >> max(0, table.bits - 8)
    return picture


def _grey(
    decoded: Frame, header: InstanceHeader, lookups: Lookups, window: Window | None, invert: bool
) -> Picture:
    samples = decoded.samples
    own = presentation_of(decoded, header, lookups)
    flip = own.inverse != invert
    voi, lut = (window, None) if window else (own.window, own.lut)
    if samples.dtype.kind in "iu" and samples.dtype.itemsize <= 2:
        table = _table(samples.dtype.str, _Stages(lookups, voi, lut, flip, own.padding))
        shown: Picture = table[samples.view(f"u{samples.dtype.itemsize}")]
        return shown
    return _Stages(lookups, voi, lut, flip, own.padding).apply(samples)


@dataclass(frozen=True, eq=False)
class Presentation:
    """How a grey frame wants to be shown: by a table, or else by a window; one of them is always there. `padding`: the
    lowest and highest stored value that stand for "no pixel here"."""

    window: Window | None
    lut: Lut | None
    inverse: bool
    padding: tuple[int, int] | None


def presentation_of(decoded: Frame, header: InstanceHeader, lookups: Lookups) -> Presentation:
    """What a grey frame says of itself; where it states no window, one by its values."""
    inverse = (decoded.photometric_interpretation == "MONOCHROME1") != (
        header.presentation_lut_shape == "INVERSE"
    )
    if header.photometric_interpretation == "MONOCHROME1" and header.presentation_lut_shape == "INVERSE":
        inverse = True  # the shape restates what the photometric interpretation says (PS3.3 C.11.6)
    padding = _padding(header)
    window = _stated_window(lookups)
    if window is None and lookups.voi_lut is None:
        window = _default_window(decoded.samples, header, lookups, padding)
    return Presentation(window, lookups.voi_lut, inverse, padding)


def _padding(header: InstanceHeader) -> tuple[int, int] | None:
    """The lowest and highest value that stand for "no pixel here" (PS3.3 C.7.5.1.1.2)."""
    if header.pixel_padding_value is None:
        return None
    other = header.pixel_padding_range_limit
    limit = header.pixel_padding_value if other is None else other
    return min(header.pixel_padding_value, limit), max(header.pixel_padding_value, limit)


@dataclass(frozen=True, eq=False)
class _Stages:
    """Stored value to 0 … 255, all stages; equal to another by its numbers and the identity of its tables."""

    lookups: Lookups
    window: Window | None
    lut: Lut | None
    flip: bool
    padding: tuple[int, int] | None

    def apply(self, stored: NDArray[Any]) -> Picture:
        """Run `stored` through modality, VOI and presentation stage."""
        values = modality_values(stored, self.lookups)
        picture: Picture
        if self.lut is not None:
            shown = (self.lut.of(np.rint(values)).astype(np.float64) * (255.0 / (2**self.lut.bits - 1))).clip(
                0, 255
            )
            picture = shown.astype(np.uint8)
        else:
            assert self.window is not None  # one of the two is always there
            picture = self.window.apply(values)
        if self.flip:
            np.subtract(255, picture, out=picture)
        if self.padding is not None:
            picture[(stored >= self.padding[0]) & (stored <= self.padding[1])] = 0
        return picture

    def _key(self) -> tuple[object, ...]:
        plain = (
            self.lookups.rescale_slope,
            self.lookups.rescale_intercept,
            self.window,
            self.flip,
            self.padding,
        )
        return (*plain, id(self.lookups.modality_lut), id(self.lut))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stages) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@lru_cache(maxsize=64)
def _table(dtype: str, stages: _Stages) -> Picture:
    """The answers for all values of an 8 or 16-bit type, indexed by the value's bits taken as unsigned."""
    kind = np.dtype(dtype)
    every = np.arange(2 ** (kind.itemsize * 8), dtype=f"u{kind.itemsize}").view(kind)
    return stages.apply(every)


def modality_values(stored: NDArray[Any], lookups: Lookups) -> NDArray[Any]:
    """Stored values in the modality's unit (PS3.3 C.11.1)."""
    if lookups.modality_lut is not None:
        return lookups.modality_lut.of(stored).astype(np.float64)
    return stored * np.float64(lookups.rescale_slope) + lookups.rescale_intercept


def _stated_window(lookups: Lookups) -> Window | None:
    if not lookups.window_center or not lookups.window_width:
        return None
    width = lookups.window_width[0]
    function = lookups.voi_lut_function or "LINEAR"
    if width < 1 and function == "LINEAR":
        # Not allowed for LINEAR, yet sent with fractional units: read as exact where it says anything at all.
        return Window(lookups.window_center[0], width, "LINEAR_EXACT") if width > 0 else None
    return Window(lookups.window_center[0], width, function)


def _default_window(
    samples: NDArray[Any], header: InstanceHeader, lookups: Lookups, padding: tuple[int, int] | None
) -> Window:
    """Where the object states none: the whole range of 8-bit pictures, else from the 0.5th to the 99.5th
    percentile."""
    if 1 < header.bits_stored <= 8 and not header.pixel_representation and lookups.modality_lut is None:
        low = lookups.rescale_intercept
        high = low + lookups.rescale_slope * (2**header.bits_stored - 1)
        return _between(low, high)
    step = max(1, int((samples.size / 65536) ** 0.5))
    sample = samples[::step, ::step]
    if padding is not None:
        sample = sample[(sample < padding[0]) | (sample > padding[1])]
    values = modality_values(sample, lookups)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return Window(0.5, 1.0, "LINEAR_EXACT")
    if header.bits_stored == 1:
        return _between(0.0, 1.0)
    low, high = (float(value) for value in np.percentile(values, (0.5, 99.5)))
    return _between(low, high)


def _between(low: float, high: float) -> Window:
    if high <= low:
        high = low + 1.0
    return Window((low + high) / 2, high - low, "LINEAR_EXACT")


# --- Encoding
# -------------------------------------------------------------------------------------------------------


def fit(picture: Picture, viewport: tuple[int, int] | None) -> Picture:
    """Make `picture` smaller, never larger, so that it fits (width, height); proportions stay."""
    if viewport is None:
        return picture
    width, height = (max(1, min(side, MAX_VIEWPORT)) for side in viewport)
    rows, columns = picture.shape[:2]
    scale = min(width / columns, height / rows)
    if scale >= 1:
        return picture
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    small = Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(small)


def crop(picture: Picture, region: Region | None) -> Picture:
    """The part of `picture` that `region` names (PS3.18 8.3.5.1.3). Raises InvalidObject where there is nothing of it."""
    if region is None:
        return picture
    x, y, width, height = region
    part = picture[max(0, y) : max(0, y) + abs(height), max(0, x) : max(0, x) + abs(width)]
    if part.size == 0:
        raise InvalidObject(errors.NOT_RENDERABLE, "the region lies outside the picture")
    flipped: Picture = part[:: -1 if height < 0 else 1, :: -1 if width < 0 else 1]
    return np.ascontiguousarray(flipped)


def encode_jpeg(picture: Picture, quality: int = 85) -> bytes:
    """Baseline JPEG of a grey or RGB picture; `quality` 1 … 100."""
    quality = max(1, min(100, quality))
    if picture.ndim == 2:
        grey = np.ascontiguousarray(picture)[:, :, None]
        return bytes(simplejpeg.encode_jpeg(grey, quality, colorspace="GRAY", colorsubsampling="Gray"))
    colour = np.ascontiguousarray(picture)
    return bytes(simplejpeg.encode_jpeg(colour, quality, colorspace="RGB", colorsubsampling="444"))


def encode_png(picture: Picture) -> bytes:
    """PNG of a grey or RGB picture, at a fast compression level."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=3)
    return out.getvalue()


def render_jpeg(
    path: Path,
    frame: int = 0,
    *,
    window: Window | None = None,
    viewport: tuple[int, int] | None = None,
    region: Region | None = None,
    quality: int = 85,
    invert: bool = False,
    offset: int = 0,
    length: int | None = None,
) -> bytes:
    """Frame `frame` (from 0) as JPEG, within `viewport` (width, height) pixels. Raises IndexError,
    InvalidObject."""
    picture = render_frame(path, frame, window=window, invert=invert, offset=offset, length=length)
    return encode_jpeg(fit(crop(picture, region), viewport), quality)


def render_png(
    path: Path,
    frame: int = 0,
    *,
    window: Window | None = None,
    viewport: tuple[int, int] | None = None,
    region: Region | None = None,
    invert: bool = False,
    offset: int = 0,
    length: int | None = None,
) -> bytes:
    """Frame `frame` (from 0) as PNG (see `render_jpeg`)."""
    picture = render_frame(path, frame, window=window, invert=invert, offset=offset, length=length)
    return encode_png(fit(crop(picture, region), viewport))


def thumbnail_jpeg(path: Path, size: int = 256, *, offset: int = 0, length: int | None = None) -> bytes:
    """A JPEG of the middle frame, at most `size` pixels wide and high."""
    header = read_header(path, offset, length)
    middle = len(header.frames) // 2
    picture = render_frame(path, middle, header=header, offset=offset, length=length)
    return encode_jpeg(fit(picture, (size, size)), 80)
