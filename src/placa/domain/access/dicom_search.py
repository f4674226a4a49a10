"""Searching series and instances over all studies of a viewer, and what a search may say of documents.

A report that came as a DICOM object is no instance for whoever may not open that report: it is in no result, no count,
no modality of its study, and its attributes are read for nobody (case 6).
"""

import datetime as dt
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, Literal, TypeVar

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from placa.common import words
from placa.common.vocabulary import with_piece
from placa.common.words import any_of, anywhere, few
from placa.domain.access import rules
from placa.domain.access.images import DOCUMENTS, PROFESSIONALS, REPORT_DATA
from placa.domain.access.moment import moment
from placa.domain.access.rules import Facet
from placa.domain.access.search import newest
from placa.domain.access.selectors import Listed, plain_listed, plain_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Instance, InstanceMetadata, Series, Study

Level = Literal["study", "series", "instance"]
JsonDataSet = dict[str, Any]
Row = TypeVar("Row")
FIRST, LAST = 20, 1_000  # studies that are looked into at once


def studies(viewer: Viewer) -> Listed:
    """Every study whose images `viewer` may see."""
    return plain_listed(viewer, need="images")


def instances(viewer: Viewer, among: Collection[int]) -> QuerySet[Instance]:
    """Every instance that `viewer` may be shown in the studies with the keys `among`, a few hundred at most.

    The same that `OpenStudy.instances` gives study by study. Bounded, because over the whole archive a database would
    list all studies that are open first.
    """
    reports = rules.openable_reports(viewer, moment())
    replaced = Q(versions__number__gt=1)
    own = reports.exclude(replaced).filter(
        study=OuterRef("study_id"), source_instance_uid=OuterRef("sop_instance_uid")
    )
    readable = _keys(viewer, "report", among)
    plain = ~Q(kind__in=DOCUMENTS)
    if viewer.role not in PROFESSIONALS:
        told = reports.filter(study=OuterRef("study_id"))
        plain &= ~REPORT_DATA | Q(Exists(told), study__in=readable)
    served = Instance.objects.filter(held=False, study__in=_keys(viewer, "images", among))
    return served.filter(plain | Q(Exists(own), study__in=readable))


def _keys(viewer: Viewer, need: Facet, among: Collection[int]) -> QuerySet[Study, Any]:
    return plain_visible_to(viewer, need=need).filter(pk__in=among).values("pk")


def series(viewer: Viewer, among: Collection[int]) -> QuerySet[Series]:
    """Every series of the studies `among` in which `viewer` may be shown something."""
    shown = instances(viewer, among).filter(series=OuterRef("pk"))
    return Series.objects.filter(Exists(shown), study__in=among)


def of_modalities(viewer: Viewer, among: Collection[int], modalities: Collection[str]) -> set[int]:
    """Those of the studies `among` in which `viewer` may be shown something of one of these modalities."""
    shown = instances(viewer, among).filter(series__modality__in=modalities)
    return set(shown.order_by().values_list("study_id", flat=True))


# --- what an index knows of a condition: each is implied by it, and only makes the search shorter


def worded(begins: list[str]) -> Q:
    """Studies in whose indexed texts each of `begins` begins a word."""
    return anywhere(Study, begins, lambda word: None) if begins else Q()


def named_with(pieces: list[str]) -> Q:
    """Studies in the name of whose patient each of `pieces` (letters and digits) stands within a word."""
    return reduce(and_, (with_piece(Study, "name_key", piece) for piece in pieces), Q())


def with_modalities(modalities: list[str]) -> Q:
    """Studies that are said to hold one of these; `of_modalities` says whether its asker is shown it."""
    said = Q()
    for modality in modalities:
        said |= Q(modalities_in_study__icontains=json.dumps(modality))
    return said & any_of(Study, [modality.lower() for modality in modalities])


def starting(field: str, start: str) -> Q:
    """Studies whose identifier begins with `start`, where they are few."""
    keys = few(Study, Q(**{f"{field}__starts": start}))
    return Q() if keys is None else Q(pk__in=keys)


def dated(first: dt.date | None, last: dt.date | None) -> Q:
    """Studies whose exam was about the days `first` to `last`: lists are in the order of that moment.

    It is that of the study's date, in whatever zone the institution had; but for dates that no exam has, which count as
    the day on which they came.
    """
    odd = few(Study, Q(study_date__lt=_EARLY), Q(study_date__gt=_LATE))
    if odd is None or not all(_EARLY <= day <= _LATE for day in (first, last) if day):
        return Q()
    about = Q()
    if first:
        about &= Q(exam_at__gte=_noon(first) - _APART)
    if last:
        about &= Q(exam_at__lte=_noon(last) + _APART)
    return about | Q(pk__in=odd) if odd else about


_EARLY, _LATE, _APART = dt.date(1800, 1, 1), dt.date(2999, 12, 31), dt.timedelta(days=3)


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def walked(studies: Listed, each: Callable[[list[int]], Iterable[Row]], wanted: int) -> Iterator[Row]:
    """What `each` finds in `studies`, given a few of their keys at a time, the newest first; about so many are wanted."""
    after, size = None, min(max(wanted, FIRST), LAST)
    while True:
        taken = newest(studies, after, size)
        if taken:
            yield from each([pk for _at, pk in taken])
        if len(taken) < size:
            return
        after, size = taken[-1], min(size * 2, LAST)


def within(model: type[Series | Instance], conditions: list[Q]) -> Q:
    """Studies that hold a series or instance of these conditions, where such are few."""
    found = model._default_manager.filter(*conditions).order_by().values_list("study_id", flat=True)
    keys = set(found[: words.FEW + 1]) if conditions else set()
    return Q(pk__in=keys) if conditions and len(keys) <= words.FEW else Q()


@dataclass(frozen=True, slots=True)
class Contents:
    """What of a study its asker may be shown, counted."""

    modalities: list[str]
    series: int
    instances: int


def contents(viewer: Viewer, studies: Iterable[Study]) -> dict[int, Contents]:
    """Contents by key of the study; counted anew only where documents are among them."""
    rows = list(studies)
    documents = Instance.objects.filter(
        Q(kind__in=DOCUMENTS) | REPORT_DATA, study__in=rows, held=False, kind__in=Instance.NO_PICTURES
    )  # fmt: skip
    mixed = set(documents.order_by().values_list("study_id", flat=True).distinct())
    found = {
        row.pk: Contents(row.modalities_in_study, row.number_of_series, row.number_of_instances)
        for row in rows
        if row.pk not in mixed
    }
    if mixed:
        shown = instances(viewer, mixed).order_by()
        counted = shown.values("study_id", "series_id", "series__modality").annotate(number=Count("pk"))
        groups: dict[int, list[dict[str, Any]]] = {pk: [] for pk in mixed}
        for group in counted:
            groups[group["study_id"]].append(dict(group))
        for pk, own in groups.items():
            modalities = sorted({group["series__modality"] for group in own} - {""})
            found[pk] = Contents(modalities, len(own), sum(group["number"] for group in own))
    return found


def sizes(viewer: Viewer, rows: Iterable[Series]) -> dict[int, int]:
    """Number of instances that `viewer` may be shown in each series, by its key."""
    found = list(rows)
    shown = instances(viewer, {row.study_id for row in found})
    counted = shown.filter(series__in=found).order_by().values("series_id")
    return {group["series_id"]: group["number"] for group in counted.annotate(number=Count("pk"))}


def described(
    viewer: Viewer, level: Level, found: Sequence[Study | Series | Instance]
) -> dict[int, JsonDataSet]:
    """DICOM JSON of one instance of each study or series, or of each instance, by its key."""
    if level == "instance":
        firsts = {row.pk: row.pk for row in found}
    else:
        among = {row.pk if isinstance(row, Study) else row.study_id for row in found}
        shown = instances(viewer, among).filter(**{f"{level}__in": [row.pk for row in found]})
        groups = shown.order_by().values(f"{level}_id").annotate(first=Min("pk"))
        firsts = {group["first"]: group[f"{level}_id"] for group in groups}
    rows = InstanceMetadata.objects.filter(instance__in=firsts.keys()).values_list("instance_id", "deflated")
    return {firsts[pk]: json.loads(zlib.decompress(deflated)) for pk, deflated in rows}
