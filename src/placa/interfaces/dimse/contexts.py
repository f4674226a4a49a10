"""Which presentation contexts the listener takes (PS3.8 9.3.2.2, requirement 6.3)."""

import threading

from pydicom._uid_dict import UID_dictionary
from pynetdicom import register_uid
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import _STORAGE_CLASSES

from placa.standards.dicom import uids

VERIFICATION = "1.2.840.10008.1.1"
UNKNOWN_CLASSES_MAX = 500  # private classes that one process gets to know; more is no modality

_DICOM_ROOT = "1.2.840.10008."
_lock = threading.Lock()


def takes(sop_class_uid: str) -> bool:
    """Storage classes of the standard, and private ones: an unknown UID outside DICOM's own root is a private class."""
    if uids.is_storage(sop_class_uid):
        return True
    private = uids.is_valid_uid(sop_class_uid) and not sop_class_uid.startswith(_DICOM_ROOT)
    return private and sop_class_uid not in UID_dictionary


def offered(requested: list[PresentationContext]) -> list[PresentationContext]:
    """Contexts to accept of those `requested`, in all transfer syntaxes that we can keep."""
    wanted = {str(context.abstract_syntax) for context in requested}
    contexts = [
        build_context(uid, list(uids.ACCEPTED_TRANSFER_SYNTAXES)) for uid in sorted(filter(takes, wanted))
    ]
    if VERIFICATION in wanted:
        contexts.append(build_context(VERIFICATION))
    return contexts


def serve_as_storage(sop_class_uid: str) -> None:
    """Tell pynetdicom that a class it has not heard of is a storage class."""
    with _lock:
        known = _STORAGE_CLASSES.values()
        if (
            sop_class_uid == VERIFICATION
            or sop_class_uid in known
            or len(_STORAGE_CLASSES) > UNKNOWN_CLASSES_MAX
        ):
            return
        register_uid(sop_class_uid, f"Storage_{sop_class_uid.replace('.', '_')}", StorageServiceClass)
