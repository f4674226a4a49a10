"""Demo images that the project draws itself: anatomical phantoms as DICOM, the same bytes for the same input.

Each generator takes an `Identity` and a `Visit` and returns data sets that are ready for `save_as`.
"""

from placa.demo.phantoms.ct import ct_abdomen
from placa.demo.phantoms.documents import lab_pdf
from placa.demo.phantoms.ecg import ecg_12lead
from placa.demo.phantoms.instances import Identity, Visit, derived_uid
from placa.demo.phantoms.mammography import mg_pair
from placa.demo.phantoms.mr import mr_knee
from placa.demo.phantoms.radiography import cr_chest, dx_wrist, lumbar_xray
from placa.demo.phantoms.ultrasound import us_renal

__all__ = [
    "Identity",
    "Visit",
    "cr_chest",
    "ct_abdomen",
    "derived_uid",
    "dx_wrist",
    "ecg_12lead",
    "lab_pdf",
    "lumbar_xray",
    "mg_pair",
    "mr_knee",
    "us_renal",
]
