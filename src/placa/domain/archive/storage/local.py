"""Files in dated folders of a local disk."""

import contextlib
import datetime as dt
import fcntl
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from placa.common import clock
from placa.domain.archive.storage.base import StorageError

_PART = ".part"
_KEY = re.compile(r"\d{4}/\d{2}/\d{2}/[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{1,5}")


def sync_folder(folder: Path) -> None:
    """fsync a folder, so that the names in it survive a power cut. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class LocalWriter:
    """Writes under a `.part` name in the final folder.

    The file is locked while it is written, so that `remove_unfinished` knows a dead writer's from a living one's.
    """

    def __init__(self, root: Path, key: str, folders: "_Folders") -> None:
        self.key = key
        self._final = root / key
        self.path = self._final.with_name(self._final.name + _PART)
        self._fd = -1
        try:
            folders.make_durable(self._final.parent)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except OSError as error:
            self._drop()
            raise StorageError(f"cannot make a file: {error.strerror}") from error

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
        """fdatasync, rename, fsync of the folder: in that order, or nothing. Returns the key."""
        try:
            os.fdatasync(self._fd)
            os.rename(self.path, self._final)
            try:
                sync_folder(self._final.parent)
            except OSError:
                # the name may not survive a power cut, so the sender must not be told that it will
                self._final.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StorageError(f"cannot make it durable: {error.strerror}") from error
        os.close(self._fd)
        self._fd = -1
        return self.key

    def _drop(self) -> None:
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> "LocalWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._drop()


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
        name = uuid.uuid4().hex
        key = f"{clock.now().astimezone(dt.UTC):%Y/%m/%d}/{name[:2]}/{name}{suffix}"
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a suffix: {suffix!r}")
        return LocalWriter(self.root, key, self._folders)

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

    def path(self, key: str) -> Path:
        """Where the file of `key` lies. Raises ValueError for a key that is none of ours."""
        if not _KEY.fullmatch(key):
            raise ValueError("not a storage key")
        return self.root / key

    def open(self, key: str) -> BinaryIO:
        """The file, for reading."""
        return self.path(key).open("rb")

    def read(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer where the file ends."""
        fd = os.open(self.path(key), os.O_RDONLY | os.O_CLOEXEC)
        try:
            parts = []
            while length > 0 and (part := os.pread(fd, length, offset)):
                parts.append(part)
                offset += len(part)
                length -= len(part)
            return b"".join(parts)
        finally:
            os.close(fd)

    def size(self, key: str) -> int:
        """Bytes of the file."""
        return self.path(key).stat().st_size

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
            if _KEY.fullmatch(key):
                yield key

    def stored_at(self, key: str) -> dt.datetime:
        """When the file was stored (UTC)."""
        return dt.datetime.fromtimestamp(self.path(key).stat().st_mtime, dt.UTC)

    def remove_unfinished(self, since: dt.date) -> int:
        """Remove `.part` files from `since` on whose writer is dead: those that nobody holds locked."""
        removed = 0
        for day in self.days():
            if day < since:
                continue
            for path in (self.root / f"{day:%Y/%m/%d}").glob(f"[0-9a-f][0-9a-f]/*{_PART}"):
                with contextlib.suppress(OSError), path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    removed += 1
        return removed
