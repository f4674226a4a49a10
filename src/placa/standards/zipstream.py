"""A ZIP of entries whose sizes and CRCs are known beforehand, written as a stream (APPNOTE.TXT 6.3.10).

Nothing is compressed here (an entry may come deflated), so the length of the whole is known before the first byte,
any range of it can be made without the rest, and files go from disk to the network as they are. Names are UTF-8
(general purpose bit 11); ZIP64 records (4.3.14, 4.5.3) appear only where a number does not fit, as most readers expect.
"""

from __future__ import annotations

import hashlib
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from struct import pack
from typing import BinaryIO, Final

from isal import isal_zlib

CHUNK: Final = 1024 * 1024
WHOLE: Final = 4 * CHUNK  # a file up to that is read and summed before its first byte goes out
_SMALL, _GATHERED = 64 * 1024, 256 * 1024
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_UTF8: Final = 0x0800
_ZIP64_ID: Final = 0x0001
_PLAIN_VERSION, _ZIP64_VERSION = 20, 45
_MADE_ON_UNIX: Final = 3 << 8
_STORED, _DEFLATED = 0, 8
_REGULAR_FILE: Final = 0o100644 << 16
_NO_NAME: Final = re.compile(r"[\\\0]|(?:^|/)\.{0,2}(?:/|$)")


class BadSource(OSError):
    """The file of an entry is not what was announced: the stream must be cut, never padded. `entry` is its name."""

    def __init__(self, entry: str) -> None:
        super().__init__("a file of the archive is not what was announced")
        self.entry = entry


@dataclass(frozen=True, slots=True)
class FileSpan:
    """Bytes of an entry that lie in a file, from `offset` on."""

    path: Path
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive: `size` in bytes, `crc32` as ZIP has it, and where the bytes are.

    A function that opens them is called when their turn comes, and what it opened is closed. With `deflated` (bytes)
    the content is already deflated (RFC 1951); `size` and `crc32` are of what it was.
    """

    name: str
    size: int
    crc32: int
    content: bytes | FileSpan | Callable[[], BinaryIO]
    deflated: int | None = None

    @property
    def length(self) -> int:
        """Bytes that the entry takes in the archive, without its headers."""
        return self.size if self.deflated is None else self.deflated

    @property
    def is_large(self) -> bool:
        """Whether it needs ZIP64 sizes."""
        return max(self.size, self.length) >= _MAX32

    @property
    def method(self) -> int:
        """Compression method (4.4.5)."""
        return _STORED if self.deflated is None else _DEFLATED


def of_bytes(name: str, content: bytes) -> Entry:
    """An entry whose bytes are at hand."""
    return Entry(name, len(content), isal_zlib.crc32(content), content)


class StoredZip:
    """A ZIP of `entries`, in their order; every one carries `modified` (local time, from 1980 on).

    `size` is its exact length in bytes, `digest` a hash that is equal only for equal bytes. Raises ValueError for a
    name that would leave the folder into which it is unpacked, or that comes twice.
    """

    def __init__(self, entries: Iterable[Entry], modified: datetime) -> None:
        self.entries: Sequence[Entry] = tuple(entries)
        _check_names([entry.name for entry in self.entries])
        self._time, self._date = _dos(modified)
        self._starts: list[int] = []  # of the local headers
        position = directory = 0
        for entry in self.entries:
            self._starts.append(position)
            local, central = _header_sizes(entry, position)
            position += local + entry.length
            directory += central
        self._directory_at, self._directory_size = position, directory
        self.size = position + directory + len(self._end())

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over everything that decides the bytes."""
        lines = "".join(
            [f"{entry.name}\0{entry.size}\0{entry.length}\0{entry.crc32}\0" for entry in self.entries]
        )
        return hashlib.sha256(pack("<HH", self._time, self._date) + lines.encode()).hexdigest()

    def stream(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Bytes `start` to before `stop` (default: to the end), in chunks of at most a MiB.

        Raises BadSource where a file is not there, shorter than announced, or of another CRC-32. Of a wrong file up to
        `WHOLE` nothing is sent, of a larger one never the end.
        """
        return _gathered(self._pieces(start, self.size if stop is None else min(stop, self.size)))

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        if start >= end:
            return
        with _OneFile() as file:
            first = max(0, bisect_right(self._starts, start) - 1)
            for index in range(first, len(self.entries)):
                if self._starts[index] >= end:
                    return
                yield from self._entry(index, start, end, file)
        yield from self._tail(start, end)

    def _entry(self, index: int, start: int, end: int, file: _OneFile) -> Iterator[bytes]:
        entry, position = self.entries[index], self._starts[index]
        header = self._local(entry)
        yield from _cut(header, position, start, end)
        position += len(header)
        low, high = max(start, position), min(end, position + entry.length)
        if low >= high:
            return
        if isinstance(entry.content, bytes):
            yield from _cut(entry.content, position, start, end)
        else:
            yield from self._from_file(entry, position, start, end, file)

    @staticmethod
    def _from_file(entry: Entry, position: int, start: int, end: int, file: _OneFile) -> Iterator[bytes]:
        """The part in [start, end) of an entry's file, whose bytes begin at `position`: read from its beginning and
        summed, so that a download that goes on in the middle is as sure as any."""
        crc = size = 0
        held: list[bytes] = []
        for chunk in file.read(entry):
            crc, size = isal_zlib.crc32(chunk, crc), size + len(chunk)
            held.append(chunk)
            if size == entry.length and crc != entry.crc32 and entry.deflated is None:
                raise BadSource(entry.name)
            if entry.length > WHOLE or size == entry.length:
                at = position + size - sum(map(len, held))
                for one in held:
                    yield from _cut(one, at, start, end)
                    at += len(one)
                held.clear()
                if at >= end:
                    return

    def _tail(self, start: int, end: int) -> Iterator[bytes]:
        """The central directory, gathered into chunks, and its end."""
        position, gathered = self._directory_at, bytearray()
        for index in range(len(self.entries)):
            record = self._central(index)
            for part in _cut(record, position, start, end):
                gathered += part
            position += len(record)
            if len(gathered) >= CHUNK:
                yield bytes(gathered)
                gathered.clear()
        for part in _cut(self._end(), position, start, end):
            gathered += part
        if gathered:
            yield bytes(gathered)

    def _local(self, entry: Entry) -> bytes:
        """Local file header (4.3.7)."""
        name, large = entry.name.encode(), entry.is_large
        extra = pack("<HHQQ", _ZIP64_ID, 16, entry.size, entry.length) if large else b""
        size, length = (_MAX32, _MAX32) if large else (entry.size, entry.length)
        version = _ZIP64_VERSION if large else _PLAIN_VERSION
        return (
            pack("<4s5H3I2H", b"PK\3\4", version, _UTF8, entry.method, self._time, self._date, entry.crc32,
                 length, size, len(name), len(extra))
            + name + extra
        )  # fmt: skip

    def _central(self, index: int) -> bytes:
        """Central directory header (4.3.12)."""
        entry, offset = self.entries[index], self._starts[index]
        name, large, far = entry.name.encode(), entry.is_large, offset >= _MAX32
        wide = pack("<QQ", entry.size, entry.length) if large else b""
        wide += pack("<Q", offset) if far else b""
        extra = pack("<HH", _ZIP64_ID, len(wide)) + wide if wide else b""
        size, length = (_MAX32, _MAX32) if large else (entry.size, entry.length)
        version = _ZIP64_VERSION if wide else _PLAIN_VERSION
        return (
            pack("<4s6H3I5H2I", b"PK\1\2", _MADE_ON_UNIX | version, version, _UTF8, entry.method, self._time,
                 self._date, entry.crc32, length, size, len(name), len(extra), 0, 0, 0, _REGULAR_FILE, min(offset, _MAX32))
            + name + extra
        )  # fmt: skip

    def _end(self) -> bytes:
        """End of central directory (4.3.16), after its ZIP64 record and locator where a number is too large."""
        count, size, at = len(self.entries), self._directory_size, self._directory_at
        record = b""
        if count >= _MAX16 or size >= _MAX32 or at >= _MAX32:
            version = _ZIP64_VERSION
            record = pack("<4sQ2H2I4Q", b"PK\6\6", 44, _MADE_ON_UNIX | version, version, 0, 0, count, count,
                          size, at)  # fmt: skip
            record += pack("<4sIQI", b"PK\6\7", 0, at + size, 1)
        entries = min(count, _MAX16)
        return record + pack(
            "<4s4H2IH", b"PK\5\6", 0, 0, entries, entries, min(size, _MAX32), min(at, _MAX32), 0
        )


def _header_sizes(entry: Entry, offset: int) -> tuple[int, int]:
    """Bytes of the local and of the central header of an entry at `offset`."""
    name = len(entry.name) if entry.name.isascii() else len(entry.name.encode())
    large, far = entry.is_large, offset >= _MAX32
    wide = 16 * large + 8 * far
    return 30 + name + 20 * large, 46 + name + (4 + wide if wide else 0)


class _OneFile:
    """Keeps the file that was read last open: pictures of a study lie one after another in one."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an entry that lie in a file, in chunks. Raises BadSource."""
        try:
            file, offset = self._opened(entry.content)
            rest = entry.length
            while rest > 0:
                part = os.pread(file.fileno(), min(CHUNK, rest), offset)
                if not part:
                    raise BadSource(entry.name)
                rest, offset = rest - len(part), offset + len(part)
                yield part
        except BadSource:
            raise
        except OSError as error:
            raise BadSource(entry.name) from error

    def _opened(self, content: object) -> tuple[BinaryIO, int]:
        if not isinstance(content, FileSpan):
            assert callable(content)
            self.close()
            self._file = content()
            return self._file, 0
        if self._file is None or self._path != content.path:
            self.close()
            self._file, self._path = content.path.open("rb", buffering=0), content.path
        return self._file, content.offset

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = self._path = None

    def __enter__(self) -> _OneFile:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces together, large ones as they are: a system call for each header costs more than its bytes."""
    small: list[bytes] = []
    size = 0
    for piece in pieces:
        is_small = len(piece) < _SMALL
        if is_small:
            small.append(piece)
            size += len(piece)
        if small and (size >= _GATHERED or not is_small):
            yield b"".join(small)
            small, size = [], 0
        if not is_small:
            yield piece
    if small:
        yield b"".join(small)


def _cut(data: bytes, position: int, start: int, end: int) -> Iterator[bytes]:
    """What of `data`, which begins at `position`, lies in [start, end), in chunks."""
    low, high = max(start - position, 0), min(end - position, len(data))
    for at in range(low, high, CHUNK):
        yield data[at : min(at + CHUNK, high)]


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if _NO_NAME.search(name):
            raise ValueError("not a name for an archive")
    if len(set(names)) < len(names):
        raise ValueError("a name comes twice")


def _dos(at: datetime) -> tuple[int, int]:
    """MS-DOS time and date (4.4.6): two-second steps, years 1980 to 2107."""
    year = min(max(at.year, 1980), 2107) - 1980
    return at.hour << 11 | at.minute << 5 | at.second // 2, year << 9 | at.month << 5 | at.day
