"""Reading multipart/related as it comes in (RFC 2046 5.1, PS3.18 8.6.1): part after part, never a whole body in memory.

Nothing that a sender says is taken for granted: boundary, header and count of parts are bounded, and a part that has no
end is an error.
"""

import re
from collections.abc import Callable, Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from functools import lru_cache
from typing import Final

CHUNK: Final = (
    256 * 1024
)  # a buffer that stays in the processor's cache: what was read is copied out of it at once
PREAMBLE_LIMIT: Final = 64 * 1024
HEADER_LIMIT: Final = 8 * 1024
HEADER_LINES: Final = 32
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")

Read = Callable[[memoryview], int]  # fills a buffer as far as it can; 0 at the end
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
    """(headers, chunks) of each part; what of a part is not read is stepped over. Raises BadMultipart."""
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
    """One buffer, of which `_at` to `_end` was read and not yet used."""

    def __init__(self, read: Read, delimiter: bytes) -> None:
        self._read = read
        self._delimiter = delimiter
        self._buffer = bytearray(CHUNK + PREAMBLE_LIMIT + HEADER_LIMIT)
        self._view = memoryview(self._buffer)
        self._view[:2] = b"\r\n"  # the first boundary need not begin a line
        self._at, self._end = 0, 2

    def skip_preamble(self) -> None:
        self._until(self._delimiter, PREAMBLE_LIMIT, "there is no boundary")

    def another(self) -> bool:
        """Whether a part follows the boundary just read; else it was the last one."""
        while self._end - self._at < 2 and self._more():
            pass
        if self._buffer.startswith(b"--", self._at, self._end):
            return False
        padding = self._until(b"\r\n", HEADER_LIMIT, "a boundary is not a line of its own")
        if padding.strip(b" \t"):
            raise BadMultipart("a boundary is not a line of its own")
        self._at -= 2  # a part without headers begins with the empty line
        return True

    def headers(self) -> Message:
        raw = self._until(b"\r\n\r\n", HEADER_LIMIT, "the headers of a part are too long")
        if raw.count(b"\r\n") > HEADER_LINES:
            raise BadMultipart("a part has too many headers")
        return _headers(raw[2:])

    def body(self) -> Iterator[bytes]:
        delimiter = self._delimiter
        while True:
            at = self._buffer.find(delimiter, self._at, self._end)
            if at >= 0:
                last = bytes(self._view[self._at : at])
                self._at = at + len(delimiter)
                if last:
                    yield last
                return
            ready = self._end - len(delimiter) + 1
            if ready > self._at:
                piece = bytes(self._view[self._at : ready])
                self._at = ready
                yield piece
            if not self._more():
                raise BadMultipart("the body ends within a part")

    def _until(self, mark: bytes, limit: int, otherwise: str) -> bytes:
        """What stands before `mark`, which is stepped over."""
        while (at := self._buffer.find(mark, self._at, self._end)) < 0:
            if self._end - self._at > limit or not self._more():
                raise BadMultipart(otherwise)
        before = bytes(self._view[self._at : at])
        self._at = at + len(mark)
        if len(before) > limit:
            raise BadMultipart(otherwise)
        return before

    def _more(self) -> bool:
        """Read on, behind what is left, which moves to the front."""
        left = self._end - self._at
        self._view[:left] = self._view[self._at : self._end]
        self._at, self._end = 0, left
        count = self._read(self._view[left : left + CHUNK])
        self._end += count
        return count > 0


@lru_cache(maxsize=16)
def _headers(raw: bytes) -> Message:
    """The headers of a part: those of one request say mostly the same."""
    return BytesHeaderParser().parsebytes(raw + b"\r\n\r\n")
