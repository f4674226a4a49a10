"""The jobs port: on commit, once a key, and what fails is tried again."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django_q.models import OrmQ, Schedule

from placa.common import clock
from placa.domain.jobs import services
from placa.domain.jobs.models import JobKey
from placa.domain.jobs.registry import TASKS

pytestmark = pytest.mark.django_db(transaction=False)


@pytest.fixture
def done() -> Iterator[list[int]]:
    """What the job `test.note` was run with."""
    seen: list[int] = []
    TASKS["test.note"] = seen.append
    yield seen
    del TASKS["test.note"]


def test_a_job_is_queued_when_the_transaction_commits(
    done: list[int], django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.enqueue("test.note", 7)
        assert not OrmQ.objects.exists()
    services.run_waiting()
    assert done == [7]


def test_a_job_that_waits_is_not_queued_twice(
    done: list[int], django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.enqueue("test.note", 7, dedupe_key="note:7")
        services.enqueue("test.note", 7, dedupe_key="note:7")
    assert OrmQ.objects.count() == 1
    services.run_waiting()
    assert (done, JobKey.objects.filter(key="note:7").exists()) == ([7], False)


def test_a_key_rolled_back_holds_nothing_up(done: list[int]) -> None:
    with transaction.atomic():
        services.enqueue("test.note", 7, dedupe_key="note:7")
        transaction.set_rollback(True)
    assert not JobKey.objects.filter(key="note:7").exists()


def test_an_unknown_job_is_refused_at_once() -> None:
    with pytest.raises(KeyError):
        services.enqueue("test.nobody", 1)


def test_what_can_never_be_done_is_given_up_and_what_cannot_now_waits() -> None:
    def never(_pk: int) -> None:
        raise services.PermanentError

    def not_now(_pk: int) -> None:
        raise services.RetriableError

    TASKS["test.never"], TASKS["test.later"] = never, not_now
    try:
        services.run("test.never", "", 1)
        assert not Schedule.objects.filter(name="test.later").exists()
        services.run("test.later", "", 1)
        again = Schedule.objects.get(name="test.later")
        assert again.args == repr(("test.later", "", 1))
        assert again.next_run > clock.now()
    finally:
        del TASKS["test.never"], TASKS["test.later"]


def test_the_worker_keeps_what_raised_for_another_try() -> None:
    assert settings.Q_CLUSTER["ack_failures"] is False
