"""A thread waits a moment for a connection's next request, but never where others want it."""

import socket
from collections import deque
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from gunicorn.workers.gthread import ThreadWorker

from placa.config.worker import Worker

THREADS = 16


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What gunicorn's own `handle` was given: it reads a byte and keeps the connection until there is none."""
    requests: list[bytes] = []

    def handle(worker: ThreadWorker, conn: SimpleNamespace) -> bool:
        requests.append(conn.sock.recv(1))
        return requests[-1] != b""

    monkeypatch.setattr(ThreadWorker, "handle", handle)
    return requests


def worker(connections: int = 1) -> Worker:
    made = Worker.__new__(Worker)
    made.alive, made.nr_conns, made.keepalived_conns = True, connections, deque()
    made.cfg = SimpleNamespace(threads=THREADS)
    return made


def test_what_follows_at_once_is_served_by_the_same_thread(pair, served: list[bytes]) -> None:
    ours, theirs = pair
    theirs.send(b"abc")
    assert worker().handle(SimpleNamespace(sock=ours)) is True
    assert served == [b"a", b"b", b"c"]


def test_a_connection_that_ends_is_given_back_as_gunicorn_says(pair, served: list[bytes]) -> None:
    ours, theirs = pair
    theirs.send(b"a")
    theirs.shutdown(socket.SHUT_WR)
    assert worker().handle(SimpleNamespace(sock=ours)) is False
    assert served == [b"a", b""]


def test_no_thread_waits_where_half_of_them_are_taken(pair, served: list[bytes]) -> None:
    ours, theirs = pair
    theirs.send(b"ab")
    assert worker(THREADS // 2 + 1).handle(SimpleNamespace(sock=ours)) is True
    assert served == [b"a"]


def test_a_worker_that_is_told_to_end_waits_for_nothing(pair, served: list[bytes]) -> None:
    ours, theirs = pair
    theirs.send(b"ab")
    ending = worker()
    ending.alive = False
    assert ending.handle(SimpleNamespace(sock=ours)) is True
    assert served == [b"a"]
