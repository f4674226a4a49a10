"""From the outbox to the transport: claim, hand over, try again."""

import datetime as dt
import logging
import time

from django.conf import settings
from django.db.models import F, Q

from placa.common import clock
from placa.common.tokens import unseal
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content
from placa.domain.notifications.transports import LaterError, NeverError, Transport, for_channel

log = logging.getLogger(__name__)

State = OutboxMessage.State
WAITS = [1, 2, 5, 10, 20, 30, 60]  # minutes before the next attempt; the last repeats
PATIENCE = dt.timedelta(days=4)  # a mail server may be away for a long weekend
STUCK = dt.timedelta(minutes=10)  # no hand-over takes that long: the worker died
SWEEP_SECONDS = 45.0  # a short job has 80


def _claim(message_id: int) -> OutboxMessage | None:
    """Take a due message, or None when another worker has it or it is not due."""
    at = clock.now()
    due = OutboxMessage.objects.filter(pk=message_id, state=State.WAITING, not_before__lte=at)
    if not due.update(state=State.SENDING, claimed_at=at, attempts=F("attempts") + 1):
        return None
    return OutboxMessage.objects.get(pk=message_id)


def _finish(message: OutboxMessage, **changes: object) -> None:
    """Write the outcome, only if this worker still holds the message."""
    held = OutboxMessage.objects.filter(pk=message.pk, state=State.SENDING, claimed_at=message.claimed_at)
    if not held.update(claimed_at=None, **changes):
        log.warning("outbox message %s was taken back while it was being sent", message.public_id)


def _postpone(message: OutboxMessage, reason: str) -> None:
    at = clock.now()
    if at - message.created_at > PATIENCE:
        _finish(message, state=State.FAILED, last_error=reason[:200])
        return
    minutes = WAITS[min(message.attempts, len(WAITS)) - 1]
    not_before = at + dt.timedelta(minutes=minutes)
    _finish(message, state=State.WAITING, not_before=not_before, last_error=reason[:200])


def _hand_over(message: OutboxMessage, transport: Transport) -> bool:
    """Send a claimed message and write the outcome; False when the whole server is out of reach."""
    try:
        content = Content.load(unseal(message.sealed))
        transport.send(to=message.address, content=content, message_id=str(message.public_id))
    except LaterError as trouble:
        _postpone(message, str(trouble))
        return not trouble.down
    except (
        NeverError,
        ValueError,
    ) as trouble:  # ValueError: sealed with another key, or a header with a line break
        _finish(message, state=State.FAILED, last_error=str(trouble)[:200])
        return True
    kept = {} if settings.ENVIRONMENT.is_demo else {"sealed": ""}
    _finish(message, state=State.SENT, sent_at=clock.now(), last_error="", **kept)
    return True


def deliver(message_id: int) -> None:
    """Send one message if it is due and nobody else has it. Harmless when repeated."""
    message = _claim(message_id)
    if message is None:
        return
    transport = for_channel(message.channel)
    try:
        _hand_over(message, transport)
    finally:
        transport.close()


def take_back_stuck() -> int:
    """Put messages of workers that died back in the queue; how many. A crash costs one duplicate at most."""
    at = clock.now()
    return OutboxMessage.objects.filter(state=State.SENDING, claimed_at__lt=at - STUCK).update(
        state=State.WAITING, claimed_at=None, not_before=at
    )


def deliver_due() -> int:
    """Send what is due, oldest first, within one job's time; how many were tried.

    A server that is out of reach costs one attempt of one message, not of all.
    """
    until = time.monotonic() + SWEEP_SECONDS
    tried = 0
    for channel in OutboxMessage.Channel.values:
        transport = for_channel(channel)
        due = Q(channel=channel, state=State.WAITING, not_before__lte=clock.now())
        ids = OutboxMessage.objects.filter(due).order_by("not_before", "id").values_list("pk", flat=True)
        try:
            for message_id in ids[:2000]:
                if time.monotonic() > until:
                    break
                if (message := _claim(message_id)) is None:
                    continue
                tried += 1
                if not _hand_over(message, transport):
                    break
        finally:
            transport.close()
    return tried
