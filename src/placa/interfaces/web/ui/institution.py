"""What the pages ask of the domain: the institution, its time zone, the number of unread notices.

Error pages and the gallery must be drawn without them too, so `Unnamed` can stand for an institution.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from placa.domain.institution import selectors
from placa.domain.institution.models import Institution
from placa.domain.notifications import selectors as notices


@dataclass(frozen=True, slots=True)
class Unnamed:
    """The attributes of an institution that the pages show."""

    name: str = "Placa"
    short_name: str = ""
    phone: str = ""
    email: str = ""
    hours: str = ""
    address: str = ""
    accent: str = ""


def current() -> Institution:
    """The institution whose portal this is."""
    return selectors.current()


def zone() -> dt.tzinfo:
    """The institution's time zone."""
    return selectors.zone()


def idle_seconds() -> int:
    """After how many idle seconds a session ends."""
    return int(selectors.setting("idle_minutes")) * 60


def unread_count(user: Any, role: str) -> int:
    """Unread notices of `user` in the portal of `role`; 0 for someone not signed in."""
    if user is None or not user.is_authenticated:
        return 0
    return notices.unread_count(user, role)


def logo_url() -> str:
    """Address of the institution's logo, changing with the picture; "" where none was uploaded."""
    institution = selectors.current()
    if not institution.logo:
        return ""
    digest = hashlib.sha256(bytes(institution.logo)).hexdigest()[:12]
    return reverse("institution_logo", args=[digest])
