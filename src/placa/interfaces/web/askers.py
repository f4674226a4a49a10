"""`request.viewer` for the doors that a session, a bearer token and a share's token open alike.

Those doors (DICOMweb, viewer, files) are routed twice: plainly, and under `/s/<token>/` in a namespace
`share-…`. Under a token only the share counts, whoever else is signed in in the same browser.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from placa.domain.access.selectors import NotVisible
from placa.domain.access.viewers import NOBODY, Viewer
from placa.domain.archive.storage import DamagedError, StorageError
from placa.interfaces.web.account.session import NotSignedInError, viewer_of
from placa.interfaces.web.recipient.session import enter, share_viewer
from placa.interfaces.web.running import guarded, still_has

log = logging.getLogger(__name__)
RETRY_SECONDS = 5
DOORS = {"dicomweb", "viewer", "files"}
IMAGES = {
    "dicomweb",
    "share-dicomweb",
}  # what streams here is cut when access ends; a ZIP knows more and asks itself
SHARED = {f"share-{name}" for name in DOORS}


class ViewerMiddleware:
    """Says who asks at a door, and turns what is not visible into 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        if isinstance(response, StreamingHttpResponse) and match and set(match.namespaces) & IMAGES:
            uid, token = str(match.kwargs.get("study", "")), str(match.kwargs.get("token", ""))
            allowed = partial(still_has, request, request.viewer, token, uid, "images")  # type: ignore[attr-defined]
            response.streaming_content = guarded(
                iter(cast(Iterable[bytes], response.streaming_content)), allowed
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Set `request.viewer`. Under a share that is not open in this browser: a page leads to the PIN, data are 404."""
        match = request.resolver_match
        namespaces = set(match.namespaces) if match else set()
        if namespaces & SHARED:
            request.audience = "recipient"  # type: ignore[attr-defined]
            ask = enter if "share-viewer" in namespaces else share_viewer
            found = ask(request, str(kwargs["token"]))
            if not isinstance(found, Viewer):
                return found
            request.viewer = found  # type: ignore[attr-defined]
        elif namespaces & DOORS:
            try:
                request.viewer = viewer_of(request)  # type: ignore[attr-defined]
            except NotSignedInError:
                request.viewer = NOBODY  # type: ignore[attr-defined]
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What a page lets through: NotVisible is a 404 like any other; an archive that is away, or a file that is not
        what was stored, is told plainly, and nothing else of the portal breaks."""
        if isinstance(error, NotVisible):
            raise Http404 from error
        if isinstance(error, StorageError):
            log.error("the archive does not answer: %s", error)
            return not_now(request, 503, _("The archive does not answer"), _(
                "Nothing is lost. Please try again in a moment."), retry=True)  # fmt: skip
        if isinstance(error, DamagedError):
            return not_now(request, 503, _("A file of this study is damaged"), _(
                "We do not show what is not as it was stored. The centre has been told."))  # fmt: skip
        return None


def not_now(
    request: HttpRequest, status: int, heading: str, words: str, *, retry: bool = False
) -> HttpResponse:
    """A page that says what cannot be handed out just now, and what to do."""
    answer = render(request, "ui/not_now.html", {"heading": heading, "words": words}, status=status)
    answer["Cache-Control"] = "no-store, private"
    if retry:
        answer["Retry-After"] = str(RETRY_SECONDS)
    return answer
