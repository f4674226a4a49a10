"""What every phantom object has in common: patient, study, series, equipment, UIDs (PS3.3 C.7.1 to C.7.5)."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian

_NAMESPACE = uuid.UUID("6f1f0f7e-5f6b-5d5c-9a53-0a1c0de40001")
IMPLEMENTATION_CLASS_UID = UID("2.25.276120485912373410598731906284115739104")
SOFTWARE_VERSION = "1"


@dataclass(frozen=True)
class Identity:
    """The patient as the modality knows them. `sex` is M, F, O or empty; `patient_name` in DICOM PN form."""

    patient_name: str
    patient_id: str
    issuer: str
    birth_date: date
    sex: str


@dataclass(frozen=True)
class Visit:
    """One study: where, when and why. `study_datetime` is local; its zone is written where it has one."""

    study_instance_uid: str
    accession_number: str
    study_datetime: datetime
    description: str
    institution_name: str
    referring_physician_name: str
    station: str


@dataclass(frozen=True)
class SeriesPlan:
    """One series of a visit; `key` keeps its UIDs apart from those of the visit's other series."""

    key: str
    number: int
    modality: str
    description: str
    model: str
    body_part: str = ""


def derived_uid(seed: str) -> str:
    """The same UID for the same text: 2.25 and a name-based UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, seed).int}"


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """One code sequence item (PS3.3 table 8.8-1)."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def new_instance(
    sop_class_uid: str, identity: Identity, visit: Visit, series: SeriesPlan, number: int
) -> Dataset:
    """A data set with all modules above the image, and file meta for Explicit VR Little Endian."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = UID(sop_class_uid)
    ds.SOPInstanceUID = derived_uid(f"{visit.study_instance_uid}/{series.key}/{number}")
    _describe_patient(ds, identity)
    _describe_study(ds, visit)
    _describe_series(ds, visit, series)
    ds.InstanceNumber = number
    taken = visit.study_datetime + timedelta(seconds=30 * series.number, milliseconds=250 * number)
    ds.ContentDate = taken.strftime("%Y%m%d")
    ds.ContentTime = taken.strftime("%H%M%S.%f")
    ds.file_meta = _file_meta(ds)
    return ds


def _file_meta(ds: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = "PLACA_DEMO"
    return meta


def _describe_patient(ds: Dataset, identity: Identity) -> None:
    ds.PatientName = identity.patient_name
    ds.PatientID = identity.patient_id
    ds.IssuerOfPatientID = identity.issuer
    ds.PatientBirthDate = identity.birth_date.strftime("%Y%m%d")
    ds.PatientSex = identity.sex


def _describe_study(ds: Dataset, visit: Visit) -> None:
    ds.StudyInstanceUID = visit.study_instance_uid
    ds.StudyDate = visit.study_datetime.strftime("%Y%m%d")
    ds.StudyTime = visit.study_datetime.strftime("%H%M%S")
    if visit.study_datetime.utcoffset() is not None:
        ds.TimezoneOffsetFromUTC = visit.study_datetime.strftime("%z")[:5]
    ds.AccessionNumber = visit.accession_number
    ds.StudyID = visit.accession_number[:16]
    ds.StudyDescription = visit.description
    ds.ReferringPhysicianName = visit.referring_physician_name


def _describe_series(ds: Dataset, visit: Visit, series: SeriesPlan) -> None:
    started = visit.study_datetime + timedelta(seconds=30 * series.number)
    ds.Modality = series.modality
    ds.SeriesInstanceUID = derived_uid(f"{visit.study_instance_uid}/{series.key}")
    ds.SeriesNumber = series.number
    ds.SeriesDescription = series.description
    ds.SeriesDate = started.strftime("%Y%m%d")
    ds.SeriesTime = started.strftime("%H%M%S")
    if series.body_part:
        ds.BodyPartExamined = series.body_part
    ds.InstitutionName = visit.institution_name
    ds.StationName = visit.station
    ds.Manufacturer = "Placa"
    ds.ManufacturerModelName = series.model
    ds.DeviceSerialNumber = "DEMO-1"
    ds.SoftwareVersions = SOFTWARE_VERSION


def set_grey_pixels(ds: Dataset, pixels: NDArray[np.uint16], bits_stored: int) -> None:
    """Store a MONOCHROME2 image of unsigned values below 2 ** `bits_stored` in 16-bit words (PS3.3 C.7.6.3).

    Raises ValueError where a value does not fit.
    """
    if int(pixels.max()) >> bits_stored:
        raise ValueError(f"A pixel needs more than {bits_stored} bits.")
    ds.AcquisitionDate, ds.AcquisitionTime = ds.ContentDate, ds.ContentTime
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated = 16
    ds.BitsStored = bits_stored
    ds.HighBit = bits_stored - 1
    ds.PixelRepresentation = 0
    ds.BurnedInAnnotation = "NO"
    ds["PixelData"] = _word_element(pixels)


def _word_element(pixels: NDArray[np.uint16]) -> DataElement:
    return DataElement(0x7FE00010, "OW", pixels.astype("<u2").tobytes())


def set_compressed_frames(ds: Dataset, frames: list[bytes], transfer_syntax_uid: str) -> None:
    """Encapsulate one fragment a frame, with a basic offset table (PS3.5 A.4)."""
    ds.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    ds["PixelData"] = DataElement(
        0x7FE00010, "OB", encapsulate(frames, has_bot=True), is_undefined_length=True
    )
