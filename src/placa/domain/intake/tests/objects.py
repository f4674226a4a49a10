"""Small DICOM objects for tests: real data sets, a few hundred bytes each."""

import io
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.uid import ExplicitVRLittleEndian

from placa.domain.archive.records import Received, Sender
from placa.domain.intake.receiving import Announced, receive
from placa.standards.dicom import uids

CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY = "1.2.826.0.1.3680043.10.999.1"
MODALITY = Sender("CT1", "10.0.0.5")


def ct(number: int = 1, **elements: Any) -> Dataset:
    """A 4 x 4 CT slice of Ana; `elements` replace or add attributes by keyword, None removes one."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID = CT
    data.SOPInstanceUID = f"{STUDY}.2.{number}"
    data.StudyInstanceUID = STUDY
    data.SeriesInstanceUID = f"{STUDY}.1"
    data.StudyDate, data.StudyTime = "20261120", "103000"
    data.Modality = "CT"
    data.StudyDescription = "TC de abdomen"
    data.AccessionNumber = "RECV-1"
    data.PatientName = "Morales Peralta^Ana"
    data.PatientID = "MRN-7001"
    data.PatientBirthDate = "19840312"
    data.PatientSex = "F"
    data.SeriesNumber, data.InstanceNumber = 1, number
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = 4, 4
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelData = bytes((number + at) % 256 for at in range(32))
    for keyword, value in elements.items():
        if value is None:
            delattr(data, keyword)
        else:
            setattr(data, keyword, value)
    return data


def encoded(data: Dataset) -> bytes:
    """The data set's bytes, explicit VR little endian."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, data)
    return bytes(buffer.getvalue())


def announced(data: Dataset) -> Announced:
    """What a command set would say of `data`."""
    return Announced(str(data.SOPClassUID), str(data.SOPInstanceUID), uids.EXPLICIT_VR_LITTLE_ENDIAN)


def received(data: Dataset, sender: Sender = MODALITY) -> Received:
    """`data`, stored as if it had come over the network."""
    return receive([encoded(data)], announced(data), sender)


def part10(data: Dataset) -> bytes:
    """`data` as a DICOM file."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta = meta
    buffer = io.BytesIO()
    dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()
