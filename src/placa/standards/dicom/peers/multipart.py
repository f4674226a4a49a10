"""multipart/related as it comes over the network (RFC 2046 5.1, PS3.18 8.6.1.2), part by part into files."""

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from placa.standards.dicom.peers.base import BAD_ANSWER, PermanentPeerError, RetriablePeerError, Take

CHUNK = 256 * 1024
HEADERS_MAX = 16 * 1024
PART_MAX = 8 * 1024**3


class Stream(Protocol):
    """Bytes that come."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""


def boundary_of(content_type: str) -> bytes:
    """The boundary of a multipart/related Content-Type. Raises PermanentPeerError."""
    main, *parameters = content_type.split(";")
    if main.strip().lower() == "multipart/related":
        for parameter in parameters:
            name, _, value = parameter.strip().partition("=")
            if name.lower() == "boundary" and 0 < len(value.strip('"')) <= 200:
                return value.strip('"').encode("latin-1")
    raise PermanentPeerError(BAD_ANSWER, "not multipart/related")


def parts(stream: Stream, boundary: bytes, take: Take, folder: Path | None = None) -> int:
    """Write each part to a file of its own, hand it to `take`, remove it; how many there were.

    Memory stays at a few chunks, whatever comes. Raises RetriablePeerError where the stream ends before its last
    boundary, PermanentPeerError for what is no multipart.
    """
    reader, count = _Reader(stream), 0
    reader.copy_until(b"--" + boundary, lambda _chunk: None)
    while True:
        after = reader.exactly(2)
        if after == b"--":
            return count
        if after != b"\r\n":
            raise PermanentPeerError(BAD_ANSWER, "a boundary without line end")
        if reader.peek(2) != b"\r\n":
            reader.line_block()
        else:
            reader.exactly(2)
        with NamedTemporaryFile(dir=folder, prefix="part-", suffix=".dcm") as file:
            reader.copy_until(b"\r\n--" + boundary, file.write)
            file.flush()
            take(Path(file.name))
        count += 1


class _Reader:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""

    def _more(self) -> None:
        chunk = self._stream.read(CHUNK)
        if not chunk:
            raise RetriablePeerError("cut-off")
        self._buffer += chunk

    def peek(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        return self._buffer[:size]

    def exactly(self, size: int) -> bytes:
        found = self.peek(size)
        self._buffer = self._buffer[size:]
        return found

    def line_block(self) -> None:
        """Drop the headers of a part."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > HEADERS_MAX:
                raise PermanentPeerError(BAD_ANSWER, "headers without end")
            self._more()
        self._buffer = self._buffer[end + 4 :]

    def copy_until(self, mark: bytes, write: Callable[[bytes], object]) -> None:
        """Write what comes before `mark`, and step over it."""
        written = 0
        while (at := self._buffer.find(mark)) < 0:
            safe = len(self._buffer) - len(mark) + 1
            if safe > 0:
                write(self._buffer[:safe])
                written += safe
                self._buffer = self._buffer[safe:]
            if written > PART_MAX:
                raise PermanentPeerError(BAD_ANSWER, "a part without end")
            self._more()
        write(self._buffer[:at])
        self._buffer = self._buffer[at + len(mark) :]
