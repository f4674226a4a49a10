"""A job under a key waits once; a key whose job was lost does not bar it for ever."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import time_machine
from django_q.models import OrmQ

from placa.common import clock
from placa.domain.jobs.models import JobKey
from placa.domain.jobs.services import LOST, enqueue

pytestmark = pytest.mark.django_db
Commit = Callable[..., AbstractContextManager[Any]]


def test_a_waiting_job_is_queued_once(django_capture_on_commit_callbacks: Commit) -> None:
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            enqueue("archive.prepare", 0, dedupe_key="k")
    assert OrmQ.objects.count() == 1


def test_a_job_lost_between_commit_and_queue_is_queued_again(
    django_capture_on_commit_callbacks: Commit,
) -> None:
    with django_capture_on_commit_callbacks():  # the process died before it came to the queue
        enqueue("archive.prepare", 0, dedupe_key="k")
    assert (JobKey.objects.count(), OrmQ.objects.count()) == (1, 0)
    with time_machine.travel(clock.now() + LOST + dt.timedelta(minutes=1)):
        for _ in range(2):  # and once only
            with django_capture_on_commit_callbacks(execute=True):
                enqueue("archive.prepare", 0, dedupe_key="k")
    assert OrmQ.objects.count() == 1


def test_a_job_planned_for_later_is_not_taken_for_lost(django_capture_on_commit_callbacks: Commit) -> None:
    with django_capture_on_commit_callbacks():
        enqueue("archive.prepare", 0, dedupe_key="k", run_after=clock.now() + dt.timedelta(days=1))
    with (
        time_machine.travel(clock.now() + dt.timedelta(hours=12)),
        django_capture_on_commit_callbacks(execute=True),
    ):
        enqueue("archive.prepare", 0, dedupe_key="k")
    assert not OrmQ.objects.exists()
