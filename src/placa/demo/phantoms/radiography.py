"""Digital radiographs as DICOM: chest, wrist and lumbar spine (DX for presentation, PS3.3 A.26)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DigitalXRayImageStorageForPresentation
from scipy.ndimage import zoom

from placa.demo.phantoms.chest import chest_attenuation
from placa.demo.phantoms.fields import Array, noise
from placa.demo.phantoms.instances import Identity, SeriesPlan, Visit, code, new_instance, set_grey_pixels
from placa.demo.phantoms.limbs import (
    lumbar_frontal_attenuation,
    lumbar_lateral_attenuation,
    wrist_attenuation,
)

BITS = 12


@dataclass(frozen=True)
class View:
    """One exposure: what is drawn, how it is called and how it was taken."""

    draw: Callable[[], Array]
    description: str
    view_position: str
    view_code: Dataset
    region: Dataset
    body_part: str
    patient_orientation: tuple[str, str]
    pixel_mm: float
    kvp: int
    contrast: tuple[float, float, float]
    laterality: str = "U"
    seed: int = 0


def expose(attenuation: Array, floor: float, span: float, gamma: float, seed: int) -> NDArray[np.uint16]:
    """Double the drawing's size and turn attenuation into 12-bit values, bone bright, with detector noise."""
    large = zoom(attenuation, 2, order=1)
    shade = 1 - np.exp(-np.clip(large, 0, 5) * 0.82)
    shade = np.clip((shade - floor) / span, 0, 1) ** gamma
    grain = noise(shade.shape, 0.7, np.random.default_rng(seed))
    values = np.clip(np.rint(shade * 3800 + 110 + grain * (14 + 22 * shade)), 0, 2**BITS - 1)
    return np.asarray(values, np.uint16)


def cr_chest(identity: Identity, visit: Visit) -> list[Dataset]:
    """One frontal chest image, 1500 x 1500."""
    chest = code("51185008", "SCT", "Chest")
    postero_anterior = code("272479007", "SCT", "postero-anterior")
    view = View(
        chest_attenuation,
        "Tórax PA",
        "PA",
        postero_anterior,
        chest,
        "CHEST",
        ("L", "F"),
        0.25,
        120,
        (0.05, 0.86, 1.15),
    )
    return [_exposure(identity, visit, view, 1)]


def dx_wrist(identity: Identity, visit: Visit) -> list[Dataset]:
    """One image of a child's right wrist, palm on the detector."""
    view = View(
        wrist_attenuation,
        "Muñeca derecha PA",
        "PA",
        code("272479007", "SCT", "postero-anterior"),
        code("8205005", "SCT", "Wrist"),
        "WRIST",
        ("L", "H"),
        0.14,
        52,
        (0.02, 0.72, 1.1),
        "R",
        3,
    )
    return [_exposure(identity, visit, view, 1)]


def lumbar_xray(identity: Identity, visit: Visit) -> list[Dataset]:
    """Two images of the lumbar spine: from the front and from the left side."""
    spine = code("122496007", "SCT", "Lumbar spine")
    frontal = View(
        lumbar_frontal_attenuation,
        "Columna lumbosacra AP",
        "AP",
        code("399348003", "SCT", "antero-posterior"),
        spine,
        "LSPINE",
        ("L", "F"),
        0.20,
        75,
        (0.42, 0.46, 1.15),
        "U",
        5,
    )
    lateral = View(
        lumbar_lateral_attenuation,
        "Columna lumbosacra lateral",
        "LL",
        code("399173006", "SCT", "left lateral"),
        spine,
        "LSPINE",
        ("P", "F"),
        0.20,
        85,
        (0.40, 0.48, 1.15),
        "U",
        6,
    )
    return [
        _exposure(identity, visit, view, number) for number, view in enumerate((frontal, lateral), start=1)
    ]


def _exposure(identity: Identity, visit: Visit, view: View, number: int) -> Dataset:
    # A series of its own for every view, as DX devices do and as C.8.11.1 wants.
    series = SeriesPlan(f"dx-{number}", number, "DX", view.description, "Phantom DX", view.body_part)
    ds = new_instance(DigitalXRayImageStorageForPresentation, identity, visit, series, 1)
    ds.ViewPosition = view.view_position
    ds.ViewCodeSequence = [view.view_code]
    ds.AnatomicRegionSequence = [view.region]
    ds.ImageLaterality = view.laterality
    ds.PatientOrientation = list(view.patient_orientation)
    ds.KVP = view.kvp
    ds.ImagerPixelSpacing = [view.pixel_mm, view.pixel_mm]
    set_grey_pixels(ds, expose(view.draw(), *view.contrast, view.seed), BITS)
    describe_projection(ds)
    ds.WindowCenter, ds.WindowWidth = 2048, 4096
    return ds


def describe_projection(ds: Dataset) -> None:
    """What DX and mammography share (PS3.3 C.8.11.1 to C.8.11.4)."""
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.PresentationLUTShape = "IDENTITY"
    ds.LossyImageCompression = "00"
    ds.DetectorType = "DIRECT"
    ds.AcquisitionContextSequence = Sequence()
    ds.PositionerType = "NONE"
    ds.AcquisitionDeviceProcessingDescription = "Phantom"
