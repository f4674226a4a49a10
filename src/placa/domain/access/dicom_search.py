"""Searching series and instances over all studies of a viewer, and what a search may say of documents.

A report that came as a DICOM object is no instance for whoever may not open that report: it is in no result, no count,
no modality of its study, and its attributes are read for nobody (case 6).
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from placa.domain.access import rules
from placa.domain.access.images import DOCUMENTS, PROFESSIONALS, REPORT_DATA
from placa.domain.access.moment import moment
from placa.domain.access.selectors import keys_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Instance, InstanceMetadata, Series, Study

Level = Literal["study", "series", "instance"]
JsonDataSet = dict[str, Any]


def instances(viewer: Viewer) -> QuerySet[Instance]:
    """Every instance that `viewer` may be shown: the same that `OpenStudy.instances` gives study by study."""
    replaced = Q(versions__number__gt=1)
    reports = (
        rules.openable_reports(viewer, moment())
        .exclude(replaced)
        .filter(study=OuterRef("study_id"), source_instance_uid=OuterRef("sop_instance_uid"))
    )
    is_open = Q(Exists(reports)) & Q(study__in=keys_visible_to(viewer, need="report"))
    served = Instance.objects.filter(held=False, study__in=keys_visible_to(viewer, need="images"))
    plain = ~Q(kind__in=DOCUMENTS)
    if viewer.role not in PROFESSIONALS:
        told = rules.openable_reports(viewer, moment()).filter(study=OuterRef("study_id"))
        plain &= ~REPORT_DATA | Q(Exists(told), study__in=keys_visible_to(viewer, need="report"))
    return served.filter(plain | is_open)


def series(viewer: Viewer) -> QuerySet[Series]:
    """Every series in which `viewer` may be shown something."""
    return Series.objects.filter(Exists(instances(viewer).filter(series=OuterRef("pk"))))


def with_modalities(studies: QuerySet[Study], viewer: Viewer, modalities: Iterable[str]) -> QuerySet[Study]:
    """Those `studies` in which `viewer` may be shown something of one of these modalities."""
    named, coarse = list(modalities), Q()
    for modality in named:
        coarse |= Q(modalities_in_study__icontains=json.dumps(modality))
    shown = instances(viewer).filter(study=OuterRef("pk"), series__modality__in=named)
    return studies.filter(coarse, Exists(shown))


@dataclass(frozen=True, slots=True)
class Contents:
    """What of a study its asker may be shown, counted."""

    modalities: list[str]
    series: int
    instances: int


def contents(viewer: Viewer, studies: Iterable[Study]) -> dict[int, Contents]:
    """Contents by key of the study; counted anew only where documents are among them."""
    rows = list(studies)
    documents = Instance.objects.filter(Q(kind__in=DOCUMENTS) | REPORT_DATA, study__in=rows, held=False)
    mixed = set(documents.order_by().values_list("study_id", flat=True).distinct())
    found = {
        row.pk: Contents(row.modalities_in_study, row.number_of_series, row.number_of_instances)
        for row in rows
        if row.pk not in mixed
    }
    if mixed:
        shown = instances(viewer).filter(study__in=mixed).order_by()
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
    counted = instances(viewer).filter(series__in=list(rows)).order_by().values("series_id")
    return {group["series_id"]: group["number"] for group in counted.annotate(number=Count("pk"))}


def described(viewer: Viewer, level: Level, keys: Iterable[int]) -> dict[int, JsonDataSet]:
    """DICOM JSON of one instance of each study or series, or of each instance, by its key."""
    wanted = list(keys)
    if level == "instance":
        firsts = {pk: pk for pk in wanted}
    else:
        shown = instances(viewer).filter(**{f"{level}__in": wanted}).order_by().values(f"{level}_id")
        firsts = {group["first"]: group[f"{level}_id"] for group in shown.annotate(first=Min("pk"))}
    rows = InstanceMetadata.objects.filter(instance__in=firsts.keys()).values_list("instance_id", "deflated")
    return {firsts[pk]: json.loads(zlib.decompress(deflated)) for pk, deflated in rows}
