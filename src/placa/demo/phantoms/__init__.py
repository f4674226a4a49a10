"""Demo images that the project draws itself: anatomical phantoms as DICOM, the same bytes for the same input.

Each generator takes an `Identity` and a `Visit` and returns data sets that are ready for `save_as`.
"""

from .ct import ct_abdomen
from .instances import Identity, Visit, derived_uid

__all__ = ["Identity", "Visit", "ct_abdomen", "derived_uid"]
