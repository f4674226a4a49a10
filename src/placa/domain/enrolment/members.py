"""Accounts of staff, doctors and companies' users."""

from collections.abc import Collection

from django.core.validators import validate_email
from django.db import transaction

from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.accounts.onetime import OneTimePassword, new_one_time_password
from placa.domain.audit import services as audit
from placa.domain.enrolment import invitation, usernames
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Site
from placa.domain.people.models import (
    Organization,
    OrganizationMember,
    Permission,
    Practitioner,
    StaffMember,
)


class LastSuperUserError(Exception):
    """The portal would be without a super-user (case 9)."""


def _new_account(*, full_name: str, email: str, username: str = "", language: str = "") -> User:
    """An account to be invited. Raises ValidationError for what is no e-mail."""
    validate_email(email)
    given, _, family = full_name.strip().rpartition(" ")
    wanted = username.strip().casefold() or usernames.stem(given, family)

    def make(name: str) -> User:
        user = User(
            username=name, email=email, full_name=full_name.strip(), must_change_password=True,
            language=language or institution.current().language,
        )  # fmt: skip
        user.set_unusable_password()
        user.save(force_insert=True)
        return user

    return usernames.create_user(wanted, make)


def create_staff(
    *,
    full_name: str,
    email: str,
    by: str,
    username: str = "",
    permissions: Collection[str] = (),
    sites: Collection[Site] = (),
    is_super: bool = False,
    invited: bool = True,
) -> StaffMember:
    """A new member of staff, invited by mail. Raises ValidationError (e-mail), ValueError (permission).

    Not `invited`: the caller gives the account its password.
    """
    _known(permissions)
    password = new_one_time_password() if invited else None
    with transaction.atomic():
        user = _new_account(full_name=full_name, email=email, username=username)
        member = StaffMember.objects.create(user=user, is_super=is_super, permissions=sorted(permissions))
        member.sites.set(sites)
        audit.record(action="create_staff", actor=by, detail={"account": accounts.actor(user)})
        if password:
            invitation.invite(user=user, role="staff", by=by, password=password)
    return member


def create_company_user(
    *, organization: Organization, full_name: str, email: str, by: str, username: str = ""
) -> User:
    """A new user of a company, invited by mail. Raises ValidationError for what is no e-mail."""
    password = new_one_time_password()
    with transaction.atomic():
        user = _new_account(full_name=full_name, email=email, username=username)
        OrganizationMember.objects.create(organization=organization, user=user)
        audit.record(
            action="create_company_user", actor=by,
            detail={"account": accounts.actor(user), "organization": organization.pk},
        )  # fmt: skip
        invitation.invite(user=user, role="company", by=by, password=password)
    return user


def enable_doctor(*, practitioner: Practitioner, by: str) -> User:
    """Enable a doctor; without an account, make one and invite them. Raises ValidationError (e-mail)."""
    return _enable_doctor(practitioner, by, new_one_time_password())


@transaction.atomic
def _enable_doctor(practitioner: Practitioner, by: str, password: OneTimePassword) -> User:
    doctor = Practitioner.objects.select_for_update().get(pk=practitioner.pk)
    doctor.state, doctor.state_reason = Practitioner.State.ENABLED, ""
    is_new = doctor.user is None
    if doctor.user is None:
        full_name = f"{doctor.given_name} {doctor.family_name}"
        wanted = usernames.stem(doctor.given_name, doctor.family_name)
        doctor.user = _new_account(full_name=full_name, email=doctor.email, username=wanted)
    doctor.save()
    audit.record(action="enable_doctor", actor=by, detail={"practitioner": doctor.pk})
    if is_new:
        invitation.invite(user=doctor.user, role="doctor", by=by, password=password)
    return doctor.user


@transaction.atomic
def set_staff_rights(
    *, member: StaffMember, is_super: bool, permissions: Collection[str], sites: Collection[Site], by: str
) -> None:
    """Change what a member of staff may do. Raises LastSuperUserError, ValueError."""
    _known(permissions)
    row = StaffMember.objects.select_for_update().get(pk=member.pk)
    if row.is_super and not is_super:
        _another_super_user(row.user)
    row.is_super, row.permissions = is_super, sorted(permissions)
    row.save()
    row.sites.set(sites)
    audit.record(
        action="staff_rights", actor=by,
        detail={"account": f"user:{row.user_id}", "is_super": is_super, "permissions": sorted(permissions)},
    )  # fmt: skip


@transaction.atomic
def disable_account(*, user: User, by: str) -> None:
    """Disable an account: it loses everything at its next request. Raises LastSuperUserError."""
    if StaffMember.objects.filter(user=user, is_super=True).exists():
        _another_super_user(user)
    accounts.disable(user=user, by=by)


def _another_super_user(user: User) -> None:
    supers = StaffMember.objects.select_for_update().filter(is_super=True, user__is_active=True)
    if not [member for member in supers if member.user_id != user.pk]:
        raise LastSuperUserError


def _known(permissions: Collection[str]) -> None:
    if unknown := set(permissions) - set(Permission.values):
        raise ValueError(f"unknown permissions: {', '.join(sorted(unknown))}")
