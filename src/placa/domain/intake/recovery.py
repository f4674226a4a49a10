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


def recover() -> int:
    """Remove unfinished files and index complete ones without rows; returns how many were indexed.

    The search begins at the mark that the last complete one left; a restored database brings its older mark along.
    """
    today = clock.now().astimezone(dt.UTC).date()
    mark = IndexMark.objects.first()
    since = mark.day if mark else dt.date.min
    storage().remove_unfinished(since)
    ahead.finish(storage(), since, is_whole)
    done = 0
    for keys in _slices(_stored(since)):
        missing = _without_rows(keys)
        indexed = pipeline.process(Received(key, sender_of(key)) for key in missing)
        services.prepare(pipeline.new_studies(indexed))
        done += len(missing)
    # a day back: a writer may have begun before midnight and ended after
    IndexMark.objects.update_or_create(pk=1, defaults={"day": today - dt.timedelta(days=1)})
    if done:
        log.info("%d files without rows were indexed", done)
    return done


def _stored(since: dt.date) -> Iterator[str]:
    for day in storage().days():
        if day >= since:
            yield from (key for key in storage().iterate(day) if key.endswith(".dcm"))


def _slices(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while part := list(itertools.islice(iterator, _SLICE)):
        yield part


def _without_rows(keys: list[str]) -> list[str]:
    known = set(Instance.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= set(InboxItem.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    return [key for key in keys if key not in known]
