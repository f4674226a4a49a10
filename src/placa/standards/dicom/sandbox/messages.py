"""What client, pool and child say to each other, and the client.

A message is a 4-byte big-endian length and that many bytes. A request is one line of JSON (`op`, and mostly `path`;
see `operations`), which a line feed and raw bytes may follow: what is looked at without being a file. An answer is
one status byte and a body: `0` the result, else JSON with a `reason`: `1` it can never be done, `2` the pool is too
busy, `3` it went wrong this time.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from struct import pack, unpack
from typing import Any, Final

REQUEST_LIMIT: Final = 65 * 1024 * 1024
ANSWER_LIMIT: Final = 256 * 1024 * 1024
OK, REFUSED, BUSY, FAILED = b"0", b"1", b"2", b"3"


class RenderRefused(Exception):
    """It cannot be done; `reason` is a code of `errors`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RenderFailed(RenderRefused):
    """It went wrong this time (too slow, out of memory, a crash): another time it may do."""


class RenderUnavailable(Exception):
    """No answer could be had: pool not running, too busy, or gone. Asking again later may help."""


def send(connection: socket.socket, *parts: bytes) -> None:
    """Send one message, in parts so that large ones need not be joined."""
    connection.sendall(pack(">I", sum(map(len, parts))) + parts[0])
    for part in parts[1:]:
        connection.sendall(part)


def receive(connection: socket.socket, limit: int) -> bytes:
    """One message. Raises ConnectionError where it is cut or longer than `limit`, TimeoutError."""
    with connection.makefile("rb") as stream:
        return exactly(stream, length_of(exactly(stream, 4), limit))


def length_of(header: bytes, limit: int) -> int:
    """The length that the first four bytes of a message say. Raises ConnectionError beyond `limit`."""
    (length,) = unpack(">I", header)
    if length > limit:
        raise ConnectionError("message too long")
    return int(length)


def exactly(stream: Any, length: int) -> bytes:
    """`length` bytes of a buffered reader, without a second copy of them. Raises ConnectionError."""
    data: bytes = stream.read(length)
    if len(data) < length:
        raise ConnectionError("closed")
    return data


def encoded(request: dict[str, Any], data: bytes | None = None) -> bytes:
    """The message of a request."""
    line = json.dumps(request).encode()
    return line if data is None else b"%b\n%b" % (line, data)


def packed(parts: Iterable[bytes]) -> bytes:
    """Several results as one body: a length (4 bytes, big-endian) before each."""
    return b"".join(piece for part in parts for piece in (pack(">I", len(part)), part))


def unpacked(body: bytes) -> list[bytes]:
    """What `packed` joined. Raises RenderFailed for what it did not: a child may have been made to say anything."""
    parts, at = [], 0
    while at < len(body):
        start = at + 4
        at = start + int.from_bytes(body[at:start], "big")
        parts.append(body[start:at])
    if at != len(body):
        raise RenderFailed("failed-answer")
    return parts


def result(status: bytes, body: bytes) -> bytes:
    """The body of a good answer. Raises what any other says: RenderRefused, RenderFailed, RenderUnavailable."""
    if status == OK:
        return body
    if status == BUSY:
        raise RenderUnavailable("busy")
    reason = json.loads(body)["reason"]
    raise RenderRefused(reason) if status == REFUSED else RenderFailed(reason)


def ask(
    socket_path: str, request: dict[str, Any], data: bytes | None = None, *, timeout: float = 60.0
) -> bytes:
    """Have the pool answer `request` (see `operations`) within `timeout` seconds for each step.

    Raises RenderRefused, RenderFailed, RenderUnavailable.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(socket_path)
            send(connection, encoded(request, data))
            with connection.makefile("rb") as stream:
                length = length_of(exactly(stream, 4), ANSWER_LIMIT)
                status, body = exactly(stream, 1), exactly(stream, length - 1)
        except OSError as problem:
            raise RenderUnavailable(type(problem).__name__) from problem
    return result(status, body)
