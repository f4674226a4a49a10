"""The jobs port: `enqueue` on commit; behind it a broker (`brokers/`): the database, or Celery."""

import datetime as dt
import logging
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.module_loading import autodiscover_modules

from placa.common import clock
from placa.domain.jobs import plan
from placa.domain.jobs.brokers import BrokerAway, broker
from placa.domain.jobs.models import JobKey
from placa.domain.jobs.registry import FIRST, PERIODIC, TASKS

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
    discover()
    if name not in TASKS:
        raise KeyError(name)
    with transaction.atomic():
        if dedupe_key is not None and not _is_first(dedupe_key, name, run_after):
            return
        transaction.on_commit(partial(_send, name, ids, dedupe_key, run_after, long))


def _is_first(key: str, name: str, run_after: dt.datetime | None) -> bool:
    """Whether this job is to be queued under `key`; else the one that waits there also does what is asked now.

    The waiting job's key is locked until the caller commits, and freed by the worker before it runs. So that job
    cannot read the state from before the caller's change and leave it at that.
    """
    while True:
        if _make_key(key, name, run_after):
            return True
        if waiting := JobKey.objects.select_for_update().filter(key=key).first():
            return _taken_over(waiting, run_after)


def _make_key(key: str, name: str, run_after: dt.datetime | None) -> bool:
    try:
        with transaction.atomic():
            JobKey.objects.create(key=key, name=name, run_after=run_after)
    except IntegrityError:
        return False
    return True


def _taken_over(waiting: JobKey, run_after: dt.datetime | None) -> bool:
    """Whether the waiting job is so late that it must be lost: its process died between commit and queue.

    One of those who ask takes the key over. That the job was merely late does no harm: it may run twice.
    """
    late = clock.now() - LOST
    if waiting.created_at >= late or (waiting.run_after is not None and waiting.run_after >= late):
        return False
    waiting.created_at, waiting.run_after = clock.now(), run_after
    waiting.save()
    return True


def _send(
    name: str, ids: tuple[Id, ...], dedupe_key: str | None, run_after: dt.datetime | None, long: bool
) -> None:
    arguments = (name, dedupe_key or "", *ids)
    if run_after is not None and run_after > clock.now():
        plan.later(arguments, at=run_after, long=long)
        return
    try:
        broker().send(arguments, long=long)
    except BrokerAway:  # what was committed is done all the same, once it is back
        plan.later(arguments, at=clock.now(), long=long)


def run(name: str, dedupe_key: str, *ids: Id) -> None:
    """Run one job (called by the worker). The key is freed first: what changes from now on queues anew."""
    discover()
    if broker().in_long_cluster():
        _do_first()
    if dedupe_key:
        JobKey.objects.filter(key=dedupe_key).delete()
    try:
        TASKS[name](*ids)
    except PermanentError:
        log.exception("job %s %s given up", name, ids)
    except RetriableError as error:
        log.warning("job %s waits: %s", name, error)
        long = broker().in_long_cluster()  # where it ran
        _send(name, ids, None, clock.now() + RETRY_PAUSE, long)


def _do_first() -> None:
    for function in FIRST:
        try:
            function()
        except Exception:
            log.exception("what goes before long jobs failed")


def ensure_periodic() -> None:
    """Plan every periodic job once; called by `placa migrate`. A job that is gone is planned no more."""
    discover()
    plan.ensure(PERIODIC)


def work(*, long: bool = False) -> None:
    """Work on short or on long jobs until told to end."""
    discover()
    broker().work(long=long)


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


def discover() -> None:
    """Import every job; once a process, and before the fork where there is one: it takes a fifth of a second."""
    autodiscover_modules("tasks")
