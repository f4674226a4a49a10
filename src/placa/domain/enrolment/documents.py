"""Signing in by document number, where it names one person (1.11)."""

from placa.domain.people.models import Patient, PatientIdentifier


def users_by_document(typed: str) -> list[int]:
    """Ids of users whose patient identifier is `typed`."""
    value = typed.strip()
    if not value:
        return []
    owners = PatientIdentifier.objects.filter(value__iexact=value).values("patient")
    patients = Patient.objects.filter(pk__in=owners, merged_into=None, user__isnull=False)
    return [pk for pk in patients.values_list("user_id", flat=True)[:2] if pk is not None]
