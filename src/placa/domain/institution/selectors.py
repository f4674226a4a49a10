"""Reads of the institution: settings, texts, zone, sites, peers."""

import time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings

from placa.domain.institution.definitions import DEFINITIONS
from placa.domain.institution.models import (
    DicomPeer,
    ExamType,
    ExternalArchive,
    Institution,
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


def notice_version() -> int | None:
    """Number of the newest notice on the use of information; None where there is none."""

    def load() -> int | None:
        newest = Text.objects.filter(kind=Text.Kind.NOTICE).order_by("-version")
        return newest.values_list("version", flat=True).first()

    found: int | None = _remembered("notice_version", load)
    return found


def sites() -> list[Site]:
    """All sites, by name."""
    return list(Site.objects.order_by("name"))


def exam_types() -> list[ExamType]:
    """The exam catalogue, by name."""
    return list(ExamType.objects.order_by("name"))


def release_delays() -> list[int]:
    """The different delays in hours that exam types set for themselves."""

    def load() -> list[int]:
        own = ExamType.objects.filter(release_delay_hours__isnull=False).order_by()
        delays = own.values_list("release_delay_hours", flat=True).distinct()
        return [hours for hours in delays if hours is not None]

    found: list[int] = _remembered("release_delays", load)
    return found


def peer_addresses() -> frozenset[str]:
    """Addresses at which an enabled peer is known."""
    found: frozenset[str] = _remembered(
        "peer_addresses",
        lambda: frozenset(DicomPeer.objects.filter(enabled=True).values_list("address", flat=True)),
    )
    return found


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
