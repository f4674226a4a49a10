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

    @classmethod
    def from_header(
        cls, header: InstanceHeader, file_id: Sequence[str], referenced_series: ReferencedSeries = ()
    ) -> DirectoryEntry:
        """The entry for an indexed instance stored at `file_id`.

        A presentation state also wants what it refers to: see `referenced_series_of`.
        """
        own = ("file_id", "referenced_series")
        shared = {name: getattr(header, name) for name in cls.__slots__ if name not in own}
        return cls(file_id=tuple(file_id), referenced_series=referenced_series, **shared)


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


def _first(model: JsonDataSet, tag: str) -> str:
    values = model.get(tag, {}).get("Value") or [""]
    return str(values[0])


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


_RT: Final = {
    "1.2.840.10008.5.1.4.1.1.481.2": "RT DOSE",
    "1.2.840.10008.5.1.4.1.1.481.3": "RT STRUCTURE SET",
    "1.2.840.10008.5.1.4.1.1.481.5": "RT PLAN",
    "1.2.840.10008.5.1.4.1.1.66": "RAW DATA",
}


def record_type(entry: DirectoryEntry) -> str:
    """The directory record type for the object (PS3.3 F.4); PRIVATE where no standard one is kept here."""
    kind = uids.kind_of(entry.sop_class_uid, entry.modality, entry.transfer_syntax_uid)
    if entry.sop_class_uid == uids.KEY_OBJECT_SELECTION:
        return "KEY OBJECT DOC"
    if entry.sop_class_uid in _RT:
        return _RT[entry.sop_class_uid]
    if uids.is_structured_report(entry.sop_class_uid):
        return "SR DOCUMENT"
    if entry.sop_class_uid.startswith("1.2.840.10008.5.1.4.1.1.104."):
        return "ENCAP DOC"
    if entry.sop_class_uid.startswith("1.2.840.10008.5.1.4.1.1.9."):
        return "PRESENTATION" if kind == "presentation" else "WAVEFORM"
    if kind == "presentation":
        return "PRESENTATION"
    return "IMAGE" if kind in ("image", "video") or entry.rows else "PRIVATE"
