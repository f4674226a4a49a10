"""Write a DICOMDIR (PS3.10 chapter 8, PS3.3 Annex F) for a list of files, records and offsets directly.

Keys that a record must have are made where the object lacks them (IHE PDI): numbers by position, dates from
what is known. The application profile is General Purpose (PS3.11 Annex D): which one is claimed depends on
the transfer syntaxes of the files, see `directory_entry.profile_of`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from struct import pack_into
from typing import Final

from placa.standards.dicom import uids
from placa.standards.dicom.directory_entry import DirectoryEntry, record_type
from placa.standards.dicom.encode import UTF_8, code_sequence, element, fitted, item, sequence
from placa.standards.dicom.part10 import file_header

_FILE_ID: Final = re.compile(r"[A-Z0-9_]{1,8}")
_NO_DATE, _NO_TIME = date(1900, 1, 1), time(0, 0)
_PRIVATE_RECORD_UID: Final = uids.IMPLEMENTATION_CLASS_UID + ".1"
# Where the three patched numbers are, from the start of an item: next record, in-use flag, lower level.
_NEXT_AT, _LOWER_AT = 16, 38


@dataclass(slots=True)
class _Record:
    body: bytes
    children: list[_Record] = field(default_factory=list)
    offset: int = 0


def build_dicomdir(
    entries: Sequence[DirectoryEntry], *, file_set_id: str = "PLACA", sop_instance_uid: str = ""
) -> bytes:
    """The bytes of a DICOMDIR for `entries`, in their order within patient, study and series.

    With `sop_instance_uid` the same entries give the same bytes; else it gets a new one.
    Raises ValueError for a `file_id` or `file_set_id` that media do not allow.
    """
    if not re.fullmatch(r"[A-Z0-9_ ]{0,16}", file_set_id):
        raise ValueError("File-set ID")
    roots = _tree(entries)
    header = file_header(
        sop_class_uid=uids.MEDIA_STORAGE_DIRECTORY,
        sop_instance_uid=sop_instance_uid or uids.new_uid(),
        transfer_syntax_uid=uids.EXPLICIT_VR_LITTLE_ENDIAN,
    )
    fixed = 8 + len(file_set_id) + len(file_set_id) % 2 + 12 + 12 + 10 + 12
    order: list[_Record] = []
    end = _place(roots, len(header) + fixed, order)
    sequence_length = end - len(header) - fixed
    out = bytearray(header)
    out += element(0x00041130, "CS", file_set_id)
    out += element(0x00041200, "UL", roots[0].offset if roots else 0)
    out += element(0x00041202, "UL", roots[-1].offset if roots else 0)
    out += element(0x00041212, "US", 0)
    out += element(0x00041220, "SQ", b"")[:8] + sequence_length.to_bytes(4, "little")
    for record in order:
        out += record.body
    _link(roots, out)
    return bytes(out)


def _place(records: list[_Record], position: int, order: list[_Record]) -> int:
    """Give each record its offset, depth first; returns where the next one would be."""
    for record in records:
        record.offset = position
        order.append(record)
        position = _place(record.children, position + len(record.body), order)
    return position


def _link(records: list[_Record], out: bytearray) -> None:
    """Write into each record where the next and the first lower one are."""
    for number, record in enumerate(records):
        following = records[number + 1].offset if number + 1 < len(records) else 0
        pack_into("<I", out, record.offset + _NEXT_AT, following)
        pack_into("<I", out, record.offset + _LOWER_AT, record.children[0].offset if record.children else 0)
        _link(record.children, out)


def _tree(entries: Sequence[DirectoryEntry]) -> list[_Record]:
    roots: list[_Record] = []
    patients: dict[tuple[str, str], _Record] = {}
    studies: dict[tuple[str, str, str], _Record] = {}
    series: dict[tuple[str, str, str, str], _Record] = {}
    for entry in entries:
        _check_file_id(entry.file_id)
        who = (entry.patient_id, entry.patient_name)
        if who not in patients:
            patients[who] = _Record(_patient(entry, len(roots) + 1))
            roots.append(patients[who])
        study_key = (*who, entry.study_instance_uid)
        if study_key not in studies:
            siblings = patients[who].children
            studies[study_key] = _Record(_study(entry, len(siblings) + 1))
            siblings.append(studies[study_key])
        series_key = (*study_key, entry.series_instance_uid)
        if series_key not in series:
            siblings = studies[study_key].children
            series[series_key] = _Record(_series(entry, len(siblings) + 1))
            siblings.append(series[series_key])
        siblings = series[series_key].children
        siblings.append(_Record(_instance(entry, len(siblings) + 1)))
    return roots


def _check_file_id(file_id: tuple[str, ...]) -> None:
    if not 1 <= len(file_id) <= 8 or not all(_FILE_ID.fullmatch(part) for part in file_id):
        raise ValueError("Referenced File ID")


def _record(kind: str, keys: bytes, *, text: str, reference: bytes = b"") -> bytes:
    """A directory record (PS3.3 F.3.2.2); `text` says whether the record needs a character set."""
    charset = b"" if text.isascii() else element(0x00080005, "CS", UTF_8)
    return item(
        element(0x00041400, "UL", 0)
        + element(0x00041410, "US", 0xFFFF)
        + element(0x00041420, "UL", 0)
        + element(0x00041430, "CS", kind)
        + reference
        + charset
        + keys
    )


def _patient(entry: DirectoryEntry, number: int) -> bytes:
    patient_id = fitted(entry.patient_id, 64) or f"NOID{number}"
    name = fitted(entry.patient_name, 324)
    keys = element(0x00100010, "PN", name) + element(0x00100020, "LO", patient_id)
    if entry.patient_birth_date:
        keys += element(0x00100030, "DA", entry.patient_birth_date)
    if entry.patient_sex in ("M", "F", "O"):
        keys += element(0x00100040, "CS", entry.patient_sex)
    return _record("PATIENT", keys, text=name + patient_id)


def _study(entry: DirectoryEntry, number: int) -> bytes:
    description, study_id = fitted(entry.study_description, 64), fitted(entry.study_id, 16)
    accession = fitted(entry.accession_number, 16)
    keys = (
        element(0x00080020, "DA", entry.study_date or entry.content_date or _NO_DATE)
        + element(0x00080030, "TM", entry.study_time or _NO_TIME)
        + element(0x00080050, "SH", accession)
        + element(0x00081030, "LO", description)
        + element(0x0020000D, "UI", entry.study_instance_uid)
        + element(0x00200010, "SH", study_id or str(number))
    )
    return _record("STUDY", keys, text=description + study_id + accession)


def _series(entry: DirectoryEntry, number: int) -> bytes:
    description = fitted(entry.series_description, 64)
    keys = element(0x00080060, "CS", fitted(entry.modality, 16) or "OT")
    if description:
        keys += element(0x0008103E, "LO", description)
    keys += element(0x0020000E, "UI", entry.series_instance_uid)
    keys += element(0x00200011, "IS", number if entry.series_number is None else entry.series_number)
    return _record("SERIES", keys, text=description)


def _instance(entry: DirectoryEntry, number: int) -> bytes:
    kind = record_type(entry)
    reference = element(0x00041432, "UI", _PRIVATE_RECORD_UID) if kind == "PRIVATE" else b""
    reference += (
        element(0x00041500, "CS", "\\".join(entry.file_id))
        + element(0x00041510, "UI", entry.sop_class_uid)
        + element(0x00041511, "UI", entry.sop_instance_uid)
        + element(0x00041512, "UI", entry.transfer_syntax_uid)
    )
    instance_number = number if entry.instance_number is None else entry.instance_number
    keys, text = _KEYS.get(kind, _plain_keys)(entry, instance_number)
    return _record(kind, keys, text=text, reference=reference)


def _dates(entry: DirectoryEntry) -> bytes:
    day = entry.content_date or entry.study_date or _NO_DATE
    moment = entry.content_time or entry.study_time or _NO_TIME
    return element(0x00080023, "DA", day) + element(0x00080033, "TM", moment)


def _plain_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    return element(0x00200013, "IS", number), ""


def _image_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    keys = element(0x00200013, "IS", number)
    if entry.number_of_frames > 1:
        keys += element(0x00280008, "IS", entry.number_of_frames)
    if entry.rows and entry.columns:
        keys += element(0x00280010, "US", entry.rows) + element(0x00280011, "US", entry.columns)
    return keys, ""


def _dated_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    return _dates(entry) + element(0x00200013, "IS", number), ""


def _title_code(entry: DirectoryEntry) -> tuple[str, str, str]:
    if all(entry.concept_name):
        value, scheme, meaning = entry.concept_name
        return fitted(value, 16), fitted(scheme, 16), fitted(meaning, 64)
    return "18748-4", "LN", "Diagnostic Imaging Report"


def _report_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    code = _title_code(entry)
    verified = entry.verification_flag == "VERIFIED"
    keys = _dates(entry) + element(0x00200013, "IS", number)
    if verified:
        day, moment = entry.content_date or entry.study_date or _NO_DATE, entry.content_time or _NO_TIME
        keys += element(0x0040A030, "DT", f"{day:%Y%m%d}{moment:%H%M%S}")
    keys += code_sequence(0x0040A043, code)
    keys += element(0x0040A491, "CS", entry.completion_flag or "PARTIAL")
    keys += element(0x0040A493, "CS", "VERIFIED" if verified else "UNVERIFIED")
    return keys, "".join(code)


def _key_object_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    code = _title_code(entry)
    return _dates(entry) + element(0x00200013, "IS", number) + code_sequence(0x0040A043, code), "".join(code)


def _document_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    title = fitted(entry.document_title, 1024)
    concept = code_sequence(0x0040A043, _title_code(entry)) if all(entry.concept_name) else b""
    keys = (
        _dates(entry)
        + element(0x00200013, "IS", number)
        + (concept or element(0x0040A043, "SQ", b""))
        + element(0x00420010, "ST", title)
        + element(0x00420012, "LO", entry.mime_type or "application/pdf")
    )
    return keys, title + "".join(entry.concept_name)


def _reference(series_uid: str, images: tuple[tuple[str, str], ...]) -> bytes:
    bodies = (
        element(0x00081150, "UI", sop_class) + element(0x00081155, "UI", uid) for sop_class, uid in images
    )
    return sequence(0x00081140, bodies) + element(0x0020000E, "UI", series_uid)


def _content_keys(entry: DirectoryEntry, number: int, dates: bytes = b"") -> tuple[bytes, str]:
    """Instance Number and what the object is called (PS3.3 table 10-12); `dates` stand between, by their tags."""
    label = _code_string(entry.key(0x00700080)) or "CONTENT"
    description = fitted(entry.key(0x00700081), 64)
    creator = fitted(entry.key(0x00700084), 324, multi_valued=True)
    return (
        element(0x00200013, "IS", number)
        + element(0x00700080, "CS", label)
        + element(0x00700081, "LO", description)
        + dates
        + element(0x00700084, "PN", creator)
    ), description + creator


def _code_string(text: str) -> str:
    """`text` as a CS value (PS3.5 6.2)."""
    return re.sub(r"[^A-Z0-9 _]", "_", fitted(text, 16).upper())


def _named_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    keys, text = _content_keys(entry, number)
    return _dates(entry) + keys, text


def _presentation_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    references = sequence(0x00081115, (_reference(*series) for series in entry.referenced_series))
    day = entry.key(0x00700082) or entry.content_date or entry.study_date or _NO_DATE
    moment = entry.key(0x00700083) or entry.content_time or entry.study_time or _NO_TIME
    dates = element(0x00700082, "DA", day) + element(0x00700083, "TM", moment)
    keys, text = _content_keys(entry, number, dates)
    return (references if entry.referenced_series else b"") + keys, text


def _dose_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    summation = _code_string(entry.key(0x3004000A)) or "PLAN"
    return element(0x00200013, "IS", number) + element(0x3004000A, "CS", summation), ""


def _labelled(
    entry: DirectoryEntry, number: int, tags: tuple[int, int, int], otherwise: str
) -> tuple[bytes, str]:
    """Label, date and time of a plan or a structure set."""
    label = fitted(entry.key(tags[0]) or entry.series_description, 16) or f"{otherwise}{number}"
    return (
        element(0x00200013, "IS", number)
        + element(tags[0], "SH", label)
        + element(tags[1], "DA", entry.key(tags[1]) or entry.study_date)
        + element(tags[2], "TM", entry.key(tags[2]) or entry.study_time)
    ), label


def _plan_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    return _labelled(entry, number, (0x300A0002, 0x300A0006, 0x300A0007), "PLAN")


def _structure_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    return _labelled(entry, number, (0x30060002, 0x30060008, 0x30060009), "SET")


def _treatment_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    day, moment = entry.key(0x30080250), entry.key(0x30080251)
    return (
        element(0x00200013, "IS", number) + element(0x30080250, "DA", day) + element(0x30080251, "TM", moment)
    ), ""


def _spectroscopy_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    return (
        element(0x00080008, "CS", _code_string(entry.key(0x00080008)) or "ORIGINAL")
        + _dates(entry)
        + element(0x00200013, "IS", number)
        + element(0x00280008, "IS", entry.number_of_frames)
        + element(0x00280010, "US", _count(entry.key(0x00280010)))
        + element(0x00280011, "US", _count(entry.key(0x00280011)))
        + element(0x00289001, "UL", _count(entry.key(0x00289001)))
        + element(0x00289002, "UL", _count(entry.key(0x00289002)))
    ), ""


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 1


def _assessment_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    day = entry.key(0x00080012) or entry.content_date or entry.study_date or _NO_DATE
    created = element(0x00080012, "DA", day) + element(0x00080013, "TM", entry.key(0x00080013))
    return created + element(0x00200013, "IS", number), ""


def _radiotherapy_keys(entry: DirectoryEntry, number: int) -> tuple[bytes, str]:
    short, long = fitted(entry.key(0x30100033), 16), fitted(entry.key(0x30100034), 64)
    description = fitted(entry.key(0x00700081), 64)
    creator = fitted(entry.key(0x00700084), 324, multi_valued=True)
    keys = element(0x00200013, "IS", number)
    keys += element(0x00700081, "LO", description) + element(0x00700084, "PN", creator)
    keys += element(0x30100033, "SH", short or f"RT{number}") + element(0x30100034, "LO", long)
    return keys, short + long + description + creator


_KEYS: Final = {
    "IMAGE": _image_keys,
    "SR DOCUMENT": _report_keys,
    "KEY OBJECT DOC": _key_object_keys,
    "ENCAP DOC": _document_keys,
    "WAVEFORM": _dated_keys,
    "RAW DATA": _dated_keys,
    "PRESENTATION": _presentation_keys,
    "RT DOSE": _dose_keys,
    "RT PLAN": _plan_keys,
    "RT STRUCTURE SET": _structure_keys,
    "RT TREAT RECORD": _treatment_keys,
    "RADIOTHERAPY": _radiotherapy_keys,
    "SPECTROSCOPY": _spectroscopy_keys,
    "ASSESSMENT": _assessment_keys,
    "MEASUREMENT": _dated_keys,
    "SURFACE SCAN": _dated_keys,
    **dict.fromkeys(("REGISTRATION", "FIDUCIAL", "VALUE MAP", "SURFACE", "TRACT", "ANNOTATION"), _named_keys),
}
