"""How an association's process tells the indexer's what it acknowledged: a message an object over a local socket.

What is lost with a process is found by `recover`: the files are the truth, the message only saves the reading.
"""

import contextlib
import pickle
import socket
import threading
from collections import deque
from dataclasses import replace

from placa.domain.archive.records import Received

MESSAGE_MAX = 64 * 1024  # bytes; a larger record is read from its file by the indexer
WAITING_MAX = 20_000  # files that may wait; then those who receive wait too
RECORDS_MAX = 1_000  # of these, how many keep their record in memory
BUFFER = 4 * 1024 * 1024

LOOK_AGAIN = b"look"  # somebody died: files without rows may be there
DONE = b"done"  # an association ended: nothing of it is worth waiting for


def pair() -> tuple[socket.socket, socket.socket]:
    """(reading end, writing end), to be inherited by fork. The reading end ends when all writers have closed theirs."""
    reading, writing = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    writing.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return reading, writing


def tell(writing: socket.socket, received: Received) -> None:
    """Hand over one acknowledged file; waits while the indexer lags. Raises OSError where there is no indexer."""
    message = pickle.dumps(received, pickle.HIGHEST_PROTOCOL)
    if len(message) > MESSAGE_MAX:
        message = pickle.dumps(replace(received, record=None), pickle.HIGHEST_PROTOCOL)
    writing.send(message)


def done(writing: socket.socket) -> None:
    """Tell that no more comes for now, so that nobody waits for it. Never raises: it only saves a moment."""
    with contextlib.suppress(OSError):
        writing.send(DONE)


class Inlet:
    """The reading end: a thread that empties the socket, so that nobody waits while a batch is being indexed."""

    def __init__(self, reading: socket.socket) -> None:
        self._reading = reading
        self._waiting: deque[Received] = deque()
        self._changed = threading.Condition()
        self._most = 1
        self._ended = False
        self._look = self._done = False
        threading.Thread(target=self._read, name="inlet", daemon=True).start()

    def batch(self, most: int, wait: float, gather: float) -> list[Received]:
        """Up to `most` files: the first within `wait` seconds, more within `gather` seconds of it or until an association
        ends; maybe none."""
        with self._changed:
            self._most = most
            self._changed.wait_for(lambda: self._waiting or self._ended or self._look, wait)
            if self._waiting:
                self._changed.wait_for(
                    lambda: len(self._waiting) >= most or self._ended or self._done, gather
                )
            taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._done = self._done and bool(self._waiting)
            self._changed.notify_all()
            return taken

    def look_again(self) -> bool:
        """Whether somebody asked to look for files without rows since the last call."""
        with self._changed:
            asked, self._look = self._look, False
            return asked

    @property
    def closed(self) -> bool:
        """All writers are gone."""
        return self._ended

    @property
    def ended(self) -> bool:
        """All writers are gone, and nothing waits."""
        with self._changed:
            return self._ended and not self._waiting

    def _read(self) -> None:
        while message := self._message():
            word = message in (LOOK_AGAIN, DONE)
            received = None if word else pickle.loads(message)  # noqa: S301 - from our own processes alone
            with self._changed:
                if received is not None:
                    self._keep(received)
                self._look |= message == LOOK_AGAIN
                self._done |= message == DONE and bool(self._waiting)
                if word or len(self._waiting) in (1, self._most):  # nobody waits for those between
                    self._changed.notify_all()
                self._changed.wait_for(lambda: len(self._waiting) < WAITING_MAX)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _keep(self, received: Received) -> None:
        if len(self._waiting) > RECORDS_MAX:
            received = replace(received, record=None)
        self._waiting.append(received)

    def _message(self) -> bytes:
        try:
            return self._reading.recv(MESSAGE_MAX)
        except OSError:
            return b""
