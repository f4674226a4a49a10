"""A CT of known truth for the viewer's browser tests: sizes in millimetres and values in HU that a reader can check."""

import io

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

SLICES = 12
SIZE = 256
SPACING = 0.8
SQUARE = slice(108, 148)
SQUARE_MM = 40 * SPACING
SQUARE_HU = 100
MARK_HU = 1000
BODY_HU = -200
STUDY = UID("2.25.210000000000000000000000000000000001")
SERIES = UID("2.25.210000000000000000000000000000000002")
SECOND = UID("2.25.210000000000000000000000000000000003")


def pixels(index: int) -> np.ndarray:
    """Hounsfield units of slice `index`: a square in the middle, a bright mark at the patient's right, and a bar
    whose length tells the slice apart."""
    values = np.full((SIZE, SIZE), BODY_HU, dtype=np.int16)
    values[SQUARE, SQUARE] = SQUARE_HU
    values[118:138, 20:40] = MARK_HU
    values[220:230, 20 : 20 + 12 * (index + 1)] = MARK_HU
    return values


def instance(index: int, series: UID = SERIES) -> bytes:
    """Slice `index` as a Part 10 file, axial, with rescale intercept -1024."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(series), str(index)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = Dataset()
    file.file_meta = meta
    file.SOPClassUID, file.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    file.StudyInstanceUID, file.SeriesInstanceUID, file.FrameOfReferenceUID = STUDY, series, f"{STUDY}.9"
    file.PatientName, file.PatientID, file.Modality, file.StudyDescription = (
        "Prueba^Ana",
        "P1",
        "CT",
        "TC de prueba",
    )
    file.StudyDate, file.StudyTime, file.AccessionNumber = "20261112", "104000", "A1"
    file.SeriesNumber, file.SeriesDescription = (1, "Axial") if series == SERIES else (2, "Hueso")
    file.InstanceNumber = index + 1
    file.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    file.ImagePositionPatient = [-SIZE * SPACING / 2, -SIZE * SPACING / 2, index * 2.0]
    file.PixelSpacing, file.SliceThickness = [SPACING, SPACING], 2.0
    file.Rows = file.Columns = SIZE
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 12, 11, 0
    file.RescaleIntercept, file.RescaleSlope, file.RescaleType = -1024, 1, "HU"
    file.WindowCenter, file.WindowWidth = 50, 400
    file.PixelData = (pixels(index) + 1024).astype("<u2").tobytes()
    buffer = io.BytesIO()
    file.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
