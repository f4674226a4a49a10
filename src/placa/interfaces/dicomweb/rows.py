"""What a search says of a study, series or instance, in the DICOM JSON Model (PS3.18 tables 10.6.3-3 to 10.6.3-5)."""

import re
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from placa.domain.access.dicom_search import Contents, Level
from placa.domain.access.types import Instance, Series, Study

Row = dict[str, Any]
# attributes of patient and study (PS3.3 C.7.1.1, C.7.2), and those of series (C.7.3): what "all" means at these levels
_STUDY: Final = frozenset(re.findall(r"\w{8}", """
00080005 00080020 00080030 00080050 00080051 00080080 00080090 00080096 00081030 00081032 00081048 00081049 00081060
00081062 00081080 00081084 00081110 00081120 00100010 00100020 00100021 00100022 00100024 00100030 00100032 00100040
00100101 00100102 00101000 00101001 00101002 00101010 00101020 00101030 00102000 00102110 00102160 00102180 001021A0
001021B0 001021C0 001021D0 00102201 00102202 00102203 00102292 00102293 00102297 00104000 0020000D 00200010 00321032
00321060 00400031 00401012 00120062 00120063 00120064
"""))  # fmt: skip
_SERIES: Final = frozenset(re.findall(r"\w{8}", """
00080021 00080031 00080060 0008103E 0008103F 00081040 00081050 00081052 00081070 00081072 00081111 00081250 00180015
00181030 00185100 0020000E 00200011 00200052 00200060 00201040 00080070 00080081 00081010 00081090 00181000 00181016
00181018 00181020 00181200 00181201 00280108 00280109 00400244 00400245 00400250 00400251 00400253 00400254 00400260
00400275 00400280
"""))  # fmt: skip


def level_of(level: Level, data_set: Row) -> list[str]:
    """The tags of `data_set` that belong to `level`."""
    if level == "instance":
        return [tag for tag in data_set if tag not in _STUDY | _SERIES]
    return [tag for tag in data_set if tag in (_STUDY if level == "study" else _SERIES)]


def study(row: Study, inside: Contents, request: HttpRequest) -> Row:
    """A study, counted as its asker may see it."""
    day = row.study_date.strftime("%Y%m%d") if row.study_date else ""
    birth = row.patient_birth_date.strftime("%Y%m%d") if row.patient_birth_date else ""
    return _charset() | {
        "00080020": _element("DA", day),
        "00080030": _element("TM", row.study_time.replace(":", "")),  # the row keeps ISO, DICOM has HHMMSS
        "00080050": _element("SH", row.accession_number),
        "00080056": _element("CS", "ONLINE" if row.availability == row.Availability.ONLINE else "OFFLINE"),
        "00080061": _element("CS", *inside.modalities),
        "00080090": _name(row.referring_physician_name),
        "00081030": _element("LO", row.study_description),
        "00081190": _element("UR", _place(request, row.study_instance_uid)),
        "00100010": _name(row.patient_name),
        "00100020": _element("LO", row.dicom_patient_id),
        "00100021": _element("LO", row.issuer_of_patient_id),
        "00100030": _element("DA", birth),
        "00100040": _element("CS", row.patient_sex),
        "0020000D": _element("UI", row.study_instance_uid),
        "00200010": _element("SH", row.study_id),
        "00201206": _element("IS", inside.series),
        "00201208": _element("IS", inside.instances),
    }


def series(row: Series, size: int, inside: Contents | None, request: HttpRequest) -> Row:
    """A series; with its study where the search was over all."""
    uid = row.study.study_instance_uid
    return (study(row.study, inside, request) if inside else _charset()) | {
        "00080060": _element("CS", row.modality),
        "0008103E": _element("LO", row.series_description),
        "00081190": _element("UR", _place(request, uid, row.series_instance_uid)),
        "0020000D": _element("UI", uid),
        "0020000E": _element("UI", row.series_instance_uid),
        "00200011": _element("IS", row.series_number),
        "00180015": _element("CS", row.body_part_examined),
        "00201209": _element("IS", size),
    }


def instance(row: Instance, inside: Contents | None, request: HttpRequest) -> Row:
    """An instance; with its study and series where the search was over all."""
    uid, series_uid = row.study.study_instance_uid, row.series.series_instance_uid
    around = study(row.study, inside, request) if inside else _charset()
    if inside:
        around |= {
            "00080060": _element("CS", row.series.modality),
            "00200011": _element("IS", row.series.series_number),
        }
    return around | {
        "00080016": _element("UI", row.sop_class_uid),
        "00080018": _element("UI", row.sop_instance_uid),
        "00081190": _element("UR", _place(request, uid, series_uid, row.sop_instance_uid)),
        "00083002": _element("UI", row.transfer_syntax_uid),
        "0020000D": _element("UI", uid),
        "0020000E": _element("UI", series_uid),
        "00200013": _element("IS", row.instance_number),
        "00280008": _element("IS", row.number_of_frames if row.number_of_frames > 1 else ""),
        "00280010": _element("US", row.rows),
        "00280011": _element("US", row.columns),
    }


def _charset() -> Row:
    return {"00080005": _element("CS", "ISO_IR 192")}


def _place(request: HttpRequest, study: str, series: str = "", instance: str = "") -> str:
    """The RetrieveURL, behind the door that was asked."""
    before = request.path.partition("/dicomweb/")[0]
    below = (f"/series/{series}" if series else "") + (f"/instances/{instance}" if instance else "")
    return f"{settings.ENVIRONMENT.base_url}{before}/dicomweb/studies/{study}{below}"


def _name(value: str) -> Row:
    return _element("PN", {"Alphabetic": value} if value else "")


def _element(vr: str, *values: object) -> Row:
    kept = [value for value in values if value not in ("", None)]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}
