"""The door of a share: a try is taken before the PIN is looked at, so that no crowd gets a sixth (S4)."""

import datetime as dt

from django.db import transaction
from django.db.models import F

from placa.common import clock
from placa.domain.access.models import SharePart
from placa.domain.audit import services as audit
from placa.domain.sharing import keys, messages, pins, selectors
from placa.domain.sharing.errors import ShareGoneError, WrongPinError

_ABANDONED = dt.timedelta(seconds=30)  # a try older than this died with its process


def open_with_pin(token: str, pin: str, *, session: str = "", address: str = "") -> SharePart:
    """The part behind `token`, opened by its `pin`: one opening is counted and its patient told.

    Raises ShareGoneError (also when this try locked it) or WrongPinError with the tries left. What is not six
    digits is no guess and costs none.
    """
    part = selectors.usable_part(selectors.part_by_token(token))
    if part is None or part.grant.starts_at > clock.now():
        raise ShareGoneError
    if not pins.is_pin(pin):
        raise WrongPinError(tries_left(part))
    _take_try(part)
    if not keys.pin_fits(part, pin):
        _wrong(part, session, address)
    _count_opening(part, session, address)
    return part


def tries_left(part: SharePart) -> int:
    """How many wrong PINs a part still bears."""
    return max(0, SharePart.PIN_TRIES - part.wrong_pins)


def _take_try(part: SharePart) -> None:
    """One of the five, by one UPDATE that holds only while one is left, before the PIN is looked at."""
    same_key = SharePart.objects.filter(pk=part.pk, token_hash=part.token_hash, pin_hash=part.pin_hash)
    free = same_key.filter(locked_at=None, wrong_pins__lt=SharePart.PIN_TRIES)
    if free.update(wrong_pins=F("wrong_pins") + 1, tried_at=clock.now()):
        return
    if same_key.filter(tried_at__lt=clock.now() - _ABANDONED).exists():
        _lock(part)
    raise ShareGoneError


def _wrong(part: SharePart, session: str, address: str) -> None:
    locked = _lock(part)
    _record(part, "share_pin", session, address, outcome="refused")
    part.refresh_from_db(fields=["wrong_pins", "locked_at"])
    if locked or part.locked_at:
        raise ShareGoneError
    raise WrongPinError(tries_left(part))


@transaction.atomic
def _lock(part: SharePart) -> bool:
    """Lock a part whose tries are used up, once, and tell its patient."""
    spent = SharePart.objects.filter(
        pk=part.pk, pin_hash=part.pin_hash, locked_at=None, wrong_pins__gte=SharePart.PIN_TRIES
    )
    if not spent.update(locked_at=clock.now()):
        return False
    messages.tell_locked(part)
    _record(part, "share_locked", "", "")
    return True


@transaction.atomic
def _count_opening(part: SharePart, session: str, address: str) -> None:
    """Give the tries back and count one opening, unless it was locked, renewed or used up meanwhile."""
    mine = SharePart.objects.filter(
        pk=part.pk, token_hash=part.token_hash, pin_hash=part.pin_hash, locked_at=None
    )
    if (maximum := part.grant.openings_maximum) is not None:
        mine = mine.filter(openings__lt=maximum)
    if not mine.update(openings=F("openings") + 1, wrong_pins=0, last_opened_at=clock.now()):
        raise ShareGoneError
    part.refresh_from_db(fields=["openings", "wrong_pins", "last_opened_at"])
    messages.tell_opened(part)
    _record(part, "share_open", session, address)


def _record(part: SharePart, action: str, session: str, address: str, outcome: str = "success") -> None:
    audit.record(
        action=action, outcome=outcome, actor=f"share:{part.pk}", role="share", session=session,
        address=address, patient=str(part.grant.patient_id),
        detail={"share": str(part.grant.public_id), "part": str(part.public_id)},
    )  # fmt: skip
