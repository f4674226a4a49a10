"""Demo images that the project draws itself: anatomical phantoms as DICOM, the same bytes for the same input.

Each generator takes an `Identity` and a `Visit` and returns data sets that are ready for `save_as`.
"""

from .ct import ct_abdomen
from .documents import lab_pdf
from .ecg import ecg_12lead
from .instances import Identity, Visit, derived_uid
from .mammography import mg_pair
from .mr import mr_knee
from .radiography import cr_chest, dx_wrist, lumbar_xray
from .ultrasound import us_renal

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
