"""Reads of the job queue: does anybody work on it?"""

import datetime as dt
from dataclasses import dataclass

from django_q.models import OrmQ, Schedule

from placa.common import clock

LATE = dt.timedelta(minutes=5)  # a worker takes a job within a second, a planned one within a minute


@dataclass(frozen=True, slots=True)
class Queue:
    """How many jobs wait, and whether workers take them."""

    waiting: int
    working: bool


def queue() -> Queue:
    """The queue now. Not working: a due job or a periodic one has not been taken for five minutes, or none is planned."""
    late = clock.now() - LATE
    stuck = OrmQ.objects.filter(lock__lt=late).exists()
    planned = Schedule.objects.filter(name__startswith="periodic:")
    overdue = planned.filter(next_run__lt=late).exists()
    return Queue(OrmQ.objects.count(), planned.exists() and not stuck and not overdue)
