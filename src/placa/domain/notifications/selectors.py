"""Reads of the bell and the outbox."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db.models import QuerySet

from placa.common.tokens import unseal
from placa.domain.notifications import bell
from placa.domain.notifications.models import BellNotice, OutboxMessage
from placa.domain.notifications.rendering import Content


class HasId(Protocol):
    """A user: only the id matters here."""

    @property
    def pk(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as the bell shows it."""

    public_id: uuid.UUID
    text: str
    link: str
    created_at: dt.datetime
    unread: bool


def _notices(user: HasId, role: str | None) -> QuerySet[BellNotice]:
    mine = BellNotice.objects.filter(recipient=f"user:{user.pk}")
    return mine.filter(role__in=["", role]) if role else mine


def unread_count(user: HasId, role: str | None = None) -> int:
    """How many notices of `user` (in `role`, where given) are unread."""
    return _notices(user, role).filter(read_at=None).count()


def notices(user: HasId, role: str | None = None, limit: int = 50) -> list[Notice]:
    """The newest notices of `user`, in the language of the moment."""
    rows = _notices(user, role)[:limit]
    return [
        Notice(
            row.public_id, bell.words(row.key, row.parameters), row.link, row.created_at, row.read_at is None
        )
        for row in rows
        if row.key in bell.TEXTS
    ]


def outbox(*, state: str = "", channel: str = "") -> QuerySet[OutboxMessage]:
    """The outbox for staff, newest first, without the sealed words: secrets stay secret."""
    rows = OutboxMessage.objects.defer("sealed")
    if state:
        rows = rows.filter(state=state)
    return rows.filter(channel=channel) if channel else rows


def masked(address: str) -> str:
    """An address of which only the first letter and the domain, or the last digits, can be read."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}" if at else f"…{address[-3:]}"


def kept_words(message: OutboxMessage) -> Content | None:
    """What a message says, in the demo only; None where it is wiped or this is no demo."""
    if not settings.ENVIRONMENT.is_demo or not message.sealed:
        return None
    return Content.load(unseal(message.sealed))
