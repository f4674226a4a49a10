"""Matching and what staff do in the inbox. `by` is the actor as the audit log names it."""

from collections.abc import Callable, Iterable
from functools import partial

from django.db import connection, transaction

from placa.domain.archive import services as archive
from placa.domain.archive.models import Study
from placa.domain.intake import inbox
from placa.domain.intake.matching import Match, match, order_of
from placa.domain.jobs.services import enqueue
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Patient, PatientIdentifier

SYSTEM = "system"


@transaction.atomic
def match_study(*, study_instance_uid: str, again: bool = False) -> Match:
    """Find patient and order of a study, or leave one open inbox item that says why not.

    What staff took away from a patient, or rejected, is not given back by itself: they assign it.
    `again` marks the second look after a commit.
    """
    study = Study.objects.select_for_update().get(study_instance_uid=study_instance_uid)
    if study.patient is not None:
        found = Match(study.patient, study.order or order_of(study, study.patient))
    elif inbox.is_decided_by_staff(study):
        if inbox.waits(study):
            _ask_staff(study)
        return Match()
    else:
        found = match(study)
    if found.order is None and not again:
        _look_again(partial(match_study, study_instance_uid=study_instance_uid, again=True))
    if found.patient is None:
        if found.problem is not None:
            inbox.unmatched(study, found.problem, found.detail)
        return found
    _place(study, found.patient, found.order, by=SYSTEM, resolution="matched")
    return found


def _look_again(work: Callable[[], object]) -> None:
    """Do `work` once more after the commit, where transactions run side by side (PostgreSQL).

    A study and the patient or order that it waits for may arrive in the same moment, neither seeing the other. The
    one that commits last sees both.
    """
    if connection.features.has_select_for_update:
        transaction.on_commit(work)


def _place(study: Study, patient: Patient, order: ServiceRequest | None, *, by: str, resolution: str) -> None:
    uid = study.study_instance_uid
    archive.set_patient(study_instance_uid=uid, patient=patient, by=by)
    if order is not None and study.order_id != order.pk:
        archive.link_order(study_instance_uid=uid, order=order, by=by)
    inbox.resolve(study, resolution=resolution, by=by)


def preview(study_instance_uids: set[str]) -> None:
    """Queue the first previews of studies that are still arriving."""
    _queue("archive.preview", study_instance_uids)


def prepare(study_instance_uids: set[str]) -> None:
    """Queue what makes a study quick to open: metadata, previews, the viewer's first pictures."""
    _queue("archive.prepare", study_instance_uids)


def _queue(job: str, study_instance_uids: set[str]) -> None:
    for pk in Study.objects.filter(study_instance_uid__in=study_instance_uids).values_list("pk", flat=True):
        enqueue(job, pk, dedupe_key=f"{job}:{pk}")


@transaction.atomic
def rematch_patient(patient_id: int) -> int:
    """Match again what waits under a patient's identifiers (a new patient, or a new identifier); how many matched."""
    values = PatientIdentifier.objects.filter(patient_id=patient_id).values("value")
    waiting = Study.objects.filter(patient=None, dicom_patient_id__in=values)
    return _match_all(waiting.order_by("study_instance_uid").values_list("study_instance_uid", flat=True))


@transaction.atomic
def rematch_order(order_id: int) -> int:
    """Match again what waits for an order, by accession number or study UID; how many got a patient or order."""
    order = ServiceRequest.objects.get(pk=order_id)
    waiting = Study.objects.filter(order=None, accession_number=order.accession_number)
    if order.study_uid:
        waiting |= Study.objects.filter(order=None, study_instance_uid=order.study_uid)
    return _match_all(waiting.order_by("study_instance_uid").values_list("study_instance_uid", flat=True))


def on_patient_changed(patient_id: int) -> None:
    """A patient is new, or is known by another name, birth date or number: look at what waits for them."""
    rematch_patient(patient_id)
    _look_again(partial(rematch_patient, patient_id))


@transaction.atomic
def on_order_changed(order_id: int) -> None:
    """An order is new or was changed: its studies follow it at once, and what waits for its number is matched."""
    archive.refresh_from_order(ServiceRequest.objects.get(pk=order_id))
    rematch_order(order_id)
    _look_again(partial(rematch_order, order_id))


def _match_all(uids: Iterable[str]) -> int:
    return sum(match_study(study_instance_uid=uid).patient is not None for uid in list(uids))


@transaction.atomic
def assign_study(
    *, study_instance_uid: str, patient: Patient, by: str, order: ServiceRequest | None = None
) -> Study:
    """Staff say whose a study is. Without `order` the one that fits by accession number is linked.

    Raises archive.services.WrongPatient where `order` is somebody else's.
    """
    study = Study.objects.select_for_update().get(study_instance_uid=study_instance_uid)
    owner = archive.survivor(patient)
    _place(study, owner, order or order_of(study, owner), by=by, resolution="assigned")
    return Study.objects.get(pk=study.pk)


@transaction.atomic
def unassign_study(*, study_instance_uid: str, by: str) -> Study:
    """Undo an assignment: the study goes back to the inbox, and is not matched by itself at once."""
    study = archive.unlink(study_instance_uid=study_instance_uid, by=by)
    _ask_staff(study)
    return study


def _ask_staff(study: Study) -> None:
    """What only staff decide waits for the reason that holds now: perhaps for no other one than that they took it away."""
    kind, detail = inbox.question(match(study))
    inbox.unmatched(study, kind, {**detail, "by": "staff"})
