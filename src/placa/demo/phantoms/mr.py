"""MR of a knee as DICOM: a sagittal proton-density series with fat suppression (PS3.3 A.4, C.8.3)."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from placa.demo.phantoms.fields import fractal, noise
from placa.demo.phantoms.instances import (
    Identity,
    SeriesPlan,
    Visit,
    code,
    derived_uid,
    new_instance,
    set_grey_pixels,
)
from placa.demo.phantoms.knee import knee_plane

MATRIX = 384
FIELD_OF_VIEW_MM = 160.0
SPACING_MM = 4.0
#: The right knee lies to the patient's right of the magnet's middle.
CENTRE_X_MM = -88.0
CENTRE_Z_MM = 14.0


def mr_knee(identity: Identity, visit: Visit, slices: int = 20) -> list[Dataset]:
    """Sagittal planes of a right knee from lateral to medial, 4 mm apart, 384 x 384, front at the left."""
    series = SeriesPlan("mr-sagittal", 2, "MR", "Sagital DP con supresión grasa", "Phantom MR", "KNEE")
    pixel = FIELD_OF_VIEW_MM / MATRIX
    steps = (np.arange(MATRIX, dtype=np.float32) - (MATRIX - 1) / 2) * np.float32(pixel)
    z, y = np.meshgrid(CENTRE_Z_MM - steps, steps, indexing="ij")
    coil = 1 + 0.10 * np.tanh(fractal((MATRIX, MATRIX), 5.5, 81))
    rng = np.random.default_rng(82)
    made = []
    for index in range(slices):
        x = (index - (slices - 1) / 2) * SPACING_MM
        signal = knee_plane(x, y, z, pixel) * coil * 900
        # The magnitude of a complex signal: Rician noise, so that air is not perfectly black.
        real = signal + 14 * noise(signal.shape, 0.5, rng)
        pixels = np.hypot(real, 14 * noise(signal.shape, 0.5, rng))
        ds = new_instance(MRImageStorage, identity, visit, series, index + 1)
        _describe(ds, visit, pixel)
        ds.ImagePositionPatient = [
            round(x + CENTRE_X_MM, 4),
            round(float(y[0, 0]), 4),
            round(float(z[0, 0]), 4),
        ]
        ds.SliceLocation = round(x + CENTRE_X_MM, 4)
        set_grey_pixels(ds, np.clip(np.rint(pixels), 0, 4095).astype(np.uint16), 12)
        made.append(ds)
    return made


def _describe(ds: Dataset, visit: Visit, pixel: float) -> None:
    ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "SK", "FS"
    ds.MRAcquisitionType = "2D"
    ds.RepetitionTime, ds.EchoTime, ds.EchoTrainLength = 2800, 32, 8
    ds.FlipAngle, ds.MagneticFieldStrength, ds.ImagedNucleus = 90, 1.5, "1H"
    ds.ProtocolName = "KNEE SAG PD FS"
    ds.PatientPosition = "FFS"
    ds.Laterality = "R"
    ds.FrameOfReferenceUID = derived_uid(f"{visit.study_instance_uid}/mr-frame")
    ds.PositionReferenceIndicator = ""
    ds.AcquisitionNumber = 1
    ds.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    ds.PixelSpacing = [round(pixel, 6), round(pixel, 6)]
    ds.SliceThickness, ds.SpacingBetweenSlices = 3.5, SPACING_MM
    ds.WindowCenter, ds.WindowWidth = 420, 900
    ds.AnatomicRegionSequence = [code("72696002", "SCT", "Knee")]
