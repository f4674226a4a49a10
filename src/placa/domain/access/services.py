"""What opening a study leaves behind: an audit event, and the reading that the clock may wait for."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from placa.common import clock
from placa.domain.access.models import SharePart
from placa.domain.access.selectors import grants_of
from placa.domain.access.viewers import Viewer
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit import services as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.audit.selectors import events_of_study
from placa.domain.people.models import OrganizationMember
from placa.domain.reports.models import ReadReceipt


def opened(viewer: Viewer, study: Study, action: str, **detail: Any) -> None:
    """Record that `viewer` did `action` (view, view_images, view_report, download, share …) on `study`.

    One event a viewer, study, action and session within five minutes, never one a frame; every share is one.
    """
    once = action != "share"
    if once and audit.is_in_window(
        actor=viewer.actor, session=viewer.session, study_uid=study.study_instance_uid, action=action
    ):
        return  # a frame after the first costs one read: neither the rules again nor the database's write lock
    grants = grants_of(viewer, study)
    with transaction.atomic():
        new = audit.record(
            action=action, actor=viewer.actor, role=viewer.role, session=viewer.session,
            address=viewer.address, study_uid=study.study_instance_uid, patient=str(study.patient_id or ""),
            detail={"grants": grants, **detail}, once_in_window=once,
        )  # fmt: skip
        if new and viewer.role == "doctor" and action in ("view_images", "view_report", "download"):
            _doctor_read(viewer, study)


def _doctor_read(viewer: Viewer, study: Study) -> None:
    now = clock.now()
    ReadReceipt.objects.get_or_create(study=study, practitioner_id=viewer.subject, defaults={"at": now})
    if study.order and study.order.requester_id == viewer.subject:
        Study.objects.filter(pk=study.pk, doctor_read_at=None).update(doctor_read_at=now)


LOOKS = ("view_images", "view_report", "download", "share")


def looks_at(study: Study) -> list[AuditEvent]:
    """Who opened, downloaded or shared the study, newest first, at most 100.

    Only since it is this patient's: who looked while it was (by mistake) somebody else's names that person.
    """
    events = events_of_study(study.study_instance_uid).filter(
        action__in=LOOKS, outcome="success", patient=str(study.patient_id or "")
    )
    return list(events[:100])


def name_of(event: AuditEvent) -> str:
    """The actor of an event as the patient may read it: a person's name, a company's, a recipient's address."""
    kind, _sep, pk = event.actor.partition(":")
    if kind == "user" and event.role == "company":
        member = OrganizationMember.objects.filter(user_id=pk).select_related("organization").first()
        return member.organization.name if member else _("A company")
    if kind == "user":
        return User.objects.filter(pk=pk).values_list("full_name", flat=True).first() or _("Somebody")
    if kind == "share":
        part = SharePart.objects.filter(pk=pk).first()
        return part.email if part and part.email else _("Holder of the printed sheet")
    return _("The centre")
