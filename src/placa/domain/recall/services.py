"""Asking for a recall, and ending one. What a recall does is in `work`."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from placa.common import clock
from placa.domain.access.selectors import get_study
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Instance, Study
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.jobs.services import enqueue
from placa.domain.recall.models import Asker, Recall

State, Why = Recall.State, Recall.Why
AGAIN = dt.timedelta(minutes=5)  # so long after a failure nobody's click asks the archive again


def ask(*, viewer: Viewer, study_instance_uid: str) -> Recall | None:
    """`viewer` wants the images of an off-line study back. One recall, however many ask.

    None where it cannot be had (no archive, or it failed a moment ago) or need not (it is here). Raises NotVisible
    for whoever may not open the images.
    """
    study = get_study(viewer, study_instance_uid, need="images")
    if study.availability == Study.Availability.ONLINE or not institution.archives():
        return None
    latest = Recall.objects.filter(study=study).first()
    if (
        latest
        and latest.state == State.FAILED
        and latest.finished_at
        and latest.finished_at > clock.now() - AGAIN
    ):
        _join(latest, viewer)
        return None
    recall = start(study)
    if recall is not None and _join(recall, viewer):
        audit.record(
            action="recall", actor=viewer.actor, role=viewer.role, session=viewer.session, address=viewer.address,
            study_uid=study_instance_uid, patient=str(study.patient_id or ""),
        )  # fmt: skip
    return recall


def start(study: Study) -> Recall | None:
    """The running recall of a study, begun if there is none; None where nothing is missing."""
    try:
        with transaction.atomic():
            locked = Study.objects.select_for_update().get(pk=study.pk)
            running = Recall.objects.filter(study=locked, finished_at=None).first()
            if running is not None:
                return running
            missing = Instance.objects.filter(study=locked, evicted=True).count()
            if locked.availability == Study.Availability.ONLINE and not missing:
                return None
            now = clock.now()
            recall = Recall.objects.create(
                study=locked, asked_at=now, moved_at=now, due_at=now, expected=missing
            )
            Study.objects.filter(pk=locked.pk).update(availability=Study.Availability.RECALLING)
            enqueue("recall.run", recall.pk, dedupe_key=f"recall.run:{recall.pk}", long=True)
            return recall
    except IntegrityError:  # another process began it in the same moment
        return Recall.objects.filter(study=study, finished_at=None).first()


def _join(recall: Recall, viewer: Viewer) -> bool:
    """Note who asks; whether they are new."""
    _asker, new = Asker.objects.get_or_create(
        recall=recall, actor=viewer.actor, role=viewer.role,
        defaults={"user_id": viewer.user_id, "subject": viewer.subject, "asked_at": clock.now()},
    )  # fmt: skip
    Asker.objects.filter(pk=_asker.pk).update(closed_at=None)
    return new


@transaction.atomic
def cancel(*, study: Study, by: str) -> bool:
    """Staff end a running recall; False where none runs."""
    running = Recall.objects.select_for_update().filter(study=study, finished_at=None).first()
    if running is None:
        return False
    fail(running, Why.CANCELLED)
    audit.record(
        action="recall_cancelled",
        actor=by,
        study_uid=study.study_instance_uid,
        patient=str(study.patient_id or ""),
    )
    return True


@transaction.atomic
def fail(recall: Recall, why: str) -> None:
    """End a recall without success. Nobody is told: the page sends the patient to the centre (7.4)."""
    now = clock.now()
    ended = Recall.objects.filter(pk=recall.pk, finished_at=None).update(
        state=State.FAILED, why=why, finished_at=now, claimed_until=None
    )
    if not ended:
        return
    study = Study.objects.select_for_update().get(pk=recall.study_id)
    Study.objects.filter(pk=study.pk).update(availability=Study.Availability.UNAVAILABLE)
    audit.record(
        action="recall_failed", actor="system", outcome="failure", study_uid=study.study_instance_uid,
        patient=str(study.patient_id or ""), detail={"why": why},
    )  # fmt: skip


def close_panel(*, viewer: Viewer, study_instance_uid: str) -> None:
    """The viewer has seen how it stands: its panel is not shown again until they ask anew."""
    _own(viewer, study_instance_uid).update(closed_at=clock.now())


def fold_panel(*, viewer: Viewer, study_instance_uid: str, folded: bool) -> None:
    """The panel as one line, or whole, on every page."""
    _own(viewer, study_instance_uid).update(folded=folded)


def _own(viewer: Viewer, study_instance_uid: str) -> QuerySet[Asker]:
    study = get_study(viewer, study_instance_uid, need="images")
    return Asker.objects.filter(actor=viewer.actor, role=viewer.role, recall__study=study)
