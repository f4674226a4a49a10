"""Writes of the outbox and the bell."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from placa.common import clock
from placa.common.tokens import seal
from placa.domain.jobs.services import enqueue
from placa.domain.notifications import rendering
from placa.domain.notifications.bell import TEXTS
from placa.domain.notifications.models import BellNotice, OutboxMessage

Channel, State = OutboxMessage.Channel, OutboxMessage.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail or SMS in its final words, not yet in the outbox."""

    channel: str
    to: str
    template: str
    language: str
    recipient: str
    dedupe_key: str
    not_before: dt.datetime | None
    content: rendering.Content


def compose_mail(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    language: str,
    recipient: str,
    dedupe_key: str,
    not_before: dt.datetime | None = None,
) -> Letter:
    """The words of one mail, for `post`: put together before the transaction, because templates take their time.

    `recipient` is opaque (`user:17`, `patient:3`, `share:<uuid>`). Raises ValueError for an address that is none (a
    line break in it is one).
    """
    try:
        validate_email(to)
    except ValidationError as error:
        raise ValueError("not an e-mail address") from error
    content = rendering.mail(template, context, language)
    return Letter(
        channel=Channel.MAIL, to=to, template=template, language=language, recipient=recipient,
        dedupe_key=dedupe_key, not_before=not_before, content=content,
    )  # fmt: skip


def compose_sms(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    language: str,
    recipient: str,
    dedupe_key: str,
    not_before: dt.datetime | None = None,
) -> Letter:
    """The words of one SMS; as `compose_mail`. Raises ValueError for what is no phone number."""
    digits = to.replace(" ", "").replace("-", "")
    if not digits.removeprefix("+").isdecimal() or not 6 <= len(digits) <= 16:
        raise ValueError("not a phone number")
    content = rendering.sms(template, context, language)
    return Letter(
        channel=Channel.SMS, to=digits, template=template, language=language, recipient=recipient,
        dedupe_key=dedupe_key, not_before=not_before, content=content,
    )  # fmt: skip


def send_mail(*, dedupe_key: str, **letter: Any) -> OutboxMessage | None:
    """Compose one mail and write it into the outbox. Takes what `compose_mail` takes, returns what `post` does."""
    return None if _known(dedupe_key) else post(compose_mail(dedupe_key=dedupe_key, **letter))


def send_sms(*, dedupe_key: str, **letter: Any) -> OutboxMessage | None:
    """As `send_mail`, for an SMS."""
    return None if _known(dedupe_key) else post(compose_sms(dedupe_key=dedupe_key, **letter))


def _known(dedupe_key: str) -> bool:
    return OutboxMessage.objects.filter(dedupe_key=dedupe_key).exists()


@transaction.atomic
def post(letter: Letter) -> OutboxMessage | None:
    """Write a letter into the outbox, in the caller's transaction; a job sends it after the commit.

    Returns None when its `dedupe_key` was used before.
    """
    if _known(letter.dedupe_key):
        return None
    at = clock.now()
    message = OutboxMessage(
        channel=letter.channel,
        address=letter.to,
        language=letter.language,
        template=letter.template,
        recipient=letter.recipient,
        dedupe_key=letter.dedupe_key,
        sealed=seal(letter.content.dump()),
        created_at=at,
        not_before=letter.not_before or at,
    )
    # two at once: the unique key decides, and the second one's insert is left out rather than an error
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    written = OutboxMessage.objects.filter(public_id=message.public_id).first()
    if written is not None:
        key = f"outbox:{written.pk}"
        enqueue("notifications.send", written.pk, dedupe_key=key, run_after=letter.not_before)
    return written


@transaction.atomic
def post_all(letters: Iterable[Letter]) -> None:
    """`post` each."""
    for letter in letters:
        post(letter)


@transaction.atomic
def retry(*, message: OutboxMessage) -> bool:
    """Try a failed message again (staff); False when it had not failed or its words are gone."""
    failed = OutboxMessage.objects.filter(pk=message.pk, state=State.FAILED).exclude(sealed="")
    at = clock.now()
    if not failed.update(state=State.WAITING, not_before=at, created_at=at, attempts=0, last_error=""):
        return False
    enqueue("notifications.send", message.pk, dedupe_key=f"outbox:{message.pk}:{at.timestamp()}")
    return True


def ring(
    *, user_id: int, role: str, key: str, parameters: dict[str, str], dedupe_key: str, link: str = ""
) -> None:
    """Leave a notice at the bell of a user in one role, once for each `dedupe_key`.

    `key` names a text in `bell.TEXTS`; raises KeyError for another. `link` is a path of this portal.
    """
    if key not in TEXTS:
        raise KeyError(key)
    notice = BellNotice(
        recipient=f"user:{user_id}",
        role=role,
        key=key,
        parameters=parameters,
        link=link,
        dedupe_key=dedupe_key,
        created_at=clock.now(),
    )
    BellNotice.objects.bulk_create([notice], ignore_conflicts=True)


def mark_read(*, user_id: int, public_id: uuid.UUID | None = None) -> int:
    """Mark one notice of a user read, or all; how many changed. Another's notice is left alone."""
    mine = BellNotice.objects.filter(recipient=f"user:{user_id}", read_at=None)
    if public_id is not None:
        mine = mine.filter(public_id=public_id)
    return mine.update(read_at=clock.now())
