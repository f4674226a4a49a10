"""Reads of the audit log."""

from django.db.models import QuerySet

from placa.domain.audit.models import AuditEvent


def events_of_study(study_uid: str) -> QuerySet[AuditEvent]:
    """Every event on one study, newest first."""
    return AuditEvent.objects.filter(study_uid=study_uid).order_by("-id")


def events_of_patient(patient_id: int) -> QuerySet[AuditEvent]:
    """Every event on one patient's data, newest first."""
    return AuditEvent.objects.filter(patient=str(patient_id)).order_by("-id")


def newest(limit: int = 50) -> list[AuditEvent]:
    """The newest events of all."""
    return list(AuditEvent.objects.order_by("-id")[:limit])
