"""Bytes to and from a peer, with a limit for how long it may stall. Nothing here knows what they mean."""

import contextlib
import select
import socket
import ssl
import struct
import time
from typing import Protocol

STALL_SECONDS = 30  # without a byte, inside a PDU
SLOWEST = 10_000  # bytes a second, below which an object's sender is cut off
GRACE_SECONDS = 60.0  # of an object before its speed counts


class Gone(Exception):
    """The peer closed the connection, or it broke."""


class Stalled(Exception):
    """The peer says nothing, or next to nothing."""


class Wire(Protocol):
    """An open connection to a peer."""

    def fill(self, *parts: memoryview) -> int:
        """Fill `parts` one after the other; returns the bytes, fewer only where the peer closed. Raises Gone, Stalled."""

    def some(self, part: memoryview) -> int:
        """Read what is there, after `wait`; 0 where the peer closed. Raises Gone, Stalled."""

    def wait(self, seconds: float) -> None:
        """Wait until something can be read. Raises Stalled."""

    def send(self, data: bytes) -> None:
        """Send all of `data`. Raises Gone, Stalled."""

    def close(self) -> None:
        """End it."""


class PlainWire:
    """TCP. The kernel collects a whole PDU before this process wakes (`MSG_WAITALL`)."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)  # a Python time-out would undo MSG_WAITALL
        limit = struct.pack("ll", STALL_SECONDS, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection

    def fill(self, *parts: memoryview) -> int:
        """Fill `parts`, in one system call as a rule."""
        wanted = sum(map(len, parts))
        got = self._receive(list(parts))
        if got == wanted:
            return got
        deadline = time.monotonic() + STALL_SECONDS
        while got < wanted:
            if time.monotonic() > deadline:
                raise Stalled
            count = self._receive(_rest(parts, got))
            if not count:
                break
            got += count
        return got

    def some(self, part: memoryview) -> int:
        """Read what is there."""
        return self._receive([part], 0)

    def _receive(self, parts: list[memoryview], flags: int = socket.MSG_WAITALL) -> int:
        try:
            return self._connection.recvmsg_into(parts, 0, flags)[0]
        except BlockingIOError as error:
            raise Stalled from error
        except OSError as error:
            raise Gone from error

    def wait(self, seconds: float) -> None:
        """Wait until something can be read. Raises Stalled."""
        _readable(self._connection, seconds)

    def send(self, data: bytes) -> None:
        """Send all of `data`, and acknowledge at once what the peer sends next, which may wait for that."""
        try:
            self._connection.sendall(data)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except BlockingIOError as error:
            raise Stalled from error
        except OSError as error:
            raise Gone from error

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._connection.close()


class TlsWire:
    """TLS over TCP."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        connection.settimeout(STALL_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection

    def fill(self, *parts: memoryview) -> int:
        """Fill `parts` record by record."""
        wanted, got = sum(map(len, parts)), 0
        deadline = time.monotonic() + STALL_SECONDS
        while got < wanted:
            if time.monotonic() > deadline:
                raise Stalled
            count = self.some(_rest(parts, got)[0])
            if not count:
                break
            got += count
        return got

    def some(self, part: memoryview) -> int:
        """Read what is there."""
        try:
            return self._connection.recv_into(part)
        except TimeoutError as error:
            raise Stalled from error
        except OSError as error:
            raise Gone from error

    def wait(self, seconds: float) -> None:
        """Wait until something can be read. Raises Stalled."""
        if not self._connection.pending():
            _readable(self._connection, seconds)

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        try:
            self._connection.sendall(data)
        except TimeoutError as error:
            raise Stalled from error
        except OSError as error:
            raise Gone from error

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._connection.close()


def wire(connection: socket.socket) -> Wire:
    """The wire of an accepted connection."""
    return TlsWire(connection) if isinstance(connection, ssl.SSLSocket) else PlainWire(connection)


def _readable(connection: socket.socket, seconds: float) -> None:
    poll = select.poll()  # select() knows no descriptor above 1023
    poll.register(connection, select.POLLIN)
    if not poll.poll(seconds * 1000):
        raise Stalled


def _rest(parts: tuple[memoryview, ...], done: int) -> list[memoryview]:
    """What is left of `parts` behind the first `done` bytes."""
    left = []
    for part in parts:
        if done < len(part):
            left.append(part[done:])
        done = max(0, done - len(part))
    return left
