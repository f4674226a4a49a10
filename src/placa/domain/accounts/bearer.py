"""Bearer tokens: one user, one role, until a moment; only the hash is kept."""

import datetime as dt
from dataclasses import dataclass

from placa.common import clock
from placa.common.tokens import hashed, random_token
from placa.domain.accounts.models import AccessToken, User


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for."""

    user: User
    role: str
    session: str  # names the token in the audit log


def issue_token(*, user: User, role: str, hours: int = 12) -> str:
    """A new token for `user` in `role`; returned once. It dies with the user's credentials."""
    token = random_token(256)
    at = clock.now()
    AccessToken.objects.create(
        user=user,
        role=role,
        token_hash=hashed(token),
        credentials_version=user.credentials_version,
        created_at=at,
        expires_at=at + dt.timedelta(hours=hours),
    )
    return token


def resolve_token(token: str) -> Bearer | None:
    """Whom `token` speaks for; None when unknown, over, or its user was disabled or changed the password."""
    row = AccessToken.objects.select_related("user").filter(token_hash=hashed(token)).first()
    if row is None or row.expires_at <= clock.now() or not row.user.is_active:
        return None
    if row.credentials_version != row.user.credentials_version:
        return None
    return Bearer(row.user, row.role, f"token:{row.pk}")
