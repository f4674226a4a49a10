"""Context processor of every page: institution, audience, places to go, notices, support."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from placa.interfaces.web.ui import accent, institution, navigation

PORTAL_NAMES = {"doctor": _("Doctors"), "company": _("Companies"), "staff": _("Administration")}


def portal(request: HttpRequest) -> dict[str, Any]:
    """Everything the layouts need. A view may override any key, and add `nav_counts` and `help_topic`.

    Reads of the database happen only when a template uses the value.
    """
    match = request.resolver_match
    here = match.view_name if match else ""
    audience = navigation.audience_of(request)
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated and audience != "recipient"
    return {
        "institution": SimpleLazyObject(institution.current),
        "logo_url": SimpleLazyObject(institution.logo_url),
        "accent_url": SimpleLazyObject(accent.url),
        "idle_seconds": SimpleLazyObject(institution.idle_seconds),
        "audience": audience,
        "portal_name": PORTAL_NAMES.get(audience, ""),
        "nav": navigation.main_nav(audience, here) if signed_in else [],
        "user_menu": navigation.user_menu(audience, here) if signed_in else [],
        "bell_url": navigation.url_or_none("account:notices"),
        "bell_count": SimpleLazyObject(lambda: institution.unread_count(user, audience)),
        "home_url": navigation.url_or_none(f"{audience}:home") or "/",
        "sign_out_url": navigation.url_or_none("account:sign_out"),
        "alive_url": navigation.url_or_none("account:alive") if signed_in else None,
        "set_language_url": navigation.url_or_none("account:language"),
        "manual_url": navigation.url_or_none(f"{audience}:manual"),
        "roles": getattr(request, "roles", ()),
        "help_topic": match.url_name if match else "",
        "signed_in": signed_in,
    }
