"""Narrowing and paging of the studies that a viewer may see: only ever less than the rules gave."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Exists, OuterRef, Q, QuerySet

from placa.common.paging import joined
from placa.common.text import fold
from placa.common.words import anywhere, few
from placa.domain.access.selectors import Listed
from placa.domain.archive.models import Study
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExamType
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import PatientIdentifier
from placa.domain.reports.models import ReadReceipt

Status = Literal["", "ready", "pending", "unread", "urgent"]
PAGE = 40
WORDS = 8  # of a search that count


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person narrowed a list to. Days are in the institution's zone, both included."""

    text: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    kind: str = ""  # kind of exam: radiology, laboratory, ecg …
    modality: str = ""
    status: Status = ""
    patient_public_id: str = ""
    people: bool = False  # `text` is looked for in names and identifiers of patients too
    practitioner: int = 0  # whose unread ones
    everywhere: bool = False  # staff: the whole archive is searched, so by the index of words

    @property
    def active(self) -> bool:
        """Whether anything is narrowed at all."""
        return bool(self.text or self.since or self.until or self.kind or self.modality or self.status)


# the copy leads, by an index of the few; the order decides
URGENT = Q(ordered_urgent=True, order__urgent=True)


def narrowed(studies: Listed, filters: Filters) -> Listed:
    """`studies` with every filter applied."""
    asked = fold(filters.text).split()[:WORDS]
    if filters.everywhere and asked:
        studies = studies.filter(anywhere(Study, asked, _of_patients_numbered))
    else:
        for word in asked:
            studies = studies.filter(_matches(word, filters.people))
    if filters.since:
        studies = studies.filter(Q(exam_at__gte=_midnight(filters.since)))
    if filters.until:
        studies = studies.filter(Q(exam_at__lt=_midnight(filters.until + dt.timedelta(days=1))))
    if filters.kind:
        studies = studies.filter(_of_kind(filters.kind))
    if filters.modality:
        studies = studies.filter(Q(ordered_modality=filters.modality))
    if filters.patient_public_id:
        studies = studies.filter(Q(patient__public_id=filters.patient_public_id))
    return _with_status(studies, filters)


def _with_status(studies: Listed, filters: Filters) -> Listed:
    if filters.status in ("ready", "pending"):
        return studies.told().filter(Q(may_report=filters.status == "ready"))
    if filters.status == "urgent":
        return studies.filter(URGENT)
    if filters.status == "unread":
        return unread(studies, filters.practitioner)
    return studies


def _receipts(practitioner: int) -> QuerySet[ReadReceipt]:
    return ReadReceipt.objects.filter(study=OuterRef("pk"), practitioner_id=practitioner)


def _matches(word: str, people: bool) -> Q:
    found = Q(search_key__contains=word)
    if people:
        identifiers = PatientIdentifier.objects.filter(
            patient=OuterRef("patient_id"), value__istartswith=word
        )
        found |= Q(name_key__contains=word) | Q(Exists(identifiers)) | Q(order__modality__iexact=word)
    return found


def _of_kind(kind: str) -> Q:
    """Studies of a kind of exam: a few are named, many are walked through (see `words`)."""
    types = list(ExamType.objects.filter(kind=kind).values_list("pk", flat=True))
    keys = few(Study, Q(order__exam_type__in=types))
    if keys is not None:
        return Q(pk__in=keys)
    return Q(Exists(ServiceRequest.objects.filter(pk=OuterRef("order_id"), exam_type__in=types)))


def _of_patients_numbered(word: str) -> Q | None:
    owners = PatientIdentifier.objects.filter(value__starts=word).values("patient")
    return Q(patient__in=owners) if owners.exists() else None


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), institution.zone())


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first, and the cursor of the next ones ("" at the end)."""

    rows: Sequence[Study]
    next: str
    unread: frozenset[int] = frozenset()  # keys of those rows that came as unread


def page(found: Listed, cursor: str = "", size: int = PAGE) -> Page:
    """The rows after `cursor` (as a page gave it; one that makes no sense starts anew), by key not by offset."""
    keys, following = _newest(found, cursor, size)
    return Page(rows(found.rows, keys), following)


def _newest(found: Listed, cursor: str, size: int) -> tuple[list[int], str]:
    """Keys of a page, and the cursor of the next."""
    taken = newest(found, _read_cursor(cursor), size + 1)
    at, pk = taken[size - 1] if len(taken) > size else (None, 0)
    return [key for _at, key in taken[:size]], f"{at.timestamp():.6f}_{pk}" if at else ""


Place = tuple[dt.datetime, int]  # `exam_at` and key of a study: where it stands in a list


def newest(found: Listed, after: Place | None, size: int, offset: int = 0) -> list[Place]:
    """The first studies after a place, beyond so many. Of several ways the first of each are taken and merged."""
    if after:
        found = found.filter(beyond(*after))
    merged = _one(found, lambda way: way.order_by("-exam_at", "-pk").values("pk")[: offset + size])
    if merged is None:
        return []
    places = merged.order_by("-exam_at", "-pk").values_list("exam_at", "pk")
    return list(places[offset : offset + size])


def _one(found: Listed, cut: Callable[[QuerySet[Study]], QuerySet[Study, Any]]) -> QuerySet[Study] | None:
    """What all ways find, those that are walked cut off; None where there is no way."""
    every = [*found.ways, *found.others]
    if len(every) < 2:
        return every[0] if every else None
    return joined([*map(cut, found.ways), *(way.order_by().values("pk") for way in found.others)])


def count(found: Listed, most: int) -> int:
    """How many there are; `most` + 1 for any more."""
    every = _one(found, lambda way: way.order_by().values("pk")[: most + 1])
    return 0 if every is None else len(every.order_by().values("pk")[: most + 1])


def rows(studies: QuerySet[Study], keys: list[int]) -> list[Study]:
    """Those `studies`, in this order.

    First which, then what of them: else the facets of all candidates are reckoned before the sorting. In two questions,
    because a database that does not know how few they are lists all reports for them.
    """
    found = {study.pk: study for study in studies.order_by().filter(pk__in=keys)} if keys else {}
    return [found[key] for key in keys if key in found]


def beyond(at: dt.datetime, pk: int) -> Q:
    """What comes after a study in the order of the lists; the first part is what an index knows."""
    return Q(exam_at__lte=at) & (Q(exam_at__lt=at) | Q(pk__lt=pk))


UNREAD, READ = "unread", "read"


def page_unread_first(found: Listed, practitioner: int, cursor: str = "", size: int = PAGE) -> Page:
    """Like `page`, those that this doctor has not opened before all others (3.2).

    The cursor says in which of the two it stands, so that a page may begin in one and end in the other.
    """
    part, _, within = cursor.partition(":")
    keys: list[int] = []
    if part != READ:
        keys, following = _newest(unread(found, practitioner), within, size)
        if following:
            return Page(rows(found.rows, keys), f"{UNREAD}:{following}", frozenset(keys))
        within = ""
    read, left = found.filter(Q(Exists(_receipts(practitioner)))), size - len(keys)
    if not left:
        return Page(rows(found.rows, keys), f"{READ}:" if newest(read, None, 1) else "", frozenset(keys))
    rest, following = _newest(read, within, left)
    both = rows(found.rows, [*keys, *rest])
    return Page(both, f"{READ}:{following}" if following else "", frozenset(keys))


def unread(studies: Listed, practitioner: int) -> Listed:
    """Those `studies` that this doctor has not opened: by a list of what they have, so that an index alone says which."""
    return studies.filter(~Q(pk__in=ReadReceipt.objects.filter(practitioner_id=practitioner).values("study")))


def _read_cursor(cursor: str) -> Place | None:
    moment, _, pk = cursor.partition("_")
    try:
        return dt.datetime.fromtimestamp(float(moment), dt.UTC), int(pk)
    except (ValueError, OverflowError, OSError):
        return None


def seen_by(practitioner: int, studies: Sequence[Study]) -> set[int]:
    """Keys of those `studies` that this doctor has opened."""
    receipts = ReadReceipt.objects.filter(practitioner_id=practitioner, study__in=[s.pk for s in studies])
    return set(receipts.values_list("study_id", flat=True))
