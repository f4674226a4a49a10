"""CT of the abdomen as DICOM: an axial series and reformats made from its voxels (PS3.3 A.3)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage
from scipy.ndimage import zoom

from placa.demo.phantoms.abdomen import ORGANS, Plane, smooth
from placa.demo.phantoms.fields import Array, noise
from placa.demo.phantoms.instances import (
    Identity,
    SeriesPlan,
    Visit,
    code,
    derived_uid,
    new_instance,
    set_grey_pixels,
)
from placa.demo.phantoms.skeleton import BONES

Volume = NDArray[np.int16]
MATRIX = 512
FIELD_OF_VIEW_MM = 366.0
CENTRE_Y = 4.0
TOP_Z = 138.0
COVERAGE_MM = 276.0
NOISE_HU = 13.0
INTERCEPT = -1024
DRAWING_VERSION = 1
MAX_SPACING_MM = 3.0


@dataclass(frozen=True)
class Scan:
    """An axial volume. `hu` is (slice, row, column), head first; `spacing` and `pixel` in mm.

    `origin` is the centre of the first slice's first pixel, in patient coordinates.
    """

    hu: Volume
    pixel: float
    spacing: float
    origin: tuple[float, float, float]


def scan_abdomen(slices: int = 120, matrix: int = MATRIX, cache: Path | None = None) -> Scan:
    """Draw the volume, or take it from the folder `cache`, where a former drawing was kept.

    Fewer slices than 92 cover less of the abdomen around the kidneys rather than leaving gaps above 3 mm.
    """
    spacing = min(MAX_SPACING_MM, round(COVERAGE_MM / slices, 2))
    pixel = FIELD_OF_VIEW_MM / matrix
    top = TOP_Z if slices * spacing > COVERAGE_MM - 5 else 42.0 + spacing * (slices // 2)
    half = FIELD_OF_VIEW_MM / 2
    origin = (-half + pixel / 2, -half + pixel / 2 + CENTRE_Y, top)
    kept = cache / f"ct-abdomen-{DRAWING_VERSION}-{slices}-{matrix}.npy" if cache else None
    if kept and kept.exists():
        return Scan(np.load(kept), pixel, spacing, origin)
    scan = Scan(_draw(slices, matrix, pixel, spacing, origin), pixel, spacing, origin)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, scan.hu)
    return scan


def _draw(
    slices: int, matrix: int, pixel: float, spacing: float, origin: tuple[float, float, float]
) -> Volume:
    steps = np.arange(matrix, dtype=np.float32) * np.float32(pixel)
    x, y = steps + np.float32(origin[0]), steps + np.float32(origin[1])
    rng = np.random.default_rng(7)
    volume = np.empty((slices, matrix, matrix), np.int16)
    for index in range(slices):
        hu = axial_plane(x, y, origin[2] - index * spacing)
        grain = NOISE_HU * noise(hu.shape, 0.85, rng)
        volume[index] = np.clip(np.rint(hu + grain * (hu > -950)), INTERCEPT, 3071)
    return volume


def axial_plane(x: Array, y: Array, z: float) -> Array:
    """Noise-free HU at every (y, x) of two axes in mm, at height z: bodies, bones and the table."""
    plane = Plane(x, y, z)
    for paint in (*ORGANS, *BONES):
        paint(plane)
    table = np.abs(y[:, None] - (128 - (x[None] / 60) ** 2)) < 2
    plane.hu[table & (np.abs(x[None]) < 175)] = -250
    return smooth(plane.hu, float(x[1] - x[0]))


def ct_abdomen(
    identity: Identity,
    visit: Visit,
    slices: int = 120,
    *,
    coronal: int = 60,
    sagittal: int = 0,
    cache: Path | None = None,
) -> list[Dataset]:
    """An axial series with contrast, portal phase, 512 x 512, and reformats made from the same voxels.

    Geometry, HU and the 9 mm cyst are exact (see `abdomen`). `cache` is a folder that keeps the voxels.
    """
    scan = scan_abdomen(slices, cache=cache)
    made = _axial_series(identity, visit, scan)
    if coronal:
        made += _reformat_series(identity, visit, scan, "coronal", coronal)
    if sagittal:
        made += _reformat_series(identity, visit, scan, "sagittal", sagittal)
    return made


def _axial_series(identity: Identity, visit: Visit, scan: Scan) -> list[Dataset]:
    series = SeriesPlan("ct-axial", 2, "CT", "Axial con contraste", "Phantom CT", "ABDOMEN")
    made = []
    for index, pixels in enumerate(scan.hu):
        ds = _ct_image(identity, visit, series, index + 1, pixels, scan.pixel)
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.SliceThickness = ds.SpacingBetweenSlices = round(scan.spacing, 4)
        height = round(scan.origin[2] - index * scan.spacing, 4)
        _place(ds, (scan.origin[0], scan.origin[1], height), [1, 0, 0, 0, 1, 0])
        ds.SliceLocation = height
        made.append(ds)
    return made


def _reformat_series(
    identity: Identity, visit: Visit, scan: Scan, direction: str, count: int
) -> list[Dataset]:
    """Planes through the middle 60 % of the volume; rows run downwards, so that the head is up."""
    is_coronal = direction == "coronal"
    series = SeriesPlan(
        f"ct-{direction}",
        3 if is_coronal else 4,
        "CT",
        "Coronal" if is_coronal else "Sagital",
        "Phantom CT",
        "ABDOMEN",
    )
    size = scan.hu.shape[1]
    picks = np.unique(np.linspace(size * 0.2, size * 0.8, count).round().astype(int))
    spacing = float(np.diff(picks).mean() * scan.pixel) if len(picks) > 1 else scan.pixel
    stretch = scan.spacing / scan.pixel
    made = []
    for number, pick in enumerate(picks, start=1):
        cut = scan.hu[:, pick, :] if is_coronal else scan.hu[:, :, pick]
        pixels = np.clip(
            zoom(cut.astype(np.float32), (stretch, 1), order=1, grid_mode=True, mode="nearest"), -1024, 3071
        )
        ds = _ct_image(identity, visit, series, number, pixels, scan.pixel)
        ds.ImageType = ["DERIVED", "SECONDARY", "MPR"]
        ds.SliceThickness = round(spacing, 4)
        offset = float(pick) * scan.pixel
        # Resampling keeps the volume's edges: the first new row lies nearer to the top edge than slice 1.
        top = scan.origin[2] + scan.spacing / 2 - scan.pixel / 2
        if is_coronal:
            _place(ds, (scan.origin[0], scan.origin[1] + offset, top), [1, 0, 0, 0, 0, -1])
        else:
            _place(ds, (scan.origin[0] + offset, scan.origin[1], top), [0, 1, 0, 0, 0, -1])
        made.append(ds)
    return made


def _place(ds: Dataset, position: tuple[float, float, float], orientation: list[int]) -> None:
    ds.ImagePositionPatient = [round(value, 4) for value in position]
    ds.ImageOrientationPatient = orientation


def _ct_image(
    identity: Identity, visit: Visit, series: SeriesPlan, number: int, hu: NDArray[np.generic], pixel: float
) -> Dataset:
    ds = new_instance(CTImageStorage, identity, visit, series, number)
    ds.PatientPosition = "HFS"
    ds.FrameOfReferenceUID = derived_uid(f"{visit.study_instance_uid}/ct-frame")
    ds.PositionReferenceIndicator = ""
    ds.AcquisitionNumber = 1
    ds.PixelSpacing = [round(pixel, 6), round(pixel, 6)]
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = INTERCEPT, 1, "HU"
    ds.WindowCenter, ds.WindowWidth = [50, 500], [400, 1800]
    ds.WindowCenterWidthExplanation = ["ABDOMEN", "BONE"]
    ds.KVP = 120
    ds.XRayTubeCurrent, ds.ExposureTime, ds.Exposure = 240, 500, 120
    ds.ConvolutionKernel = "STANDARD"
    ds.ReconstructionDiameter = FIELD_OF_VIEW_MM
    ds.GantryDetectorTilt = 0
    ds.ContrastBolusAgent = "Iohexol"
    ds.ContrastBolusRoute = "IV"
    ds.AnatomicRegionSequence = [code("818981001", "SCT", "Abdomen")]
    set_grey_pixels(ds, (np.rint(np.asarray(hu, np.float32)) - INTERCEPT).astype(np.uint16), 12)
    return ds
