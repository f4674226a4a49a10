"""QIDO-RS: studies, series, instances (PS3.18 10.6). Rows and totals are the asker's own."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from placa.domain.access import dicom_search, search
from placa.domain.access.dicom_search import Level
from placa.domain.access.images import open_images
from placa.domain.access.selectors import Listed
from placa.domain.access.types import Instance, Series, Study
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.interfaces.dicomweb import matching, rows
from placa.interfaces.dicomweb.accept import DICOM_XML, chosen
from placa.interfaces.dicomweb.described import OFFERS, xml_answer
from placa.interfaces.dicomweb.door import BadQuery, door

LIMIT: Final = 500
READ_LIMIT: Final = 2_000  # rows whose stored attributes one search reads
FIELDS: Final = 100
_PLAIN: Final = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept", "charset"})
_LEVELS: Final[tuple[Level, ...]] = ("study", "series", "instance")
Row = dict[str, Any]
M = TypeVar("M", Study, Series, Instance)


@dataclass(slots=True)
class Query:
    """A search as it was asked."""

    level: Level
    asked: dict[str, str] = field(default_factory=dict)  # keyword -> value
    fields: set[str] = field(default_factory=set)  # tags that the answer shall have besides
    everything: bool = False
    limit: int = LIMIT
    offset: int = 0
    fuzzy: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def reading(self) -> dict[str, str]:
        """The keys that no column answers."""
        return {k: v for k, v in self.asked.items() if k in matching.READ and v not in ("", "*")}

    @property
    def most(self) -> int:
        """Rows that are wanted of the database at most: one more than are shown says that there are more."""
        return READ_LIMIT + 1 if self.reading else self.offset + self.limit + 1


def query_of(request: HttpRequest, level: Level) -> Query:
    """The search that a request asks for. Raises BadQuery."""
    query = Query(
        level,
        limit=number(request, "limit", LIMIT, 0, LIMIT),
        offset=number(request, "offset", 0, 0, 10_000_000),
    )
    for name in request.GET:
        if name in _PLAIN:
            continue
        value = ",".join(request.GET.getlist(name)).strip()
        keyword = matching.keyword_of(name)
        if len(value) > matching.LENGTH or "\0" in value:
            raise BadQuery("A value is too long, or no text")
        if _is_matched(level, keyword):
            query.asked[keyword] = value
            query.fields.add(matching.tag_of(keyword.partition(".")[0]))
        else:
            query.warnings.append("Some of the parameters are not supported and were ignored")
    _include(request, query)
    if request.GET.get("fuzzymatching", "").lower() == "true":
        query.fuzzy = bool(institution.setting("fuzzy_names"))
        if not query.fuzzy:
            query.warnings.append(
                "The fuzzymatching parameter is not supported. Only literal matching was done"
            )
    return query


def _is_matched(level: Level, keyword: str) -> bool:
    if keyword in matching.READ:
        return level != "study"
    key = matching.KEYS.get(keyword)
    return key is not None and _LEVELS.index(key.level) <= _LEVELS.index(level)


def _include(request: HttpRequest, query: Query) -> None:
    for name in ",".join(request.GET.getlist("includefield")).split(",")[:FIELDS]:
        if name.strip() == "all":
            query.everything = True
        elif name.strip():
            keyword = matching.keyword_of(name.strip())
            if not keyword:
                raise BadQuery("includefield names no attribute of the standard")
            query.fields.add(matching.tag_of(keyword.partition(".")[0]))


def number(request: HttpRequest, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query, within bounds. Raises BadQuery."""
    text = request.GET.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdecimal():
        raise BadQuery(f"{name} must be a whole number")
    return max(least, min(most, int(text[:18])))


# --- the three levels


@door
def studies(request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
    """Search for studies: those whose images the asker may see."""
    query = query_of(request, "study")
    found = _studies(viewer, query)
    named = matching.modalities(query.asked)
    if named:
        each = partial(_with_modality, viewer, named)
        page = _page(query, dicom_search.walked(found, each, query.most))
    else:
        taken = search.newest(found, None, query.limit + 1, query.offset)
        page = _told(query, search.rows(found.rows, [pk for _at, pk in taken]))
    inside = dicom_search.contents(viewer, page)
    return _answer(request, viewer, query, page, lambda row: rows.study(row, inside[row.pk], request))


def _studies(viewer: Viewer, query: Query) -> Listed:
    found = dicom_search.studies(viewer).filter(*matching.of_studies(query.asked, fuzzy=query.fuzzy))
    for named in (matching.modalities(query.asked), matching.modality(query.level, query.asked)):
        found = found.filter(dicom_search.with_modalities(named)) if named else found
    return found


def _with_modality(viewer: Viewer, named: list[str], keys: list[int]) -> list[Study]:
    shown = dicom_search.of_modalities(viewer, keys, named)
    return list(dicom_search.studies(viewer).rows.filter(pk__in=shown).order_by("-exam_at", "-pk"))


@door
def series(request: HttpRequest, viewer: Viewer, study: str = "") -> HttpResponseBase:
    """Search for series: of one study, or of all."""
    query = query_of(request, "series")
    around = _studies(viewer, query)
    if study:
        around = around.filter(Q(pk=open_images(viewer, study).study.pk))
    conditions = matching.below("series", query.asked)

    def each(keys: list[int]) -> list[Series]:
        found = dicom_search.series(viewer, _shown(viewer, query, keys)).filter(*conditions)
        order = ("-study__exam_at", "-study_id", "series_number", "pk")
        return list(found.select_related("study").order_by(*order)[: query.most])

    if not study:
        around = around.filter(dicom_search.within(Series, matching.leads("series", query.asked)))
    page = _page(query, dicom_search.walked(around, each, query.most), viewer)
    sizes, inside = dicom_search.sizes(viewer, page), _contents(viewer, page, study)
    return _answer(
        request,
        viewer,
        query,
        page,
        lambda row: rows.series(row, sizes.get(row.pk, 0), inside.get(row.study_id), request),
    )


@door
def instances(request: HttpRequest, viewer: Viewer, study: str = "", series: str = "") -> HttpResponseBase:
    """Search for instances: of one series, one study, or of all."""
    query = query_of(request, "instance")
    around, conditions = _studies(viewer, query), matching.below("instance", query.asked)
    if study:
        opened = open_images(viewer, study)
        around = around.filter(Q(pk=opened.study.pk))
        conditions += [Q(series=opened.one_series(series))] if series else []
    else:
        around = around.filter(dicom_search.within(Instance, matching.leads("instance", query.asked)))

    def each(keys: list[int]) -> list[Instance]:
        found = dicom_search.instances(viewer, _shown(viewer, query, keys)).filter(*conditions)
        order = (
            "-study__exam_at",
            "-study_id",
            "series__series_number",
            "series_id",
            "instance_number",
            "pk",
        )
        return list(found.select_related("series", "study").order_by(*order)[: query.most])

    page = _page(query, dicom_search.walked(around, each, query.most), viewer)
    inside = _contents(viewer, page, study)
    return _answer(
        request, viewer, query, page, lambda row: rows.instance(row, inside.get(row.study_id), request)
    )


def _shown(viewer: Viewer, query: Query, keys: list[int]) -> Collection[int]:
    """Those of the studies that hold for their asker what ModalitiesInStudy asks for."""
    named = matching.modalities(query.asked)
    return dicom_search.of_modalities(viewer, keys, named) if named else keys


def _contents(viewer: Viewer, page: Sequence[Any], study: str) -> dict[int, dicom_search.Contents]:
    """Of the studies around what was found, where the address did not name one."""
    return {} if study else dicom_search.contents(viewer, {row.study_id: row.study for row in page}.values())


def _page(query: Query, found: Iterator[M], viewer: Viewer | None = None) -> list[M]:
    """The rows asked for, and a warning where there are more. Raises BadQuery."""
    if query.reading and viewer is not None:
        candidates = list(islice(found, READ_LIMIT + 1))
        if len(candidates) > READ_LIMIT:
            raise BadQuery("There are too many to look through: search within a study")
        read = dicom_search.described(viewer, query.level, candidates)
        found = (row for row in candidates if _is_read(read.get(row.pk, {}), query.reading))
    return _told(query, list(islice(found, query.offset, query.offset + query.limit + 1)))


def _told(query: Query, taken: list[M]) -> list[M]:
    if len(taken) > query.limit:
        query.warnings.append("There are more results that can be requested")
    return taken[: query.limit]


def _is_read(data_set: Row, asked: dict[str, str]) -> bool:
    return all(matching.read_matches(data_set, keyword, value) for keyword, value in asked.items())


# --- the answer


def _answer(
    request: HttpRequest, viewer: Viewer, query: Query, page: list[M], told: Callable[[M], Row]
) -> HttpResponseBase:
    media, _related, _range = chosen(request, OFFERS)
    found = [told(row) for row in page]
    _complete(viewer, query, page, found)
    answer: HttpResponseBase
    if not found:
        answer = HttpResponse(status=204)
    elif media == DICOM_XML:
        answer = xml_answer(found)
    else:
        answer = HttpResponse(json.dumps(found, ensure_ascii=False), content_type=media)
    if query.warnings:
        answer["Warning"] = ", ".join(f'299 placa "{text}"' for text in dict.fromkeys(query.warnings))
    return answer


def _complete(viewer: Viewer, query: Query, page: list[M], found: list[Row]) -> None:
    """Add what was asked for and is in no column, from the stored attributes."""
    wanted = query.fields - set().union(*found) if found else set()
    if not found or not (wanted or query.everything):
        return
    read = dicom_search.described(viewer, query.level, page)
    for row, told in zip(page, found, strict=True):
        data_set = read.get(row.pk, {})
        for tag in rows.level_of(query.level, data_set) if query.everything else wanted:
            element = data_set.get(tag)
            if tag not in told and element is not None and "BulkDataURI" not in element:
                told[tag] = element
