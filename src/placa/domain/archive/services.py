"""Changes of a study's state: whose it is, which order it answers, when it is released. Each is audited.

`by` is the actor as the audit log names it: `user:17`, `system`, `peer:CT1`.
"""

from typing import Any

from django.db import transaction
from django.db.models import Count, Sum

from placa.common import clock
from placa.domain.archive.hooks import study_left, study_ready
from placa.domain.archive.indexing import SHOWN, search_key
from placa.domain.archive.models import Instance, Series, Study
from placa.domain.audit import services as audit
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Patient


class WrongPatient(Exception):
    """An order and a study belong to different patients."""


def _locked(study_instance_uid: str) -> Study:
    """The study, locked until the transaction ends. Raises Study.DoesNotExist."""
    return Study.objects.select_for_update().get(study_instance_uid=study_instance_uid)


def _audit(action: str, study: Study, by: str, **detail: object) -> None:
    audit.record(
        action=action,
        actor=by,
        study_uid=study.study_instance_uid,
        patient=str(study.patient_id or ""),
        detail=detail,
    )


@transaction.atomic
def set_patient(*, study_instance_uid: str, patient: Patient, by: str) -> Study:
    """Give a study to `patient` (the one that a merged record became). An order of somebody else is unlinked."""
    study = _locked(study_instance_uid)
    owner = survivor(patient)
    if study.patient_id == owner.pk:
        return study
    before = study.patient_id
    if study.order is not None and study.order.patient_id != owner.pk:
        _drop_order(study)
    if study.patient is not None and survivor(study.patient).pk != owner.pk:
        _end_decisions(study)
    study.patient = owner
    study.save()
    _audit("assign_patient", study, by, before=before)
    study_ready.send(study.pk)
    return study


def survivor(patient: Patient) -> Patient:
    """The record that a merged patient's became, or the patient."""
    seen = {patient.pk}
    while patient.merged_into is not None and patient.merged_into.pk not in seen:
        patient = patient.merged_into
        seen.add(patient.pk)
    return patient


@transaction.atomic
def link_order(*, study_instance_uid: str, order: ServiceRequest, by: str) -> Study:
    """Link a study of the same patient to `order`; site, hand delivery and an exclusive payer come with it.

    Raises WrongPatient where the order is somebody else's or the study is nobody's yet.
    """
    study = _locked(study_instance_uid)
    # who changes the order's payer meanwhile either waits for this link and sees it, or is waited for
    order = ServiceRequest.objects.select_for_update().get(pk=order.pk)
    if study.patient_id is None or survivor(order.patient).pk != study.patient_id:
        raise WrongPatient
    before = study.order_id
    study.order = order
    _take_from_order(study, order)
    study.save()
    study.refused_orders.remove(order)
    if order.status == ServiceRequest.Status.ACTIVE:
        ServiceRequest.objects.filter(pk=order.pk).update(status=ServiceRequest.Status.COMPLETED)
    if before != order.pk:
        _audit("link_order", study, by, order=order.pk, before=before)
        study_ready.send(study.pk)
    return study


def _take_from_order(study: Study, order: ServiceRequest) -> None:
    """What an order says about its study. Whoever pays exclusively gets the study in the same breath (4.3)."""
    study.site = order.site or study.site
    by_type = order.exam_type is not None and order.exam_type.hand_delivery
    study.hand_delivery = study.hand_delivery or order.hand_delivery or by_type
    study.exclusive_to = order.payer if order.payer is not None and order.payer.is_exclusive else None
    _copy(study, order)
    study.search_key = search_key(
        study,
        site=study.site.name if study.site else "",
        doctor=order.requester.full_name if order.requester else "",
    )


def copied(order: ServiceRequest | None) -> dict[str, Any]:
    """What a study keeps of its order, so that lists can be walked by an index (no rule trusts it)."""
    if order is None:
        return {"requester_id": None, "payer_id": None, "ordered_modality": "", "ordered_urgent": False}
    return {
        "requester_id": order.requester_id,
        "payer_id": order.payer_id,
        "ordered_modality": order.modality,
        "ordered_urgent": order.urgent,
    }


def _copy(study: Study, order: ServiceRequest | None) -> None:
    for name, value in copied(order).items():
        setattr(study, name, value)


@transaction.atomic
def refresh_from_order(order: ServiceRequest) -> int:
    """Carry a changed order (payer, site, doctor, modality) to its studies; returns how many there are."""
    studies = list(Study.objects.select_for_update().filter(order=order).order_by("study_instance_uid"))
    for study in studies:
        _take_from_order(study, order)
        study.save()
    return len(studies)


def _drop_order(study: Study) -> None:
    if study.exclusive_to_id is not None and study.release == Study.Release.NOW:
        study.release, study.released_at = (
            Study.Release.AUTO,
            None,
        )  # released to the company, not to the patient
    study.order = None
    study.exclusive_to = None
    _copy(study, None)
    study.search_key = search_key(study, site=study.site.name if study.site else "")


def _end_decisions(study: Study) -> None:
    """What was decided for one person opens nothing to another: an early release, a handing over, the reading that
    started the clock, and whatever else was read. What withholds a study stays."""
    if study.release == Study.Release.NOW:
        study.release, study.released_at = Study.Release.AUTO, None
    study.handed_over_at, study.handed_over_to = None, ""
    study.doctor_read_at = None
    study_left.send(study.pk)


@transaction.atomic
def unlink(*, study_instance_uid: str, by: str) -> Study:
    """Take a study away from its patient and order; it waits for staff again. What withholds it stays: it is for hand
    delivery, held, hidden."""
    study = _locked(study_instance_uid)
    patient, order = study.patient_id, study.order_id
    _drop_order(study)
    _end_decisions(study)
    study.patient = None
    study.save()
    _audit("unlink", study, by, patient=patient, order=order)
    return study


@transaction.atomic
def unlink_order(*, study_instance_uid: str, by: str) -> Study:
    """Take a study away from its order, which is not linked again by itself; it stays its patient's."""
    study = _locked(study_instance_uid)
    order = study.order
    if order is not None:
        study.refused_orders.add(order)
    _drop_order(study)
    study.save()
    _audit("unlink_order", study, by, order=order.pk if order else None)
    return study


@transaction.atomic
def release_now(*, study_instance_uid: str, by: str) -> Study:
    """Release a study to its patient without waiting for the delay (2.4)."""
    study = _locked(study_instance_uid)
    study.release = Study.Release.NOW
    study.released_at = clock.now()
    study.save()
    _audit("release_now", study, by)
    study_ready.send(study.pk)
    return study


def hold(*, study_instance_uid: str, by: str) -> Study:
    """Withhold a study from its patient until staff release it."""
    return _not_released(study_instance_uid, Study.Release.HELD, "hold", by)


def release_by_delay(*, study_instance_uid: str, by: str) -> Study:
    """Let the institution's delay decide again."""
    return _not_released(study_instance_uid, Study.Release.AUTO, "release_by_delay", by)


@transaction.atomic
def _not_released(study_instance_uid: str, release: Study.Release, action: str, by: str) -> Study:
    study = _locked(study_instance_uid)
    study.release = release
    study.released_at = None
    study.save()
    _audit(action, study, by)
    return study


@transaction.atomic
def mark_hand_delivery(*, study_instance_uid: str, on: bool, by: str) -> Study:
    """Mark a study for hand delivery (2.3), or take the mark away."""
    study = _locked(study_instance_uid)
    study.hand_delivery = on
    study.handed_over_at = None
    study.handed_over_to = ""
    study.save()
    _audit("mark_hand_delivery", study, by, on=on)
    return study


@transaction.atomic
def hand_over(*, study_instance_uid: str, to: str, by: str) -> Study:
    """Record that a study was handed over, when and to whom. Raises ValueError where nobody is named."""
    receiver = " ".join(to.split())
    if not receiver:
        raise ValueError("to whom?")
    study = _locked(study_instance_uid)
    study.handed_over_at = clock.now()
    study.handed_over_to = receiver[:120]
    study.save()
    _audit("hand_over", study, by)
    return study


@transaction.atomic
def recount(study: Study) -> None:
    """Count a study's served instances anew, after some were held, freed or removed."""
    locked = _locked(study.study_instance_uid)
    served = Instance.objects.filter(study=locked, held=False)
    for series in Series.objects.filter(study=locked):
        own = served.filter(series=series)
        series.number_of_instances = own.count()
        series.number_of_images = own.filter(kind__in=SHOWN).aggregate(n=Sum("number_of_frames"))["n"] or 0
        series.save()
    filled = Series.objects.filter(study=locked, number_of_instances__gt=0)
    totals = served.aggregate(instances=Count("id"), size=Sum("bytes"))
    locked.number_of_series = filled.count()
    locked.number_of_instances = totals["instances"]
    locked.number_of_images = served.filter(kind__in=SHOWN).count()
    locked.bytes = totals["size"] or 0
    locked.modalities_in_study = sorted(set(filled.exclude(modality="").values_list("modality", flat=True)))
    locked.metadata_version += 1
    locked.save()
