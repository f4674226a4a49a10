"""What a DICOMDIR says of one file, the record type it needs, and the profile that media may claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal

from placa.standards.dicom import uids
from placa.standards.dicom.header import InstanceHeader
from placa.standards.dicom.metadata import JsonDataSet

ReferencedSeries = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""For each series: its UID, and (SOP class UID, SOP instance UID) of each image."""
OwnKeys = tuple[tuple[str, str], ...]
"""(tag, value) of the keys that only some record types have (PS3.3 F.5), as the object has them."""


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """What the directory says of one file; names are DICOM keywords, `file_id` the path's components.

    Each component has at most 8 characters of A-Z, 0-9 and underscore, and there are at most 8 (PS3.10 8.2).
    """

    file_id: tuple[str, ...]
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: date | None = None
    patient_sex: str = ""
    study_id: str = ""
    study_date: date | None = None
    study_time: time | None = None
    study_description: str = ""
    accession_number: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    instance_number: int | None = None
    rows: int = 0
    columns: int = 0
    number_of_frames: int = 1
    content_date: date | None = None
    content_time: time | None = None
    document_title: str = ""
    mime_type: str = ""
    completion_flag: str = ""
    verification_flag: str = ""
    concept_name: tuple[str, str, str] = ("", "", "")
    referenced_series: ReferencedSeries = ()
    own_keys: OwnKeys = ()

    def key(self, tag: int) -> str:
        """The object's own value of a key that only its record type has, or nothing."""
        return dict(self.own_keys).get(f"{tag:08X}", "")

    @classmethod
    def from_header(
        cls,
        header: InstanceHeader,
        file_id: Sequence[str],
        referenced_series: ReferencedSeries = (),
        own_keys: OwnKeys = (),
    ) -> DirectoryEntry:
        """The entry for an indexed instance stored at `file_id`.

        A presentation state also wants what it refers to (`referenced_series_of`), an object that is no image its own
        keys (`own_keys_of`).
        """
        own = ("file_id", "referenced_series", "own_keys")
        shared = {name: getattr(header, name) for name in cls.__slots__ if name not in own}
        return cls(file_id=tuple(file_id), referenced_series=referenced_series, own_keys=own_keys, **shared)


def referenced_series_of(model: JsonDataSet) -> ReferencedSeries:
    """The images that a presentation state in the DICOM JSON model refers to (PS3.3 C.11.11)."""
    found = []
    for series in model.get("00081115", {}).get("Value", []):
        images = tuple(
            (_first(image, "00081150"), _first(image, "00081155"))
            for image in series.get("00081140", {}).get("Value", [])
        )
        found.append((_first(series, "0020000E"), images))
    return tuple(found)


_OWN_KEYS: Final = (
    "00080008", "00080012", "00080013", "00280010", "00280011", "00289001", "00289002", "3004000A",
    "30060002", "30060008", "30060009", "30080250", "30080251", "300A0002", "300A0006", "300A0007",
    "30100033", "30100034", "00700080", "00700081", "00700082", "00700083", "00700084",
)  # fmt: skip


def own_keys_of(model: JsonDataSet) -> OwnKeys:
    """What an object in the DICOM JSON model says for its record, beyond what every header has."""
    found = {tag: _first(model, tag) for tag in _OWN_KEYS}
    return tuple((tag, value) for tag, value in found.items() if value)


def _first(model: JsonDataSet, tag: str) -> str:
    value = (model.get(tag, {}).get("Value") or [""])[0]
    if isinstance(value, dict):
        value = value.get("Alphabetic", "")  # a person's name (PS3.18 F.2.2)
    return "" if value is None else str(value)


Profile = Literal["STD-GEN-CD", "STD-GEN-DVD-JPEG", "STD-GEN-USB-JPEG", "none"]
_JPEG_PROFILE: Final = frozenset(
    {
        uids.EXPLICIT_VR_LITTLE_ENDIAN,
        uids.JPEG_LOSSLESS_SV1,
        uids.JPEG_BASELINE,
        uids.JPEG_EXTENDED,
    }
)


def profile_of(entries: Iterable[DirectoryEntry]) -> Profile:
    """The application profile that media with these files may claim (PS3.11 tables D.3-1 and J.3-1).

    Uncompressed files: General Purpose CD-R. JPEG too: the USB and DVD profiles. Anything else: none.
    """
    used = {entry.transfer_syntax_uid for entry in entries}
    if used <= {uids.EXPLICIT_VR_LITTLE_ENDIAN}:
        return "STD-GEN-CD"
    return "STD-GEN-USB-JPEG" if used <= _JPEG_PROFILE else "none"


_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
# PS3.3 table F.4-1, record types of the fourth level whose classes do not follow from their kind
_RECORD_TYPES: Final = {
    _STORAGE + suffix: kind
    for kind, suffixes in {
        "RT DOSE": ("481.2",),
        "RT STRUCTURE SET": ("481.3",),
        "RT PLAN": ("481.5", "481.8"),
        "RT TREAT RECORD": ("481.4", "481.6", "481.7", "481.9"),
        "RADIOTHERAPY": tuple(f"481.{number}" for number in (*range(10, 23), 24, 25)),
        "RAW DATA": ("66",),
        "REGISTRATION": ("66.1", "66.3"),
        "FIDUCIAL": ("66.2",),
        "SURFACE": ("66.5",),
        "TRACT": ("66.6",),
        "VALUE MAP": ("67",),
        "SURFACE SCAN": ("68.1", "68.2"),
        "STEREOMETRIC": ("77.1.5.3",),
        "MEASUREMENT": (*tuple(f"78.{number}" for number in (1, 2, 3, 4, 5, 7)), "80.1"),
        "SPECTROSCOPY": ("4.2",),
        "ASSESSMENT": ("90.1",),
        "ANNOTATION": ("91.1",),
        "SR DOCUMENT": ("78.6", "79.1"),
        "PRESENTATION": ("131", *(f"11.{number}" for number in range(1, 14))),
        "KEY OBJECT DOC": ("88.59",),
    }.items()
    for suffix in suffixes
}


def record_type(entry: DirectoryEntry) -> str:
    """The directory record type for the object (PS3.3 F.4); PRIVATE where the standard has none for it."""
    uid = entry.sop_class_uid
    kind = uids.kind_of(uid, entry.modality, entry.transfer_syntax_uid)
    if uid in _RECORD_TYPES:
        return _RECORD_TYPES[uid]
    if uids.is_structured_report(uid):
        return "SR DOCUMENT"
    if uid.startswith(f"{_STORAGE}104."):
        return "ENCAP DOC"
    if uid.startswith(f"{_STORAGE}9."):
        return "PRESENTATION" if kind == "presentation" else "WAVEFORM"
    return "IMAGE" if kind in ("image", "video") or entry.rows else "PRIVATE"
