"""Tells people that a result is there, once they may open it (11.1, 3.4). Nothing clinical in any of it.

A hook leaves a PendingNotice; a job looks at it at the moment of release, asks `access` who may open
what, and writes mails, SMS and bell notices. What is not open yet is looked at again, so a release by
staff, a changed setting or a given consent is told as well.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from placa.common import clock
from placa.domain.access import rules
from placa.domain.access.models import SharePart
from placa.domain.access.moment import moment
from placa.domain.access.rules import Facet
from placa.domain.access.selectors import has_facet, known_visible_to, release_moment
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.accounts.services import actor
from placa.domain.archive.models import Study
from placa.domain.audit.selectors import events_of_study
from placa.domain.enrolment.models import PendingNotice, ResultNotice
from placa.domain.institution import selectors as institution
from placa.domain.jobs.services import enqueue
from placa.domain.notifications import services as notifications
from placa.domain.people.models import Patient, Practitioner
from placa.domain.reports.models import DiagnosticReport, ReportVersion

READY, AMENDED, WITHDRAWN = "ready", "amended", "withdrawn"
CHANGES: dict[str, str] = {
    DiagnosticReport.Status.AMENDED: AMENDED,
    DiagnosticReport.Status.CANCELLED: WITHDRAWN,
}
FACET_OF: dict[str, Facet] = {AMENDED: "report", WITHDRAWN: "row"}  # what one must still have to be told
READINGS = ("view_report", "download")  # what the audit log calls them
SOONEST, LATEST = dt.timedelta(minutes=5), dt.timedelta(hours=6)
GIVEN_UP = dt.timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may have to be told: a user in a role; `child` where the result is a child's."""

    user: User
    role: str
    child: Patient | None = None


def on_study_ready(study_id: int) -> None:
    """A study got its patient or order: look at it now (doctors) and when it is released."""
    _expect(study_id, READY)


def on_report_final(report_id: int) -> None:
    """A report became final, or was corrected or withdrawn."""
    report = DiagnosticReport.objects.filter(pk=report_id).first()
    if report is None or report.study_id is None:
        return
    if kind := CHANGES.get(report.status):
        newest = ReportVersion.objects.filter(report=report).order_by("-number").first()
        _expect(report.study_id, f"{kind}:{report.pk}:{newest.number if newest else 0}")
    _expect(report.study_id, READY)


def look_again(study_id: int) -> None:
    """Something changed in who may open the study (staff released it, say): look at it at once."""
    _expect(study_id, READY)


@transaction.atomic
def _expect(study_id: int, event: str) -> None:
    at = clock.now()
    PendingNotice.objects.update_or_create(
        study_id=study_id,
        event=event,
        defaults={"check_at": at},
        create_defaults={"check_at": at, "created_at": at},
    )
    enqueue("enrolment.notices", study_id, dedupe_key=f"notices:{study_id}")


def check_due() -> None:
    """Look at every study whose moment has come."""
    due = PendingNotice.objects.filter(check_at__lte=clock.now()).order_by("check_at")
    for study_id in set(due.values_list("study_id", flat=True)[:500]):
        check(study_id)


def check(study_id: int) -> None:
    """Tell whoever may open the study and was not told. Harmless when repeated."""
    study = (
        Study.objects.select_related("patient__user", "order__requester__user").filter(pk=study_id).first()
    )
    if study is None:
        return
    for pending in PendingNotice.objects.filter(study=study, check_at__lte=clock.now()):
        with transaction.atomic():
            # whoever announces something meanwhile waits for this, so that what they announce is not dropped
            if not PendingNotice.objects.select_for_update().filter(pk=pending.pk).first():
                continue
            open_ends = [not _tell(study, person, pending.event) for person in _people(study)]
            if pending.event != READY:
                _tell_recipients(study, pending.event)
            _look_later(study, pending, waiting=any(open_ends) or not open_ends)


def _look_later(study: Study, pending: PendingNotice, *, waiting: bool) -> None:
    at = clock.now()
    if not waiting or at - pending.created_at > GIVEN_UP:
        pending.delete()
        return
    pause = min(max((at - pending.created_at) / 10, SOONEST), LATEST)
    opens = release_moment(study)
    pending.check_at = opens if opens is not None and at < opens < at + pause else at + pause
    pending.save(update_fields=["check_at"])


def _people(study: Study) -> Iterator[Person]:
    """The patient or, for a child, the guardians; the ordering doctor and those copied."""
    patient = study.patient
    if patient is not None:
        links = rules.active_guardianships(moment()).filter(child=patient).select_related("guardian__user")
        for link in links:
            if link.guardian.user is not None:
                yield Person(link.guardian.user, "patient", child=patient)
        if patient.user is not None:
            yield Person(patient.user, "patient")
    if study.order is None:
        return
    copied = study.order.copies_to.select_related("user")
    for doctor in {study.order.requester, *copied}:
        if doctor is None:
            continue
        if doctor.user is not None and doctor.notify_ready and doctor.state == Practitioner.State.ENABLED:
            yield Person(doctor.user, "doctor")


def _tell(study: Study, person: Person, event: str) -> bool:
    """Tell one person what is new and open for them; whether nothing is left to wait for."""
    told = ResultNotice.objects.filter(study=study, user=person.user, role=person.role)
    known = set(told.values_list("what", flat=True))
    kind = event.partition(":")[0]
    if kind == READY:
        wanted = {"images"} if study.number_of_images else set()
        if DiagnosticReport.objects.filter(study=study, status__in=DiagnosticReport.FINAL_STATES).exists():
            wanted.add("report")
        news = wanted & _openable(study, person)
    else:
        wanted = {event}
        viewer, facet = viewer_for(person.user, person.role), FACET_OF[kind]
        news = wanted if has_facet(viewer, study.study_instance_uid, facet) else set()
    fresh = news - known
    if fresh:
        at = clock.now()
        ResultNotice.objects.bulk_create(
            ResultNotice(study=study, user=person.user, role=person.role, what=what, at=at)
            for what in sorted(fresh)
        )
        # who never read the first one has nothing corrected or taken back
        if kind == READY or "report" in known or _has_read(study, actor(person.user), person.role):
            _send(study, person, kind, sorted(fresh))
    # nothing there yet: its images may still be on the way; what was taken back is told now or never
    return kind == WITHDRAWN or (bool(wanted) and wanted <= known | news)


def _has_read(study: Study, who: str, role: str) -> bool:
    readings = events_of_study(study.study_instance_uid).filter(action__in=READINGS, outcome="success")
    return readings.filter(actor=who, role=role).exists()


def _openable(study: Study, person: Person) -> set[str]:
    viewer = viewer_for(person.user, person.role)
    found = known_visible_to(viewer).filter(pk=study.pk).first()
    if found is None:
        return set()
    return {facet for facet in ("images", "report") if getattr(found, f"may_{facet}")}


def _send(study: Study, person: Person, kind: str, what: list[str]) -> None:
    """Mail, SMS where set, and bell. `kind` is READY, AMENDED or WITHDRAWN."""
    user, key = person.user, f"{study.pk}:{person.user.pk}:{person.role}:{'+'.join(what)}"
    child = person.child.given_name if person.child else ""
    audience = "_doctor" if person.role == "doctor" else ""
    template = ("result" if kind == READY else f"report_{kind}") + audience
    context = {"user": user, "child": child, "link": f"{settings.ENVIRONMENT.base_url}/"}
    if user.email:
        notifications.send_mail(
            to=user.email, template=template, context=context, language=user.language,
            recipient=actor(user), dedupe_key=f"result:{key}",
        )  # fmt: skip
    if person.role == "patient" and user.mobile and kind == READY and institution.setting("sms_new_result"):
        notifications.send_sms(
            to=user.mobile, template=template, context=context, language=user.language,
            recipient=actor(user), dedupe_key=f"result-sms:{key}",
        )  # fmt: skip
    notifications.ring(
        user_id=user.pk,
        role=person.role,
        key=template + ("_child" if child else ""),
        parameters={"name": child} if child else {},
        dedupe_key=f"result-bell:{key}",
        link=f"/{person.role}/",
    )


def _tell_recipients(study: Study, event: str) -> None:
    """Whoever read a report through a share that still lives, where it was corrected or withdrawn."""
    kind = event.partition(":")[0]
    parts = rules.live_parts(moment()).filter(grant__studies=study, grant__report=True, kind=SharePart.MAIL)
    for part in parts.select_related("grant__patient"):
        viewer = Viewer(role="share", subject=part.pk)
        visible = has_facet(viewer, study.study_instance_uid, FACET_OF[kind])
        if visible and _has_read(study, viewer.actor, viewer.role):
            notifications.send_mail(
                to=part.email, template=f"report_{kind}_share",
                context={"patient_name": part.grant.patient.full_name}, language=part.grant.language,
                recipient=f"share:{part.public_id}", dedupe_key=f"share:{part.public_id}:{event}",
            )  # fmt: skip
