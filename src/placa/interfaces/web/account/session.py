"""What a request says about who is asking: session, role, viewer, address. Used by every door."""

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from placa.common import clock
from placa.domain.access.viewers import NOBODY, Role, Viewer, viewer_for
from placa.domain.accounts import services as accounts
from placa.domain.accounts.bearer import Bearer
from placa.domain.accounts.models import User
from placa.domain.audit import services as audit
from placa.domain.enrolment.roles import RoleChoice, roles_of
from placa.interfaces.web.account.addresses import client_address

BACKEND = "django.contrib.auth.backends.ModelBackend"
ROLE, SIGNED_IN_AT, SEEN_AT, NOTICE, NEXT = "role", "signed_in_at", "seen_at", "notices", "next"

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class NotSignedInError(PermissionDenied):
    """Nobody is signed in, or no longer in a role of theirs."""


def address_of(request: HttpRequest) -> str:
    """The address of whoever asks. In production a trusted proxy may say it (`PLACA_TRUSTED_PROXIES`)."""
    near = str(request.META.get("REMOTE_ADDR", ""))
    environment = settings.ENVIRONMENT
    if not environment.is_production:
        return near
    return client_address(near, request.headers.get("X-Forwarded-For", ""), environment.trusted_proxies)


def session_id(request: HttpRequest) -> str:
    """The session as the audit log names it: a hash, of which nobody can make a cookie."""
    bearer = bearer_of(request)
    if bearer is not None:
        return bearer.session
    key = request.session.session_key or ""
    return hashlib.sha256(f"placa.session:{key}".encode()).hexdigest()[:32] if key else ""


def bearer_of(request: HttpRequest) -> Bearer | None:
    """Whom the request's bearer token speaks for, as the middleware found it."""
    found: Bearer | None = getattr(request, "placa_bearer", None)
    return found


def user_of(request: HttpRequest) -> User | None:
    """The account that asks, None for nobody."""
    user = getattr(request, "user", None)
    return user if isinstance(user, User) or getattr(user, "is_authenticated", False) else None


def role_of(request: HttpRequest) -> str:
    """The role that the session or the token is in; empty for none."""
    bearer = bearer_of(request)
    return bearer.role if bearer else str(request.session.get(ROLE, ""))


def viewer_of(request: HttpRequest) -> Viewer:
    """The viewer of a signed-in request, asked anew at every request. Raises NotSignedInError (a 403)."""
    kept: Viewer | None = getattr(request, "placa_viewer", None)
    if kept is None:
        user = user_of(request)
        if user is None:
            raise NotSignedInError
        kept = viewer_for(user, role_of(request), session=session_id(request), address=address_of(request))
        request.placa_viewer = kept  # type: ignore[attr-defined]
    if kept == NOBODY:
        raise NotSignedInError
    return kept


# --- beginning, changing, ending ------------------------------------------------------------------


def begin(request: HttpRequest, user: User) -> None:
    """Begin a session with a new key, in the user's only role if there is one only."""
    auth.login(request, user, backend=BACKEND)
    roles = roles_of(user)
    at = clock.now().timestamp()
    request.session.update({SIGNED_IN_AT: at, SEEN_AT: at, ROLE: roles[0].key if len(roles) == 1 else ""})
    request.session.pop(NOTICE, None)
    use_language(request, user.language)
    accounts.signed_in(
        user=user, address=address_of(request), session=session_id(request), role=role_of(request)
    )


def renew(request: HttpRequest, user: User) -> None:
    """Give the session a new key after the password changed (the others have ended)."""
    auth.update_session_auth_hash(request, user)


def change_role(request: HttpRequest, role: str) -> None:
    """Put the session into another role, with a new key."""
    request.session[ROLE] = role
    request.session.cycle_key()


def accepted_notices(request: HttpRequest) -> list[str]:
    """The marks of the notices that were accepted in this session."""
    return list(request.session.get(NOTICE, []))


def end(request: HttpRequest, why: str) -> None:
    """End the session; nothing of it stays."""
    user = user_of(request)
    if user is not None:
        accounts.signed_out(user=user, address=address_of(request), session=session_id(request), why=why)
    auth.logout(request)


def touch(request: HttpRequest, *, at_least: dt.timedelta) -> None:
    """Note that the session is in use, unless that was noted less than `at_least` ago."""
    at = clock.now().timestamp()
    if at - float(request.session.get(SEEN_AT, 0)) >= at_least.total_seconds():
        request.session[SEEN_AT] = at


def use_language(request: HttpRequest, language: str) -> None:
    """Speak `language` for the rest of this request."""
    translation.activate(language)
    request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE


# --- where to -------------------------------------------------------------------------------------


def safe_next(request: HttpRequest, wanted: str | None) -> str:
    """`wanted` if it is a path of this portal, else empty (case 20)."""
    if wanted and wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return ""


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect; a part of a page asked for by htmx makes the whole page go."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=200)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the door, and back here afterwards; by way of the page that says why a session ended."""
    name = "account:expired" if getattr(request, "placa_ended", "") else "account:sign_in"
    back = request.get_full_path() if request.method == "GET" else ""
    query = f"?{urlencode({'next': back})}" if safe_next(request, back) and back != "/" else ""
    return go(request, reverse(name) + query)


def home_url(request: HttpRequest) -> str:
    """Where a signed-in person goes: what they asked for, their portal, or the choice of roles."""
    wanted = safe_next(request, request.session.pop(NEXT, ""))
    role = role_of(request)
    user = user_of(request)
    mine = {choice.key: choice for choice in roles_of(user)} if user else {}
    if role not in mine:
        if wanted:
            request.session[NEXT] = wanted
        return reverse("account:roles")
    return wanted or reverse(mine[role].home_url_name)


# --- for views ------------------------------------------------------------------------------------


def background(view: Callable[Concatenate[HttpRequest, P], R]) -> Callable[Concatenate[HttpRequest, P], R]:
    """Mark a view that pages ask by themselves: it does not keep a session alive (case 15)."""
    view.placa_background = True  # type: ignore[attr-defined]
    return view


def signed_in(
    role: Role,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], R]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """For every view of a portal: only for who is signed in in `role`.

    Nobody goes to the sign-in and comes back; who has the role but is in another one chooses; for anybody
    else the page does not exist (404). `request.audience` and `request.roles` are set for the layout.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, P], R],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            refusal = _refusal(request, role)
            if refusal is not None:
                return refusal
            request.audience = role  # type: ignore[attr-defined]
            request.roles = SimpleLazyObject(lambda: switch(request))  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _refusal(request: HttpRequest, role: str) -> HttpResponse | None:
    user = user_of(request)
    if user is None or bearer_of(request) is not None:
        return to_sign_in(request)
    if role_of(request) == role:
        try:
            viewer_of(request)
        except NotSignedInError:
            return _role_withdrawn(request, user)
        return None
    if role in {choice.key for choice in roles_of(user)}:
        query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return go(request, f"{reverse('account:roles')}?{query}")
    audit.record(
        action="open_portal", outcome="refused", actor=accounts.actor(user), role=role_of(request),
        session=session_id(request), address=address_of(request), detail={"portal": role},
        once_in_window=True,
    )  # fmt: skip
    raise Http404


def _role_withdrawn(request: HttpRequest, user: User) -> HttpResponse:
    """The role ended while the session ran: on to another role, else out (4.4)."""
    if roles_of(user):
        change_role(request, "")
        return go(request, reverse("account:roles"))
    end(request, "withdrawn")
    request.placa_ended = "withdrawn"  # type: ignore[attr-defined]
    return to_sign_in(request)


def switch(request: HttpRequest) -> list[dict[str, Any]]:
    """The roles of this user for the header's menu; each leads to the page where one is chosen."""
    user = user_of(request)
    choices: list[RoleChoice] = roles_of(user) if user else []
    here = role_of(request)
    chooser = reverse("account:roles")
    return [{"label": c.label, "url": f"{chooser}?to={c.key}", "current": c.key == here} for c in choices]
