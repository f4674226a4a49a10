"""UIDs: validity, storage SOP classes, transfer syntaxes, and what kind of object a SOP class is.

Sources: PS3.5 section 9.1 (UID), PS3.4 Annex B.5 (Storage SOP classes), PS3.5 Annex A and PS3.6 Annex A
(transfer syntaxes).
"""

from __future__ import annotations

import re
import uuid
from typing import Final, Literal

from pydicom._uid_dict import UID_dictionary

# Fixed for all versions of Placa (PS3.7 D.3.3.2); made once from a random UUID (PS3.5 B.2).
IMPLEMENTATION_CLASS_UID: Final = "2.25.318267841077346120577301922410563829913"
IMPLEMENTATION_VERSION_NAME: Final = "PLACA_1"  # at most 16 characters, VR SH

_UID = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
_LENIENT_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+")

Kind = Literal["image", "video", "ecg", "pdf", "sr", "presentation", "other"]


def is_valid_uid(uid: str) -> bool:
    """True for a UID as PS3.5 9.1 wants it: at most 64 characters, numeric components without leading
    zeros."""
    return len(uid) <= 64 and _UID.fullmatch(uid) is not None


def is_acceptable_uid(uid: str) -> bool:
    """True for digits and dots of at most 64 characters; leading zeros, which real modalities send, are
    tolerated."""
    return len(uid) <= 64 and _LENIENT_UID.fullmatch(uid) is not None


def new_uid() -> str:
    """A new unique UID below 2.25, from a random UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


# --- Transfer syntaxes
# ----------------------------------------------------------------------------------------------

IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
DEFLATED_IMAGE_FRAME: Final = "1.2.840.10008.1.2.8.1"
RLE_LOSSLESS: Final = "1.2.840.10008.1.2.5"
JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED: Final = "1.2.840.10008.1.2.4.51"
JPEG_SPECTRAL_SELECTION: Final = "1.2.840.10008.1.2.4.53"
JPEG_FULL_PROGRESSION: Final = "1.2.840.10008.1.2.4.55"
JPEG_LOSSLESS: Final = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS_SV1: Final = "1.2.840.10008.1.2.4.70"
JPEG_LS_LOSSLESS: Final = "1.2.840.10008.1.2.4.80"
JPEG_LS_NEAR_LOSSLESS: Final = "1.2.840.10008.1.2.4.81"
JPEG_2000_LOSSLESS: Final = "1.2.840.10008.1.2.4.90"
JPEG_2000: Final = "1.2.840.10008.1.2.4.91"
JPEG_2000_MC_LOSSLESS: Final = "1.2.840.10008.1.2.4.92"
JPEG_2000_MC: Final = "1.2.840.10008.1.2.4.93"
HTJ2K_LOSSLESS: Final = "1.2.840.10008.1.2.4.201"
HTJ2K_LOSSLESS_RPCL: Final = "1.2.840.10008.1.2.4.202"
HTJ2K: Final = "1.2.840.10008.1.2.4.203"
JPEG_XL_LOSSLESS: Final = "1.2.840.10008.1.2.4.110"
JPEG_XL_JPEG_RECOMPRESSION: Final = "1.2.840.10008.1.2.4.111"
JPEG_XL: Final = "1.2.840.10008.1.2.4.112"

JPEG_DCT_SYNTAXES: Final = frozenset(
    {JPEG_BASELINE, JPEG_EXTENDED, JPEG_SPECTRAL_SELECTION, JPEG_FULL_PROGRESSION}
)
JPEG_LOSSLESS_SYNTAXES: Final = frozenset({JPEG_LOSSLESS, JPEG_LOSSLESS_SV1})
JPEG_LS_SYNTAXES: Final = frozenset({JPEG_LS_LOSSLESS, JPEG_LS_NEAR_LOSSLESS})
JPEG_2000_SYNTAXES: Final = frozenset(
    {
        JPEG_2000_LOSSLESS,
        JPEG_2000,
        JPEG_2000_MC_LOSSLESS,
        JPEG_2000_MC,
        HTJ2K_LOSSLESS,
        HTJ2K_LOSSLESS_RPCL,
        HTJ2K,
    }
)
JPEG_XL_SYNTAXES: Final = frozenset({JPEG_XL_LOSSLESS, JPEG_XL_JPEG_RECOMPRESSION, JPEG_XL})
# MPEG-2 main profile main/high level, H.264 high 4.1 / 4.1 BD / 4.2 2D / 4.2 3D / stereo, HEVC main / main
# 10, and the fragmentable twins (".1") of the first six (PS3.5 A.4.5 to A.4.10).
VIDEO_SYNTAXES: Final = frozenset(
    f"1.2.840.10008.1.2.4.{number}{twin}" for number in range(100, 107) for twin in ("", ".1")
) | {"1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"}

NATIVE_SYNTAXES: Final = frozenset(
    {
        IMPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_LITTLE_ENDIAN,
        DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_BIG_ENDIAN,
    }
)
ENCAPSULATED_SYNTAXES: Final = (
    JPEG_DCT_SYNTAXES
    | JPEG_LOSSLESS_SYNTAXES
    | JPEG_LS_SYNTAXES
    | JPEG_2000_SYNTAXES
    | JPEG_XL_SYNTAXES
    | VIDEO_SYNTAXES
    | {RLE_LOSSLESS, DEFLATED_IMAGE_FRAME}
)
TRANSFER_SYNTAXES: Final = NATIVE_SYNTAXES | ENCAPSULATED_SYNTAXES

# Offered by the listener, best first. Deflated is last and read with a cap on what it inflates to.
ACCEPTED_TRANSFER_SYNTAXES: Final = (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    *sorted(ENCAPSULATED_SYNTAXES),
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
)


def is_encapsulated(transfer_syntax_uid: str) -> bool:
    """True where Pixel Data is a sequence of fragments (PS3.5 A.4)."""
    return transfer_syntax_uid in ENCAPSULATED_SYNTAXES


# --- SOP classes
# ----------------------------------------------------------------------------------------------------

MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"
SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
VL_PHOTOGRAPHIC: Final = "1.2.840.10008.5.1.4.1.1.77.1.4"
VIDEO_PHOTOGRAPHIC: Final = "1.2.840.10008.5.1.4.1.1.77.1.4.1"
ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"
KEY_OBJECT_SELECTION: Final = "1.2.840.10008.5.1.4.1.1.88.59"
STRUCTURED_REPORTS: Final = "1.2.840.10008.5.1.4.1.1.88."

# Private storage classes of old but living modalities; the same that other open listeners take.
_PRIVATE_STORAGE: Final = frozenset(
    {
        "1.3.12.2.1107.5.9.1",  # Siemens CSA non-image
        "1.3.12.2.1107.5.99.3.10",
        "1.3.12.2.1107.5.99.3.11",
        "1.2.840.113619.4.2",  # GE DICOM CT/MR
        "1.2.840.113619.4.3",
        "1.2.840.113619.4.4",
        "1.2.840.113619.4.26",  # GE 3D model
        "1.2.840.113619.4.27",  # GE eNTEGRA protocol or NM genie
        "1.2.840.113619.4.30",  # GE PET raw data
        "1.2.840.113619.4.5.249",
        "1.3.46.670589.2.3.1.1",  # Philips
        "1.3.46.670589.2.4.1.1",
        "1.3.46.670589.2.5.1.1",
        "1.3.46.670589.5.0.1",
        "1.3.46.670589.5.0.2",
        "1.3.46.670589.5.0.3",
        "1.3.46.670589.5.0.8",
        "1.3.46.670589.5.0.9",
        "1.3.46.670589.5.0.10",
        "1.3.46.670589.5.0.11",
        "1.3.46.670589.5.0.12",
        "1.3.46.670589.5.0.13",
        "1.3.46.670589.5.0.14",
        "1.3.46.670589.11.0.0.12.1",
        "1.3.46.670589.11.0.0.12.2",
        "1.3.46.670589.11.0.0.12.4",
        "1.2.392.200036.9116.7.8.1.1.1",  # Toshiba ultrasound
        "1.2.392.200036.9125.1.1.2",  # Fuji CR
    }
)
_PREFIXES: Final = ("1.2.840.10008.5.1.4.1.1.", "1.2.840.10008.5.1.1.", "1.2.840.10008.5.1.4.34.")
# Named "Storage", yet services (storage commitment, media, management) and not objects that one can store.
_NOT_STORAGE: Final = re.compile(
    r"Commitment|Media Storage|Management|Directory|Service|- FIND|- MOVE|- GET|Inventory"
)


def _standard_storage() -> frozenset[str]:
    found = set()
    for uid, (name, kind, _info, _retired, _keyword) in UID_dictionary.items():
        if (
            kind == "SOP Class"
            and "Storage" in name
            and uid.startswith(_PREFIXES)
            and not _NOT_STORAGE.search(name)
        ):
            found.add(uid)
    return frozenset(found)


# Newer than pydicom's dictionary.
_NEW_STORAGE: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.66.7",  # label map segmentation
        "1.2.840.10008.5.1.4.1.1.66.8",  # height map segmentation
        "1.2.840.10008.5.1.4.1.1.9.100.1",  # waveform presentation state
        "1.2.840.10008.5.1.4.1.1.9.100.2",  # waveform acquisition presentation state
    }
)
STORAGE_SOP_CLASSES: Final = _standard_storage() | _NEW_STORAGE | _PRIVATE_STORAGE

_ECG: Final = frozenset(
    f"1.2.840.10008.5.1.4.1.1.9.1.{number}" for number in (1, 2, 3, 4)
)  # 12-lead, general, ambulatory, general 32-bit
_SR_REPORTS: Final = frozenset(
    f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (1, 2, 3, 4, 11, 22, 33, 34, 35)
)  # trial classes, basic text, enhanced, comprehensive, comprehensive 3D, extensible
_VIDEO: Final = frozenset(f"1.2.840.10008.5.1.4.1.1.77.1.{number}.1" for number in (1, 2, 4))
_PRESENTATION: Final = frozenset(f"1.2.840.10008.5.1.4.1.1.11.{number}" for number in range(1, 14)) | {
    "1.2.840.10008.5.1.4.1.1.9.100.1",
    "1.2.840.10008.5.1.4.1.1.9.100.2",
}
# Objects with pixels that are data about images, not images to look at one by one.
_NOT_PICTURES: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.66.4",  # segmentation
        "1.2.840.10008.5.1.4.1.1.66.7",  # label map segmentation
        "1.2.840.10008.5.1.4.1.1.66.8",  # height map segmentation
        "1.2.840.10008.5.1.4.1.1.30",  # parametric map
        "1.2.840.10008.5.1.4.1.1.481.2",  # RT dose
        "1.2.840.10008.5.1.4.1.1.77.1.5.8",  # B-scan volume analysis
    }
)
_IMAGE_NAMES: Final = re.compile(r"Image Storage|Modality Image|Photography|Tomography", re.IGNORECASE)
_IMAGE_EXTRAS: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.6.2",  # enhanced US volume
        "1.2.840.113619.4.2",
        "1.2.840.113619.4.3",
        "1.2.840.113619.4.4",
        "1.2.392.200036.9116.7.8.1.1.1",
        "1.2.392.200036.9125.1.1.2",
    }
)


def _images() -> frozenset[str]:
    named = {uid for uid in _standard_storage() if _IMAGE_NAMES.search(UID_dictionary[uid][0])}
    return frozenset((named | _IMAGE_EXTRAS) - _NOT_PICTURES)


_IMAGES: Final = _images()
_NON_IMAGE_MODALITIES: Final = frozenset(
    re.findall(
        r"\w+", "SR KO PR DOC ECG HD EPS RTPLAN RTSTRUCT RTRECORD RTDOSE SEG REG FID ANN RWV M3D STAIN PLAN"
    )
    + re.findall(r"\w+", "SRF EEG EMG EOG AU RESP")
)


def is_storage(sop_class_uid: str) -> bool:
    """True for a SOP class that arrives by C-STORE: standard, retired, or known private."""
    return sop_class_uid in STORAGE_SOP_CLASSES


def is_image(sop_class_uid: str) -> bool:
    """True for objects that are pictures to look at, moving ones included."""
    return sop_class_uid in _IMAGES or sop_class_uid in _VIDEO


def is_structured_report(sop_class_uid: str) -> bool:
    """True for every SR document, key objects, CAD and dose reports included (PS3.3 A.35)."""
    return sop_class_uid.startswith(STRUCTURED_REPORTS)


def sop_class_name(sop_class_uid: str) -> str:
    """The name in PS3.6 Annex A, or the UID itself where it is not listed there."""
    entry = UID_dictionary.get(sop_class_uid)
    return entry[0] if entry else sop_class_uid


def kind_of(sop_class_uid: str, modality: str, transfer_syntax_uid: str = "") -> Kind:
    """How a portal treats an object.

    "sr" means a report for reading; key objects are "presentation", dose, CAD and procedure logs are "other".
    The modality decides only where the class is unknown; the transfer syntax makes a video of any image
    class.
    """
    if sop_class_uid in _VIDEO or (transfer_syntax_uid in VIDEO_SYNTAXES):
        return "video"
    if sop_class_uid in _IMAGES:
        return "image"
    if sop_class_uid in _ECG:
        return "ecg"
    if sop_class_uid == ENCAPSULATED_PDF:
        return "pdf"
    if sop_class_uid in _SR_REPORTS:
        return "sr"
    if sop_class_uid in _PRESENTATION or sop_class_uid == KEY_OBJECT_SELECTION:
        return "presentation"
    if sop_class_uid not in STORAGE_SOP_CLASSES and modality and modality not in _NON_IMAGE_MODALITIES:
        return "image"
    return "other"
