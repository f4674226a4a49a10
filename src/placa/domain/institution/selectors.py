"""Reads of the institution: settings, texts, zone, sites, peers."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.db.models import Max, QuerySet

from placa.domain.institution.definitions import DEFINITIONS
from placa.domain.institution.models import (
    DicomPeer,
    ExamType,
    ExternalArchive,
    Institution,
    ReleaseDelay,
    Setting,
    Site,
    Text,
)

_SECONDS_KEPT = 1.0  # a withdrawal must hold at the next request, at most a second later (S3)
_kept: dict[str, tuple[float, Any]] = {}


def _remembered(name: str, load: Any) -> Any:
    at = time.monotonic()
    if name in _kept and at - _kept[name][0] < _SECONDS_KEPT and django_settings.ENVIRONMENT.mode != "test":
        return _kept[name][1]
    value = load()
    _kept[name] = (at, value)
    return value


def forget() -> None:
    """Drop what is remembered, after a change in this process."""
    _kept.clear()


def current() -> Institution:
    """The institution; an unsaved, nameless one before set-up."""
    found: Institution = _remembered(
        "institution", lambda: Institution.objects.first() or Institution(name="Placa")
    )
    return found


def zone() -> ZoneInfo:
    """The institution's time zone, in which exam times, ages and release are reckoned."""
    return ZoneInfo(current().time_zone)


def setting(key: str) -> Any:
    """Value of one setting (`definitions.py`); raises KeyError for one that does not exist."""
    definition = DEFINITIONS[key]
    chosen = _remembered("settings", lambda: dict(Setting.objects.values_list("key", "value")))
    return chosen.get(key, definition.default)


def text(kind: str, language: str) -> Text | None:
    """Newest version of a text, in `language` or else the institution's own language."""
    newest = Text.objects.filter(kind=kind).order_by("-version").first()
    if newest is None:
        return None
    same = Text.objects.filter(kind=kind, version=newest.version)
    return (
        same.filter(language=language[:2]).first()
        or same.filter(language=current().language).first()
        or newest
    )


OWN_NOTICE = {
    "doctor": Text.Kind.NOTICE_DOCTOR,
    "company": Text.Kind.NOTICE_COMPANY,
    "staff": Text.Kind.NOTICE_STAFF,
}


def notice_asked(role: str) -> tuple[str, int] | None:
    """Kind and newest version of the notice on the use of information for whoever acts in `role`; None without one.

    The one of their own where the institution published such a one, else the notice for everybody.
    """

    def load() -> dict[str, int]:
        kinds = Text.objects.filter(kind__in=[Text.Kind.NOTICE, *OWN_NOTICE.values()])
        return dict(kinds.order_by().values_list("kind").annotate(Max("version")))

    newest: dict[str, int] = _remembered("notices", load)
    for kind in (OWN_NOTICE.get(role, Text.Kind.NOTICE).value, Text.Kind.NOTICE.value):
        if kind in newest:
            return kind, newest[kind]
    return None


def notice(role: str, language: str) -> Text | None:
    """The notice that whoever acts in `role` must accept, as `text` gives it."""
    asked = notice_asked(role)
    return text(asked[0], language) if asked else None


def sites() -> list[Site]:
    """All sites, by name."""
    return list(Site.objects.order_by("name"))


def exam_types() -> list[ExamType]:
    """The exam catalogue, by name."""
    return list(ExamType.objects.order_by("name"))


@dataclass(frozen=True, slots=True)
class OwnDelay:
    """A release delay for some types of exam at some sites; none of them named means any."""

    delay: dt.timedelta
    exam_types: tuple[int, ...] = ()
    sites: tuple[int, ...] = ()


def release_delays() -> tuple[OwnDelay, ...]:
    """Every delay but the institution's, the most specific first: type and site, type, site (2.4)."""

    def load() -> tuple[OwnDelay, ...]:
        pairs = ReleaseDelay.objects.order_by("pk").values_list("hours", "exam_type_id", "site_id")
        types, sites = _by_hours(ExamType.objects.all()), _by_hours(Site.objects.all())
        return (
            *(OwnDelay(dt.timedelta(hours=hours), (kind,), (site,)) for hours, kind, site in pairs),
            *(OwnDelay(dt.timedelta(hours=hours), exam_types=found) for hours, found in types),
            *(OwnDelay(dt.timedelta(hours=hours), sites=found) for hours, found in sites),
        )

    found: tuple[OwnDelay, ...] = _remembered("release_delays", load)
    return found


def delays_set() -> list[tuple[ExamType | None, Site | None, int]]:
    """Every release delay that is set, for staff: type and site (or any), hours; those that count first come first."""
    pairs = ReleaseDelay.objects.select_related("exam_type", "site").order_by("exam_type__name", "site__name")
    types = ExamType.objects.filter(release_delay_hours__isnull=False).order_by("name")
    places = Site.objects.filter(release_delay_hours__isnull=False).order_by("name")
    return [
        *((one.exam_type, one.site, one.hours) for one in pairs),
        *((one, None, one.release_delay_hours or 0) for one in types),
        *((None, one, one.release_delay_hours or 0) for one in places),
    ]


def _by_hours(rows: QuerySet[Any]) -> list[tuple[int, tuple[int, ...]]]:
    grouped: dict[int, list[int]] = {}
    own = rows.filter(release_delay_hours__isnull=False).order_by("pk")
    for pk, hours in own.values_list("pk", "release_delay_hours"):
        grouped.setdefault(hours, []).append(pk)
    return [(hours, tuple(found)) for hours, found in grouped.items()]


def storing_peer(ae_title: str, address: str) -> DicomPeer | None:
    """The enabled peer with this AE title at this address, if it may store."""
    return DicomPeer.objects.filter(
        ae_title=ae_title.strip(), address=address, enabled=True, may_store=True
    ).first()


def archives() -> list[ExternalArchive]:
    """The enabled external archives, in the order in which they are asked."""
    found: list[ExternalArchive] = _remembered(
        "archives", lambda: list(ExternalArchive.objects.filter(enabled=True))
    )
    return found


def is_archive(ae_title: str, address: str) -> bool:
    """Whether a sender at our listener is an external archive that answers a C-MOVE."""
    return ExternalArchive.objects.filter(
        enabled=True, retrieval=ExternalArchive.Retrieval.MOVE, peer__ae_title=ae_title, peer__address=address
    ).exists()
