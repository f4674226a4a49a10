"""Reads of people. None of them asks who is looking: doors narrow what `access` lets them see."""

import datetime as dt

from django.db.models import Q, QuerySet

from placa.common import clock
from placa.common.days import years_before
from placa.common.text import fold
from placa.common.words import anywhere
from placa.domain.institution import selectors as institution
from placa.domain.people.models import (
    Guardianship,
    Organization,
    Patient,
    PatientIdentifier,
    Practitioner,
)


def search_patients(patients: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """`patients` in whose name or e-mail every word of `text` begins one, or who bear it as a number; by name."""
    if asked := fold(text).split()[:8]:
        patients = patients.filter(anywhere(Patient, asked, _numbered))
    return patients.order_by("name_key", "pk")


def _numbered(word: str) -> Q | None:
    owners = PatientIdentifier.objects.filter(value__starts=word).values("patient")
    return Q(pk__in=owners) if owners.exists() else None


def same_issuers(issuer: str) -> set[str]:
    """Issuers that mean the same as `issuer`: an absent one is the institution's own."""
    own = institution.current().default_issuer
    return {issuer, "", own} if issuer in ("", own) else {issuer}


def patient_identified(value: str, issuer: str = "") -> Patient | None:
    """The one patient on file with this identifier, a merged one as it is; None where there is none."""
    rows = _bearing(value.strip()).filter(issuer__in=same_issuers(issuer))
    row = rows.select_related("patient").first()
    return row.patient if row else None


def _bearing(value: str) -> QuerySet[PatientIdentifier]:
    """Identifiers that are `value`, whatever their case; `starts` leads there by an index."""
    return PatientIdentifier.objects.filter(value__iexact=value, value__starts=value)


def patients_numbered(value: str) -> list[Patient]:
    """Every patient who bears this very identifier, of whatever issuer; merged records are left out."""
    owners = _bearing(" ".join(value.split())).values("patient")
    return list(Patient.objects.filter(pk__in=owners, merged_into=None).order_by("pk"))


def namesakes(
    patients: QuerySet[Patient], family_name: str, given_name: str, birth_date: dt.date | None
) -> list[Patient]:
    """Those of `patients` with the same folded name, and the same birth date where both are known; at most five."""
    found = patients.filter(name_key=key_of(family_name, given_name))
    if birth_date:
        found = found.filter(Q(birth_date=birth_date) | Q(birth_date=None))
    return list(found.order_by("pk")[:5])


def key_of(family_name: str, given_name: str) -> str:
    """The folded "family given" under which a person is searched."""
    return fold(f"{family_name} {given_name}")[:250]


def minor_born_after() -> dt.date:
    """Whoever was born after this day is under the age at which guardians act (2.9)."""
    today = clock.today(institution.zone())
    return years_before(today, institution.setting("guardianship_until_age"))


def is_minor(patient: Patient) -> bool:
    """Whether the patient is known to be under that age."""
    return patient.birth_date is not None and patient.birth_date > minor_born_after()


def guardians_of(patient: Patient) -> QuerySet[Guardianship]:
    """Links to a patient's guardians that nobody ended, the oldest first."""
    links = Guardianship.objects.filter(child=patient, ended_at=None)
    return links.select_related("guardian").order_by("pk")


def wards_of(patient: Patient) -> QuerySet[Guardianship]:
    """Links to the children whose guardian a patient is, that nobody ended."""
    links = Guardianship.objects.filter(guardian=patient, ended_at=None)
    return links.select_related("child").order_by("pk")


def requesters() -> QuerySet[Practitioner]:
    """Doctors who can stand on an order, by name: all but those refused."""
    return Practitioner.objects.exclude(state=Practitioner.State.REFUSED).order_by("name_key", "pk")


def payers() -> QuerySet[Organization]:
    """Companies that can pay for an order, by name."""
    return Organization.objects.filter(enabled=True).order_by("name")


def waiting_doctors() -> QuerySet[Practitioner]:
    """Doctors who signed up and wait for approval, the oldest first (3.1)."""
    return Practitioner.objects.filter(state=Practitioner.State.WAITING).order_by("created_at", "pk")


def decided_doctors() -> QuerySet[Practitioner]:
    """The other doctors, by name."""
    return Practitioner.objects.exclude(state=Practitioner.State.WAITING).order_by("name_key", "pk")
