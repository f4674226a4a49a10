"""Writing events, and checking that none was edited or removed."""

import hashlib
import json
from typing import Any

from django.db import transaction

from placa.common import clock
from placa.domain.audit.models import AuditEvent, ChainHead

WINDOW_SECONDS = 300
_COVERED = ("action", "outcome", "actor", "role", "session", "address", "study_uid", "patient", "window")


def record(
    *,
    action: str,
    actor: str,
    outcome: str = "success",
    role: str = "",
    session: str = "",
    address: str = "",
    study_uid: str = "",
    patient: str = "",
    detail: dict[str, Any] | None = None,
    once_in_window: bool = False,
) -> bool:
    """Append one event to the chain; ids only, never a name.

    With `once_in_window` the same actor, session, study and action leave one event in five
    minutes: returns False where it was there already.
    """
    at = clock.now()
    event = AuditEvent(
        at=at, action=action, outcome=outcome, actor=actor, role=role, session=session, address=address,
        study_uid=study_uid[:64], patient=patient, detail=detail or {},
    )  # fmt: skip
    if once_in_window:
        event.window = _window(actor, session, study_uid or f"patient:{patient}", action, outcome)
        if AuditEvent.objects.filter(window=event.window).exists():
            return False
    with transaction.atomic():
        ChainHead.objects.get_or_create(pk=1)
        head = ChainHead.objects.select_for_update().get(pk=1)
        if event.window and AuditEvent.objects.filter(window=event.window).exists():
            return False
        event.previous = head.digest
        event.digest = digest_of(event)
        event.save(force_insert=True)
        head.digest = event.digest
        head.events += 1
        head.save()
    return True


def is_in_window(*, actor: str, session: str, study_uid: str, action: str) -> bool:
    """Whether such a success was written within this window: one read, no lock, for doors asked a thousand times."""
    return AuditEvent.objects.filter(window=_window(actor, session, study_uid, action, "success")).exists()


def _window(actor: str, session: str, subject: str, action: str, outcome: str) -> str:
    bucket = int(clock.now().timestamp()) // WINDOW_SECONDS
    return hashlib.sha256(
        "\x1f".join([actor, session, subject, action, outcome, str(bucket)]).encode()
    ).hexdigest()


def digest_of(event: AuditEvent) -> str:
    """SHA-256 over the event's fields and the digest of the one before."""
    fields = [event.previous, event.at.isoformat(), *(getattr(event, name) for name in _COVERED)]
    fields.append(json.dumps(event.detail, sort_keys=True, ensure_ascii=False))
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def first_break() -> int | None:
    """Id of the first event that does not fit the chain, 0 if events are missing at its end, else None."""
    previous, count = "", 0
    for event in AuditEvent.objects.order_by("id").iterator(chunk_size=2000):
        if event.previous != previous or event.digest != digest_of(event):
            return event.pk
        previous, count = event.digest, count + 1
    head = ChainHead.objects.filter(pk=1).first()
    if head is not None and (head.digest != previous or head.events != count):
        return 0
    return None
