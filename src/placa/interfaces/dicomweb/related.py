"""Reading multipart/related as it comes in (RFC 2046 5.1, PS3.18 8.6.1): part after part, never a whole body in memory.

Nothing that a sender says is taken for granted: boundary, header and count of parts are bounded, and a part that has no
end is an error.
"""

import re
from collections.abc import Callable, Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final

CHUNK: Final = 256 * 1024
PREAMBLE_LIMIT: Final = 64 * 1024
HEADER_LIMIT: Final = 8 * 1024
HEADER_LINES: Final = 32
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")

Read = Callable[[int], bytes]
Part = tuple[Message, Iterator[bytes]]


class BadMultipart(ValueError):
    """The body is no multipart message, or ends before it is whole."""


def media_type(content_type: str) -> tuple[str, dict[str, str]]:
    """Media type (lower case) and parameters of a Content-Type."""
    message = Message()
    message["Content-Type"] = content_type[:1024]
    parameters = message.get_params(failobj=[("", "")], unquote=True)
    return parameters[0][0].lower(), {name.lower(): str(value) for name, value in parameters[1:]}


def parts(read: Read, boundary: str) -> Iterator[Part]:
    """(headers, chunks) of each part; what of a part is not read is stepped over. Raises BadMultipart.

    `read(n)` gives up to n bytes, nothing at the end.
    """
    if not _BOUNDARY.fullmatch(boundary):
        raise BadMultipart("the boundary is missing or not allowed")
    stream = _Stream(read, b"\r\n--" + boundary.encode("ascii"))
    stream.skip_preamble()
    while stream.another():
        headers, body = stream.headers(), stream.body()
        yield headers, body
        for _ in body:
            pass


class _Stream:
    def __init__(self, read: Read, delimiter: bytes) -> None:
        self._read = read
        self._delimiter = delimiter
        self._buffer = b"\r\n"  # the first boundary need not begin a line

    def skip_preamble(self) -> None:
        self._until(self._delimiter, PREAMBLE_LIMIT, "there is no boundary")

    def another(self) -> bool:
        """Whether a part follows the boundary just read; else it was the last one."""
        while len(self._buffer) < 2 and self._more():
            pass
        if self._buffer.startswith(b"--"):
            return False
        padding = self._until(b"\r\n", HEADER_LIMIT, "a boundary is not a line of its own")
        if padding.strip(b" \t"):
            raise BadMultipart("a boundary is not a line of its own")
        return True

    def headers(self) -> Message:
        self._buffer = b"\r\n" + self._buffer  # a part without headers begins with the empty line
        raw = self._until(b"\r\n\r\n", HEADER_LIMIT, "the headers of a part are too long")
        if raw.count(b"\r\n") > HEADER_LINES:
            raise BadMultipart("a part has too many headers")
        return BytesHeaderParser().parsebytes(raw[2:] + b"\r\n\r\n")

    def body(self) -> Iterator[bytes]:
        delimiter = self._delimiter
        while True:
            at = self._buffer.find(delimiter)
            if at >= 0:
                last, self._buffer = self._buffer[:at], self._buffer[at + len(delimiter) :]
                if last:
                    yield last
                return
            keep = len(delimiter) - 1
            if len(self._buffer) > keep:
                ready, self._buffer = self._buffer[:-keep], self._buffer[-keep:]
                yield ready
            if not self._more():
                raise BadMultipart("the body ends within a part")

    def _until(self, mark: bytes, limit: int, otherwise: str) -> bytes:
        """What stands before `mark`, which is stepped over."""
        while (at := self._buffer.find(mark)) < 0:
            if len(self._buffer) > limit or not self._more():
                raise BadMultipart(otherwise)
        before, self._buffer = self._buffer[:at], self._buffer[at + len(mark) :]
        if at > limit:
            raise BadMultipart(otherwise)
        return before

    def _more(self) -> bool:
        chunk = self._read(CHUNK)
        self._buffer += chunk
        return bool(chunk)
