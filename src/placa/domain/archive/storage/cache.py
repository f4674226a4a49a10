"""Whole files of a far storage, kept on the local disk: bounded in bytes, the longest unused go first.

Many processes share one folder. A file appears in it whole, by a rename; whoever wants one that is not there takes a
lock of its key first, so that it is fetched once however many ask. The time of last access says what goes first (it is
set here, whatever the mount says); the time of change is that of the file's arrival in the archive.
"""

import contextlib
import datetime as dt
import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from placa.domain.archive.storage.base import StorageError
from placa.domain.archive.storage.files import PART

HELD_SECONDS = 60.0  # what was used just now is not removed: somebody may be about to open it
_KEEP = 0.9  # of the limit stays when room is made, so that it is not made at every file
_LOCKS = 1024


class FileCache:
    """Files under `root`, of at most about `limit` bytes together."""

    def __init__(self, root: Path, limit: int) -> None:
        self.root = root
        self._limit = limit
        self._added = limit  # bytes since room was last made by this process: at first nothing is known

    def find(self, key: str) -> Path | None:
        """The file, which counts as used now; None where it is not here."""
        path = self.root / key
        try:
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        except OSError:
            return None
        return path

    @contextmanager
    def spool(self) -> Iterator[IO[bytes]]:
        """A new file, to be handed to `keep`; locked while it lives, removed after. Raises StorageError."""
        path = self.root / "spool" / f"{uuid.uuid4().hex}{PART}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb", buffering=0)
        except OSError as error:
            raise StorageError(f"cannot make a file: {error.strerror}") from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield file
            finally:
                path.unlink(missing_ok=True)

    def spooled(self) -> Iterator[Path]:
        """Files that writers have begun, or left behind."""
        return (self.root / "spool").glob(f"*{PART}")

    def keep(self, key: str, file: IO[bytes], stored_at: dt.datetime) -> Path:
        """Take a spooled file in under `key`. Raises OSError."""
        path = self.root / key
        size = os.fstat(file.fileno()).st_size
        os.utime(file.name, ns=(time.time_ns(), int(stored_at.timestamp() * 1e9)))
        path.parent.mkdir(parents=True, exist_ok=True)
        os.fdatasync(file.fileno())  # else a power cut may leave the name with nothing behind it
        os.rename(file.name, path)
        self._added += size
        if self._added > self._limit * (1 - _KEEP) / 2:
            self._make_room()
        return path

    def path(self, key: str, fetch: Callable[[IO[bytes]], dt.datetime]) -> Path:
        """The file; where it is not here, `fetch` writes it and says when it was stored. What `fetch` raises goes on."""
        if found := self.find(key):
            return found
        with self._lock(key):
            if found := self.find(key):
                return found
            with self.spool() as file:
                stored_at = fetch(file)
                try:
                    return self.keep(key, file, stored_at)
                except OSError as error:
                    raise StorageError(f"cannot keep a file: {error.strerror}") from error

    def drop(self, key: str) -> None:
        """Forget a file."""
        with contextlib.suppress(FileNotFoundError):
            (self.root / key).unlink()

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        folder = self.root / "locks"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fd = os.open(folder / f"{_lock_of(key):03x}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"cannot lock: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _make_room(self) -> None:
        """Remove what was longest unused until the rest fits; one process at a time does it."""
        self._added = 0
        with contextlib.suppress(OSError), (self.root / "locks-room").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            files = sorted(self._files())
            total = sum(size for _, size, _ in files)
            held = time.time() - HELD_SECONDS
            for used, size, path in files:
                if total <= self._limit * _KEEP or used > held:
                    return
                path.unlink(missing_ok=True)
                total -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """(last use, bytes, path) of each kept file."""
        for folder, _, names in os.walk(self.root):
            if folder == str(self.root) or folder.endswith(("/spool", "/locks")):
                continue
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    stat = path.stat()
                    yield stat.st_atime, stat.st_size, path


def _lock_of(key: str) -> int:
    """Which lock a key has, the same in every process."""
    return int(key.rpartition("/")[2][:8], 16) % _LOCKS
