"""The quick way to pixels: for one second after the rules said yes, the same asker is not put through them again.

A viewer asks for hundreds of frames of one study, six at a time. The first goes the whole way: session or token, rules,
audit. What they allowed stands in this process for a second, under the very credentials that the request carried, for that
one study and its images alone (decision 0016): never documents, never whole files, never a search.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django_permissions_policy import PermissionsPolicyMiddleware

from placa.domain.access.images import OpenStudy, speaks
from placa.domain.access.types import Instance
from placa.interfaces.dicomweb import at_hand, described, objects, permits, rendered
from placa.interfaces.dicomweb.door import BUSY_SECONDS, door
from placa.interfaces.dicomweb.permits import Permit

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
Said = tuple[str, list[tuple[str, str]], HttpResponse]  # status, headers, body
_PATH: Final = re.compile(
    r"(?P<before>/s/[^/]+)?/dicomweb/studies/(?P<study>[0-9.]+)/"
    r"(?:series/(?P<series>[0-9.]+)/instances/(?P<instance>[0-9.]+)/"
    r"(?:frames/(?P<frames>[0-9,]+)(?P<drawn>/rendered)?|(?P<rendered>rendered))|(?P<metadata>metadata))",
    re.ASCII,
)


class QuickDoor:
    """Stands before Django (WSGI): what it answers costs none of Django's own steps."""

    def __init__(self, django: Application) -> None:
        self.django = django

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """From the permit, or the whole way."""
        asked, key = _asked(environ)
        if asked is None or key is None:
            return self.django(environ, start_response)
        since = permits.now()
        permit = permits.found(key)
        if permit is None:
            try:
                return self.django(environ, start_response)
            finally:
                permits.rules_asked(key, since)
        said = _said(environ, permit, asked)
        if said is None:
            return self.django(environ, start_response)
        status, headers, answer = said
        start_response(status, headers)
        return answer

    def at_once(self, environ: Environ) -> Said | None:
        """The same from a permit that nobody need ask for. None: it is for `__call__` to answer."""
        asked, key = _asked(environ)
        permit = permits.standing(key) if key else None
        said = _said(environ, permit, asked) if permit and asked else None
        return said if said and "Content-Length" in said[2] else None


def _asked(environ: Environ) -> tuple[re.Match[str] | None, permits.Key | None]:
    """What of a study's images is asked for, and by whom; None where it is something else, or by nobody."""
    asked = _PATH.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "GET" else None
    return asked, permits.key_of(environ, asked["study"]) if asked else None


def _said(environ: Environ, permit: Permit, asked: re.Match[str]) -> Said | None:
    request = WSGIRequest(environ)
    answer = _quickly(request, permit, asked)
    if answer is None:
        return None
    more = [pair for pair in _of_every_answer(request) if pair[0] not in answer]
    return f"{answer.status_code} {answer.reason_phrase}", [*answer.items(), *more], answer


def _quickly(request: HttpRequest, permit: Permit, asked: re.Match[str]) -> HttpResponse | None:
    close_old_connections()  # as Django does before a request
    try:
        answer = _answer(request, permit, asked)
    except Exception:  # whatever it is: the whole way says it, and logs what is a fault of ours
        return None
    if answer is None or (isinstance(answer, HttpResponse) and not _is_of_the_file(answer)):
        return answer
    if not answer.streaming:
        at_hand.forget(permit.opened.study.pk)
    answer.close()  # what runs for long is cut when access ends: the whole way sees to that
    return None


def _is_of_the_file(answer: HttpResponse) -> bool:
    """Whether it says that a file is damaged or away: it may lie elsewhere by now, as its row says when read anew."""
    return answer.status_code == 503 and answer.get("Retry-After") != str(BUSY_SECONDS)


def _answer(request: HttpRequest, permit: Permit, asked: re.Match[str]) -> HttpResponseBase | None:
    request.viewer = permit.opened.viewer  # type: ignore[attr-defined]
    if asked["metadata"]:
        return door(lambda request, viewer: described.described(request, viewer, permit.metadata()))(request)
    found = permit.instance(asked["series"], asked["instance"])
    if speaks(found) or found.kind == "video":
        return None
    return _pixels(request, permit.opened, found, asked)


_POLICY: Final = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
_headers: Final[dict[bool, list[tuple[str, str]]]] = {}  # by whether the request came encrypted


def _of_every_answer(request: HttpRequest) -> list[tuple[str, str]]:
    """The headers that Django's own steps add to any answer, as they say it themselves, asked once a process."""
    secure = bool(request.is_secure())
    if secure not in _headers:
        steps = SecurityMiddleware(PermissionsPolicyMiddleware(lambda request: HttpResponse()))
        answer = cast(HttpResponse, steps(request))
        _headers[secure] = [*(pair for pair in answer.items() if pair[0] != "Content-Type"), _POLICY]
    return _headers[secure]


def _pixels(
    request: HttpRequest, opened: OpenStudy, found: Instance, asked: re.Match[str]
) -> HttpResponseBase:
    numbers = asked["frames"] or "1"
    if not asked["rendered"] and not asked["drawn"]:
        return door(lambda request, viewer: objects.frames_of(request, opened, found, numbers))(request)
    return door(lambda request, viewer: rendered.frames_of(request, opened, found, numbers))(request)
