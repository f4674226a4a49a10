"""Studies whose places in the patient are known to the millimetre: for panes that follow and cut one another, for planes
through a volume, for an earlier study beside this one, and for mammograms on their wall."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

NOW = UID("2.25.220000000000000000000000000000000001")
PRIOR = UID("2.25.220000000000000000000000000000000002")
MAMMO = UID("2.25.220000000000000000000000000000000003")
SIDE = 96
BACKGROUND_HU = -200
BALL_HU = 300
# the ball's centre in the patient (left, back, head), and its radius, in millimetres
BALL = (20.0, -10.0, 30.0)
RADIUS = 12.0


@dataclass(frozen=True)
class Stack:
    """A series of images at known places. `first` is the centre of the first pixel of the first image."""

    key: str
    study: UID
    number: int
    description: str
    orientation: tuple[int, ...]
    first: tuple[float, float, float]
    step: tuple[float, float, float]
    count: int
    frame_of_reference: str
    uneven: bool = False

    @property
    def uid(self) -> str:
        return f"{self.study}.{self.number}"

    def position(self, index: int) -> tuple[float, ...]:
        far = index + (1 if self.uneven and index > self.count // 2 else 0)
        return tuple(start + far * step for start, step in zip(self.first, self.step, strict=True))


AXIAL_DIRECTION, CORONAL_DIRECTION = (1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1)
CORNER = (-48.0, -48.0, -20.0)
SCOUT = Stack("scout", NOW, 1, "Topograma", CORONAL_DIRECTION, (-48.0, 0.0, 76.0), (0, 2.0, 0), 2, "1")
AXIAL = Stack("axial", NOW, 2, "Axial 2 mm", AXIAL_DIRECTION, CORNER, (0, 0, 2.0), 48, "1")
CORONAL = Stack(
    "coronal", NOW, 3, "Coronal 4 mm", CORONAL_DIRECTION, (-48.0, -46.0, 75.0), (0, 4.0, 0), 24, "1"
)
THICK = Stack("thick", NOW, 4, "Axial 5 mm", AXIAL_DIRECTION, (-48.0, -48.0, 72.0), (0, 0, -5.0), 19, "1")
UNEVEN = Stack(
    "uneven", NOW, 5, "Axial con hueco", AXIAL_DIRECTION, CORNER, (0, 0, 2.0), 12, "1", uneven=True
)
EARLIER = Stack(
    "earlier", PRIOR, 2, "Axial 2 mm", AXIAL_DIRECTION, (-48.0, -48.0, 480.0), (0, 0, 4.0), 24, "7"
)
STACKS = (SCOUT, AXIAL, CORONAL, THICK, UNEVEN, EARLIER)
VIEWS = (("L", "MLO"), ("R", "MLO"), ("L", "CC"), ("R", "CC"))


def _ball(stack: Stack, index: int) -> np.ndarray:
    """Values of one image: a ball in the patient. The earlier study has another origin, its ball lies 500 mm higher."""
    row, column = np.array(stack.orientation[:3]), np.array(stack.orientation[3:])
    steps = np.arange(SIDE, dtype=float)
    places = (
        np.array(stack.position(index))[None, None, :]
        + steps[None, :, None] * row[None, None, :]
        + steps[:, None, None] * column[None, None, :]
    )
    centre = np.array(BALL) + (np.array([0, 0, 500.0]) if stack is EARLIER else 0)
    inside = ((places - centre) ** 2).sum(axis=2) <= RADIUS**2
    return np.where(inside, BALL_HU, BACKGROUND_HU).astype(np.int16)


def _file(sop_class: str, study: UID, series: str, number: int, **elements: Any) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[series, str(number)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = Dataset()
    file.file_meta = meta
    file.SOPClassUID, file.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    file.StudyInstanceUID, file.SeriesInstanceUID, file.InstanceNumber = study, series, number
    file.PatientName, file.PatientID = "Prueba^Berta", "SPACE" if study != MAMMO else "MAMMO"
    file.StudyDate, file.StudyTime = ("20250203" if study == PRIOR else "20261112"), "104000"
    file.StudyDescription, file.AccessionNumber = "TC de prueba", "A2"
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit = 16, 16, 15
    for name, value in elements.items():
        setattr(file, name, value)
    return file


def _bytes(file: Dataset, pixels: np.ndarray) -> bytes:
    file.Rows, file.Columns = pixels.shape
    file.PixelData = pixels.astype("<i2" if file.PixelRepresentation else "<u2").tobytes()
    buffer = io.BytesIO()
    file.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _slice(stack: Stack, index: int) -> bytes:
    file = _file(
        CTImageStorage, stack.study, stack.uid, index + 1,
        Modality="CT", SeriesNumber=stack.number, SeriesDescription=stack.description,
        FrameOfReferenceUID=f"2.25.99.{stack.frame_of_reference}",
        ImageOrientationPatient=list(stack.orientation), ImagePositionPatient=list(stack.position(index)),
        PixelSpacing=[1.0, 1.0], SliceThickness=max(map(abs, stack.step)), PixelRepresentation=1,
        RescaleIntercept=0, RescaleSlope=1, RescaleType="HU", WindowCenter=50, WindowWidth=600,
    )  # fmt: skip
    return _bytes(file, _ball(stack, index))


def _breast(number: int, side: str, view: str) -> bytes:
    """A bright half disc on the chest wall: at the right of the file for the right breast, at the left for the left one.

    The right CC lies the other way round, as some devices send it, and says so.
    """
    rows, columns = np.mgrid[0:240, 0:120]
    wall = 119 if side == "R" else 0
    turned = (side, view) == ("R", "CC")
    disc = ((columns - (119 - wall if turned else wall)) ** 2 + (rows - 120) ** 2) < 100**2
    along = {"R": "P", "L": "A"}[side] if not turned else "A"
    file = _file(
        DigitalMammographyXRayImageStorageForPresentation, MAMMO, f"{MAMMO}.{number}", 1,
        Modality="MG", SeriesNumber=number, SeriesDescription=f"{side} {view}", PresentationIntentType="FOR PRESENTATION",
        ImageLaterality=side, ViewPosition=view, PatientOrientation=[along, "F"], PixelRepresentation=0,
        ImagerPixelSpacing=[0.1, 0.1], WindowCenter=500, WindowWidth=1000,
    )  # fmt: skip
    return _bytes(file, np.where(disc, 900, 0))


def files() -> list[bytes]:
    """Everything as Part 10 files."""
    slices = [_slice(stack, index) for stack in STACKS for index in range(stack.count)]
    return slices + [_breast(number, *view) for number, view in enumerate(VIEWS, 1)]
