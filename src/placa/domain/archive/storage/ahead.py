"""Files whose names are durable before their bytes come, so that an object costs one fdatasync and no more.

A batch of empty `.ahead` files is made and its folder synced once. An object is written into one of them, `fdatasync`ed and
renamed. The rename need not survive a power cut: a complete `.ahead` file says so itself (`is_whole`), and `finish` gives
it its name at the next start. Decision 0002 has the figures.
"""

import contextlib
import datetime as dt
import fcntl
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from placa.common import clock
from placa.domain.archive.storage.base import Storage, StorageError, Writer
from placa.domain.archive.storage.local import FileWriter, LocalStorage, sync_folder

SUFFIX = ".ahead"
BATCH_MAX = 64  # open files of one association


class Source(Protocol):
    """Where one process takes its new files from."""

    def new(self) -> Writer:
        """A writer of a new file. Raises StorageError."""

    def refill(self) -> None:
        """Make names for what comes next, if few are left: called where nobody waits. Never raises."""

    def close(self) -> None:
        """Remove what was made and not used."""


def source(store: Storage, most: int = BATCH_MAX) -> Source:
    """Names made ahead, at most `most` at a time, where the storage is a local disk; plain writers elsewhere."""
    return Ahead(store, most) if isinstance(store, LocalStorage) else _Plain(store)


class _Plain:
    def __init__(self, store: Storage) -> None:
        self._store = store

    def new(self) -> Writer:
        return self._store.new()

    def refill(self) -> None:
        """Nothing to make."""

    def close(self) -> None:
        """Nothing was made."""


class Ahead:
    """Empty files with durable names, of one process and one day (UTC)."""

    def __init__(self, store: LocalStorage, most: int) -> None:
        self._store, self._most = store, most
        self._ready: list[AheadWriter] = []
        self._day = ""
        self._batch = 2  # a lone object should not wait for names that nobody uses

    def new(self) -> "AheadWriter":
        """A writer of a new file of today (UTC)."""
        if _today() != self._day:
            self.close()
        if not self._ready:
            self._make()
        return self._ready.pop()

    def refill(self) -> None:
        """Make names for what comes next, if none is left."""
        if not self._ready and self._batch > 2:
            with contextlib.suppress(StorageError):  # whoever needs one tries again, and tells
                self._make()

    def _make(self) -> None:
        self._day = _today()
        prefix = uuid.uuid4().hex[:2]
        try:
            folder = self._store.durable_folder(f"{self._day}/{prefix}")
            self._fill(folder, f"{self._day}/{prefix}/{prefix}")
            sync_folder(folder)
        except OSError as error:
            self.close()
            raise StorageError(f"cannot make files: {error.strerror}") from error

    def _fill(self, folder: Path, beginning: str) -> None:
        """A batch; where disk or process have no room for it, half of what they have. Raises OSError for none at all."""
        try:
            while len(self._ready) < self._batch:
                writer = AheadWriter(folder, f"{beginning}{uuid.uuid4().hex[2:]}.dcm")
                if writer.is_there():
                    self._ready.append(writer)
            self._batch = min(self._most, self._batch * 4)
        except OSError:
            self._batch = 2
            if not self._ready:
                raise
            for _ in range(len(self._ready) // 2):  # others need inodes and descriptors too
                self._ready.pop().drop()

    def close(self) -> None:
        """Remove what was made and not used."""
        for writer in self._ready:
            writer.drop()
        self._ready.clear()


class AheadWriter(FileWriter):
    """Writes into a file whose name is durable. It is locked meanwhile: whoever tidies up knows that it lives."""

    def __init__(self, folder: Path, key: str) -> None:
        self.key = key
        self._final = folder / key.rpartition("/")[2]
        self.path = self._final.with_name(self._final.name + SUFFIX)
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def is_there(self) -> bool:
        """False where somebody who tidied up took it for a dead writer's, before the lock was set."""
        return os.fstat(self._fd).st_nlink == 1

    def _keep_name(self) -> None:
        """It is durable since the batch was made; the rename may be lost, and `finish` finds the file."""


def finish(store: Storage, since: dt.date, is_whole: Callable[[Path], bool]) -> int:
    """Give whole files of dead writers their names, from `since` on (UTC), and remove the others; returns how many got one.

    A file that somebody holds locked is being written: it is left alone.
    """
    if not isinstance(store, LocalStorage):
        return 0
    finished = 0
    for day in store.days():
        if day < since:
            continue
        for path in (store.root / f"{day:%Y/%m/%d}").glob(f"[0-9a-f][0-9a-f]/*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                finished += _finish(path, is_whole)
    return finished


def _finish(path: Path, is_whole: Callable[[Path], bool]) -> bool:
    """One file that nobody writes. Raises FileNotFoundError where its writer renamed it just now."""
    if path.stat().st_size == 0 or not is_whole(path):
        path.unlink()
        return False
    os.rename(path, path.with_name(path.name.removesuffix(SUFFIX)))
    sync_folder(path.parent)
    return True


def _today() -> str:
    return f"{clock.now().astimezone(dt.UTC):%Y/%m/%d}"
