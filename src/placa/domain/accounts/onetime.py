"""Secrets that work once: one-time passwords and links to choose a new password."""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, QuerySet

from placa.common import clock
from placa.common.tokens import hashed, random_token
from placa.domain.accounts.models import RecoveryLink, User
from placa.domain.institution import selectors as institution

LINK_LIFE = dt.timedelta(hours=1)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def _spoken() -> str:
    """Twelve letters in groups of four, 59 bits: easy to type on a phone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


@dataclass(frozen=True, slots=True)
class OneTimePassword:
    """A new one, its hash, and until when it will work."""

    text: str
    hashed: str
    until: dt.datetime


def new_one_time_password() -> OneTimePassword:
    """A one-time password for `issue_one_time_password`; argon2 takes its time, so before any transaction."""
    text = _spoken()
    life = dt.timedelta(hours=institution.setting("activation_hours"))
    return OneTimePassword(text, make_password(text), clock.now() + life)


def issue_one_time_password(user: User, new: OneTimePassword | None = None) -> str:
    """A new password for the account, kept hashed; older ones, links and sessions of it die. Inside a transaction
    of the caller's, `new` was made before it."""
    new = new or new_one_time_password()
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(
            password=new.hashed,
            must_change_password=True,
            one_time_until=new.until,
            credentials_version=F("credentials_version") + 1,
        )
        RecoveryLink.objects.filter(user=user).delete()
    user.refresh_from_db()
    return new.text


def use_up(user: User) -> bool:
    """Make the one-time password unusable as it is used; False when another was faster or it is over."""
    mine = User.objects.filter(pk=user.pk, password=user.password, one_time_until__gt=clock.now())
    used = mine.update(password=make_password(None), one_time_until=None)
    if used:
        user.refresh_from_db()
    return bool(used)


@transaction.atomic
def issue_link(user: User, token: str = "") -> str:
    """A token (`token`, or a new one) for the page that takes a new password: one hour, once; older ones die."""
    token = token or random_token()
    RecoveryLink.objects.filter(user=user).delete()
    RecoveryLink.objects.create(user=user, token_hash=hashed(token), expires_at=clock.now() + LINK_LIFE)
    return token


def user_of_link(token: str) -> User | None:
    """Whose living link this is; looking uses nothing up (mail scanners follow links)."""
    link = _living(token).select_related("user").first()
    return link.user if link else None


def use_link(token: str) -> User | None:
    """Use the link up; its user, or None when it is used, over or unknown. One of parallel calls wins."""
    link = _living(token).select_related("user").first()
    if link is None:
        return None
    used = _living(token).filter(pk=link.pk).update(used_at=clock.now())
    return link.user if used else None


def _living(token: str) -> QuerySet[RecoveryLink]:
    return RecoveryLink.objects.filter(
        token_hash=hashed(token), used_at=None, expires_at__gt=clock.now(), user__is_active=True
    )
