"""gunicorn's threaded worker, whose threads wait a moment for a connection's next request."""

import select
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker

MOMENT: Final = 20  # milliseconds


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A viewer asks for the next frame as soon as it has one.

    gunicorn hands a connection from its poller's thread to another one and back with each request; of a small answer that
    is most of what it costs.
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
