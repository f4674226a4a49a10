"""Small figures for the staff home, each counted in the database, within what the viewer may see."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from placa.common import clock
from placa.domain.access.selectors import names_visible, plain_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.audit.models import AuditEvent
from placa.domain.enrolment.models import ResultNotice
from placa.domain.institution import selectors as institution

DAYS = 7
OPENED = ("view_images", "view_report", "download")


@dataclass(frozen=True, slots=True)
class Series:
    """A figure by day in the institution's zone, today last."""

    days: tuple[int, ...]

    @property
    def today(self) -> int:
        """How many today, until now."""
        return self.days[-1]

    @property
    def more(self) -> int:
        """How many more than on the day before, the whole day."""
        return self.days[-1] - self.days[-2]


@dataclass(frozen=True, slots=True)
class Figures:
    """Studies that arrived, results told by mail, results that patients opened, shares made."""

    received: Series
    told: Series
    opened: Series
    shared: Series


def week(viewer: Viewer) -> Figures:
    """The figures of the last seven days on the studies that `viewer` may see."""
    zone = institution.zone()
    today = clock.today(zone)
    since = dt.datetime.combine(today - dt.timedelta(days=DAYS - 1), dt.time(), zone)
    seen = plain_visible_to(viewer, need="row")
    events = AuditEvent.objects.filter(names_visible(viewer), at__gte=since, outcome="success")
    told = ResultNotice.objects.filter(Exists(seen.filter(pk=OuterRef("study_id"))), at__gte=since)
    return Figures(
        received=_by_day(seen.filter(first_received_at__gte=since), "first_received_at", "pk", since),
        told=_by_day(told.filter(role="patient"), "at", "study_id", since),
        opened=_by_day(events.filter(action__in=OPENED, role="patient"), "at", "study_uid", since),
        shared=_by_day(events.filter(action="share"), "at", "pk", since),
    )


def _by_day(rows: QuerySet[Any], moment: str, different: str, since: dt.datetime) -> Series:
    """How many `different` ones have their `moment` on each day from the midnight `since` on."""
    # on the clock of the zone: a day may have 23 hours, or 25
    days = [since + dt.timedelta(days=day) for day in range(DAYS + 1)]
    counted = rows.order_by().aggregate(**{
        f"day{day}": Count(different, distinct=True, filter=Q(**{f"{moment}__gte": start, f"{moment}__lt": end}))
        for day, (start, end) in enumerate(pairwise(days))
    })  # fmt: skip
    return Series(tuple(counted[f"day{day}"] for day in range(DAYS)))
