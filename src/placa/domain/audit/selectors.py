"""Reads of the audit log."""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, QuerySet

from placa.domain.audit.models import AuditEvent


def events_of_study(study_uid: str) -> QuerySet[AuditEvent]:
    """Every event on one study, newest first."""
    return AuditEvent.objects.filter(study_uid=study_uid).order_by("-id")


def events_of_shares(
    shares: Iterable[str], patients: Iterable[int], actions: Sequence[str]
) -> QuerySet[AuditEvent]:
    """Successful events of `actions` on shares of these patients, by their public ids; newest first."""
    of_patients = AuditEvent.objects.filter(patient__in=[str(pk) for pk in patients], outcome="success")
    return of_patients.filter(action__in=actions, detail__share__in=list(shares)).order_by("-id")


def events_of_patient(patient_id: int) -> QuerySet[AuditEvent]:
    """Every event on one patient's data, newest first."""
    return AuditEvent.objects.filter(patient=str(patient_id)).order_by("-id")


def newest(limit: int = 50) -> list[AuditEvent]:
    """The newest events of all."""
    return list(AuditEvent.objects.order_by("-id")[:limit])


def newest_of(seen: Exists, actions: Sequence[str], limit: int) -> QuerySet[AuditEvent]:
    """The newest `limit` successful events of `actions` on some studies (asked of the event's `study_uid`)."""
    events = AuditEvent.objects.filter(seen, action__in=actions, outcome="success")
    return events.order_by("-id")[:limit]


def acknowledged_by(actor: str) -> QuerySet[AuditEvent]:
    """What `actor` confirmed to have read; each event names its study."""
    return AuditEvent.objects.filter(actor=actor, action="acknowledge", outcome="success")
