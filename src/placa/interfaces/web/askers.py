"""`request.viewer` for the doors that a session, a bearer token and a share's token open alike.

Those doors (DICOMweb, viewer, files) are routed twice: plainly, and under `/s/<token>/` in a namespace
`share-…`. Under a token only the share counts, whoever else is signed in in the same browser.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse

from placa.domain.access.selectors import NotVisible
from placa.domain.access.viewers import NOBODY, Viewer
from placa.interfaces.web.account.session import NotSignedInError, viewer_of
from placa.interfaces.web.recipient.session import enter, share_viewer
from placa.interfaces.web.running import guarded, still_has

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

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """A page of a portal lets NotVisible through: outside it is a 404 like any other."""
        if isinstance(error, NotVisible):
            raise Http404 from error
