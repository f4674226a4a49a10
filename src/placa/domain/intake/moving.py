"""From one storage to another, while both are in use: copied, and summed at the far side (`placa storage move`).

What was verified is written into a list in the home, so that a move that was stopped goes on where it was. Whatever
comes meanwhile is found by moving again. Nothing is deleted unless it is asked for, and then only what was verified.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from placa.domain.archive.models import Instance
from placa.domain.archive.storage import DamagedError, Storage, Sum, opened
from placa.domain.intake.recovery import slices

NAMED = 20


@dataclass(slots=True)
class Moved:
    """What a move did. `bad` are files that are not what their row says, and were not copied."""

    copied: int = 0
    bytes: int = 0
    were_there: int = 0
    deleted: int = 0
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.copied} files copied and verified ({self.bytes / 1e6:.0f} MB), {self.were_there} were there already, "
            f"{self.deleted} deleted at the source, {len(self.bad)} not copied because they are damaged"
        ]
        return "\n".join([*lines, *(f"  {key}" for key in self.bad[:NAMED])])


def move(
    *, to: str, source: str = "", delete_source: bool = False, say: Callable[[str], None] = print
) -> Moved:
    """Copy every file of the storage at `source` (default: the one in use) to the one at the URL `to`.

    Raises ValueError where both are one, or where the one in use would be emptied; StorageError where one is away.
    """
    own = settings.ENVIRONMENT.storage_url
    source = source or own
    if source == to:
        raise ValueError("Source and destination are the same storage.")
    if delete_source and source == own:
        raise ValueError("The source is the storage in use. Change PLACA_STORAGE_URL first, then move again.")
    try:
        here, there = opened(source), opened(to)
    except ImproperlyConfigured as error:
        raise ValueError(str(error)) from error
    there.check()
    there.remove_unfinished(dt.date.min)  # what an earlier move left when it was killed
    moved = Moved()
    with _journal(source, to).open("a+") as journal:
        for day in here.days():
            _day(here, there, [*here.iterate(day)], set(there.iterate(day)), journal, moved, delete_source)
            say(f"{day}: {moved.copied} copied, {moved.were_there} were there")
    return moved


def _journal(source: str, to: str) -> Path:
    """The list of what was verified, of this move alone."""
    folder = Path(settings.ENVIRONMENT.home) / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"moved-{hashlib.sha256(f'{source} {to}'.encode()).hexdigest()[:16]}"


def _day(
    here: Storage,
    there: Storage,
    keys: list[str],
    arrived: set[str],
    journal: TextIO,
    moved: Moved,
    delete: bool,
) -> None:
    journal.seek(0)
    done = arrived & {line.rstrip() for line in journal}
    for part in slices(keys):
        known = _sums(part)
        for key in part:
            if key in done:
                moved.were_there += 1
            elif not _copy(here, there, key, known.get(key), moved):
                continue
            else:
                journal.write(f"{key}\n")
                journal.flush()
            if delete:
                here.delete(key)
                moved.deleted += 1


def _sums(keys: list[str]) -> dict[str, Sum]:
    rows = Instance.objects.filter(storage_key__in=keys).values_list("storage_key", "bytes", "crc32")
    return {key: Sum(size, crc) for key, size, crc in rows}


def _copy(here: Storage, there: Storage, key: str, known: Sum | None, moved: Moved) -> bool:
    """Copy one file and sum it at the far side; False for one that is gone meanwhile, or is not what its row says."""
    try:
        found = here.sum(key)
        if known not in (None, found):
            raise DamagedError(Instance.Damage.CRC)
        if not _is_there(there, key, found):
            there.put(key, here.path(key), here.stored_at(key))
            if there.sum(key) != found:
                there.delete(key)
                raise DamagedError(Instance.Damage.CRC)
    except FileNotFoundError:
        return False
    except DamagedError:
        moved.bad.append(key)
        return False
    moved.copied += 1
    moved.bytes += found.size
    return True


def _is_there(there: Storage, key: str, found: Sum) -> bool:
    """Whether an earlier move brought it whole, but could not write it down any more."""
    try:
        return there.sum(key) == found
    except FileNotFoundError:
        return False
