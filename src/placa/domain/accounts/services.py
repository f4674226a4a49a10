"""Writes of accounts: signing in, passwords, disabling."""

import datetime as dt
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from placa.common import clock, tokens
from placa.common.tokens import random_token
from placa.domain.accounts import naming, onetime, passwords, throttle
from placa.domain.accounts.models import AccessToken, RecoveryLink, User
from placa.domain.audit import services as audit
from placa.domain.notifications.services import Letter, compose_mail, post


class WrongCredentialsError(Exception):
    """Unknown name, wrong password, disabled account, dead one-time password: outside they are all one."""


def actor(user: User) -> str:
    """How the audit log and the outbox name a user."""
    return f"user:{user.pk}"


@cache
def _nobody() -> str:
    """A hash nobody has the password of: what unknown names are checked against, at the same cost."""
    return make_password(random_token())


def sign_in(*, name: str, password: str, address: str) -> User:
    """The user that `name` and `password` belong to. Raises WrongCredentialsError, or ThrottledError.

    The same work is done for every name: tries counted by account and by address, all ways of naming
    asked, one argon2 verification.
    """
    place = throttle.address_subject(address)
    throttle.take(throttle.SIGN_IN_ADDRESS, place)
    user = naming.find(name)
    subject = f"user:{user.pk}" if user else f"name:{name[:254]}"
    try:
        throttle.take(throttle.SIGN_IN_ACCOUNT, subject)
    except throttle.ThrottledError:
        _audit_refusal(user, address, "locked")
        raise
    usable = user is not None and user.is_active and user.has_usable_password()
    right = check_password(password[: passwords.LONGEST], user.password if user and usable else _nobody())
    if user is None or not usable or not right or not _still_works(user):
        _audit_refusal(user, address, "credentials")
        raise WrongCredentialsError
    throttle.clear(throttle.SIGN_IN_ACCOUNT, subject)
    throttle.give_back(throttle.SIGN_IN_ADDRESS, place)
    return user


def _still_works(user: User) -> bool:
    """An ordinary password does; a one-time password if it is used up by this very call."""
    if user.one_time_until is None:
        return True
    return onetime.use_up(user)


def _audit_refusal(user: User | None, address: str, why: str) -> None:
    name = actor(user) if user else "unknown"
    audit.record(action="sign_in", actor=name, outcome="refused", address=address, detail={"why": why})


def choose_password(*, user: User, password: str, address: str = "") -> None:
    """Set the user's own password (first entry, recovery). Every session, token and link ends.

    Raises WeakPasswordError. The caller signs this person's own session in again.
    """
    set_password(user=user, hashed=hashed_password(user, password), address=address)


def hashed_password(user: User, password: str) -> str:
    """What is kept of a new password; argon2 takes its time, so this comes before any transaction.

    Raises WeakPasswordError.
    """
    passwords.check(password, user)
    return make_password(password)


@transaction.atomic
def set_password(*, user: User, hashed: str, address: str = "") -> None:
    """Keep what `hashed_password` made; see `choose_password`."""
    at = clock.now()
    User.objects.filter(pk=user.pk).update(
        password=hashed,
        must_change_password=False,
        one_time_until=None,
        activated_at=user.activated_at or at,
        credentials_version=F("credentials_version") + 1,
        updated_at=at,
    )
    RecoveryLink.objects.filter(user=user).delete()
    AccessToken.objects.filter(user=user).delete()
    user.refresh_from_db()
    throttle.clear(throttle.SIGN_IN_ACCOUNT, actor(user))
    audit.record(action="password", actor=actor(user), address=address)


def change_password(*, user: User, old: str, new: str, address: str) -> None:
    """Change the password of somebody signed in, and tell them by mail.

    Raises WrongCredentialsError for a wrong old one, WeakPasswordError, ThrottledError.
    """
    verify_password(user=user, password=old, address=address)  # its own writes stay when it refuses
    hashed = hashed_password(user, new)
    letter = password_changed_letter(user, hashed)
    with transaction.atomic():
        set_password(user=user, hashed=hashed, address=address)
        if letter:
            post(letter)


def verify_password(*, user: User, password: str, address: str) -> None:
    """Check the password of somebody signed in, as slowly as at the door.

    Raises WrongCredentialsError, ThrottledError.
    """
    throttle.take(throttle.SIGN_IN_ACCOUNT, actor(user))
    if not check_password(password[: passwords.LONGEST], user.password):
        audit.record(
            action="password",
            actor=actor(user),
            outcome="refused",
            address=address,
            detail={"why": "credentials"},
        )
        raise WrongCredentialsError
    throttle.clear(throttle.SIGN_IN_ACCOUNT, actor(user))


def password_changed_letter(user: User, hashed: str) -> Letter | None:
    """A mail saying that the password was changed, so that a stranger's change does not go unseen; None without e-mail.

    `hashed` is the new one: it is salted, so no other change is taken for this one.
    """
    if not user.email:
        return None
    return compose_mail(
        to=user.email, template="password_changed", context={"user": user, "at": clock.now()},
        language=user.language, recipient=actor(user),
        dedupe_key=f"password-changed:{user.pk}:{tokens.hashed(hashed)[:32]}",
    )  # fmt: skip


@transaction.atomic
def disable(*, user: User, by: str) -> None:
    """Disable an account: its sessions and tokens end at their next request (case 9)."""
    User.objects.filter(pk=user.pk).update(
        is_active=False, credentials_version=F("credentials_version") + 1, updated_at=clock.now()
    )
    AccessToken.objects.filter(user=user).delete()
    RecoveryLink.objects.filter(user=user).delete()
    user.refresh_from_db()
    audit.record(action="disable_account", actor=by, detail={"account": actor(user)})


@transaction.atomic
def enable(*, user: User, by: str) -> None:
    """Enable a disabled account again, with its password."""
    User.objects.filter(pk=user.pk).update(is_active=True, updated_at=clock.now())
    user.refresh_from_db()
    audit.record(action="enable_account", actor=by, detail={"account": actor(user)})


@transaction.atomic
def sign_out_everywhere(*, user: User) -> None:
    """End every session and token of the user."""
    User.objects.filter(pk=user.pk).update(credentials_version=F("credentials_version") + 1)
    AccessToken.objects.filter(user=user).delete()
    user.refresh_from_db()
    audit.record(action="sign_out_everywhere", actor=actor(user))


def unlock(*, user: User, by: str) -> None:
    """Forget the failures of an account (staff)."""
    throttle.clear(throttle.SIGN_IN_ACCOUNT, actor(user))
    throttle.clear(throttle.RECOVERY_ACCOUNT, actor(user))
    audit.record(action="unlock_account", actor=by, detail={"account": actor(user)})


def set_language(*, user: User, language: str) -> None:
    """Keep the language a user chose; raises ValueError for one the portal does not speak."""
    if language not in dict(settings.LANGUAGES):
        raise ValueError("unknown language")
    User.objects.filter(pk=user.pk).update(language=language)
    user.language = language


def signed_in(*, user: User, address: str, session: str, role: str) -> None:
    """Record that a session began."""
    audit.record(action="sign_in", actor=actor(user), role=role, address=address, session=session)


def signed_out(*, user: User, address: str, session: str, why: str = "asked") -> None:
    """Record that a session ended: asked, idle, absolute, declined."""
    audit.record(action="sign_out", actor=actor(user), address=address, session=session, detail={"why": why})


def locked_until(user: User) -> dt.datetime | None:
    """Until when the account is locked by failures; None when it is not."""
    return throttle.blocked_until(throttle.SIGN_IN_ACCOUNT, actor(user))
