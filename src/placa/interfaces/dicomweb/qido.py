"""QIDO-RS: studies, series, instances as DICOM JSON (PS3.18 10.6). Rows and totals are the asker's own."""

import datetime as dt
import json
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from placa.common.text import fold
from placa.domain.access import selectors
from placa.domain.access.images import OpenStudy, open_images
from placa.domain.access.types import Instance, Series, Study
from placa.domain.access.viewers import Viewer
from placa.interfaces.dicomweb.door import DICOM_JSON, BadQuery, door

LIMIT = 500
WILD_PIECES = 4
# keyword and tag of what can be matched (PS3.18 table 10.6.1-5)
KEYWORDS = {
    "00080020": "StudyDate", "00080050": "AccessionNumber", "00080061": "ModalitiesInStudy",
    "00081030": "StudyDescription", "00100010": "PatientName", "00100020": "PatientID",
    "0020000D": "StudyInstanceUID", "00080060": "Modality", "0020000E": "SeriesInstanceUID",
    "00080018": "SOPInstanceUID",
}  # fmt: skip


@door
def studies(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Search for studies: those whose images the asker may see."""
    asked = _asked(request)
    found = _matching(selectors.studies_visible_to(viewer, need="images"), asked)
    limit = _number(request, "limit", LIMIT, 1, LIMIT)
    offset = _number(request, "offset", 0, 0, 10_000_000)
    rows = list(found.order_by("-exam_at", "-pk")[offset : offset + limit + 1])
    answer = _json([_study(row) for row in rows[:limit]])
    if len(rows) > limit:
        answer["Warning"] = '299 placa "There are more results"'
    return answer


@door
def series(request: HttpRequest, viewer: Viewer, study: str) -> HttpResponse:
    """The series of one study."""
    opened = open_images(viewer, study)
    asked = _asked(request)
    rows = [
        row
        for row in opened.series()
        if asked.get("Modality", row.modality) == row.modality
        and asked.get("SeriesInstanceUID", row.series_instance_uid) == row.series_instance_uid
    ]
    return _json([_series(opened.study, row) for row in rows])


@door
def instances(request: HttpRequest, viewer: Viewer, study: str, series: str = "") -> HttpResponse:
    """The instances of one study or series."""
    opened = open_images(viewer, study)
    uid = _asked(request).get("SOPInstanceUID", "")
    rows = opened.instances_of(opened.one_series(series)) if series else opened.instances()
    return _json([_instance(opened, row) for row in rows if uid in ("", row.sop_instance_uid)])


def _asked(request: HttpRequest) -> dict[str, str]:
    asked = {}
    for key, value in request.GET.items():
        name = KEYWORDS.get(key.upper(), key)
        if name in KEYWORDS.values():
            asked[name] = str(value).strip()
    return asked


def _number(request: HttpRequest, name: str, default: int, least: int, most: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise BadQuery(f"{name} must be a whole number")
    return max(least, min(most, int(text)))


def _matching(found: QuerySet[Study], asked: dict[str, str]) -> QuerySet[Study]:
    if name := asked.get("PatientName"):
        for token in fold(name.replace("^", " ").replace(",", " ")).split():
            found = found.filter(_wild("name_key", token if "*" in token else f"*{token}*"))
    if patient_id := asked.get("PatientID"):
        found = found.filter(_wild("dicom_patient_id", patient_id))
    if accession := asked.get("AccessionNumber"):
        found = found.filter(_wild("accession_number", accession))
    if description := asked.get("StudyDescription"):
        found = found.filter(_wild("search_key", f"*{fold(description)}*"))
    if uids := asked.get("StudyInstanceUID"):
        found = found.filter(study_instance_uid__in=uids.replace("\\", ",").split(","))
    if modality := asked.get("ModalitiesInStudy"):
        found = found.filter(modalities_in_study__icontains=f'"{modality}"')
    return _between(found, asked.get("StudyDate", ""))


def _wild(field: str, pattern: str) -> Q:
    """Wildcard matching (PS3.4 C.2.2.2.4): `*` only; the pieces must occur in their order."""
    if "*" not in pattern and "?" not in pattern:
        return Q(**{field: pattern})
    pieces = [piece for piece in pattern.split("*") if piece]
    if len(pieces) > WILD_PIECES:  # each one more multiplies the ways in which the expression can fail
        raise BadQuery(f"At most {WILD_PIECES} parts between wildcards")
    ends = "*" * pattern.startswith("*"), "*" * pattern.endswith("*")
    parts = [_escaped(part) for part in f"{ends[0]}{'*'.join(pieces)}{ends[1] if pieces else ''}".split("*")]
    return Q(**{f"{field}__iregex": "^" + ".*".join(parts) + "$"})


def _escaped(part: str) -> str:
    return "".join(
        "." if c == "?" else c if c.isalnum() or c == " " else f"[{c}]" for c in part if c not in "[]^\\"
    )


def _between(found: QuerySet[Study], value: str) -> QuerySet[Study]:
    if not value:
        return found
    first, dash, last = value.partition("-")
    since, until = _date(first), _date(last if dash else first)
    if since:
        found = found.filter(study_date__gte=since)
    return found.filter(study_date__lte=until) if until else found


def _date(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError as error:
        raise BadQuery("StudyDate must be YYYYMMDD or a range of it") from error


def _json(rows: list[dict[str, Any]]) -> HttpResponse:
    return HttpResponse(json.dumps(rows, ensure_ascii=False), content_type=DICOM_JSON)


def _element(vr: str, *values: object) -> dict[str, Any]:
    kept = [value for value in values if value not in ("", None)]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def _study(row: Study) -> dict[str, Any]:
    day = row.study_date.strftime("%Y%m%d") if row.study_date else ""
    birth = row.patient_birth_date.strftime("%Y%m%d") if row.patient_birth_date else ""
    name = _element("PN", {"Alphabetic": row.patient_name} if row.patient_name else "")
    return {
        "00080005": _element("CS", "ISO_IR 192"),
        "00080020": _element("DA", day),
        "00080030": _element("TM", row.study_time.replace(":", "")),  # the row keeps ISO, DICOM has HHMMSS
        "00080050": _element("SH", row.accession_number),
        "00080056": _element("CS", "ONLINE" if row.availability == row.Availability.ONLINE else "OFFLINE"),
        "00080061": _element("CS", *row.modalities_in_study),
        "00080090": _element(
            "PN", {"Alphabetic": row.referring_physician_name} if row.referring_physician_name else ""
        ),
        "00081030": _element("LO", row.study_description),
        "00100010": name,
        "00100020": _element("LO", row.dicom_patient_id),
        "00100030": _element("DA", birth),
        "00100040": _element("CS", row.patient_sex),
        "0020000D": _element("UI", row.study_instance_uid),
        "00200010": _element("SH", row.study_id),
        "00201206": _element("IS", row.number_of_series),
        "00201208": _element("IS", row.number_of_instances),
    }


def _series(study: Study, row: Series) -> dict[str, Any]:
    return {
        "00080005": _element("CS", "ISO_IR 192"),
        "00080060": _element("CS", row.modality),
        "0008103E": _element("LO", row.series_description),
        "0020000D": _element("UI", study.study_instance_uid),
        "0020000E": _element("UI", row.series_instance_uid),
        "00200011": _element("IS", row.series_number),
        "00180015": _element("CS", row.body_part_examined),
        "00201209": _element("IS", row.number_of_instances),
    }


def _instance(opened: OpenStudy, row: Instance) -> dict[str, Any]:
    return {
        "00080005": _element("CS", "ISO_IR 192"),
        "00080016": _element("UI", row.sop_class_uid),
        "00080018": _element("UI", row.sop_instance_uid),
        "00083002": _element("UI", row.transfer_syntax_uid),
        "0020000D": _element("UI", opened.study.study_instance_uid),
        "0020000E": _element("UI", row.series.series_instance_uid),
        "00200013": _element("IS", row.instance_number),
        "00280008": _element("IS", row.number_of_frames if row.number_of_frames > 1 else ""),
        "00280010": _element("US", row.rows),
        "00280011": _element("US", row.columns),
    }
