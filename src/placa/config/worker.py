"""gunicorn's threaded worker, whose threads wait a moment for a connection's next request, and which leaves a new
connection to a worker that has fewer."""

import mmap
import select
import struct
import time
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker

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

    def handle(self, conn: Any) -> Any:
        """One request and those that follow at once; what gunicorn's own `handle` says of the last."""
        kept = super().handle(conn)
        while kept is True and self.alive and self._follows(conn):
            kept = super().handle(conn)
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
