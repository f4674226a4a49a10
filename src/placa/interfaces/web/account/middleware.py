"""Between every request and its view: is the session still good, and is the way in complete?"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch, reverse

from placa.common import clock
from placa.domain.accounts import notice
from placa.domain.accounts.bearer import resolve_token
from placa.domain.institution import selectors as institution
from placa.interfaces.web.account import session as sessions

LONGEST = dt.timedelta(hours=12)
NOTED_EVERY = dt.timedelta(minutes=1)  # so often at most is a session written by being used
TOKEN_DOORS = ("/dicomweb/", "/api/", "/fhir/", "/viewer/", "/files/")

# open before the first password is chosen and the notice accepted
ALWAYS_OPEN = {
    "account:sign_in", "account:sign_out", "account:first_password", "account:notice", "account:language",
    "account:alive", "account:expired", "account:recover", "account:recover_name", "account:new_password",
    "healthz", "readyz", "metrics", "institution_logo", "institution_accent", "demo_ui", "demo_ui_page",
}  # fmt: skip


def is_open(match: ResolverMatch | None) -> bool:
    """Whether an address opens before the way in is complete: the way itself, and a share's doors.

    A share needs no account, whoever holds one besides.
    """
    if match is None:
        return True
    spaces = match.namespaces
    of_a_share = any(name == "recipient" or name.startswith("share-") for name in spaces)
    return match.view_name in ALWAYS_OPEN or of_a_share or "demo" in spaces


class AccountMiddleware:
    """Ends sessions, closes addresses until the way in is complete, keeps personal pages out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refused = self._bearer(request)
        if refused is not None:
            return refused
        personal = sessions.user_of(request) is not None
        if personal and sessions.bearer_of(request) is None:
            self._end_if_over(request)
        user = sessions.user_of(request)
        # a program that asks for no language takes things along in that of its person
        if user is not None and not (sessions.bearer_of(request) and "Accept-Language" in request.headers):
            sessions.use_language(request, user.language)
        response = self.get_response(request)
        self._keep_private(request, response, personal)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Send who is not done with the way in to the next step of it; note that the session is in use."""
        user = sessions.user_of(request)
        if user is None or sessions.bearer_of(request) is not None:
            return None
        if not is_open(request.resolver_match):
            step = next_step(request)
            if step:
                return _closed(request, step)
        by_itself = getattr(view, "placa_background", False) or "X-Placa-Background" in request.headers
        if not by_itself:
            sessions.touch(request, at_least=NOTED_EVERY)
        return None

    def _bearer(self, request: HttpRequest) -> HttpResponse | None:
        """Resolve `Authorization: Bearer`; the request then has no session. 401 for a dead token."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not request.path.startswith(TOKEN_DOORS):
            return None
        found = resolve_token(token.strip())
        request.user = AnonymousUser() if found is None else found.user
        if found is None:
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        request.placa_bearer = found  # type: ignore[attr-defined]
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # no cookie, nothing to forge
        return None

    def _end_if_over(self, request: HttpRequest) -> None:
        at = clock.now().timestamp()
        idle = institution.setting("idle_minutes") * 60
        why = ""
        if at - float(request.session.get(sessions.SIGNED_IN_AT, 0)) >= LONGEST.total_seconds():
            why = "absolute"
        elif at - float(request.session.get(sessions.SEEN_AT, 0)) >= idle:
            why = "idle"
        if why:
            sessions.end(request, why)
            request.placa_ended = why  # type: ignore[attr-defined]

    def _keep_private(self, request: HttpRequest, response: HttpResponseBase, personal: bool) -> None:
        """No cache keeps a personal page (case 21). A door that says otherwise itself knows why."""
        match = request.resolver_match
        own = match is not None and "account" in match.namespaces
        if (personal or own or sessions.user_of(request) is not None) and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store, private"


def next_step(request: HttpRequest) -> str:
    """The address of the next step of the way in; empty when it is complete."""
    user = sessions.user_of(request)
    if user is None:
        return ""
    if user.must_change_password:
        return reverse("account:first_password")
    if notice.pending(user, sessions.role_of(request), sessions.accepted_notices(request)):
        return reverse("account:notice")
    return ""


def _closed(request: HttpRequest, step: str) -> HttpResponse:
    is_page = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "text/html")
    if not is_page and request.headers.get("HX-Request") != "true":
        return HttpResponse(status=403)
    back = request.get_full_path()
    if is_page and sessions.safe_next(request, back) and sessions.NEXT not in request.session:
        request.session[sessions.NEXT] = back
    return sessions.go(request, step)
