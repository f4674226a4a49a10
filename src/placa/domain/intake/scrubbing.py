"""Every stored file is looked at again and again: whole, or noted as damaged and told to staff (`placa scrub`).

Each night a part of them, so that all are seen within `scrub_days`; by hand all, or those since a day. Files without
rows are indexed, PDFs of reports are compared with their digest.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet

from placa.common import clock
from placa.domain.archive import integrity
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import DamagedError, storage
from placa.domain.institution import selectors as institution
from placa.domain.intake.models import InboxItem, ScrubMark
from placa.domain.intake.recovery import index_missing, slices, stored
from placa.domain.reports import selectors as reports

log = logging.getLogger(__name__)
NIGHT = range(1, 5)  # hours of the institution's clock in which a part is looked at
SETTLED = dt.timedelta(hours=1)  # a younger file may be about to get its row from the listener
NAMED = 20
_PAGE = 500


@dataclass(slots=True)
class Result:
    """What a check found. `wrong` counts by kind: missing, size, crc, unreadable; `pdf` and `inbox` are files of these."""

    checked: int = 0
    bytes: int = 0
    indexed: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    keys: list[str] = field(default_factory=list)

    def add(self, key: str, what: str) -> None:
        """Count one wrong file, and name the first."""
        self.wrong[what] += 1
        if len(self.keys) < NAMED:
            self.keys.append(f"{what}: {key}")

    def __str__(self) -> str:
        lines = [
            f"{self.checked} files checked ({self.bytes / 1e6:.0f} MB), {self.wrong.total()} damaged or missing, "
            f"{self.indexed} without a row were indexed",
            *(f"  {line}" for line in self.keys),
        ]
        more = self.wrong.total() - len(self.keys)
        return "\n".join([*lines, f"  and {more} more"] if more else lines)


def scrub(*, since: dt.date | None = None, limit: int | None = None) -> Result:
    """Look at every stored file now: those that came on or after `since`, at most `limit` objects.

    Raises StorageError where the storage is away.
    """
    storage().check()
    result = Result()
    instances = _online()
    if since is not None:
        instances = instances.filter(received_at__gte=dt.datetime.combine(since, dt.time(), dt.UTC))
    for part in _pages(instances, limit):
        _examine(part, result)
    _pdfs(since, result)
    _inbox(result)
    _without_rows(since or dt.date.min, result)
    return result


def scrub_tonight() -> Result:
    """Look at the next part of the objects, from where the last one ended; a quarter of a night's share an hour."""
    storage().check()
    result, days = Result(), institution.setting("scrub_days")
    mark = ScrubMark.objects.first() or ScrubMark.objects.create(pk=1, began_at=clock.now())
    share = -(-_online().count() // (days * len(NIGHT)))
    part = list(_online().filter(pk__gt=mark.position).values_list("pk", flat=True)[: max(share, 1)])
    for keys in slices_of_ids(part):
        _examine(_online().filter(pk__in=keys), result)
        ScrubMark.objects.filter(pk=mark.pk).update(position=keys[-1])
    if len(part) < max(share, 1):
        now = clock.now()
        ScrubMark.objects.filter(pk=mark.pk).update(position=0, began_at=now, finished_at=now)
    if result.wrong:
        log.error("%d stored files are damaged or missing", result.wrong.total())
    return result


def is_night() -> bool:
    """Whether it is the hour for it at the institution."""
    return clock.now().astimezone(institution.zone()).hour in NIGHT


def slices_of_ids(ids: list[int]) -> Iterable[list[int]]:
    """`ids` in lists of a hundred: so much is looked at again at most when a worker dies."""
    return (ids[at : at + 100] for at in range(0, len(ids), 100))


def _online() -> "QuerySet[Instance]":
    """Objects whose files must be here: an evicted study's are elsewhere."""
    return Instance.objects.filter(study__availability=Study.Availability.ONLINE, evicted=False).order_by(
        "pk"
    )


def _pages(instances: "QuerySet[Instance]", limit: int | None) -> Iterator[list[Instance]]:
    """Rows some hundred at a time, no query open while they are looked at."""
    left, position = limit, 0
    while left is None or left > 0:
        page = list(instances.filter(pk__gt=position)[: _PAGE if left is None else min(_PAGE, left)])
        if not page:
            return
        yield page
        position = page[-1].pk
        left = None if left is None else left - len(page)


def _examine(instances: Iterable[Instance], result: Result) -> None:
    for instance in instances:
        result.checked += 1
        result.bytes += instance.bytes
        if what := integrity.examine(instance):
            result.add(instance.storage_key, what)


def _pdfs(since: dt.date | None, result: Result) -> None:
    for version in reports.versions_with_pdf(since):
        result.checked += 1
        try:
            reports.pdf_of(version)
        except DamagedError:
            result.add(version.storage_key, "pdf")


def _inbox(result: Result) -> None:
    """Files that wait for staff have no sum to compare, but they must be there."""
    for keys in slices(InboxItem.objects.exclude(storage_key="").values_list("storage_key", flat=True)):
        for key, size in zip(keys, storage().sizes(keys), strict=True):
            result.checked += 1
            if size is None:
                result.add(key, "inbox")


def _without_rows(since: dt.date, result: Result) -> None:
    before = clock.now() - SETTLED
    for keys in slices(stored(since)):
        result.indexed += index_missing(keys, before=before)
