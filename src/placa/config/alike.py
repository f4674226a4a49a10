"""Requests that say, byte for byte, what the last one on their connection said, but for the path.

A viewer asks so for the frames of a series. gunicorn parses each, makes an environ of it and writes headers, for as long
as the answer itself takes; here the environ that it made of the first serves those that follow. Whatever is not exactly so
(another header, a body, more than one request at hand, an odd path) is left where it is, for gunicorn.
"""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

from django.http import HttpResponse

Headers = Sequence[tuple[str, str]]
HEAD_BYTES: Final = 8192  # a longer one is gunicorn's
_AT_ONCE: Final = 512  # buffers of one system call; Linux takes 1024
_LINE: Final = re.compile(rb"GET (/[A-Za-z0-9./,_-]*) HTTP/1\.1")
_END: Final = b"\r\n\r\n"
_NOT_ALONE: Final = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE")


@dataclass(frozen=True, slots=True)
class Said:
    """What a request said: all of its head behind the first line, and what gunicorn made of it."""

    rest: bytes
    environ: dict[str, Any]

    def of(self, head: bytes) -> dict[str, Any] | None:
        """The environ of another request, whose head this is; None where it says anything else."""
        line, _, rest = head.partition(b"\r\n")
        asked = _LINE.fullmatch(line) if rest == self.rest else None
        if asked is None:
            return None
        path = asked[1].decode("ascii")
        return {**self.environ, "RAW_URI": path, "PATH_INFO": path, "QUERY_STRING": ""}


def said(head: bytes, environ: dict[str, Any] | None) -> Said | None:
    """What to remember of a request; None where those that follow must be parsed."""
    if not head or environ is None or any(name in environ for name in _NOT_ALONE):
        return None
    plain = (environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"], environ["SCRIPT_NAME"])
    return Said(head.partition(b"\r\n")[2], environ) if plain == ("GET", "HTTP/1.1", "") else None


def waiting(conn: Any) -> bytes:
    """The head of the one request that waits at a connection, which stays there; b"" where it is not just that."""
    if conn.parser is not None and (conn.is_http2 or conn.parser.unreader.buf.getvalue()):
        return b""  # what gunicorn has read already comes first
    try:
        head: bytes = conn.sock.recv(HEAD_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (OSError, ValueError):  # nothing there yet, a broken line, TLS
        return b""
    return head if head.find(_END) == len(head) - len(_END) >= 0 else b""


def answer(line: socket.socket, length: int, status: str, headers: Headers, body: HttpResponse) -> bool:
    """Take the request (bytes of its head) off the line and answer it; whether the line may be kept."""
    try:
        line.setblocking(True)  # gunicorn's poller left it as it needs it
        line.recv(length, socket.MSG_WAITALL)
        _send(line, [_head(status, headers), *body])
    except OSError:  # whoever asked is gone
        return False
    finally:
        body.close()
    return True


def _head(status: str, headers: Headers) -> bytes:
    """With the headers that gunicorn would add."""
    more = (("Date", formatdate(usegmt=True)), ("Connection", "keep-alive"))
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (*more, *headers)), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _send(line: socket.socket, pieces: list[bytes]) -> None:
    """Side by side as they are: joined they would be copied once more."""
    left = [memoryview(one) for one in pieces if one]
    while left:
        sent = line.sendmsg(left[:_AT_ONCE])
        while left and sent >= len(left[0]):
            sent -= len(left.pop(0))
        if sent:
            left[0] = left[0][sent:]
