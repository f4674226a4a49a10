"""Files that were acknowledged but have no row (the process died in between): found and indexed at start."""

import datetime as dt
import itertools
import logging
from collections.abc import Iterable, Iterator

from placa.common import clock
from placa.domain.archive.models import Instance
from placa.domain.archive.records import Received
from placa.domain.archive.storage import ahead, storage
from placa.domain.intake import pipeline, services
from placa.domain.intake.models import InboxItem, IndexMark
from placa.domain.intake.seal import is_whole
from placa.domain.intake.senders import sender_of

log = logging.getLogger(__name__)

_SLICE = 500
SETTLED = dt.timedelta(
    minutes=5
)  # younger files that came otherwise than by a listener are left to the sweep


def recover(*, settled: dt.timedelta = dt.timedelta(0), everywhere: bool = False) -> int:
    """Remove unfinished files and index complete ones without rows; returns how many were indexed.

    With `settled` only files that were stored so long ago: beside processes that are at work.

    The search begins at the mark that the last complete one left; a restored database brings its older mark along.
    `everywhere` leaves out no day: for what was stored while the clock was wrong by days.
    """
    # a day back: a writer may have begun before midnight and ended after
    yesterday = clock.now().astimezone(dt.UTC).date() - dt.timedelta(days=1)
    mark = IndexMark.objects.first()
    since = dt.date.min
    if mark and not everywhere:
        since = min(mark.day, yesterday)  # a clock that ran ahead left a mark ahead
    storage().remove_unfinished(since)
    ahead.finish(storage(), since, is_whole)
    done = 0
    before = clock.now() - settled if settled else None
    for keys in slices(stored(since)):
        done += index_missing(keys, before=before)
    IndexMark.objects.update_or_create(pk=1, defaults={"day": yesterday})
    if done:
        log.info("%d files without rows were indexed", done)
    return done


def stored(since: dt.date) -> Iterator[str]:
    """Keys of all objects stored from `since` on."""
    for day in storage().days():
        if day >= since:
            yield from (key for key in storage().iterate(day) if key.endswith(".dcm"))


def slices(keys: Iterable[str]) -> Iterator[list[str]]:
    """`keys` in lists of some hundred."""
    iterator = iter(keys)
    while part := list(itertools.islice(iterator, _SLICE)):
        yield part


def index_missing(keys: list[str], *, before: dt.datetime | None = None) -> int:
    """Index those of these files that have no row, and were stored `before`; returns how many there were."""
    missing = [key for key in _without_rows(keys) if before is None or _is_older(key, before)]
    for key in missing:
        storage().forget(key)  # a copy that a power cut left behind would be taken for the object
    found = [Received(key, sender_of(key)) for key in missing]
    # what no listener took may be on its way to its rows in another process, which knows more of its sender
    settled = clock.now() - SETTLED
    ready = [one for one in found if one.sender.ae_title or _is_older(one.key, settled)]
    services.prepare(pipeline.new_studies(pipeline.process(ready)))
    return len(ready)


def _is_older(key: str, moment: dt.datetime) -> bool:
    try:
        return storage().stored_at(key) < moment
    except FileNotFoundError:
        return False  # a duplicate that was removed meanwhile


def _without_rows(keys: list[str]) -> list[str]:
    known = set(Instance.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= set(InboxItem.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    return [key for key in keys if key not in known]
