"""A share's studies as its recipient sees them, with the addresses of its own doors."""

from collections.abc import Sequence
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from placa.common import clock
from placa.domain.access.models import SharePart
from placa.domain.access.types import DiagnosticReport, Study
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.domain.people.models import Patient
from placa.domain.sharing import periods
from placa.interfaces.web import studies
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Fact, Opener, StudyRow


def row(study: Study, reports: Sequence[DiagnosticReport], token: str, *, heard: bool) -> StudyRow:
    """A row of the list: what is open leads on, what is closed says why; of a report that is not shared not even that."""
    report = studies.newest(reports)
    how = studies.standing(study, report, told=False, heard=heard)
    why = _("The patient gets this result in person.") if how.call else how.why
    images, readable = Opener(why=how.images_why), Opener(why=how.report_why or _("it was not shared"))
    if study.may_images and study.number_of_images and study.availability == study.Availability.ONLINE:
        images = Opener(url=_door("viewer:open", token, uid=study.study_instance_uid), why=how.images_why)
    elif studies.askable(study):
        images = Opener(why=how.images_why, ask=_door("files:recall", token, uid=study.study_instance_uid))
    page = reverse("recipient:study", kwargs={"token": token, "uid": study.study_instance_uid})
    if study.may_report and report is not None:
        readable = Opener(url=page + "#report")
    thumbnail = _door("dicomweb:study_thumbnail", token, study=study.study_instance_uid) if images.url else ""
    return StudyRow(
        title=studies.title(study), url=page, when=study.exam_at, where=study.site.name if study.site else "",
        who=study.order.requester.full_name if study.order and study.order.requester else "",
        modality=studies.modality(study), thumbnail=thumbnail and thumbnail + "?viewport=480,480",
        chips=[how.chip], why=why, images=images, report=readable,
    )  # fmt: skip


def report_url(study: Study, report: DiagnosticReport, token: str) -> str:
    """Address of a report's PDF."""
    return _door("files:report", token, uid=study.study_instance_uid, report=report.public_id)


def zip_url(study: Study, token: str) -> str:
    """Address of the whole study as a ZIP, empty where it may not be taken along."""
    return _door("files:zip", token, uid=study.study_instance_uid) if study.may_download else ""


def frame(viewer: Viewer, token: str) -> dict[str, Any]:
    """What every page inside shows: whose studies, until when, and the patient as shared."""
    part = SharePart.objects.select_related("grant__patient").get(pk=viewer.subject)
    grant = part.grant
    return {
        "patient": grant.patient,
        "facts": patient_facts(grant.patient, contact=grant.shows_contact),
        "until": periods.local(periods.last_moment(grant.expires_at)),
        "message": grant.message if part.kind == SharePart.MAIL else "",
        "home_url": reverse("recipient:studies", kwargs={"token": token}),
        "leave_url": reverse("recipient:leave", kwargs={"token": token}),
    }


def patient_facts(patient: Patient, *, contact: bool) -> list[Fact]:
    """Name, sex, age and birth date; phone and e-mail unless the patient left them out."""
    zone = institution.zone()
    birth = patient.birth_date
    age = dates.age(birth, clock.today(zone)) if birth else ""
    facts = [
        Fact(_("Patient"), patient.full_name, wide=True),
        Fact(_("Sex and age"), ", ".join(filter(None, [str(patient.get_sex_display()), age]))),
        Fact(_("Birth date"), dates.dated(birth, zone) if birth else ""),
    ]
    if contact:
        facts += [
            Fact(_("Phone"), patient.mobile or patient.phone),
            Fact(_("E-mail"), patient.email, wide=True),
        ]
    return facts


def _door(name: str, token: str, **parts: object) -> str:
    """Address of another door under this share; empty while that door is not there."""
    try:
        return reverse(f"share-{name}", kwargs={"token": token, **parts})
    except NoReverseMatch:
        return ""
