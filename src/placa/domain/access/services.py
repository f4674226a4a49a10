"""What opening a study leaves behind: an audit event, and the reading that the clock may wait for."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from placa.common import clock
from placa.domain.access import reading
from placa.domain.access.models import SharePart
from placa.domain.access.selectors import grants_of
from placa.domain.access.viewers import Viewer
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit import services as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.people.models import OrganizationMember
from placa.domain.reports.models import ReportVersion


def opened(
    viewer: Viewer, study: Study, action: str, *, read: Iterable[ReportVersion] = (), **detail: Any
) -> None:
    """Record that `viewer` did `action` (view, view_images, view_report, download, share …) on `study`.

    One event a viewer, study, action and session within five minutes, never one a frame; every share is one.
    `read`: the versions of reports that they were shown, or took along, by it; each of them counts at once.
    """
    fresh = reading.note(viewer, read)
    once = action != "share"
    if once and audit.is_in_window(
        actor=viewer.actor, session=viewer.session, study_uid=study.study_instance_uid, action=action
    ):
        if fresh:
            _read(viewer, study, action)
        return  # a frame after the first costs one read: neither the rules again nor the database's write lock
    grants = grants_of(viewer, study)
    with transaction.atomic():
        _read(viewer, study, action)
        audit.record(
            action=action, actor=viewer.actor, role=viewer.role, session=viewer.session,
            address=viewer.address, study_uid=study.study_instance_uid, patient=str(study.patient_id or ""),
            detail={"grants": grants, **detail}, once_in_window=once,
        )  # fmt: skip


@transaction.atomic
def _read(viewer: Viewer, study: Study, action: str) -> None:
    """What a doctor has read. Before the event is written: whoever changes a study locks the two in this order."""
    if viewer.role != "doctor" or action not in ("view", *READINGS):
        return
    reading.lock(study)
    reading.doctor_read(viewer, study, looked=action in READINGS)
    if action in READINGS and study.order and study.order.requester_id == viewer.subject:
        Study.objects.filter(pk=study.pk, doctor_read_at=None).update(doctor_read_at=clock.now())


READINGS = ("view_images", "view_report", "download")
LOOKS = (*READINGS, "share")


@dataclass(frozen=True, slots=True)
class Look:
    """That an actor did `action` on a study, and when last."""

    actor: str
    role: str
    action: str
    at: dt.datetime


def looks_at(studies: Iterable[Study]) -> dict[str, list[Look]]:
    """Who opened, downloaded or shared each of the studies, newest first, by StudyInstanceUID.

    Only since it is this patient's: who looked while it was (by mistake) somebody else's names that person.
    """
    owners = {study.study_instance_uid: str(study.patient_id or "") for study in studies}
    events = AuditEvent.objects.filter(study_uid__in=owners, action__in=LOOKS, outcome="success")
    newest = events.order_by().values_list("study_uid", "patient", "actor", "role", "action")
    found: dict[str, list[Look]] = {uid: [] for uid in owners}
    for uid, patient, actor, role, action, at in newest.annotate(last=Max("at")).order_by("-last"):
        if owners[uid] == patient:
            found[uid].append(Look(actor, role, action, at))
    return found


def names_of(looks: Iterable[Look | AuditEvent]) -> dict[tuple[str, str], str]:
    """Actors by (actor, role) as a patient may read them: a person's name, a company's, a recipient's address.

    Three queries, however many there are.
    """
    asked = {(look.actor, look.role) for look in looks}
    keys: dict[str, set[int]] = {"user": set(), "share": set()}
    for actor, _role in asked:
        kind, _sep, pk = actor.partition(":")
        if kind in keys and pk.isdecimal():
            keys[kind].add(int(pk))
    users = dict(User.objects.filter(pk__in=keys["user"]).values_list("pk", "full_name"))
    members = OrganizationMember.objects.filter(user_id__in=keys["user"])
    companies = dict(members.values_list("user_id", "organization__name"))
    parts = dict(SharePart.objects.filter(pk__in=keys["share"]).values_list("pk", "email"))

    def name(actor: str, role: str) -> str:
        kind, _sep, text = actor.partition(":")
        pk = int(text) if text.isdecimal() else 0
        if kind == "user" and role == "company":
            return companies.get(pk) or _("A company")
        if kind == "user":
            return users.get(pk) or _("Somebody")
        if kind == "share":
            return parts.get(pk) or _("Holder of the printed sheet")
        return _("The centre")

    return {(actor, role): name(actor, role) for actor, role in asked}
