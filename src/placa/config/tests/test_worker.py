"""New connections go to the worker that has the fewest."""

import time
from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from gunicorn.workers.gthread import ThreadWorker

from placa.config import worker
from placa.config.worker import LEAVE_SECONDS, LIVES_SECONDS, Worker


@pytest.fixture(autouse=True)
def nobody() -> Iterator[None]:
    """Counts of no other test."""
    worker._counts[:] = bytes(len(worker._counts))
    yield
    worker._counts[:] = bytes(len(worker._counts))


def _worker(age: int, connections: int) -> Worker:
    """A worker with that many connections, which has said so."""
    made = Worker.__new__(Worker)
    made.age, made.nr_conns = age, connections
    made._tell()
    return made


def _waits(one: Worker, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether it leaves a moment to others before it takes a connection; it takes it in any case."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    taken = Mock()
    monkeypatch.setattr(ThreadWorker, "accept", lambda self, listener: taken(listener))
    one.accept("listener")
    taken.assert_called_once_with("listener")
    assert slept in ([], [LEAVE_SECONDS])
    return bool(slept)


def test_the_one_with_more_leaves_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    more, fewer = _worker(1, 3), _worker(2, 2)
    assert _waits(more, monkeypatch)
    assert not _waits(fewer, monkeypatch)


def test_among_equals_and_alone_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _worker(1, 3)
    assert not _waits(first, monkeypatch)
    assert not _waits(_worker(2, 3), monkeypatch)
    assert not _waits(first, monkeypatch)


def test_one_that_has_said_nothing_for_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _worker(2, 0)
    more = _worker(1, 3)
    later = time.monotonic() + LIVES_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not _waits(more, monkeypatch)
