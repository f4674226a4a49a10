"""One small, whole object of each family of storage classes: what a portal meets beside images.

Each is as its IOD wants it where the portal looks (PS3.3 Annex A), and a few kilobytes at most.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pypdf import PdfWriter

from placa.domain.intake.tests.objects import CT, STUDY, ct

_S = "1.2.840.10008.5.1.4.1.1."
_PIXELS = (
    "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PixelData",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An object's class and what the portal should make of it."""

    name: str
    sop_class_uid: str
    modality: str
    kind: str
    record: str
    fill: Callable[[Dataset], None]
    pictured: bool = False  # whether a frame of it can be drawn


def item(**elements: Any) -> Dataset:
    """A sequence item."""
    found = Dataset()
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found


def code(value: str, scheme: str, meaning: str) -> list[Dataset]:
    """A code sequence of one item."""
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def build(case: Case, number: int = 1, **elements: Any) -> Dataset:
    """The object of `case` as instance `number` of Ana's study, in a series of its own."""
    data = ct(number, SeriesInstanceUID=f"{STUDY}.70.{number}", SOPInstanceUID=f"{STUDY}.71.{number}")
    for keyword in _PIXELS:
        delattr(data, keyword)
    data.SOPClassUID, data.Modality, data.SeriesNumber = case.sop_class_uid, case.modality, 70 + number
    data.ContentDate, data.ContentTime = "20261120", "104500"
    case.fill(data)
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    return data


# --- With pixels


def _pixels(data: Dataset, rows: int, columns: int, bits: int, frames: int, raw: bytes, **more: Any) -> None:
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns, data.NumberOfFrames = rows, columns, frames
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits, bits - 1, 0
    for keyword, value in more.items():
        setattr(data, keyword, value)
    data.PixelData = raw + bytes(len(raw) % 2)


def bit_mask(frame: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Frame `frame` (from 0) of the segmentation: 5 by 5 pixels, so that frames do not begin at a byte."""
    mask = np.zeros((5, 5), np.uint8)
    mask[frame, :] = 1
    mask[:, 4 - frame] = 1
    return mask


def _segmentation(data: Dataset) -> None:
    bits = np.concatenate([bit_mask(frame).ravel() for frame in range(3)])
    raw = np.packbits(bits, bitorder="little").tobytes()
    _pixels(data, 5, 5, 1, 3, raw, SegmentationType="BINARY")
    data.SegmentSequence = [
        item(SegmentNumber=1, SegmentLabel="Hígado", SegmentAlgorithmType="MANUAL",
             SegmentedPropertyCategoryCodeSequence=code("T-D0050", "SRT", "Tissue"),
             SegmentedPropertyTypeCodeSequence=code("T-62000", "SRT", "Liver"))
    ]  # fmt: skip
    data.ContentLabel, data.ContentDescription, data.ContentCreatorName = "SEG", "", "Díaz^Luis"


DOSE = np.arange(2 * 3 * 4, dtype="<u4").reshape(2, 3, 4) * 100_000


def _dose(data: Dataset) -> None:
    _pixels(data, 3, 4, 32, 2, DOSE.tobytes(), DoseUnits="GY", DoseType="PHYSICAL", DoseSummationType="BEAM")
    data.DoseGridScaling, data.GridFrameOffsetVector = "0.00001", ["0", "2.5"]
    data.FrameIncrementPointer = 0x3004000C


def _parametric_map(data: Dataset) -> None:
    values = np.linspace(0, 1, 16, dtype="<f4")
    _pixels(data, 4, 4, 32, 1, b"")
    del data.PixelData, data.BitsStored, data.HighBit, data.PixelRepresentation
    data.FloatPixelData = values.tobytes()


def _rgb(data: Dataset) -> None:
    _pixels(
        data,
        4,
        4,
        8,
        1,
        bytes(range(48)),
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
    )


def _tiles(data: Dataset) -> None:
    _pixels(
        data, 4, 4, 8, 3, bytes(range(144)), SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0,
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], TotalPixelMatrixRows=4, TotalPixelMatrixColumns=12,
    )  # fmt: skip


def _grey(data: Dataset) -> None:
    _pixels(data, 4, 4, 16, 1, struct.pack("<16H", *range(0, 1600, 100)))


# --- Reports


def _text(relation: str, value: str) -> Dataset:
    return item(
        RelationshipType=relation,
        ValueType="TEXT",
        TextValue=value,
        ConceptNameCodeSequence=code("121071", "DCM", "Finding"),
    )


def _report(data: Dataset) -> None:
    data.ValueType, data.ContinuityOfContent = "CONTAINER", "SEPARATE"
    data.ConceptNameCodeSequence = code("18748-4", "LN", "Diagnostic Imaging Report")
    data.CompletionFlag, data.VerificationFlag = "COMPLETE", "UNVERIFIED"
    measured = item(
        RelationshipType="CONTAINS", ValueType="NUM", ConceptNameCodeSequence=code("121206", "DCM", "Distance"),
        MeasuredValueSequence=[item(NumericValue="12.5", MeasurementUnitsCodeSequence=code("mm", "UCUM", "mm"))],
    )  # fmt: skip
    data.ContentSequence = [_text("CONTAINS", "Hígado de tamaño normal."), measured]


def _key_objects(data: Dataset) -> None:
    data.ValueType, data.ContinuityOfContent = "CONTAINER", "SEPARATE"
    data.ConceptNameCodeSequence = code("113000", "DCM", "Of Interest")
    chosen = [item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{STUDY}.2.2")]
    series = item(SeriesInstanceUID=f"{STUDY}.1", ReferencedSOPSequence=chosen)
    evidence = item(StudyInstanceUID=STUDY, ReferencedSeriesSequence=[series])
    data.CurrentRequestedProcedureEvidenceSequence = [evidence]
    data.ContentSequence = [
        item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=chosen)
    ]


def _presentation(data: Dataset) -> None:
    data.ContentLabel, data.ContentDescription, data.ContentCreatorName = (
        "FLECHAS",
        "Flechas del informe",
        "Díaz^Luis",
    )
    data.PresentationCreationDate, data.PresentationCreationTime = "20261120", "110000"
    images = [item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{STUDY}.2.1")]
    data.ReferencedSeriesSequence = [item(SeriesInstanceUID=f"{STUDY}.1", ReferencedImageSequence=images)]
    data.PresentationLUTShape = "IDENTITY"


# --- Documents and files


def _page() -> bytes:
    """A PDF of one empty page."""
    out, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return out.getvalue()


def _document(mime: str, content: bytes) -> Callable[[Dataset], None]:
    def fill(data: Dataset) -> None:
        data.MIMETypeOfEncapsulatedDocument, data.DocumentTitle, data.BurnedInAnnotation = (
            mime,
            "Anexo",
            "YES",
        )
        data.ConceptNameCodeSequence = []
        data.EncapsulatedDocument = content + bytes(len(content) % 2)

    return fill


# --- Waveforms


def _waveform(channels: int, bits: int = 16, frequency: int = 500) -> Callable[[Dataset], None]:
    def fill(data: Dataset) -> None:
        count = 500
        wave = (np.sin(np.arange(count) / 20) * (100 if bits == 8 else 900)).astype(
            "i1" if bits == 8 else "<i2"
        )
        samples = np.repeat(wave[:, None], channels, axis=1)
        leads = ["I", "II", "III", "aVR", "aVL", "aVF", *(f"V{number}" for number in range(1, 7))]
        described = [
            item(ChannelSourceSequence=code(f"5.6.3-9-{number + 1}", "SCPECG", f"Lead {leads[number % 12]}"),
                 ChannelSensitivity="2.5", ChannelSensitivityUnitsSequence=code("uV", "UCUM", "microvolt"),
                 ChannelSensitivityCorrectionFactor="1", ChannelBaseline="0", ChannelSampleSkew="0", WaveformBitsStored=bits)
            for number in range(channels)
        ]  # fmt: skip
        data.AcquisitionDateTime = "20261120104500"
        group = item(
            WaveformOriginality="ORIGINAL", NumberOfWaveformChannels=channels, NumberOfWaveformSamples=count,
            SamplingFrequency=str(frequency), ChannelDefinitionSequence=described,
            WaveformBitsAllocated=bits, WaveformSampleInterpretation="SB" if bits == 8 else "SS",
        )  # fmt: skip
        group.add_new(0x54001010, "OW", samples.tobytes())
        data.WaveformSequence = [group]

    return fill


# --- Radiotherapy, measurements, the rest


def _structures(data: Dataset) -> None:
    data.StructureSetLabel, data.StructureSetDate, data.StructureSetTime = "Contornos", "20261119", "090000"
    data.StructureSetROISequence = [item(ROINumber=1, ROIName="Hígado", ROIGenerationAlgorithm="")]
    contour = item(ContourGeometricType="POINT", NumberOfContourPoints=1, ContourData=["0", "0", "0"])
    data.ROIContourSequence = [item(ReferencedROINumber=1, ContourSequence=[contour])]


def _plan(data: Dataset) -> None:
    data.RTPlanLabel, data.RTPlanDate, data.RTPlanTime, data.RTPlanGeometry = (
        "Plan 1",
        "20261119",
        "100000",
        "PATIENT",
    )


def _treatment(data: Dataset) -> None:
    data.TreatmentDate, data.TreatmentTime = "20261120", "080000"


def _spectrum(data: Dataset) -> None:
    data.ImageType = ["ORIGINAL", "PRIMARY", "SPECTROSCOPY", "NONE"]
    data.Rows, data.Columns, data.NumberOfFrames = 1, 1, 1
    data.DataPointRows, data.DataPointColumns = 1, 8
    data.SpectroscopyData = np.arange(16, dtype="<f4").tobytes()


def _content(data: Dataset) -> None:
    data.ContentLabel, data.ContentDescription, data.ContentCreatorName = "ALINEACION", "", ""


def _label(data: Dataset) -> None:
    data.UserContentLabel, data.ContentDescription, data.ContentCreatorName = "Intención", "", ""


def _private(data: Dataset) -> None:
    block = data.private_block(0x0029, "SIEMENS CSA NON-IMAGE", create=True)
    block.add_new(0x10, "OB", bytes(range(256)) * 8)


def _nothing(data: Dataset) -> None:
    data.InstanceCreationDate = "20261120"


def _private_image(data: Dataset) -> None:
    _grey(data)


STL = b"solid hueso\nendsolid hueso\n"
CDA = b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>'
CASES = [
    Case("segmentation", f"{_S}66.4", "SEG", "other", "IMAGE", _segmentation, pictured=True),
    Case("rt-dose", f"{_S}481.2", "RTDOSE", "other", "RT DOSE", _dose, pictured=True),
    Case("rt-image", f"{_S}481.1", "RTIMAGE", "image", "IMAGE", _grey, pictured=True),
    Case("rt-structures", f"{_S}481.3", "RTSTRUCT", "other", "RT STRUCTURE SET", _structures),
    Case("rt-plan", f"{_S}481.5", "RTPLAN", "other", "RT PLAN", _plan),
    Case("rt-ion-plan", f"{_S}481.8", "RTPLAN", "other", "RT PLAN", _plan),
    Case("rt-treatment", f"{_S}481.4", "RTRECORD", "other", "RT TREAT RECORD", _treatment),
    Case("rt-intent", f"{_S}481.10", "RTINTENT", "other", "RADIOTHERAPY", _label),
    Case("basic-text-sr", f"{_S}88.11", "SR", "sr", "SR DOCUMENT", _report),
    Case("enhanced-sr", f"{_S}88.22", "SR", "sr", "SR DOCUMENT", _report),
    Case("comprehensive-sr", f"{_S}88.33", "SR", "sr", "SR DOCUMENT", _report),
    Case("comprehensive-3d-sr", f"{_S}88.34", "SR", "sr", "SR DOCUMENT", _report),
    Case("dose-sr", f"{_S}88.67", "SR", "other", "SR DOCUMENT", _report),
    Case("echo-sr", f"{_S}88.72", "SR", "other", "SR DOCUMENT", _report),
    Case("cad-sr", f"{_S}88.50", "SR", "other", "SR DOCUMENT", _report),
    Case("procedure-log", f"{_S}88.40", "SR", "other", "SR DOCUMENT", _report),
    Case("key-objects", f"{_S}88.59", "KO", "presentation", "KEY OBJECT DOC", _key_objects),
    Case("grey-presentation", f"{_S}11.1", "PR", "presentation", "PRESENTATION", _presentation),
    Case("color-presentation", f"{_S}11.2", "PR", "presentation", "PRESENTATION", _presentation),
    Case("structured-display", f"{_S}131", "PR", "other", "PRESENTATION", _presentation),
    Case("ecg-12-lead", f"{_S}9.1.1", "ECG", "ecg", "WAVEFORM", _waveform(12), pictured=True),
    Case("ecg-general", f"{_S}9.1.2", "ECG", "ecg", "WAVEFORM", _waveform(3), pictured=True),
    Case("ecg-ambulatory", f"{_S}9.1.3", "ECG", "ecg", "WAVEFORM", _waveform(2, bits=8), pictured=True),
    Case("hemodynamic", f"{_S}9.2.1", "HD", "other", "WAVEFORM", _waveform(2)),
    Case("electrophysiology", f"{_S}9.3.1", "EPS", "other", "WAVEFORM", _waveform(4)),
    Case("audio", f"{_S}9.4.2", "AU", "other", "WAVEFORM", _waveform(1, bits=8, frequency=8000)),
    Case("respiration", f"{_S}9.6.1", "RESP", "other", "WAVEFORM", _waveform(1)),
    Case("eeg", f"{_S}9.7.1", "EEG", "other", "WAVEFORM", _waveform(8)),
    Case("pdf", f"{_S}104.1", "DOC", "pdf", "ENCAP DOC", _document("application/pdf", _page())),
    Case("cda", f"{_S}104.2", "DOC", "other", "ENCAP DOC", _document("text/XML", CDA)),
    Case("stl", f"{_S}104.3", "M3D", "other", "ENCAP DOC", _document("model/stl", STL)),
    Case("obj", f"{_S}104.4", "M3D", "other", "ENCAP DOC", _document("model/obj", b"v 0 0 0\n")),
    Case("mtl", f"{_S}104.5", "M3D", "other", "ENCAP DOC", _document("model/mtl", b"newmtl a\n")),
    Case("raw-data", f"{_S}66", "MR", "other", "RAW DATA", _private),
    Case("registration", f"{_S}66.1", "REG", "other", "REGISTRATION", _content),
    Case("fiducials", f"{_S}66.2", "FID", "other", "FIDUCIAL", _content),
    Case("surface", f"{_S}66.5", "SEG", "other", "SURFACE", _content),
    Case("tractography", f"{_S}66.6", "MR", "other", "TRACT", _content),
    Case("value-map", f"{_S}67", "RWV", "other", "VALUE MAP", _content),
    Case("surface-scan", f"{_S}68.1", "OSS", "other", "SURFACE SCAN", _nothing),
    Case("spectroscopy", f"{_S}4.2", "MR", "other", "SPECTROSCOPY", _spectrum),
    Case("parametric-map", f"{_S}30", "OT", "other", "IMAGE", _parametric_map, pictured=True),
    Case("photograph", f"{_S}77.1.4", "XC", "image", "IMAGE", _rgb, pictured=True),
    Case("ophthalmic-photograph", f"{_S}77.1.5.1", "OP", "image", "IMAGE", _rgb, pictured=True),
    Case("ophthalmic-tomography", f"{_S}77.1.5.4", "OPT", "image", "IMAGE", _grey, pictured=True),
    Case("stereometric", f"{_S}77.1.5.3", "SMR", "other", "STEREOMETRIC", _nothing),
    Case("whole-slide", f"{_S}77.1.6", "SM", "image", "IMAGE", _tiles, pictured=True),
    Case("eye-measurements", f"{_S}78.1", "LEN", "other", "MEASUREMENT", _nothing),
    Case("assessment", f"{_S}90.1", "ASMT", "other", "ASSESSMENT", _nothing),
    Case("slide-annotations", f"{_S}91.1", "ANN", "other", "ANNOTATION", _content),
    Case("siemens-private", "1.3.12.2.1107.5.9.1", "MR", "other", "PRIVATE", _private),
    Case("unknown-private", "1.2.826.0.1.3680043.9.4245.99.1", "SR", "other", "PRIVATE", _private),
    Case(
        "private-image",
        "1.2.826.0.1.3680043.9.4245.99.2",
        "CT",
        "image",
        "IMAGE",
        _private_image,
        pictured=True,
    ),
]
BY_NAME = {case.name: case for case in CASES}
