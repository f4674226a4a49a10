"""Small figures for the staff home, each counted in the database, within what the viewer may see."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from placa.common import clock
from placa.domain.access.selectors import studies_visible_to
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
    seen = studies_visible_to(viewer).order_by()
    events = AuditEvent.objects.filter(
        at__gte=since, outcome="success", study_uid__in=seen.values("study_instance_uid")
    )
    opened = events.filter(action__in=OPENED, role="patient").values_list("study_uid", "at")
    told = ResultNotice.objects.filter(at__gte=since, role="patient", study__in=seen.values("pk"))
    arrived = seen.filter(first_received_at__gte=since).values_list("pk", "first_received_at")
    return Figures(
        received=_by_day(arrived, zone, today),
        told=_by_day(told.values_list("study_id", "at"), zone, today),
        opened=_by_day(opened, zone, today),
        shared=_by_day(events.filter(action="share").values_list("pk", "at"), zone, today),
    )


def _by_day(rows: Iterable[tuple[object, dt.datetime]], zone: dt.tzinfo, today: dt.date) -> Series:
    """Different things a day: one opened twice on a day counts once."""
    different = {(key, at.astimezone(zone).date()) for key, at in rows}
    counted = Counter(day for _key, day in different)
    return Series(tuple(counted[today - dt.timedelta(days=back)] for back in range(DAYS - 1, -1, -1)))
