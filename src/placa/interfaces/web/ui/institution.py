"""What the pages ask of the domain: the institution, its time zone, the number of unread notices.

The domain's selectors are looked up when asked, so that pages can be drawn (gallery, error pages, tests of the
components) before those rooms are there; then a nameless institution in Santo Domingo's time stands in.
"""

import datetime as dt
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

FALLBACK_ZONE = ZoneInfo("America/Santo_Domingo")


@dataclass(frozen=True, slots=True)
class Unnamed:
    """An institution of which nothing is known yet."""

    name: str = "Placa"
    short_name: str = ""
    phone: str = ""
    email: str = ""
    hours: str = ""
    address: str = ""
    accent: str = ""
    logo_url: str = ""
    idle_minutes: int = 15


def _selector(noun: str, name: str) -> Callable[..., Any] | None:
    module_name = f"placa.domain.{noun}.selectors"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        return None
    found: Callable[..., Any] | None = getattr(module, name, None)
    return found


def current() -> Any:
    """The institution with name, short_name, phone, email, hours, address, accent, logo_url."""
    selector = _selector("institution", "current")
    return selector() if selector else Unnamed()


def zone() -> dt.tzinfo:
    """The institution's time zone."""
    selector = _selector("institution", "zone")
    found: dt.tzinfo = selector() if selector else FALLBACK_ZONE
    return found


def unread_count(user: Any) -> int:
    """Unread notices of `user`, 0 for someone not signed in."""
    if user is None or not user.is_authenticated:
        return 0
    selector = _selector("notifications", "unread_count")
    return int(selector(user)) if selector else 0
