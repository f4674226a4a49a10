"""Writes of people: patients with their identifiers, guardians, doctors' approval.

`by` is the actor as the audit log names it: `user:17`, `system`, `hl7:ADT`.
"""

import datetime as dt
from typing import Any

from django.db import transaction

from placa.common import clock
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.people import selectors
from placa.domain.people.hooks import patient_changed
from placa.domain.people.models import Guardianship, Patient, PatientIdentifier, Practitioner

# what staff may set on a patient; e-mail and portal are enrolment's, for they lead to an account
DETAILS = frozenset(
    {
        "family_name", "given_name", "birth_date", "sex", "mobile", "phone", "address", "marital_status",
        "family_doctor", "contact_person", "language",
    }
)  # fmt: skip
WHO = frozenset({"family_name", "given_name", "birth_date", "sex"})  # what matching compares


class IdentifierTaken(Exception):
    """The identifier names another patient; it is never given to two."""

    def __init__(self, patient: Patient) -> None:
        super().__init__("identifier taken")
        self.patient = patient


class LastIdentifier(Exception):
    """A patient without an identifier could never be matched again."""


class CannotLink(Exception):
    """A guardianship that cannot be; `reason` is same, not_a_minor, guardian_minor, proof, linked or merged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def create_patient(
    *,
    family_name: str,
    given_name: str,
    identifier: str,
    by: str,
    issuer: str = "",
    kind: str = "MR",
    birth_date: dt.date | None = None,
    sex: str = "",
    **details: str,
) -> Patient:
    """A new patient with PatientID and issuer (absent: the institution's). What waits for them is matched again.

    Raises IdentifierTaken, TypeError for a detail that is not in DETAILS.
    """
    _known(details)
    patient = Patient(
        family_name=family_name.strip(), given_name=given_name.strip(), birth_date=birth_date, sex=sex,
        name_key=selectors.key_of(family_name, given_name), **details,
    )  # fmt: skip
    if not details.get("language"):
        patient.language = institution.current().language
    patient.save(force_insert=True)
    _identify(patient, identifier, issuer, kind)
    audit.record(action="create_patient", actor=by, patient=str(patient.pk))
    patient_changed.send(patient.pk)
    return patient


@transaction.atomic
def update_patient(*, patient: Patient, by: str, **details: Any) -> Patient:
    """Change what DETAILS lists. Returns the row as it is now; raises TypeError for anything else."""
    _known(details)
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    changed = sorted(name for name, value in details.items() if getattr(row, name) != value)
    if not changed:
        return row
    for name in changed:
        setattr(row, name, details[name])
    row.name_key = selectors.key_of(row.family_name, row.given_name)
    row.save()
    _tell_account(row)
    audit.record(action="update_patient", actor=by, patient=str(row.pk), detail={"fields": changed})
    if WHO & set(changed):
        patient_changed.send(row.pk)
    return row


def _tell_account(patient: Patient) -> None:
    """The account of a patient bears the same name and mobile as the file."""
    if patient.user is not None:
        patient.user.full_name = patient.full_name
        patient.user.mobile = patient.mobile
        patient.user.save(update_fields=["full_name", "mobile", "updated_at"])


def _known(details: dict[str, Any]) -> None:
    if unknown := set(details) - DETAILS:
        raise TypeError(f"not a patient's detail: {', '.join(sorted(unknown))}")


@transaction.atomic
def add_identifier(
    *, patient: Patient, value: str, by: str, issuer: str = "", kind: str = ""
) -> PatientIdentifier:
    """Another identifier of a patient. Raises IdentifierTaken, ValueError for an empty one."""
    row = _identify(patient, value, issuer, kind)
    audit.record(action="add_identifier", actor=by, patient=str(patient.pk))
    patient_changed.send(patient.pk)
    return row


def _identify(patient: Patient, value: str, issuer: str, kind: str) -> PatientIdentifier:
    value = " ".join(value.split())
    if not value:
        raise ValueError("an identifier cannot be empty")
    issuer = issuer.strip() or institution.current().default_issuer
    taken = selectors.patient_identified(value, issuer)
    if taken is not None:
        raise IdentifierTaken(taken)
    return PatientIdentifier.objects.create(patient=patient, value=value, issuer=issuer, kind=kind)


@transaction.atomic
def remove_identifier(*, patient: Patient, identifier: PatientIdentifier, by: str) -> None:
    """Take an identifier away; studies already matched stay. Raises LastIdentifier."""
    rows = PatientIdentifier.objects.select_for_update().filter(patient=patient)
    if not rows.exclude(pk=identifier.pk).exists():
        raise LastIdentifier
    rows.filter(pk=identifier.pk).delete()
    audit.record(action="remove_identifier", actor=by, patient=str(patient.pk))


@transaction.atomic
def link_guardian(*, guardian: Patient, child: Patient, kind: str, proof: str, by: str) -> Guardianship:
    """Let `guardian` see the results of `child` until the age the institution sets (2.9, 9.5).

    `proof` names the document that proves the link. Raises CannotLink.
    """
    if reason := _obstacle(guardian, child, proof):
        raise CannotLink(reason)
    Patient.objects.select_for_update().get(pk=child.pk)  # two at once: the second one sees the first's link
    if Guardianship.objects.filter(guardian=guardian, child=child, ended_at=None).exists():
        raise CannotLink("linked")
    link = Guardianship.objects.create(
        guardian=guardian, child=child, kind=kind, proof=" ".join(proof.split())[:120], linked_by=by
    )
    audit.record(action="link_guardian", actor=by, patient=str(child.pk), detail={"guardian": guardian.pk})
    return link


def _obstacle(guardian: Patient, child: Patient, proof: str) -> str:
    if guardian.pk == child.pk:
        return "same"
    if guardian.merged_into_id or child.merged_into_id:
        return "merged"
    if not selectors.is_minor(child):
        return "not_a_minor"
    if guardian.birth_date is None or selectors.is_minor(guardian):
        return "guardian_minor"
    return "" if proof.strip() else "proof"


@transaction.atomic
def end_guardianship(*, link: Guardianship, by: str) -> bool:
    """End a link now, and with it the shares made under it; False where it had ended."""
    ended = Guardianship.objects.filter(pk=link.pk, ended_at=None).update(ended_at=clock.now())
    if ended:
        audit.record(
            action="end_guardianship",
            actor=by,
            patient=str(link.child_id),
            detail={"guardian": link.guardian_id},
        )
    return bool(ended)


@transaction.atomic
def refuse_doctor(*, practitioner: Practitioner, reason: str, by: str) -> Practitioner:
    """Refuse a doctor who signed up; nothing works for them. Raises ValueError without a reason (3.1)."""
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise ValueError("a refusal needs a reason")
    row = Practitioner.objects.select_for_update().get(pk=practitioner.pk)
    row.state, row.state_reason = Practitioner.State.REFUSED, reason
    row.save()
    audit.record(action="refuse_doctor", actor=by, detail={"practitioner": row.pk})
    return row
