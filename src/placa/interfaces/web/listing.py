"""Filters of a list of studies as they stand in the address: shareable, and read without trust."""

import datetime as dt
from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from placa.domain.access.search import Filters
from placa.interfaces.web.ui.rows import Filter

KINDS = ("radiology", "laboratory", "ecg", "eeg", "other")
FIRST_YEAR, LAST_YEAR = 1900, 2999  # beyond them no exam, and no arithmetic that overflows
STATES = ("ready", "pending", "unread", "urgent")
MODALITIES = ("CT", "MR", "CR", "DX", "US", "MG", "NM", "PT", "XA", "RF", "ECG")


def filters_of(
    request: HttpRequest, *, people: bool = False, practitioner: int = 0, everywhere: bool = False
) -> Filters:
    """What the address asks for; what makes no sense counts as not asked."""
    asked = request.GET
    return Filters(
        text=asked.get("q", "").replace("\x00", "").strip()[:100],
        since=_day(asked.get("from", "")),
        until=_day(asked.get("to", "")),
        kind=_one_of(asked.get("kind", ""), KINDS),
        modality=_one_of(asked.get("modality", ""), MODALITIES),
        status=_one_of(asked.get("status", ""), STATES),  # type: ignore[arg-type]
        patient_public_id=_public_id(asked.get("person", "")),
        people=people,
        practitioner=practitioner,
        everywhere=everywhere,
    )


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _public_id(text: str) -> str:
    try:
        return str(UUID(text[:36]))
    except ValueError:
        return ""


def _one_of(text: str, allowed: Sequence[str]) -> str:
    return text if text in allowed else ""


def address(request: HttpRequest, **changes: str) -> str:
    """The address of this list with `changes` made ("" removes) and paging started anew."""
    query = {key: value for key, value in request.GET.items() if key != "after" and value}
    query.update(changes)
    query = {key: value for key, value in query.items() if value}
    return f"{request.path}?{urlencode(query)}" if query else request.path


def choice(request: HttpRequest, key: str, value: str, label: str) -> Filter:
    """A chip that sets `key` to `value`, or takes it back where it is set."""
    on = request.GET.get(key, "") == value
    return Filter(label, address(request, **{key: "" if on and value else value}), on)


def kind_names() -> dict[str, str]:
    """The kinds of exam as people say them."""
    return {
        "radiology": _("Images"),
        "laboratory": _("Laboratory"),
        "ecg": _("ECG"),
        "eeg": _("EEG"),
        "other": _("Other"),
    }
