"""Who asks behind `/s/<token>/…`: for every door there, pages and data alike.

`share_viewer` is for doors that answer data, `share_page` for pages: it sends to the PIN or the notice.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers

from placa.domain.access.models import SharePart
from placa.domain.access.viewers import Viewer
from placa.domain.accounts import throttle
from placa.domain.sharing import selectors, sessions
from placa.domain.sharing.errors import ShareGoneError
from placa.domain.sharing.sessions import NoticeNeededError, PinNeededError
from placa.interfaces.web.account.session import address_of

UNKNOWN_LINK = throttle.Policy("share-link", free=20, first=60, longest=3600, window=3600)
R = TypeVar("R", bound=HttpResponseBase)


def share_viewer(request: HttpRequest, token: str) -> Viewer:
    """The viewer of a browser that gave the PIN and accepted the notice; Http404 for any other."""
    try:
        return _viewer(request, token)
    except (ShareGoneError, PinNeededError, NoticeNeededError) as error:
        raise Http404 from error


def share_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For pages: `view(request, token, viewer, …)` once inside; else PIN, notice or neutral page."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.audience = "recipient"  # type: ignore[attr-defined]
        found = enter(request, token)
        if not isinstance(found, Viewer):
            return found
        return private(view(request, token, found, *args, **kwargs))

    return guarded


def enter(request: HttpRequest, token: str) -> Viewer | HttpResponseBase:
    """The viewer of a browser that is inside; for any other the answer to a page: PIN, notice, neutral page."""
    try:
        return _viewer(request, token)
    except ShareGoneError:
        return gone(request)
    except PinNeededError:
        return private(redirect("recipient:open", token=token))
    except NoticeNeededError:
        return private(redirect("recipient:notice", token=token))


def known_part(request: HttpRequest, token: str) -> SharePart:
    """The part behind a link, in whatever state; an unknown one is counted against its address (case 10).

    Raises ShareGoneError for an unknown token, and for any from an address that tried too many unknown ones.
    """
    place = throttle.address_subject(address_of(request))
    if throttle.blocked_until(UNKNOWN_LINK, place):
        raise ShareGoneError
    part = selectors.part_by_token(token)
    if part is None:
        with suppress(throttle.ThrottledError):
            throttle.take(UNKNOWN_LINK, place)
        raise ShareGoneError
    return part


def _viewer(request: HttpRequest, token: str) -> Viewer:
    try:
        return sessions.viewer_of(request.session, token, address=address_of(request))
    except (ShareGoneError, PinNeededError):
        known_part(request, token)  # whoever guesses tokens must not learn more here than at the PIN
        raise


def gone(request: HttpRequest) -> HttpResponse:
    """The one neutral page: unknown, ended, revoked, locked, withdrawn (case 11)."""
    request.audience = "recipient"  # type: ignore[attr-defined]
    return private(render(request, "recipient/gone.html", status=404))


def private(response: R) -> R:
    """Kept by no cache, its address told to nobody (cases 12, 21)."""
    add_never_cache_headers(response)
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
