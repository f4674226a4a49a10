"""A renal ultrasound cine as DICOM: JPEG frames in colour, calibrated region (PS3.3 A.7, C.8.5.5)."""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import JPEGBaseline8Bit, UltrasoundMultiFrameImageStorage
from scipy.ndimage import gaussian_filter, map_coordinates

from placa.demo.phantoms.fields import Array, ellipse, fractal
from placa.demo.phantoms.instances import (
    Identity,
    SeriesPlan,
    Visit,
    code,
    new_instance,
    set_compressed_frames,
)

ROWS, COLUMNS = 560, 740
FRAME_MS = 66.7
#: Depth of the fan, and where it lies in the image.
DEPTH_MM = 150.0
_BEAMS, _SAMPLES = 400, 520
_HALF_ANGLE, _APEX = 0.62, 0.18
_VIEW_HEIGHT = 1.03
MM_A_PIXEL = DEPTH_MM * _VIEW_HEIGHT / ROWS


def us_renal(identity: Identity, visit: Visit, frames: int = 36) -> list[Dataset]:
    """One cine of the right kidney behind the liver, breathing; 15 frames a second, 740 x 560."""
    series = SeriesPlan("us-cine", 1, "US", "Riñón derecho longitudinal", "Phantom US", "KIDNEY")
    ds = new_instance(UltrasoundMultiFrameImageStorage, identity, visit, series, 1)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"]
    ds.Laterality = "R"
    ds.NumberOfFrames = frames
    ds.FrameIncrementPointer = 0x00181063
    ds.FrameTime = FRAME_MS
    ds.CineRate = ds.RecommendedDisplayFrameRate = round(1000 / FRAME_MS)
    ds.StartTrim, ds.StopTrim = 1, frames
    ds.AnatomicRegionSequence = [code("64033007", "SCT", "Kidney")]
    ds.SequenceOfUltrasoundRegions = [_region()]
    ds.TransducerData = ["PHANTOM", "C5-1", "CURVED"]
    ds.TransducerType = "CURVED LINEAR"
    ds.PatientOrientation = []
    ds.BurnedInAnnotation = "NO"
    _set_jpeg_frames(ds, cine(frames))
    return [ds]


def cine(frames: int) -> NDArray[np.uint8]:
    """RGB frames of one breath and back: (frame, row, column, 3)."""
    rng = np.random.default_rng(11)
    speckle = [_speckle(rng) for _ in range(3)]
    rows, beams, seen = _scan_conversion()
    made = np.zeros((frames, ROWS, COLUMNS, 3), np.uint8)
    for index in range(frames):
        breath = float(np.sin(2 * np.pi * index / frames))
        blend = 2 * np.pi * index / frames
        # Three speckle patterns turning into one another: it shimmers, and the loop has no jump.
        texture = sum(s * (1 + np.cos(blend + 2.1 * n)) for n, s in enumerate(speckle)) / 3
        echo = gaussian_filter(_echo(breath), 0.8) * texture**0.75 * _gain()
        fan = map_coordinates(echo, [rows, beams], order=1, cval=0) * seen
        grey = np.clip(fan * 1.12, 0, 1) ** 0.9
        made[index] = _screen(grey)
    return made


def _speckle(rng: np.random.Generator) -> Array:
    shape = (_SAMPLES, _BEAMS)
    real, imaginary = (gaussian_filter(rng.normal(size=shape), (1.0, 1.9)) for _ in range(2))
    pattern = np.hypot(real, imaginary)
    return np.asarray((pattern / pattern.mean()) ** 0.7, np.float32)


@lru_cache(maxsize=1)
def _beam_grid() -> tuple[Array, Array, Array]:
    depth, beam = np.meshgrid(np.linspace(0, 1, _SAMPLES), np.linspace(-1, 1, _BEAMS), indexing="ij")
    x = (depth + _APEX) * np.sin(beam * _HALF_ANGLE)
    y = (depth + _APEX) * np.cos(beam * _HALF_ANGLE) - _APEX
    return depth.astype(np.float32), x.astype(np.float32), y.astype(np.float32)


def _gain() -> Array:
    depth, _, _ = _beam_grid()
    return 1.12 - np.float32(0.42) * depth


def _echo(breath: float) -> Array:
    """Echo strength in beam space: skin, liver with veins, kidney with its sinus, gallbladder, diaphragm."""
    depth, x, y = _beam_grid()
    shape = depth.shape
    echo = np.full(shape, 0.34, np.float32) + 0.05 * fractal(shape, 3, 9)
    echo = np.where(depth < 0.07, 0.62 + 0.2 * np.sin(depth * 240), echo)
    x, y = x - np.float32(0.035 * breath), y - np.float32(0.012 * breath)

    def oval(cx: float, cy: float, a: float, b: float, turn: float) -> Array:
        return ellipse(x, y, (cx, cy), (a, b), turn)

    kidney = oval(0.10, 0.55, 0.30, 0.135, 0.18)
    echo = np.where(kidney < 1, 0.21 + 0.03 * fractal(shape, 3, 10), echo)
    echo = np.where((kidney > 0.95) & (kidney < 1.10), 0.66, echo)
    sinus = oval(0.10, 0.55, 0.19, 0.055, 0.18) + 0.18 * fractal(shape, 3, 11)
    echo = np.where(sinus < 1, 0.72, echo)
    for cx, cy in ((-0.02, 0.50), (0.12, 0.50), (0.22, 0.55), (0.02, 0.60), (0.17, 0.63)):
        echo = np.where(oval(cx, cy, 0.034, 0.026, 0.2) < 1, 0.12, echo)
    gallbladder = oval(-0.27, 0.36, 0.085, 0.060, 0.5)
    echo = np.where(gallbladder < 1, 0.02, echo)
    echo = np.where((gallbladder > 1) & (gallbladder < 1.13), 0.6, echo)
    behind = (np.abs(x + 0.27 + (y - 0.36) * 0.45) < 0.075) & (y > 0.42)
    echo = echo * np.where(behind, 1.35, 1)
    for cx, cy in ((-0.12, 0.22), (0.18, 0.25), (-0.05, 0.33)):
        echo = np.where(oval(cx, cy, 0.045, 0.014, 0.5) < 1, 0.06, echo)
    diaphragm = 0.86 - 0.35 * (x + 0.05) ** 2
    echo = np.where(y > diaphragm + 0.015, echo * 0.55, echo)
    return np.asarray(np.where(np.abs(y - diaphragm) < 0.012, 1.0, echo), np.float32)


def _scan_conversion() -> tuple[Array, Array, NDArray[np.bool_]]:
    """Where each pixel looks in beam space: sample, beam, and whether it lies in the fan."""
    half_width = _VIEW_HEIGHT * COLUMNS / ROWS / 2
    y, x = np.meshgrid(
        np.linspace(-0.03, _VIEW_HEIGHT - 0.03, ROWS),
        np.linspace(-half_width, half_width, COLUMNS),
        indexing="ij",
    )
    radius = np.hypot(x, y + _APEX) - _APEX
    angle = np.arctan2(x, y + _APEX) / _HALF_ANGLE
    seen = (radius > 0) & (radius < 1) & (np.abs(angle) < 1)
    samples, beams = radius * (_SAMPLES - 1), (angle + 1) / 2 * (_BEAMS - 1)
    return samples.astype(np.float32), beams.astype(np.float32), seen


def _screen(grey: Array) -> NDArray[np.uint8]:
    """A faintly warm grey map, a grey bar at the right, depth marks every 10 mm and an amber focus mark."""
    tint = np.array([1.0, 0.985, 0.95], np.float32)
    image = grey[..., None] * tint
    image[80:240, COLUMNS - 22 : COLUMNS - 12] = (
        np.linspace(1, 0, 160, dtype=np.float32)[:, None, None] * tint
    )
    for tens in range(1, int(DEPTH_MM // 10)):
        row = round((0.03 * DEPTH_MM + tens * 10) / MM_A_PIXEL)
        length = 10 if tens % 5 == 0 else 5
        image[row, COLUMNS - 40 : COLUMNS - 40 + length] = 0.75
    focus = round((0.03 * DEPTH_MM + 82) / MM_A_PIXEL)
    for step in range(6):
        image[focus - step : focus + step + 1, COLUMNS - 46 + step] = (1.0, 0.72, 0.2)
    return np.asarray(np.rint(image * 255), np.uint8)


def _region() -> Dataset:
    """The fan as a calibrated two-dimensional tissue region, cm a pixel (PS3.3 C.8.5.5)."""
    region = Dataset()
    region.RegionSpatialFormat = 1
    region.RegionDataType = 1
    region.RegionFlags = 2
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = COLUMNS - 1, ROWS - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = MM_A_PIXEL / 10
    return region


def _set_jpeg_frames(ds: Dataset, frames: NDArray[np.uint8]) -> None:
    encoded = []
    for frame in frames:
        target = io.BytesIO()
        # 4:2:2, which is what YBR_FULL_422 says (PS3.5 8.2.1).
        Image.fromarray(frame).save(target, "JPEG", quality=82, subsampling=1)
        encoded.append(target.getvalue())
    ds.SamplesPerPixel, ds.PlanarConfiguration = 3, 0
    ds.PhotometricInterpretation = "YBR_FULL_422"
    ds.Rows, ds.Columns = frames.shape[1:3]
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionRatio = round(frames.nbytes / sum(map(len, encoded)), 2)
    ds.LossyImageCompressionMethod = "ISO_10918_1"
    set_compressed_frames(ds, encoded, JPEGBaseline8Bit)
