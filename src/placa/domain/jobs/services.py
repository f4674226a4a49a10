"""The jobs port: `enqueue` on commit; behind it django-q2's ORM broker (SQLite and PostgreSQL alike)."""

import datetime as dt
import logging
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.module_loading import autodiscover_modules
from django_q.conf import Conf
from django_q.models import Schedule
from django_q.tasks import async_task

from placa.common import clock
from placa.domain.jobs.models import JobKey
from placa.domain.jobs.registry import PERIODIC, TASKS

log = logging.getLogger(__name__)
Id = int | str
LOST = dt.timedelta(hours=2)  # longer than a job waits for its turn behind the longest one


RETRY_PAUSE = dt.timedelta(seconds=30)


class RetriableError(Exception):
    """The job could not be done now: it is tried again later."""


class PermanentError(Exception):
    """The job can never be done: it is logged and not tried again."""


def enqueue(
    name: str,
    *ids: Id,
    dedupe_key: str | None = None,
    run_after: dt.datetime | None = None,
    long: bool = False,
) -> None:
    """Queue the job `name` with `ids` when the transaction commits.

    With `dedupe_key` a job that still waits under that key is not queued twice. `run_after` is the
    earliest moment (UTC); `long` jobs run in a cluster of their own. Raises KeyError for an unknown name.
    """
    _discover()
    if name not in TASKS:
        raise KeyError(name)
    if dedupe_key is not None:
        try:
            with transaction.atomic():
                JobKey.objects.create(key=dedupe_key, name=name, run_after=run_after)
        except IntegrityError:
            if not _taken_over(dedupe_key, run_after):
                return
    transaction.on_commit(partial(_send, name, ids, dedupe_key, run_after, long))


def _taken_over(key: str, run_after: dt.datetime | None) -> bool:
    """Whether the job under `key` is so late that it must be lost: its process died between commit and queue.

    One of those who ask takes the key over. That the job was merely late does no harm: it may run twice.
    """
    late = clock.now() - LOST
    lost = JobKey.objects.filter(Q(run_after=None) | Q(run_after__lt=late), key=key, created_at__lt=late)
    return bool(lost.update(created_at=clock.now(), run_after=run_after))


def _send(
    name: str, ids: tuple[Id, ...], dedupe_key: str | None, run_after: dt.datetime | None, long: bool
) -> None:
    arguments = (name, dedupe_key or "", *ids)
    cluster = "long" if long else None
    if run_after is not None and run_after > clock.now():
        Schedule.objects.create(
            func="placa.domain.jobs.services.run", args=repr(arguments), schedule_type=Schedule.ONCE,
            next_run=run_after, cluster=cluster, repeats=-1, name=(dedupe_key or name)[:100],
        )  # fmt: skip
    else:
        async_task("placa.domain.jobs.services.run", *arguments, cluster=cluster)


def run(name: str, dedupe_key: str, *ids: Id) -> None:
    """Run one job (called by the worker). The key is freed first: what changes from now on queues anew."""
    _discover()
    if dedupe_key:
        JobKey.objects.filter(key=dedupe_key).delete()
    try:
        TASKS[name](*ids)
    except PermanentError:
        log.exception("job %s %s given up", name, ids)
    except RetriableError as error:
        log.warning("job %s waits: %s", name, error)
        long = Conf.CLUSTER_NAME == "long"  # in the cluster in which it ran
        _send(name, ids, None, clock.now() + RETRY_PAUSE, long)


def ensure_periodic() -> None:
    """Plan every periodic job once; called when workers start. A job that is gone is planned no more."""
    _discover()
    for name, minutes in PERIODIC.items():
        Schedule.objects.update_or_create(
            name=f"periodic:{name}",
            defaults={
                "func": "placa.domain.jobs.services.run", "args": repr((name, "")),
                "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1,
            },
        )  # fmt: skip
    gone = Schedule.objects.filter(name__startswith="periodic:")
    gone.exclude(name__in=[f"periodic:{name}" for name in PERIODIC]).delete()


def run_waiting(limit: int = 100) -> int:
    """Run what waits in the queue here and now, in order; for tests and the demo's first start."""
    from django_q.models import OrmQ

    done = 0
    while done < limit and (task := OrmQ.objects.order_by("id").first()):
        payload = task.task
        task.delete()
        run(*payload["args"])
        done += 1
    return done


def _discover() -> None:
    autodiscover_modules("tasks")
