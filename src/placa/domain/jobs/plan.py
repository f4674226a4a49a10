"""Jobs that are planned for later or run again and again: rows of django-q2's schedule, whatever the broker is.

With the database's broker django-q2 watches them; else `watch` does, in the short jobs' workers.
"""

import ast
import datetime as dt
import logging
import time

from django.db import close_old_connections
from django_q.models import Schedule

from placa.common import clock
from placa.domain.jobs.brokers import broker
from placa.domain.jobs.brokers.base import RUN, Arguments

log = logging.getLogger(__name__)
PERIODIC = "periodic:"
LATE = dt.timedelta(minutes=5)  # a planned job is sent within a minute
LEASE = dt.timedelta(minutes=1)  # whoever took a row and died leaves it to the others then


def later(arguments: Arguments, *, at: dt.datetime, long: bool) -> None:
    """Plan one run at `at`."""
    Schedule.objects.create(
        func=RUN, args=repr(arguments), schedule_type=Schedule.ONCE, next_run=at,
        cluster="long" if long else None, repeats=-1, name=(str(arguments[1]) or str(arguments[0]))[:100],
    )  # fmt: skip


def ensure(periodic: dict[str, int]) -> None:
    """Plan every periodic job (name: minutes) once; one that is gone is planned no more."""
    for name, minutes in periodic.items():
        Schedule.objects.update_or_create(
            name=f"{PERIODIC}{name}",
            defaults={
                "func": RUN, "args": repr((name, "")), "schedule_type": Schedule.MINUTES, "minutes": minutes,
                "repeats": -1,
            },
        )  # fmt: skip
    gone = Schedule.objects.filter(name__startswith=PERIODIC)
    gone.exclude(name__in=[f"{PERIODIC}{name}" for name in periodic]).delete()


def is_watched() -> bool:
    """Whether there is a plan, and nothing in it is overdue."""
    planned = Schedule.objects.filter(name__startswith=PERIODIC)
    return planned.exists() and not planned.filter(next_run__lt=clock.now() - LATE).exists()


def send_due() -> int:
    """Hand what is due to the broker; returns how many. Two who do so at once send each job once."""
    now, sent = clock.now(), 0
    for row in Schedule.objects.filter(func=RUN, next_run__lte=now).order_by("next_run")[:500]:
        once = row.schedule_type == Schedule.ONCE
        following = now + (LEASE if once else dt.timedelta(minutes=row.minutes or 1))
        if not Schedule.objects.filter(pk=row.pk, next_run=row.next_run).update(next_run=following):
            continue  # another worker has it
        broker().send(ast.literal_eval(row.args), long=row.cluster == "long")
        if once:
            Schedule.objects.filter(pk=row.pk).delete()
        sent += 1
    return sent


def watch(seconds: float) -> None:
    """`send_due` for ever, whatever goes wrong: database and broker may be away for hours."""
    while True:
        try:
            close_old_connections()
            send_due()
        except Exception as error:
            log.warning("the plan waits: %s", type(error).__name__)
        time.sleep(seconds)
