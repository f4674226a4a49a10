"""What the viewer is told about a study: a small JSON beside DICOMweb (see viewer/README.md)."""

import datetime as dt
import re
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from placa.common import clock
from placa.domain.access import images, selectors
from placa.domain.access.earlier import earlier_studies
from placa.domain.access.images import OpenStudy
from placa.domain.access.rules import PERSONAL
from placa.domain.access.types import Instance, Series, Study
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.domain.people.models import Patient
from placa.domain.reports.sections import sections
from placa.interfaces.web import studies
from placa.interfaces.web.ohif import views as ohif
from placa.interfaces.web.ui import dates
from placa.standards.dicom.families import family_of

SCOUT = re.compile(r"scout|topogram|locali[sz]|surview|survey|pilot", re.IGNORECASE)
FULL = ("doctor", "company", "staff")
HOMES = {
    "patient": "patient:study",
    "doctor": "doctor:study",
    "company": "company:study",
    "staff": "staff:study",
}


def context(request: HttpRequest, viewer: Viewer, opened: OpenStudy, token: str) -> dict[str, Any]:
    """Everything the viewer needs before its first request; nothing that `viewer` may not see."""
    study, doors = opened.study, studies.Doors(token=token)
    look = "full" if viewer.role in FULL else "simple"
    return {
        "language": (get_language() or "es")[:2],
        "look": look,
        "dicomweb": _root(token),
        "institution": institution.current().name,
        "study": _study(study),
        "patient": _patient(study),
        "back_url": _back(viewer, study, token),
        "measurements_url": _measurements(viewer, study),
        "alive_url": reverse("account:alive") if not token else None,
        **_report(viewer, study, doors),
        "series": _series(opened, _root(token)),
        "priors": _priors(viewer, study) if look == "full" else [],
        "ohif_url": _ohif(viewer, study),
    }


def described_as(opened: OpenStudy, token: str) -> dict[str, Any]:
    """What the viewer needs to show a study beside another one of the same patient."""
    return {"study": _study(opened.study), "series": _series(opened, _root(token))}


def _priors(viewer: Viewer, study: Study) -> list[dict[str, Any]]:
    """Earlier studies that may be opened beside `study`: only in the full look, and only what access hands out."""
    return [
        {
            "uid": one.study_instance_uid,
            "description": studies.title(one),
            "date_text": dates.dated(one.exam_at, institution.zone()),
            "modalities": one.modalities_in_study,
            "url": reverse("viewer:described", args=[one.study_instance_uid]),
        }
        for one in earlier_studies(viewer, study)
    ]


def _ohif(viewer: Viewer, study: Study) -> str | None:
    if viewer.role != "doctor" or not ohif.is_open():
        return None
    return f"{reverse('ohif:page', args=['viewer'])}?StudyInstanceUIDs={study.study_instance_uid}"


def _measurements(viewer: Viewer, study: Study) -> str | None:
    """Where a professional's measurements are kept; nobody else has such a place."""
    own = viewer.role in images.PROFESSIONALS and viewer.user_id is not None
    return reverse("measurements:kept", args=[study.study_instance_uid]) if own else None


def _root(token: str) -> str:
    study_list = reverse("share-dicomweb:studies", args=[token]) if token else reverse("dicomweb:studies")
    return study_list.removesuffix("/studies")


def _study(study: Study) -> dict[str, Any]:
    return {
        "uid": study.study_instance_uid,
        "description": studies.title(study),
        "date": study.exam_at.isoformat(),
        "date_text": dates.moment(study.exam_at, institution.zone()),
        "dated": dates.dated(study.exam_at, institution.zone()),
        "accession_number": study.accession_number,
        "modalities": study.modalities_in_study,
        "may_download": study.may_download,
    }


def _patient(study: Study) -> dict[str, Any]:
    person = study.patient
    if person is None:
        return {
            "name": study.patient_name.replace("^", " ").strip(),
            "birth_date": _day(study.patient_birth_date),
            "age_text": "",
            "sex": str(dict(Patient.Sex.choices).get(study.patient_sex, study.patient_sex)),
            "patient_id": study.dicom_patient_id,
        }
    birth = person.birth_date
    return {
        "name": person.full_name,
        "birth_date": _day(birth),
        "age_text": dates.age(birth, clock.today(institution.zone())) if birth else "",
        "sex": str(person.get_sex_display()) if person.sex else "",
        "patient_id": study.dicom_patient_id,
    }


def _day(birth: dt.date | None) -> str:
    return dates.dated(birth, institution.zone()) if birth else ""


def _back(viewer: Viewer, study: Study, token: str) -> str | None:
    if token:
        return reverse("recipient:open", args=[token])
    return reverse(HOMES[viewer.role], args=[study.study_instance_uid]) if viewer.role in HOMES else None


def _report(viewer: Viewer, study: Study, doors: studies.Doors) -> dict[str, Any]:
    readable = studies.newest(selectors.openable_reports_of(viewer, study))
    if readable is None:
        return {"report": None, "report_reason": _no_report(viewer, study)}
    version = readable.versions.last()
    signed = _("Signed by %(name)s") % {"name": readable.signed_by} if readable.signed_by else ""
    return {
        "report": {
            "status": readable.status,
            "status_text": str(studies.report_chip(readable).text),
            "signed_text": signed,
            "sections": [[part.heading, part.body] for part in sections(version.text)] if version else [],
            "pdf_url": doors.report(study, readable),
            "read_url": doors.report_read(study, readable, version.number) if version else "",
        },
        "report_reason": "",
    }


def _no_report(viewer: Viewer, study: Study) -> str:
    """Why no report opens beside the images, and since when, as the study's page says it to this viewer."""
    listed = studies.newest(selectors.reports_listed_of(viewer, [study])[study.pk])
    heard = selectors.hears_of_reports(viewer)
    if viewer.role in PERSONAL:
        how = studies.standing(study, listed, told=viewer.role == "patient", heard=heard)
        why = how.report_why or _("it is not available")
    elif not heard:
        why = _("your agreement does not include it")
    else:
        why = studies.pending(study, listed) or _("it is not available")
    return why[:1].upper() + why[1:]


def is_localizer(row: Series) -> bool:
    """A scout, with which no study opens where it has more: `viewer/src/core/hanging.ts` says the same."""
    few = row.number_of_images < 4 or SCOUT.search(row.series_description) is not None
    return row.modality in ("CT", "MR", "PT") and few


def _series(opened: OpenStudy, root: str) -> list[dict[str, Any]]:
    rows = opened.series()
    of_series: dict[int, list[Instance]] = {row.pk: [] for row in rows}
    for instance in opened.instances():
        of_series[instance.series_id].append(instance)
    return [_one_series(opened, row, of_series[row.pk], root) for row in rows if of_series[row.pk]]


def _one_series(opened: OpenStudy, row: Series, instances: list[Instance], root: str) -> dict[str, Any]:
    base = f"{root}/studies/{opened.study.study_instance_uid}/series/{row.series_instance_uid}"
    family = family_of(instances[0].sop_class_uid, instances[0].kind)
    return {
        "uid": row.series_instance_uid,
        "number": row.series_number,
        "description": row.series_description,
        "modality": row.modality,
        "body_part": row.body_part_examined,
        "kind": instances[0].kind,
        "family": family,
        "key_images": _key_images(opened, instances) if family == "key_images" else [],
        "count": sum(_frames(one) for one in instances),
        "thumbnail_url": f"{base}/thumbnail",
        "instances": [
            {
                "uid": one.sop_instance_uid,
                "number": one.instance_number,
                "frames": _frames(one),
                "rows": one.rows,
                "columns": one.columns,
                "transfer_syntax": one.transfer_syntax_uid,
            }
            for one in instances
        ],
    }


def _frames(instance: Instance) -> int:
    """How many pictures the viewer pages through: a film, a document, a dose is one thing."""
    return instance.number_of_frames if instance.kind == "image" else 1


def _key_images(opened: OpenStudy, selections: list[Instance]) -> list[dict[str, Any]]:
    """The images that key object selections name in this study (PS3.3 A.35.4), in their order."""
    named = [place for one in selections for place in images.chosen_by(opened, one)]
    if not named:
        return []
    series = {one.sop_instance_uid: one.series.series_instance_uid for one in opened.instances()}
    return [
        {"series": series[uid], "instance": uid, "frame": frame}
        for uid, frame in dict.fromkeys(named)
        if uid in series
    ]
