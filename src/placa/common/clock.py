"""The one source of the present moment, so that tests can move it."""

import datetime as _dt

from django.utils import timezone


def now() -> _dt.datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def today(zone: _dt.tzinfo) -> _dt.date:
    """The calendar day it is in `zone`."""
    return now().astimezone(zone).date()
