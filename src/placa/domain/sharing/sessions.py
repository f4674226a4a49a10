"""What a browser holds after the PIN: one entry a part in the server-side session, and the viewer it gives.

Below the web, so that every door under `/s/<token>/` (pages, DICOMweb, downloads) asks the same question.
"""

import datetime as dt
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from placa.common import clock, tokens
from placa.domain.access.models import SharePart
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Text
from placa.domain.sharing import selectors
from placa.domain.sharing.errors import ShareGoneError

LONGEST = dt.timedelta(hours=12)
_WRITE_EVERY = 60  # seconds: no session write a request


class PinNeededError(Exception):
    """The share works, and this browser has not (or no longer) given its PIN."""


class NoticeNeededError(Exception):
    """The PIN was right, the notice is not accepted yet."""


def remember(session: SessionBase, part: SharePart) -> None:
    """Enter: a new session key, and an entry that holds for this version and PIN of the part."""
    session.cycle_key()
    now = int(clock.now().timestamp())
    session[_key(part)] = {"pin": _mark(part), "at": now, "seen": now, "notice": None}


def forget(session: SessionBase, part: SharePart) -> None:
    """Leave one share; others and a signed-in account stay."""
    session.pop(_key(part), None)


def accept_notice(session: SessionBase, part: SharePart, version: int) -> None:
    """Keep that this browser accepted `version` of the notice for this share."""
    session[_key(part)] = {**session[_key(part)], "notice": version}


def viewer_of(session: SessionBase, token: str, *, address: str = "", notice: bool = True) -> Viewer:
    """The viewer that this browser is for the share behind `token`.

    Raises ShareGoneError, PinNeededError or (unless `notice` is False) NoticeNeededError. Asked at every
    request: what is revoked, locked, renewed or expired is gone at once.
    """
    part, entry = inside(session, token)
    if notice and pending_notice(session, part, "") is not None:
        raise NoticeNeededError
    _touch(session, part, entry)
    return selectors.viewer_of(part, session=tokens.hashed(session.session_key or ""), address=address)


def inside(session: SessionBase, token: str) -> tuple[SharePart, dict[str, Any]]:
    """The part behind `token` and this browser's entry for it; raises ShareGoneError or PinNeededError."""
    part = selectors.part_by_token(token)
    entry = _entry(session, part) if part else None
    usable = selectors.usable_part(part, opening=entry is None)
    if usable is None:
        raise ShareGoneError
    if entry is None:
        raise PinNeededError
    return usable, entry


def pending_notice(session: SessionBase, part: SharePart, language: str) -> Text | None:
    """The notice that this browser still has to accept, or None."""
    text = institution.text(Text.Kind.NOTICE, language)
    entry = session.get(_key(part)) or {}
    return None if text is None or entry.get("notice") == text.version else text


def _entry(session: SessionBase, part: SharePart) -> dict[str, Any] | None:
    entry = session.get(_key(part))
    if not isinstance(entry, dict) or entry.get("pin") != _mark(part):
        return None
    now = clock.now().timestamp()
    idle = institution.setting("idle_minutes") * 60
    fresh = now - entry["at"] < LONGEST.total_seconds() and now - entry["seen"] < idle
    return entry if fresh else None


def _touch(session: SessionBase, part: SharePart, entry: dict[str, Any]) -> None:
    now = int(clock.now().timestamp())
    if now - entry["seen"] >= _WRITE_EVERY:
        session[_key(part)] = {**entry, "seen": now}


def _key(part: SharePart) -> str:
    return f"share:{part.public_id}"


def _mark(part: SharePart) -> str:
    """Changes with the part's version and with its PIN, so that a renewed one ends the sessions before it."""
    return tokens.hashed(f"{part.version}\x1f{part.pin_hash}")[:32]
