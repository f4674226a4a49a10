"""Files in dated folders of a local disk."""

import contextlib
import datetime as dt
import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from placa.domain.archive.storage.base import StorageError, Sum
from placa.domain.archive.storage.files import (
    PART,
    chunks,
    is_key,
    must_be_key,
    new_key,
    pread,
    remove_dead,
    sum_of,
)


def sync_folder(folder: Path) -> None:
    """fsync a folder, so that the names in it survive a power cut. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class FileWriter(ABC):
    """An open file under another name than its last: what every writer on a local disk does alike."""

    key: str
    path: Path
    _final: Path
    _fd: int = -1

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append bytes; returns how many. Raises StorageError."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            raise StorageError(f"cannot write: {error.strerror}") from error
        return memoryview(data).nbytes

    def commit(self) -> str:
        """fdatasync, then the final name, and what makes the name durable. Returns the key. Raises StorageError; then
        nothing is kept."""
        try:
            os.fdatasync(self._fd)
            os.rename(self.path, self._final)
            self._keep_name()
        except OSError as error:
            raise StorageError(f"cannot make it durable: {error.strerror}") from error
        os.close(self._fd)
        self._fd = -1
        return self.key

    @abstractmethod
    def _keep_name(self) -> None:
        """Make the final name survive a power cut, where it does not yet. Raises OSError."""

    def drop(self) -> None:
        """Remove the file, unless it was committed."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.drop()


class LocalWriter(FileWriter):
    """Writes under a `.part` name in the final folder.

    The file is locked while it is written, so that `remove_unfinished` knows a dead writer's from a living one's.
    """

    def __init__(self, root: Path, key: str, folders: "_Folders") -> None:
        self.key = key
        self._final = root / key
        self.path = self._final.with_name(self._final.name + PART)
        self._fd = -1
        try:
            folders.make_durable(self._final.parent)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except OSError as error:
            self.drop()
            raise StorageError(f"cannot make a file: {error.strerror}") from error

    def _keep_name(self) -> None:
        try:
            sync_folder(self._final.parent)
        except OSError:
            # the name may not survive a power cut, so the sender must not be told that it will
            self._final.unlink(missing_ok=True)
            raise


class _Folders:
    """Makes folders whose names survive a power cut; remembers those that do."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._durable: set[Path] = set()

    def make_durable(self, folder: Path) -> None:
        """Make `folder` and its parents up to the root, each synced into the one above it, once a process."""
        if folder in self._durable and folder.is_dir():
            return
        if folder == self._root:
            folder.mkdir(parents=True, exist_ok=True)
        else:
            self.make_durable(folder.parent)
            folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
        if len(self._durable) > 4096:
            self._durable.clear()
        self._durable.add(folder)


class LocalStorage:
    """A `Storage` on a local disk, below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders = _Folders(root)

    def new(self, suffix: str = ".dcm") -> LocalWriter:
        """A writer of a new file of today (UTC)."""
        return LocalWriter(self.root, new_key(suffix), self._folders)

    def durable_folder(self, name: str) -> Path:
        """The folder `name` below the root, made so that it survives a power cut. Raises OSError."""
        self._folders.make_durable(self.root / name)
        return self.root / name

    def store(self, chunks: Iterable[bytes], suffix: str = ".dcm") -> str:
        """Store a whole file durably; returns its key."""
        with self.new(suffix) as writer:
            for chunk in chunks:
                writer.write(chunk)
            return writer.commit()

    def forget(self, key: str) -> None:
        """There is no copy but the file itself."""

    def put(self, key: str, source: Path, stored_at: dt.datetime) -> None:
        """Take a copy of a file that another storage has under `key`, durably, with the time of its arrival."""
        with LocalWriter(self.root, must_be_key(key), self._folders) as writer, source.open("rb") as file:
            for chunk in chunks(file):
                writer.write(chunk)
            os.utime(writer.path, (stored_at.timestamp(), stored_at.timestamp()))
            writer.commit()

    def check(self) -> None:
        """A file can be made, made durable, and dropped."""
        with self.new() as writer:
            writer.write(b"ready?")

    def path(self, key: str) -> Path:
        """Where the file of `key` lies. Raises ValueError for a key that is none of ours."""
        return self.root / must_be_key(key)

    def open(self, key: str) -> BinaryIO:
        """The file, for reading."""
        return self.path(key).open("rb")

    def read(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer where the file ends."""
        with self.open(key) as file:
            return pread(file, offset, length)

    def sum(self, key: str) -> Sum:
        """Size and CRC-32 of the stored bytes."""
        with self.open(key) as file:
            return sum_of(chunks(file))

    def size(self, key: str) -> int:
        """Bytes of the file."""
        return self.path(key).stat().st_size

    def sizes(self, keys: Sequence[str]) -> list[int | None]:
        """Bytes of each file; None for one that is not there."""
        found: list[int | None] = []
        for key in keys:
            try:
                found.append(os.stat(self.path(key)).st_size)
            except (FileNotFoundError, NotADirectoryError):
                found.append(None)
        return found

    def exists(self, key: str) -> bool:
        """Whether the file is there."""
        return self.path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove the file; without effect where there is none."""
        self.path(key).unlink(missing_ok=True)

    def days(self) -> list[dt.date]:
        """Days (UTC) on which something was stored, oldest first."""
        found = []
        for folder in self.root.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]"):
            with contextlib.suppress(ValueError):
                found.append(dt.date(*(int(part) for part in folder.relative_to(self.root).parts)))
        return sorted(found)

    def iterate(self, day: dt.date) -> Iterator[str]:
        """Keys of the files stored on `day`."""
        for path in sorted((self.root / f"{day:%Y/%m/%d}").glob("[0-9a-f][0-9a-f]/*")):
            key = path.relative_to(self.root).as_posix()
            if is_key(key):
                yield key

    def stored_at(self, key: str) -> dt.datetime:
        """When the file was stored (UTC)."""
        return dt.datetime.fromtimestamp(self.path(key).stat().st_mtime, dt.UTC)

    def remove_unfinished(self, since: dt.date) -> int:
        """Remove `.part` files from `since` on whose writer is dead: those that nobody holds locked."""
        days = [day for day in self.days() if day >= since]
        return sum(
            remove_dead((self.root / f"{day:%Y/%m/%d}").glob(f"[0-9a-f][0-9a-f]/*{PART}")) for day in days
        )
