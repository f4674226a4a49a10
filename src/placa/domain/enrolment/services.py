"""Patients' ways into the portal (1.2, 1.3)."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from placa.domain.access.moment import moment
from placa.domain.accounts.models import User
from placa.domain.accounts.onetime import OneTimePassword, new_one_time_password
from placa.domain.accounts.services import actor
from placa.domain.audit import services as audit
from placa.domain.enrolment import invitation, usernames
from placa.domain.enrolment.invitation import AlreadyActivatedError
from placa.domain.enrolment.members import (
    create_company_user,
    create_staff,
    disable_account,
    enable_doctor,
    set_staff_rights,
)
from placa.domain.enrolment.roles import RoleChoice, roles_of
from placa.domain.institution import selectors as institution
from placa.domain.notifications.services import send_mail
from placa.domain.people.models import Patient

__all__ = [
    "AlreadyActivatedError", "CannotEnrolError", "RoleChoice", "create_company_user", "create_staff",
    "disable_account", "enable_doctor", "enable_portal", "invite", "resend_activation",
    "roles_of", "set_email", "set_staff_rights", "why_not",
]  # fmt: skip


class CannotEnrolError(Exception):
    """This patient cannot have an account now; `reason` is email, age, birth_date or merged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def why_not(patient: Patient) -> str | None:
    """Why `patient` cannot have an account (email, age, birth_date, merged); None where they can.

    Under the age of 2.9 the e-mail on file is a parent's. An unknown birth date may be a child's.
    """
    if patient.merged_into_id is not None:
        return "merged"
    if patient.birth_date is None:
        return "birth_date"
    if patient.birth_date > moment().minor_born_after:
        return "age"
    return None if _is_mail(patient.email) else "email"


def _is_mail(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def enable_portal(patient: Patient, by: str) -> User:
    """Give the patient an account and invite them; harmless when they have one. Raises CannotEnrolError."""
    return _enable_portal(patient, by, new_one_time_password())


@transaction.atomic
def _enable_portal(patient: Patient, by: str, password: OneTimePassword) -> User:
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    if reason := why_not(patient):
        raise CannotEnrolError(reason)
    if patient.user is None:
        patient.user = usernames.create_user(
            usernames.stem(patient.given_name, patient.family_name), lambda name: _new_user(patient, name)
        )
        patient.portal_enabled = True
        patient.save(update_fields=["user", "portal_enabled", "updated_at"])
        invitation.invite(user=patient.user, role="patient", by=by, password=password)
    elif not patient.portal_enabled:
        patient.portal_enabled = True
        patient.save(update_fields=["portal_enabled", "updated_at"])
    return patient.user


def _new_user(patient: Patient, name: str) -> User:
    user = User(
        username=name, email=patient.email, mobile=patient.mobile, full_name=patient.full_name,
        language=patient.language, must_change_password=True,
    )  # fmt: skip
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def invite(patient: Patient, by: str = "system") -> None:
    """Send the patient's welcome mail (again). Raises CannotEnrolError, AlreadyActivatedError."""
    if reason := why_not(patient):
        raise CannotEnrolError(reason)
    if patient.user is None:
        enable_portal(patient, by)
        return
    invitation.invite(user=patient.user, role="patient", by=by)


def resend_activation(person: Patient | User, by: str) -> None:
    """Send the welcome mail again, with a new password. Raises CannotEnrolError, AlreadyActivatedError."""
    if isinstance(person, Patient):
        invite(person, by)
        return
    choices = roles_of(person)
    invitation.invite(user=person, role=choices[0].key if choices else "", by=by)


def set_email(patient: Patient, email: str, by: str) -> User | None:
    """Enter or change a patient's e-mail (staff, ADT); the account it leads to, if any.

    By itself (setting) it makes the account and sends the welcome mail, never for a child. A person not yet
    activated is invited anew at the new address; an activated one is told at the old address.
    Raises ValueError for what is no e-mail. An empty one only takes the address off the file.
    """
    email = email.strip()
    if email and not _is_mail(email):
        raise ValueError("not an e-mail address")
    return _set_email(patient, email, by, new_one_time_password())


@transaction.atomic
def _set_email(patient: Patient, email: str, by: str, password: OneTimePassword) -> User | None:
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    old, row.email = row.email, email
    row.save(update_fields=["email", "updated_at"])
    patient.email = email
    audit.record(action="set_email", actor=by, patient=str(row.pk))
    if row.user is not None:
        _moved(row, row.user, old, by, password)
    elif (
        email and not why_not(row) and (row.portal_enabled or institution.setting("portal_enabled_by_itself"))
    ):
        patient.user = _enable_portal(row, by, password)
        patient.portal_enabled = True
    return patient.user


def _moved(patient: Patient, user: User, old: str, by: str, password: OneTimePassword) -> None:
    """The e-mail of somebody with an account changed."""
    if not patient.email or patient.email == user.email:
        return
    told = user.email or old
    user.email = patient.email
    user.save(update_fields=["email", "updated_at"])
    if user.activated_at is None:
        invitation.invite(user=user, role="patient", by=by, password=password)
    elif told:
        send_mail(
            to=told, template="email_changed", context={"user": user}, language=user.language,
            recipient=actor(user), dedupe_key=f"email-changed:{user.pk}:{user.updated_at.timestamp()}",
        )  # fmt: skip
