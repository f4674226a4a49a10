"""A bilateral mammogram as DICOM: two views of each breast (PS3.3 A.26.2, C.8.11.7)."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation
from scipy.ndimage import gaussian_filter, zoom

from placa.demo.phantoms.fields import Array, bump, fractal, noise, soft
from placa.demo.phantoms.instances import Identity, SeriesPlan, Visit, code, new_instance, set_grey_pixels
from placa.demo.phantoms.radiography import describe_projection

ROWS, COLUMNS = 1280, 960
PIXEL_MM = 0.19
VIEWS = (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))
_VIEW_CODES = {
    "CC": ("399162004", "SCT", "cranio-caudal"),
    "MLO": ("399368009", "SCT", "medio-lateral oblique"),
}


def breast(seed: int, oblique: bool) -> Array:
    """A left breast, chest wall at the left, 640 x 480, 0 to 1. The oblique view shows the pectoralis."""
    shape = (ROWS // 2, COLUMNS // 2)
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(0, 1, shape[1]), indexing="ij")
    middle = 0.16 if oblique else 0.04
    wavy = y + 0.015 * fractal(shape, 4.5, seed) - middle
    reach = 0.80 * np.clip(1 - np.abs(wavy / 0.84) ** 2.4, 0, 1) ** 0.52
    if oblique:
        tail = (0.36 + 0.36 * (y + 1)) * soft(-0.25 - y, 9)
        # A smooth maximum, so that the armpit's fold runs into the breast without a corner.
        reach = np.log(np.exp(11 * reach) + np.exp(11 * tail)) / 11 - 0.02
    depth = reach - x + 0.01 * fractal(shape, 4.5, seed + 1)
    inside, thickness = soft(depth, 120), 1 - np.exp(-np.clip(depth, 0, 1) * 9)
    grain = fractal(shape, 3.1, seed + 2)
    centre = np.exp(-((x - 0.36) ** 2 / 0.06 + (wavy + 0.02) ** 2 / 0.13))
    gland = soft(grain * 0.75 + centre * 2.6 - 1.5 - 2 * soft(-y - 0.45, 9), 3)
    ducts = gaussian_filter(np.exp(-((np.abs(fractal(shape, 2.9, seed + 3)) / 0.14) ** 2)), 0.8) * centre
    image = inside * (
        0.20 + 0.12 * thickness + 0.44 * gland * thickness + 0.13 * ducts + 0.045 * grain * thickness
    )
    image += 0.08 * bump(depth - 0.012, 0.009) * inside
    nipple = soft(1 - ((x - reach.max() + 0.014) / 0.026) ** 2 - ((y - middle) / 0.03) ** 2, 8)
    image = np.maximum(image, 0.40 * nipple)
    if oblique:
        muscle = soft(0.40 - x - 0.42 * (y + 1), 34)
        image += inside * muscle * (0.30 + 0.03 * grain)
    return np.asarray(np.clip(image * 1.08, 0, 1), np.float32)


def mg_pair(identity: Identity, visit: Visit) -> list[Dataset]:
    """Four images, RCC, LCC, RMLO, LMLO, 1280 x 960, chest walls towards each other in the usual hanging."""
    return [_view(identity, visit, number, side, name) for number, (side, name) in enumerate(VIEWS, start=1)]


def _pixels(side: str, name: str, number: int) -> NDArray[np.uint16]:
    drawn = breast(20 + 11 * number, oblique=name == "MLO")
    if side == "R":
        drawn = drawn[:, ::-1]
    large = zoom(drawn, 2, order=1)
    grain = noise(large.shape, 0.7, np.random.default_rng(number))
    values = large * 3700 + grain * (4 + 26 * (large > 0.06))
    return np.asarray(np.clip(np.rint(values), 0, 4095), np.uint16)


def _view(identity: Identity, visit: Visit, number: int, side: str, name: str) -> Dataset:
    series = SeriesPlan(f"mg-{side}{name}", number, "MG", f"{side} {name}", "Phantom MG", "BREAST")
    ds = new_instance(DigitalMammographyXRayImageStorageForPresentation, identity, visit, series, 1)
    ds.ViewPosition = name
    view = code(*_VIEW_CODES[name])
    view.ViewModifierCodeSequence = []
    ds.ViewCodeSequence = [view]
    ds.AnatomicRegionSequence = [code("76752008", "SCT", "Breast")]
    ds.ImageLaterality = side
    # Rows run outwards from the chest wall on the left breast, towards it on the right one.
    outwards = "A" if side == "L" else "P"
    lateral = "R" if side == "L" else "L"
    ds.PatientOrientation = [outwards, lateral if name == "CC" else "F" + lateral]
    set_grey_pixels(ds, _pixels(side, name, number), 12)
    describe_projection(ds)
    _describe_exposure(ds, name)
    return ds


def _describe_exposure(ds: Dataset, name: str) -> None:
    ds.ImagerPixelSpacing = [PIXEL_MM, PIXEL_MM]
    ds.PositionerType = "MAMMOGRAPHIC"
    ds.PositionerPrimaryAngle = 0 if name == "CC" else 45
    ds.OrganExposed = "BREAST"
    ds.BreastImplantPresent = "NO"
    ds.KVP = 29
    ds.BodyPartThickness = 52
    ds.CompressionForce = 110
    ds.WindowCenter, ds.WindowWidth = 1900, 3600
