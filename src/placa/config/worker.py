"""gunicorn's threaded worker, whose threads wait a moment for a connection's next request, answer at once what needs no
parsing anew, and which leaves a new connection to a worker that has fewer."""

import mmap
import select
import struct
import threading
import time
from collections.abc import Iterable
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker

from placa.config import alike

MOMENT: Final = 20  # milliseconds
LEAVE_SECONDS: Final = 0.001  # in which whoever has fewer connections takes the new one
LIVES_SECONDS: Final = 3.0  # a worker says each second that it lives
_SLOTS: Final = 64
_COUNT: Final = struct.Struct("dq")  # when it was said (monotonic), and how many connections are open
_counts: Final = mmap.mmap(-1, _SLOTS * _COUNT.size)  # made before the fork: all workers share it


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A viewer asks for the next frame as soon as it has one, on six connections at once.

    gunicorn hands a connection from its poller's thread to another one and back with each request; of a small answer that
    is most of what it costs. And the worker that wakes first takes all six: they would share one interpreter, while
    another core stands idle.
    """

    wsgi: Any

    def load_wsgi(self) -> None:
        """Stand before the application, to note what gunicorn makes of a request."""
        super().load_wsgi()
        self._application, self._noted = self.wsgi, threading.local()
        self.wsgi = self._noting

    def _noting(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self._noted.environ = dict(environ)
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer

    def handle(self, conn: Any) -> Any:
        """One request and those that follow at once; what gunicorn's own `handle` says of the last."""
        kept = self._one(conn)
        while kept is True and self.alive and self._follows(conn):
            kept = self._one(conn)
        return kept

    def _one(self, conn: Any) -> Any:
        head, last = alike.waiting(conn), getattr(conn, "said", None)
        environ = last.of(head) if last and self.alive else None
        at_once = self._application.at_once(environ) if environ else None
        if at_once:
            return alike.answer(conn.sock, len(head), *at_once)
        self._noted.environ = None
        kept = super().handle(conn)
        conn.said = alike.said(head, self._noted.environ) if kept is True else None
        return kept

    def _follows(self, conn: Any) -> bool:
        """Whether the client asks again within a moment; not waited for where threads are scarce."""
        in_hand = self.nr_conns - len(self.keepalived_conns)
        if in_hand > self.cfg.threads // 2:
            return False
        poller = select.poll()
        poller.register(conn.sock, select.POLLIN)
        return bool(poller.poll(MOMENT))

    def notify(self) -> None:
        """Say that it lives: to gunicorn, and to the other workers."""
        super().notify()
        self._tell()

    def accept(self, listener: Any) -> None:
        """Take a new connection, unless another worker, which it woke as well, was quicker."""
        if self._another_has_fewer():
            time.sleep(LEAVE_SECONDS)
        super().accept(listener)
        self._tell()

    def _tell(self) -> None:
        _COUNT.pack_into(_counts, self.age % _SLOTS * _COUNT.size, time.monotonic(), self.nr_conns)

    def _another_has_fewer(self) -> bool:
        alive = time.monotonic() - LIVES_SECONDS
        return any(since > alive and count < self.nr_conns for since, count in _COUNT.iter_unpack(_counts))
