"""The quick way to pixels: for one second after the rules said yes, the same asker is not put through them again.

A viewer asks for hundreds of frames of one study, six at a time. The first goes the whole way: session or token, rules,
audit. What they allowed stands in this process for a second, under the very credentials that the request carried, for that
one study and its images alone (decision 0016): never documents, never whole files, never a search.
"""

import re
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from placa.domain.access.images import OpenStudy, speaks
from placa.domain.access.selectors import NotVisible
from placa.domain.access.types import Instance
from placa.interfaces.dicomweb import described, objects, permits, rendered
from placa.interfaces.dicomweb.door import door
from placa.interfaces.dicomweb.permits import Permit

_PATH: Final = re.compile(
    r"(?P<before>/s/[^/]+)?/dicomweb/studies/(?P<study>[0-9.]+)/"
    r"(?:series/(?P<series>[0-9.]+)/instances/(?P<instance>[0-9.]+)/"
    r"(?:frames/(?P<frames>[0-9,]+)(?P<drawn>/rendered)?|(?P<rendered>rendered))|(?P<metadata>metadata))",
    re.ASCII,
)


class QuickMiddleware:
    """The first of all: what it answers goes through no other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """From the permit, or the whole way."""
        if request.method == "GET" and "/dicomweb/studies/" in request.path_info:
            answer = self._quickly(request)
            if answer is not None:
                return answer
        return self.get_response(request)

    def _quickly(self, request: HttpRequest) -> HttpResponseBase | None:
        asked = _PATH.fullmatch(request.path_info)
        permit = permits.found(request, asked["study"]) if asked else None
        if asked is None or permit is None:
            return None
        try:
            answer = _answer(request, permit, asked)
        except (NotVisible, FileNotFoundError):
            return None  # said by the whole way
        if answer is not None and answer.streaming:
            answer.close()  # what runs for long is cut when access ends: the whole way sees to that
            return None
        return answer


def _answer(request: HttpRequest, permit: Permit, asked: re.Match[str]) -> HttpResponseBase | None:
    request.viewer = permit.opened.viewer  # type: ignore[attr-defined]
    if asked["metadata"]:
        permit.metadata = permit.metadata or permit.opened.metadata()
        answer = door(lambda request, viewer: described.described(request, viewer, permit.metadata))(request)
    else:
        found = permit.instance(asked["series"], asked["instance"])
        if speaks(found) or found.kind == "video":
            return None
        answer = _pixels(request, permit.opened, found, asked)
    return _with_headers(answer)


def _with_headers(answer: HttpResponseBase) -> HttpResponseBase:
    """What the middleware behind would have added."""
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Opener-Policy"] = "same-origin"
    answer["Referrer-Policy"] = settings.SECURE_REFERRER_POLICY
    answer.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    if settings.SECURE_HSTS_SECONDS:
        answer["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    return answer


def _pixels(
    request: HttpRequest, opened: OpenStudy, found: Instance, asked: re.Match[str]
) -> HttpResponseBase:
    numbers = asked["frames"] or "1"
    if not asked["rendered"] and not asked["drawn"]:
        return door(lambda request, viewer: objects.frames_of(request, opened, found, numbers))(request)
    return door(lambda request, viewer: rendered.frames_of(request, opened, found, numbers))(request)
