"""What QIDO-RS matches on, and how (PS3.18 8.3.4 and tables 10.6.1-5, 10.6.1-6; PS3.4 C.2.2.2)."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.db.models import Q
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from placa.common.text import fold
from placa.common.words import words_of
from placa.domain.access import dicom_search
from placa.domain.access.dicom_search import Level
from placa.interfaces.dicomweb.door import BadQuery

WILD_PIECES: Final = 4
VALUES: Final = 200  # UIDs in one list
PIECE: Final = 2  # letters inside a word by which names are looked for
WORDS: Final = 8  # of a name or description that count
LENGTH: Final = 16 * 1024
Kind = Literal["uid", "text", "name", "person", "words", "date", "time", "number", "modalities"]


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute that can be matched: the level it belongs to, how it compares, the column behind it."""

    tag: str
    level: Level
    kind: Kind
    field: str


KEYS: Final = {
    "StudyDate": Key("00080020", "study", "date", "study_date"),
    "StudyTime": Key("00080030", "study", "time", "study_time"),
    "AccessionNumber": Key("00080050", "study", "text", "accession_number"),
    "ModalitiesInStudy": Key("00080061", "study", "modalities", ""),
    "ReferringPhysicianName": Key("00080090", "study", "person", "referring_physician_name"),
    "StudyDescription": Key("00081030", "study", "words", "search_key"),
    "PatientName": Key("00100010", "study", "name", "name_key"),
    "PatientID": Key("00100020", "study", "text", "dicom_patient_id"),
    "IssuerOfPatientID": Key("00100021", "study", "text", "issuer_of_patient_id"),
    "PatientBirthDate": Key("00100030", "study", "date", "patient_birth_date"),
    "PatientSex": Key("00100040", "study", "text", "patient_sex"),
    "StudyInstanceUID": Key("0020000D", "study", "uid", "study_instance_uid"),
    "StudyID": Key("00200010", "study", "text", "study_id"),
    "Modality": Key("00080060", "series", "text", "modality"),
    "SeriesDescription": Key("0008103E", "series", "text", "series_description"),
    "BodyPartExamined": Key("00180015", "series", "text", "body_part_examined"),
    "SeriesInstanceUID": Key("0020000E", "series", "uid", "series_instance_uid"),
    "SeriesNumber": Key("00200011", "series", "number", "series_number"),
    "SOPClassUID": Key("00080016", "instance", "uid", "sop_class_uid"),
    "SOPInstanceUID": Key("00080018", "instance", "uid", "sop_instance_uid"),
    "InstanceNumber": Key("00200013", "instance", "number", "instance_number"),
}
# matched on the stored attributes of what the columns leave, below the study: dates, times and sequences of it
READ: Final = frozenset({
    "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "ContentDate", "ContentTime", "Laterality",
    "RequestAttributesSequence.ScheduledProcedureStepID", "RequestAttributesSequence.RequestedProcedureID",
    "RequestAttributesSequence.AccessionNumber",
})  # fmt: skip
_DATE: Final = re.compile(r"\d{8}", re.ASCII)
_TIME: Final = re.compile(r"(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d{1,6})?)?)?", re.ASCII)
_START: Final = re.compile(r"[A-Za-z0-9._/-]+")  # of a pattern: what every index compares alike
_UID: Final = re.compile(r"[0-9.]{1,64}", re.ASCII)


def keyword_of(name: str) -> str:
    """The keyword of an attribute named by keyword or tag, dotted for one in a sequence; "" for none such."""
    parts = []
    for part in name.split("."):
        is_tag = re.fullmatch(r"[0-9A-Fa-f]{8}", part)
        keyword = keyword_for_tag(int(part, 16)) if is_tag else part
        if not keyword or (not is_tag and tag_for_keyword(part) is None):
            return ""
        parts.append(keyword)
    return ".".join(parts)


def tag_of(keyword: str) -> str:
    """Eight hexadecimal digits."""
    return f"{tag_for_keyword(keyword) or 0:08X}"


def of_studies(asked: dict[str, str], *, fuzzy: bool = False) -> Iterator[Q]:
    """A `Q` over studies for every key of theirs that a column answers, and what an index knows of it. Raises BadQuery."""
    for keyword, value in asked.items():
        key = KEYS.get(keyword)
        if key is None or key.level != "study" or key.kind == "modalities" or value in ("", "*"):
            continue
        yield _matches(keyword, key.kind, key.field, value, fuzzy)
        yield _lead(keyword, key, value, fuzzy)


def below(level: Level, asked: dict[str, str]) -> list[Q]:
    """A `Q` over series or instances for every key of series and instances that a column answers. Raises BadQuery."""
    return _below(level, asked)


def leads(level: Level, asked: dict[str, str]) -> list[Q]:
    """Those of `below` by which few are found: all but a modality, of which studies know."""
    named = modality(level, asked)
    return _below(level, {key: value for key, value in asked.items() if key != "Modality" or not named})


def _below(level: Level, asked: dict[str, str]) -> list[Q]:
    prefixes = {"series": {"series": ""}, "instance": {"series": "series__", "instance": ""}}.get(level, {})
    return [
        _matches(keyword, key.kind, prefixes[key.level] + key.field, value, False)
        for keyword, value in asked.items()
        if (key := KEYS.get(keyword)) and key.level in prefixes and value not in ("", "*")
    ]


def modalities(asked: dict[str, str]) -> list[str]:
    """The values of ModalitiesInStudy; none for any."""
    values = re.split(r"[,\\]", asked.get("ModalitiesInStudy", ""))
    return [value.strip() for value in values if value.strip() not in ("", "*")][:VALUES]


def modality(level: Level, asked: dict[str, str]) -> list[str]:
    """The one modality of series that is asked for, where it is named: a study says which it holds."""
    value = asked.get("Modality", "") if level != "study" else ""
    return [] if not value or _is_wild(value) else [value]


def _matches(keyword: str, kind: Kind, field: str, value: str, fuzzy: bool) -> Q:
    if kind == "uid":
        return Q(**{f"{field}__in": uid_list(keyword, value)})
    if kind == "date":
        return _dates(keyword, field, value)
    if kind == "time":
        return _times(keyword, field, value)
    if kind == "number":
        if not re.fullmatch(r"[+-]?\d{1,9}", value, re.ASCII):
            raise BadQuery(f"{keyword} must be a whole number")
        return Q(**{field: int(value)})
    if kind == "text":
        return wild(field, value)
    if kind == "words" and _is_wild(value):
        return wild(field, f"*{fold(value)}*")
    return _name(kind, field, value, fuzzy)


def _lead(keyword: str, key: Key, value: str, fuzzy: bool) -> Q:
    """What a condition implies that an index answers; nothing where it implies none."""
    if keyword == "StudyDate":
        first, last = _ends(keyword, value)
        return dicom_search.dated(*(_date(keyword, day) if day else None for day in (first, last)))
    if keyword in ("PatientID", "AccessionNumber") and _is_wild(value):
        start = _START.match(value)
        return dicom_search.starting(key.field, start[0]) if start else Q()
    if key.kind == "name" or (key.kind == "words" and not _is_wild(value)):
        tokens = [] if fuzzy and key.kind == "name" else _tokens(key.kind, value)
        begins = [word for token in tokens for word in words_of(re.split(r"[*?]", token)[0])]
        inside = [_longest(token) for token in tokens if token[0] in "*?"] if key.kind == "name" else []
        return dicom_search.worded(begins[:WORDS]) & dicom_search.named_with([one for one in inside if one])
    return Q()


def _longest(token: str) -> str:
    """The longest piece between the wildcards of a part of a name, where it is of letters and digits and says enough."""
    piece: str = max(re.split(r"[*?]", token), key=len)
    return piece if len(piece) >= PIECE and piece.isalnum() else ""


def _is_wild(value: str) -> bool:
    return "*" in value or "?" in value


def _tokens(kind: Kind, value: str) -> list[str]:
    plain = value.replace("^", " ").replace(",", " ")
    return (plain if kind == "person" else fold(plain)).split()[:WORDS]


def _name(kind: Kind, field: str, value: str, fuzzy: bool) -> Q:
    """Every part of a name begins a word of it, in any order, case and accents aside (PS3.4 C.2.2.2.1).

    Of a first part with `*` the whole name is the match, as the standard has it.
    """
    found = Q()
    for index, token in enumerate(_tokens(kind, value)):
        if fuzzy and kind == "name" and not _is_wild(token):
            found &= Q(**{f"{field}__iregex": _sounds_like(token)})
        elif "*" in token and index == 0:
            found &= wild(field, token)
        elif kind == "person" or _is_wild(token):
            found &= Q(**{f"{field}__iregex": f"(^|[ ^]){_pattern(token)}"})
        else:  # folded words with blanks between: what a database compares by itself is quicker
            found &= Q(**{f"{field}__startswith": token}) | Q(**{f"{field}__contains": f" {token}"})
    return found


_SOUNDS: Final = {
    **dict.fromkeys("bv", "[bv]"), **dict.fromkeys("szcx", "[szcx]"), **dict.fromkeys("iy", "[iy]"),
    **dict.fromkeys("gj", "[gj]"), **dict.fromkeys("kq", "[kqc]"), "h": "h?",
}  # fmt: skip


def _sounds_like(token: str) -> str:
    """The beginning of a word that is spelled otherwise and sounds alike in the portal's languages (fuzzymatching)."""
    letters = re.sub(r"(.)\1+", r"\1", token[:40])
    pattern = "".join(f"{_SOUNDS.get(letter) or _escaped(letter)}+" for letter in letters if letter != "h")
    return "(^| )h?" + pattern.replace("+", "+h?", 1)


def wild(field: str, pattern: str) -> Q:
    """Wildcard matching (PS3.4 C.2.2.2.4): `*` any characters, `?` one."""
    if not _is_wild(pattern):
        return Q(**{field: pattern})
    return Q(**{f"{field}__iregex": f"^{_pattern(pattern)}$"})


def _pattern(pattern: str) -> str:
    """The expression of a pattern. Raises BadQuery."""
    pieces = [piece for piece in pattern.split("*") if piece]
    if len(pieces) > WILD_PIECES:  # each one more multiplies the ways in which the expression can fail
        raise BadQuery(f"At most {WILD_PIECES} parts between wildcards")
    ends = "*" * pattern.startswith("*"), "*" * pattern.endswith("*")
    parts = [_escaped(part) for part in f"{ends[0]}{'*'.join(pieces)}{ends[1] if pieces else ''}".split("*")]
    return ".*".join(parts)


def _escaped(part: str) -> str:
    return "".join(
        "." if c == "?" else c if c.isalnum() or c == " " else f"[{c}]" for c in part if c not in "[]^\\"
    )


def uid_list(keyword: str, value: str) -> list[str]:
    """One UID, or a list (PS3.4 C.2.2.2.2). Raises BadQuery."""
    found = [uid.strip() for uid in re.split(r"[,\\]", value) if uid.strip()]
    if len(found) > VALUES:
        raise BadQuery(f"{keyword}: at most {VALUES} values")
    if not all(_UID.fullmatch(uid) for uid in found):
        raise BadQuery(f"{keyword} must be a UID or a list of them")
    return found


def _ends(keyword: str, value: str) -> tuple[str, str]:
    first, dash, last = value.partition("-")
    if not first and not last:
        raise BadQuery(f"{keyword}: a range has a beginning or an end")
    return first, last if dash else first


def _dates(keyword: str, field: str, value: str) -> Q:
    first, last = _ends(keyword, value)
    found = Q()
    if first:
        found &= Q(**{f"{field}__gte": _date(keyword, first)})
    return found & Q(**{f"{field}__lte": _date(keyword, last)}) if last else found


def _date(keyword: str, text: str) -> dt.date:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise BadQuery(f"{keyword} must be YYYYMMDD or a range of it") from error


def _times(keyword: str, field: str, value: str) -> Q:
    """The row keeps HH:MM:SS, so that text compares as time does."""
    first, last = _ends(keyword, value)
    found = ~Q(**{field: ""})
    if first:
        found &= Q(**{f"{field}__gte": _time(keyword, first, "00")})
    return found & Q(**{f"{field}__lte": _time(keyword, last, "59")}) if last else found


def _time(keyword: str, text: str, missing: str) -> str:
    parts = _TIME.fullmatch(text)
    if parts is None or int(parts[1]) > 23 or int(parts[2] or 0) > 59 or int(parts[3] or 0) > 60:
        raise BadQuery(f"{keyword} must be HHMMSS or a range of it")
    return ":".join(part or missing for part in parts.groups())


# --- what no column holds


def read_matches(data_set: dict[str, Any], keyword: str, value: str) -> bool:
    """Whether a stored object has `value` in an attribute of READ. Raises BadQuery."""
    values = list(_values(data_set, keyword.split(".")))
    name = keyword.rpartition(".")[2]
    if name.endswith(("Date", "Time")):
        return any(_within(name, str(found), value) for found in values)
    parts = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in value)
    if value.count("*") > WILD_PIECES:
        raise BadQuery(f"At most {WILD_PIECES} parts between wildcards")
    return any(re.fullmatch(parts, str(found), re.IGNORECASE) for found in values)


def _values(data_set: dict[str, Any], path: list[str]) -> Iterator[Any]:
    values = data_set.get(tag_of(path[0]), {}).get("Value", [])
    for value in values:
        if len(path) == 1:
            if value is not None:
                yield value
        elif isinstance(value, dict):
            yield from _values(value, path[1:])


def _within(keyword: str, found: str, value: str) -> bool:
    first, last = _ends(keyword, value)
    check = _date if keyword.endswith("Date") else lambda name, text: _time(name, text, "00")
    for end in (first, last):
        if end:
            check(keyword, end)
    return (not first or found[: len(first)] >= first) and (not last or found[: len(last)] <= last)
