"""The one source of the present moment, so that tests and the demo can move it."""

import datetime as _dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils import timezone

_moved: ContextVar[_dt.datetime | None] = ContextVar("moved", default=None)


def now() -> _dt.datetime:
    """The present moment, aware, in UTC."""
    return _moved.get() or timezone.now()


def today(zone: _dt.tzinfo) -> _dt.date:
    """The calendar day it is in `zone`."""
    return now().astimezone(zone).date()


@contextmanager
def standing_at(moment: _dt.datetime) -> Iterator[None]:
    """Let it be `moment` (aware) inside the block, in this thread."""
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)
