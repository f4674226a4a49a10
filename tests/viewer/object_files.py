"""Objects over, beside and instead of images, made so that what must be seen is known: where, how long, which colour."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, generate_uid

from tests.viewer.grey_cases import phantom, written

SIDE = 128
SERIES = generate_uid(entropy_srcs=["objects", "series"])
SPACE = generate_uid(entropy_srcs=["objects", "space"])


def item(**elements: Any) -> Dataset:
    """A sequence item."""
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def slices(count: int = 2, **elements: Any) -> list[Dataset]:
    """Axial slices of flat grey, 2 mm apart."""
    made = []
    for number in range(count):
        one = phantom(
            f"slice {number}", np.full((SIDE, SIDE), 0, "int16"), WindowCenter=0, WindowWidth=200, **elements
        )
        one.SeriesInstanceUID, one.FrameOfReferenceUID = SERIES, SPACE
        one.ImagePositionPatient, one.InstanceNumber, one.SeriesNumber = [0, 0, 2 * number], number + 1, 1
        made.append(one)
    return made


def _bare(name: str, sop_class: str, modality: str) -> Dataset:
    """An object without pixels."""
    made = phantom(name, np.zeros((2, 2), "uint8"), Modality=modality)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
                    "SamplesPerPixel", "PhotometricInterpretation", "PixelSpacing", "ImageOrientationPatient",
                    "ImagePositionPatient"):  # fmt: skip
        delattr(made, keyword)
    made.SeriesNumber, made.SeriesDescription = 2, name
    return made


def reference(image: Dataset) -> Dataset:
    """What names an image."""
    return item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)


def presentation(image: Dataset) -> Dataset:
    """A presentation of one image: turned by a quarter, a window of its own, a box of which the rest is covered, a filled
    circle at (40, 64) of radius 10, and words."""
    made = _bare("Presentation", "1.2.840.10008.5.1.4.1.1.11.1", "PR")
    made.ContentLabel, made.ContentDescription = "MARKED", "For the surgeon"
    made.ReferencedSeriesSequence = Sequence(
        [
            item(
                SeriesInstanceUID=image.SeriesInstanceUID,
                ReferencedImageSequence=Sequence([reference(image)]),
            )
        ]
    )
    made.SoftcopyVOILUTSequence = Sequence([item(WindowCenter=-50, WindowWidth=200)])
    made.PresentationLUTShape = "IDENTITY"
    made.ImageRotation, made.ImageHorizontalFlip = 90, "N"
    made.ShutterShape = "RECTANGULAR"
    made.ShutterLeftVerticalEdge, made.ShutterRightVerticalEdge = 11, 118
    made.ShutterUpperHorizontalEdge, made.ShutterLowerHorizontalEdge = 11, 118
    made.ShutterPresentationValue = 0
    circle = item(
        GraphicAnnotationUnits="PIXEL", GraphicDimensions=2, NumberOfGraphicPoints=2, GraphicData=[40, 64, 50, 64],
        GraphicType="CIRCLE", GraphicFilled="Y",
    )  # fmt: skip
    words = item(
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPoint=[60, 90],
        AnchorPointVisibility="N",
        UnformattedTextValue="Cyst",
    )
    made.GraphicAnnotationSequence = Sequence(
        [
            item(
                GraphicLayer="A",
                GraphicObjectSequence=Sequence([circle]),
                TextObjectSequence=Sequence([words]),
            )
        ]
    )
    made.GraphicLayerSequence = Sequence([item(GraphicLayer="A", GraphicLayerOrder=1)])
    return made


def key_objects(*images: Dataset, frames: tuple[int, ...] = ()) -> Dataset:
    """A selection of these images; of one with several frames, of these."""
    made = _bare("Selection", "1.2.840.10008.5.1.4.1.1.88.59", "KO")
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = Sequence(
        [item(CodeValue="113000", CodingSchemeDesignator="DCM", CodeMeaning="Of Interest")]
    )
    made.ContentSequence = Sequence()
    for image in images:
        named = reference(image)
        if frames:
            named.ReferencedFrameNumber = list(frames)
        made.ContentSequence.append(
            item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=Sequence([named]))
        )
    return made


def presentation_of_both(first: Dataset, second: Dataset) -> Dataset:
    """A presentation of two images, each with a window of its own; a quarter of the second fills the pane. A plane of its
    own covers the left quarter in mid grey. Compound graphics: a white filled box, and an arrow."""
    made = presentation(second)
    made.ReferencedSeriesSequence[0].ReferencedImageSequence = Sequence([reference(first), reference(second)])
    made.ImageRotation = 0
    made.SoftcopyVOILUTSequence = Sequence(
        [
            item(ReferencedImageSequence=Sequence([reference(one)]), WindowCenter=center, WindowWidth=200)
            for one, center in ((first, -50), (second, 50))
        ]
    )
    made.DisplayedAreaSelectionSequence = Sequence(
        [
            item(
                ReferencedImageSequence=Sequence([reference(second)]), PresentationSizeMode="SCALE TO FIT",
                DisplayedAreaTopLeftHandCorner=[33, 65], DisplayedAreaBottomRightHandCorner=[96, 128],
            )
        ]
    )  # fmt: skip
    made.ShutterShape, made.ShutterOverlayGroup, made.ShutterPresentationValue = "BITMAP", 0x6000, 32768
    plane = np.zeros((SIDE, SIDE), "uint8")
    plane[:, :32] = 1
    made.add_new((0x6000, 0x0010), "US", SIDE)
    made.add_new((0x6000, 0x0011), "US", SIDE)
    made.add_new((0x6000, 0x0040), "CS", "G")
    made.add_new((0x6000, 0x0050), "SS", [1, 1])
    made.add_new((0x6000, 0x0100), "US", 1)
    made.add_new((0x6000, 0x0102), "US", 0)
    made.add_new((0x6000, 0x3000), "OW", np.packbits(plane.ravel(), bitorder="little").tobytes())
    white = [65535, 32896, 32896]
    box = item(
        CompoundGraphicInstanceID=1, CompoundGraphicUnits="PIXEL", CompoundGraphicType="RECTANGLE", GraphicDimensions=2,
        NumberOfGraphicPoints=2, GraphicData=[60, 80, 80, 100], GraphicFilled="Y",
        FillStyleSequence=Sequence([item(PatternOnColorCIELabValue=white, PatternOnOpacity=1.0, FillMode="SOLID")]),
        LineStyleSequence=Sequence([item(PatternOnColorCIELabValue=white, LineThickness=1.0, LineDashingStyle="SOLID")]),
    )  # fmt: skip
    arrow = item(
        CompoundGraphicInstanceID=2, CompoundGraphicUnits="PIXEL", CompoundGraphicType="ARROW", GraphicDimensions=2,
        NumberOfGraphicPoints=2, GraphicData=[40, 30, 100, 30],
        LineStyleSequence=Sequence([item(PatternOnColorCIELabValue=white, LineThickness=2.0, LineDashingStyle="SOLID")]),
    )  # fmt: skip
    made.GraphicAnnotationSequence = Sequence(
        [item(GraphicLayer="A", CompoundGraphicSequence=Sequence([box, arrow]))]
    )
    return made


def segmentation(images: list[Dataset]) -> Dataset:
    """Two segments: a liver over the left upper quarter of the first image, a cyst in the middle of the second."""
    masks = np.zeros((2, SIDE, SIDE), "uint8")
    masks[0, :64, :64] = 1
    masks[1, 48:80, 48:80] = 1
    made = phantom("Segmentation", masks[0], Modality="SEG", BitsStored=1, HighBit=0)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.66.4")
    made.BitsAllocated, made.NumberOfFrames, made.SegmentationType = 1, 2, "BINARY"
    made.PixelData = np.packbits(masks.ravel(), bitorder="little").tobytes()
    made.FrameOfReferenceUID, made.SeriesNumber, made.SeriesDescription = SPACE, 3, "AI"
    made.SegmentSequence = Sequence(
        [item(SegmentNumber=number, SegmentLabel=label) for number, label in ((1, "Liver"), (2, "Cyst"))]
    )
    made.SharedFunctionalGroupsSequence = Sequence(
        [item(PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]))]
    )
    frames = []
    for number, image in enumerate(images[:2], start=1):
        frames.append(
            item(
                SegmentIdentificationSequence=Sequence([item(ReferencedSegmentNumber=number)]),
                PlanePositionSequence=Sequence([item(ImagePositionPatient=image.ImagePositionPatient)]),
            )
        )
    made.PerFrameFunctionalGroupsSequence = Sequence(frames)
    return made


def with_overlay(image: Dataset, *, in_pixels: bool = False) -> Dataset:
    """A plane of 20 x 10 at row 31, column 51; or one that covers the image, in bit 15 of its pixels, with the same box."""
    box = np.zeros((SIDE, SIDE), "uint8")
    box[30:40, 50:70] = 1
    plane = np.ones((10, 20), "uint8")
    group = 0x6000
    rows, columns = box.shape if in_pixels else plane.shape
    image.add_new((group, 0x0010), "US", rows)
    image.add_new((group, 0x0011), "US", columns)
    image.add_new((group, 0x0040), "CS", "G")
    image.add_new((group, 0x0050), "SS", [1, 1] if in_pixels else [31, 51])
    image.add_new((group, 0x0100), "US", 16 if in_pixels else 1)
    image.add_new((group, 0x0102), "US", 15 if in_pixels else 0)
    if in_pixels:
        image.PixelRepresentation, image.BitsStored, image.HighBit = 0, 12, 11
        image.WindowCenter, image.WindowWidth = 2048, 4096
        image.PixelData = (np.full((SIDE, SIDE), 1000, "<u2") | (box.astype("<u2") << 15)).tobytes()
    else:
        image.add_new((group, 0x3000), "OW", np.packbits(plane.ravel(), bitorder="little").tobytes())
    return image


def ecg(leads: int = 12, seconds: int = 10, *, broken: bool = False) -> Dataset:
    """Leads of 500 samples a second: each second a pulse of 1 mV that lasts 200 ms."""
    made = _bare("ECG", "1.2.840.10008.5.1.4.1.1.9.1.1", "ECG")
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    channels = [
        item(
            ChannelSourceSequence=Sequence([item(CodeValue="X", CodingSchemeDesignator="99", CodeMeaning=f"Lead {name}")]),
            ChannelSensitivity="2.5", ChannelBaseline="0", ChannelSensitivityCorrectionFactor="1", WaveformBitsStored=16,
            ChannelSensitivityUnitsSequence=Sequence(
                [item(CodeValue="uV", CodingSchemeDesignator="UCUM", CodeMeaning="uV")]),
            FilterLowFrequency="0.05", FilterHighFrequency="150",
        )
        for name in names[:leads]
    ]  # fmt: skip
    one = np.zeros(500, "<i2")
    one[200:300] = 400
    values = np.repeat(np.tile(one, seconds)[:, None], leads, axis=1)
    group = item(
        WaveformOriginality="ORIGINAL", NumberOfWaveformChannels=leads, NumberOfWaveformSamples=500 * seconds,
        SamplingFrequency="0" if broken else "500", MultiplexGroupLabel="RHYTHM",
        ChannelDefinitionSequence=Sequence(channels), WaveformBitsAllocated=16, WaveformSampleInterpretation="SS",
    )  # fmt: skip
    group.add_new(0x54001010, "OW", values.astype("<i2").tobytes())
    made.WaveformSequence = Sequence([group])
    return made


def ultrasound() -> Dataset:
    """No pixel spacing, and a region of 0.05 cm a pixel over the left half."""
    made = phantom(
        "Ultrasound", np.full((SIDE, SIDE), 100, "uint8"), Modality="US", WindowCenter=128, WindowWidth=256
    )
    del made.PixelSpacing
    made.SequenceOfUltrasoundRegions = Sequence(
        [
            item(
                RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=0, RegionLocationMinY0=0,
                RegionLocationMaxX1=64, RegionLocationMaxY1=127, PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3,
                PhysicalDeltaX=0.05, PhysicalDeltaY=0.05,
            )
        ]
    )  # fmt: skip
    return made


def files(folder: Path, *objects: Dataset) -> list[Path]:
    """Part 10 files of these objects."""
    return [written(one, folder, one.SOPInstanceUID) for one in objects]
