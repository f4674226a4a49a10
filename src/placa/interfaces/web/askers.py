"""`request.viewer` for the doors that a session, a bearer token and a share's token open alike.

Those doors (DICOMweb, viewer, files) are routed twice: plainly, and under `/s/<token>/` in a namespace
`share-…`. Under a token only the share counts, whoever else is signed in in the same browser.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from placa.domain.access.selectors import NotVisible
from placa.domain.access.viewers import NOBODY
from placa.interfaces.web.account.session import NotSignedInError, viewer_of
from placa.interfaces.web.recipient.session import share_viewer

DOORS = {"dicomweb", "viewer", "files"}
SHARED = {f"share-{name}" for name in DOORS}


class ViewerMiddleware:
    """Says who asks at a door, and turns what is not visible into 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> None:
        """Set `request.viewer`. Raises Http404 for a share that is not open in this browser."""
        match = request.resolver_match
        namespaces = set(match.namespaces) if match else set()
        if namespaces & SHARED:
            request.viewer = share_viewer(request, str(kwargs["token"]))  # type: ignore[attr-defined]
            request.audience = "recipient"  # type: ignore[attr-defined]
        elif namespaces & DOORS:
            try:
                request.viewer = viewer_of(request)  # type: ignore[attr-defined]
            except NotSignedInError:
                request.viewer = NOBODY  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """A page of a portal lets NotVisible through: outside it is a 404 like any other."""
        if isinstance(error, NotVisible):
            raise Http404 from error
