"""From when and until when a share works (5.1, 5.4, 2.19)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from placa.common import clock
from placa.domain.access.selectors import release_moment
from placa.domain.archive.models import Study
from placa.domain.institution import selectors as institution
from placa.domain.sharing.errors import InvalidShareError


@dataclass(frozen=True, slots=True)
class Period:
    """A share works from `starts_at` until just before `expires_at` (aware, UTC)."""

    starts_at: dt.datetime
    expires_at: dt.datetime

    @property
    def last_day(self) -> dt.date:
        """The last day on which it works, in the institution's zone."""
        return last_moment(self.expires_at).astimezone(institution.zone()).date()


def last_moment(expires_at: dt.datetime) -> dt.datetime:
    """The last second of a share: 23:59:59 of its last day rather than midnight of the next."""
    return expires_at - dt.timedelta(seconds=1)


def local(at: dt.datetime) -> dt.datetime:
    """`at` on the institution's clocks, without zone: a template turns one with a zone into UTC again."""
    return at.astimezone(institution.zone()).replace(tzinfo=None)


def start_of(studies: Sequence[Study]) -> dt.datetime:
    """When a share of `studies` begins: now, or at the first release where none is released yet."""
    now = clock.now()
    moments = [moment for study in studies if (moment := release_moment(study)) is not None]
    return max(now, min(moments, default=now))


def longest(studies: Sequence[Study], starts_at: dt.datetime) -> dt.datetime:
    """The latest end a share of `studies` may have: the setting's days, never past the online limit."""
    end = _end_of_day(_day(starts_at) + dt.timedelta(days=institution.setting("share_days_maximum")))
    online_days = institution.setting("online_days")
    if online_days:
        end = min(end, max(study.clock_start for study in studies) + dt.timedelta(days=online_days))
    return end


def offered(studies: Sequence[Study], starts_at: dt.datetime) -> dict[int, dt.datetime]:
    """The durations that the institution offers and that are within the limit: days and their end."""
    latest = longest(studies, starts_at)
    maximum = institution.setting("share_days_maximum")
    return {
        days: min(_end_of_day(_day(starts_at) + dt.timedelta(days=days)), latest)
        for days in sorted(set(institution.setting("share_days")))
        if days <= maximum
    }


def prolongations(
    studies: Sequence[Study], starts_at: dt.datetime, expires_at: dt.datetime
) -> dict[int, dt.datetime]:
    """How a share from `starts_at` to `expires_at` can work longer: days from now, and the end each leads to.

    The durations that the institution offers and the longest there is, each later than the share's present end.
    """
    latest, today = longest(studies, starts_at), _day(start_of(studies))
    most = (_day(last_moment(latest)) - today).days
    found: dict[int, dt.datetime] = {}
    for days in sorted({*institution.setting("share_days"), most}):
        ends = min(_end_of_day(today + dt.timedelta(days=days)), latest)
        if 1 <= days <= most and ends > expires_at:
            found[days] = ends
    return found


def period(studies: Sequence[Study], *, days: int | None = None, until: dt.date | None = None) -> Period:
    """The period asked for by `days` or by its last day; raises InvalidShareError past its limits."""
    starts_at = start_of(studies)
    latest = longest(studies, starts_at)
    maximum = institution.setting("share_days_maximum")
    if (days is None) == (until is None):
        raise InvalidShareError("days", _("Please choose until when it works."))
    if days is not None and not 1 <= days <= maximum:
        raise InvalidShareError("days", _("Please choose one of the durations offered."))
    last = until or _day(starts_at) + dt.timedelta(days=days or 0)
    if last < _day(starts_at):
        raise InvalidShareError("until", _("This day has passed. Please choose a later one."))
    expires_at = _end_of_day(last)
    if until and expires_at > latest and last > _day(last_moment(latest)):
        raise InvalidShareError("until", _("This is too far away. Please choose an earlier day."))
    expires_at = min(expires_at, latest)
    if expires_at <= starts_at:
        raise InvalidShareError("until", _("These results are no longer online."))
    return Period(starts_at, expires_at)


def _day(at: dt.datetime) -> dt.date:
    return at.astimezone(institution.zone()).date()


def _end_of_day(day: dt.date) -> dt.datetime:
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=institution.zone())
    return midnight.astimezone(dt.UTC)
