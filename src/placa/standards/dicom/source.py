"""Random access to the bytes of one object, in memory or in a file, holding one small window at a time."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Final, Protocol

_WINDOW: Final = 128 * 1024
_SMALL_WINDOW: Final = 16 * 1024


class ByteSource(Protocol):
    """Bytes `0 … size` of one DICOM object.

    `base` is the position of byte 0 in the file that holds them (a pack file holds many objects).
    """

    size: int
    base: int

    def window(self, position: int, length: int) -> tuple[bytes, int]:
        """A buffer that holds `length` bytes of the object from `position`, and the object position of its
        byte 0.

        Shorter near the end of the object, never raises for that.
        """

    def read(self, position: int, length: int) -> bytes:
        """Up to `length` bytes from `position`."""


class MemorySource:
    """An object whose bytes are in memory already, such as one just received."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)
        self.base = 0

    def window(self, position: int, length: int) -> tuple[bytes, int]:
        """The whole object."""
        return self._data, 0

    def read(self, position: int, length: int) -> bytes:
        """Up to `length` bytes from `position`."""
        return self._data[position : position + length]


class JoinedSource:
    """An object in two pieces, a short header and the data set that came for it, which may be a view."""

    def __init__(self, head: bytes, body: bytes | memoryview) -> None:
        self._head, self._body = head, body
        self.size = len(head) + len(body)
        self.base = 0
        self._buffer = b""
        self._start = 0

    def window(self, position: int, length: int) -> tuple[bytes, int]:
        """At least `length` bytes from `position` (fewer at the end), as far as a window reaches."""
        if not (self._start <= position and position + length <= self._start + len(self._buffer)):
            self._buffer = self._copy(position, max(length, _SMALL_WINDOW))
            self._start = position
        return self._buffer, self._start

    def read(self, position: int, length: int) -> bytes:
        """Up to `length` bytes from `position`."""
        at = position - self._start
        if at >= 0 and at + length <= len(self._buffer):
            return self._buffer[at : at + length]
        return self._copy(position, length)

    def _copy(self, position: int, length: int) -> bytes:
        at = position - len(self._head)
        if at >= 0:
            return bytes(self._body[at : at + length])
        return self._head[position : position + length] + bytes(self._body[: max(0, at + length)])


class FileSource:
    """An object in a file, or in `length` bytes of a file from `offset`. Reads by pread; use as a context
    manager."""

    def __init__(self, path: str | os.PathLike[str], offset: int = 0, length: int | None = None) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        available = max(0, os.fstat(self._fd).st_size - offset)
        self.base = offset
        self.size = available if length is None else min(length, available)
        self._buffer = b""
        self._start = 0

    def window(self, position: int, length: int) -> tuple[bytes, int]:
        """At least `length` bytes from `position` (fewer at the end), read ahead by 128 KiB."""
        if not (self._start <= position and position + length <= self._start + len(self._buffer)):
            self._buffer = self.read(position, max(length, _WINDOW))
            self._start = position
        return self._buffer, self._start

    def read(self, position: int, length: int) -> bytes:
        """Up to `length` bytes from `position`, by as many preads as it takes."""
        wanted = min(length, self.size - position)
        if wanted <= 0:
            return b""
        at = position - self._start
        if at >= 0 and at + wanted <= len(self._buffer):
            return self._buffer[at : at + wanted]
        parts = []
        while wanted > 0:
            part = os.pread(self._fd, wanted, self.base + position)
            if not part:
                break
            parts.append(part)
            position += len(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the file; the source is of no use after that."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> FileSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()
