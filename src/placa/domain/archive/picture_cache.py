"""Drawn pictures on disk, and notes of what could not be drawn.

They lie under the storage key's own id, so that they end with the file. Previews of studies and series are small and
stay; everything else makes room when it is over its budget, what was used longest ago first. Any number of processes
may read, write and tidy at once: a file is written whole under another name and then renamed.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from placa.common import clock
from placa.standards.dicom.sandbox import RenderFailed, RenderRefused

GENERATION = "1"  # changes with what is drawn, or can be: an older program's pictures and notes count no more
PREVIEWS = "previews"
PICTURES = "rendered"
TOUCH_SECONDS = 6 * 3600  # a use is noted that often: a write a reading would cost more than the reading
# seconds until what went wrong is tried again, by the number of tries; after the last it counts as refused
PAUSES = (60, 600, 3600, 24 * 3600)
_HOUR = 3600
_ROOM = 0.9  # of the budget is left after making room


def read(storage_key: str, name: str, *, preview: bool) -> bytes | None:
    """A kept picture, or None. Only where `preview` can a preview be meant."""
    for kind in (PREVIEWS, PICTURES) if preview else (PICTURES,):
        # pictures are asked for by the hundred, and a Path costs more than the reading
        path = os.path.join(_folder_name(storage_key, kind), name)
        with contextlib.suppress(OSError), open(path, "rb") as file:
            if clock.now().timestamp() - os.fstat(file.fileno()).st_mtime > TOUCH_SECONDS:
                os.utime(file.fileno())
            return file.read()
    return None


def has(storage_key: str, name: str, kind: str = PICTURES) -> bool:
    """Whether a picture is kept."""
    return (_folder(storage_key, kind) / name).exists()


def keep(storage_key: str, name: str, content: bytes, *, kind: str = PICTURES) -> None:
    """Write whole or not at all; that a picture cannot be kept (disk full) is no reason not to show it."""
    path = _folder(storage_key, kind) / name
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, draft = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(content)
            os.replace(draft, path)
        except OSError:
            os.unlink(draft)


def forget(storage_key: str) -> None:
    """Drop the pictures and notes of a file that is removed."""
    for kind in (PREVIEWS, PICTURES):
        shutil.rmtree(_folder(storage_key, kind), ignore_errors=True)


# --- What could not be drawn


def raise_trouble(storage_key: str, what: str) -> None:
    """Raise as last time where `what` (a frame) was refused, or went wrong so lately that it is too soon to try."""
    note = _note(storage_key, what)
    if note is None:
        return
    reason, tries, at = str(note["reason"]), int(note["tries"]), float(note["at"])
    if tries == 0 or tries > len(PAUSES):
        raise RenderRefused(reason)
    if clock.now().timestamp() < at + PAUSES[tries - 1]:
        raise RenderFailed(reason)


def note_trouble(storage_key: str, what: str, error: RenderRefused) -> None:
    """Remember why `what` could not be drawn."""
    tries = 0
    if isinstance(error, RenderFailed):
        before = _note(storage_key, what)
        tries = int(before["tries"]) + 1 if before else 1
    note = {"reason": error.reason, "tries": tries, "at": clock.now().timestamp(), "of": GENERATION}
    keep(storage_key, f"{what}.trouble", json.dumps(note).encode())


def _note(storage_key: str, what: str) -> dict[str, str | int | float] | None:
    with contextlib.suppress(OSError, ValueError, KeyError):
        found: dict[str, str | int | float] = json.loads(
            (_folder(storage_key, PICTURES) / f"{what}.trouble").read_bytes()
        )
        return found if found["of"] == GENERATION else None
    return None


# --- Making room


def make_room(budget: int) -> int:
    """Remove what was used longest ago until pictures (not previews) take less than `budget` bytes; bytes removed."""
    by_hour: Counter[int] = Counter()
    for entry in _files():
        with contextlib.suppress(OSError):
            found = entry.stat()
            by_hour[int(found.st_mtime) // _HOUR] += found.st_size
    left = sum(by_hour.values())
    if left <= budget:
        return 0
    last = 0
    for last in sorted(by_hour):
        left -= by_hour[last]
        if left <= budget * _ROOM:
            break
    return _remove_until(last)


def _remove_until(hour: int) -> int:
    removed = 0
    for entry in _files():
        with contextlib.suppress(OSError):
            found = entry.stat()
            if int(found.st_mtime) // _HOUR <= hour:
                os.unlink(entry.path)
                removed += found.st_size
                os.rmdir(os.path.dirname(entry.path))  # only where it is empty now
    return removed


def _files() -> Iterator[os.DirEntry[str]]:
    for folder in _root(PICTURES).glob("[0-9a-f][0-9a-f]/*"):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            yield from entries


def _root(kind: str) -> Path:
    return Path(settings.ENVIRONMENT.home) / "cache" / kind


def _folder(storage_key: str, kind: str) -> Path:
    return Path(_folder_name(storage_key, kind))


def _folder_name(storage_key: str, kind: str) -> str:
    name = storage_key.rpartition("/")[2].partition(".")[0]
    return f"{settings.ENVIRONMENT.home}/cache/{kind}/{name[:2]}/{name}"
