"""The body of a large request, read straight into a buffer of ours.

Django and gunicorn copy what comes several times, and gunicorn wakes for each packet. Where the connection is plain TCP and
the length is known, one system call fills the buffer instead.
"""

import socket
from collections.abc import Callable

from django.http import HttpRequest
from gunicorn.http.body import Body, LengthReader

from placa.interfaces.dicomweb.related import Read


def reader(request: HttpRequest) -> Read:
    """Reads the body of `request`, of which nobody has read yet. Raises OSError where the line breaks."""
    body = request.META["wsgi.input"]
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return _copying(body.read)  # it has no length, and Django would read nothing of it
    connection = request.META.get("gunicorn.socket")
    # an encrypted one is a class of its own, which decrypts
    if type(connection) is socket.socket and isinstance(body, Body) and isinstance(body.reader, LengthReader):
        return _Straight(connection, body.reader)
    return _copying(request.read)


def _copying(read: Callable[[int], bytes]) -> Read:
    def fill(view: memoryview) -> int:
        data = read(len(view))
        view[: len(data)] = data
        return len(data)

    return fill


class _Straight:
    """Fills from the socket, after what gunicorn read of it along with the headers; and tells gunicorn what is left."""

    def __init__(self, connection: socket.socket, source: LengthReader) -> None:
        self._connection, self._source = connection, source

    def __call__(self, view: memoryview) -> int:
        view = view[: self._source.length]
        if not view:
            return 0
        count = self._held(view) or self._connection.recv_into(view, 0, socket.MSG_WAITALL)
        self._source.length -= count
        return count

    def _held(self, view: memoryview) -> int:
        held = self._source.unreader.take_buffered()
        count = min(len(held), len(view))
        view[:count] = held[:count]
        if held[count:]:
            self._source.unreader.unread(held[count:])
        return count
