"""What a storage can do."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol


class StorageError(Exception):
    """The storage cannot take or give bytes now (disk full, no permission, fsync failed, S3 away)."""


class DamagedError(Exception):
    """A file is there but not as it was stored, or it is gone. `what`: missing, size, crc."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Sum:
    """Size in bytes and CRC-32 of a whole file."""

    size: int
    crc32: int


class Writer(Protocol):
    """A new file that exists only once `commit` has returned; leaving the `with` block before that drops it."""

    key: str
    path: Path  # where the bytes are before `commit`, for a look at them

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append bytes; returns how many. Raises StorageError."""

    def commit(self) -> str:
        """Make the file durable (bytes, name, folder) and return its key. Raises StorageError; then nothing is kept."""

    def __enter__(self) -> "Writer": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None: ...


class Storage(Protocol):
    """Files under keys `YYYY/MM/DD/<2 hex>/<uuid><suffix>`; a stored file never changes.

    Every function raises StorageError where the storage is away, and DamagedError where it finds a file to be so.
    """

    root: Path  # every `path` lies below it

    def check(self) -> None:
        """Ask the storage whether it takes and gives files now. Raises StorageError."""

    def new(self, suffix: str = ".dcm") -> Writer:
        """A writer of a new file. Raises StorageError."""

    def store(self, chunks: Iterable[bytes], suffix: str = ".dcm") -> str:
        """Store a whole file durably; returns its key. Raises StorageError."""

    def put(self, key: str, source: Path, stored_at: dt.datetime) -> None:
        """Take a copy of a file that another storage has under `key`, durably. Raises StorageError."""

    def sum(self, key: str) -> Sum:
        """Size and CRC-32 of the stored bytes themselves, never of a cached copy. Raises FileNotFoundError."""

    def forget(self, key: str) -> None:
        """Drop a local copy of a file that lies elsewhere, if there is one: it may be what is damaged."""

    def sizes(self, keys: Sequence[str]) -> list[int | None]:
        """Bytes of each file; None for one that is not there."""

    def open(self, key: str) -> BinaryIO:
        """The file, for reading. Raises FileNotFoundError; ValueError for a key that is none of ours."""

    def path(self, key: str) -> Path:
        """A local path with the bytes of `key`, good for sendfile and for reading by offset."""

    def read(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, such as one frame. Raises FileNotFoundError."""

    def size(self, key: str) -> int:
        """Bytes of the file. Raises FileNotFoundError."""

    def exists(self, key: str) -> bool:
        """Whether the file is there."""

    def delete(self, key: str) -> None:
        """Remove the file; without effect where there is none."""

    def days(self) -> list[dt.date]:
        """Days (UTC) on which something was stored, oldest first."""

    def iterate(self, day: dt.date) -> Iterator[str]:
        """Keys of the files stored on `day`."""

    def stored_at(self, key: str) -> dt.datetime:
        """When the file was stored (UTC). Raises FileNotFoundError."""

    def remove_unfinished(self, since: dt.date) -> int:
        """Remove what writers that died left behind from `since` on (UTC); returns how many."""
