"""How much a request may carry: said before its body is read, by whomever it comes from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

FORM_BYTES = 2 * 1024 * 1024
UPLOAD_BYTES = 70 * 1024 * 1024  # a report's PDF of 64 MB and its form
UPLOAD_DOORS = ("/staff/",)
STREAM_DOOR = "/dicomweb/studies"  # STOW-RS reads as it comes, and bounds each object itself
STREAMS = ("multipart/related", "application/dicom")  # nothing before the view reads these


class BodyLimitMiddleware:
    """413 for a body that no page takes. Only who is signed in may send a file, and only where files go.

    Without it an anonymous POST would be spooled to disk by the reading of its CSRF field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _said(request) > FORM_BYTES and not _may_upload(request):
            return render(request, "400.html", status=413)
        return self.get_response(request)


def _said(request: HttpRequest) -> int:
    """Content-Length; gunicorn gives a view no more than it says."""
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def _may_upload(request: HttpRequest) -> bool:
    if request.path.startswith(STREAM_DOOR) and str(request.content_type) in STREAMS:
        return request.headers.get("Authorization", "").lower().startswith("bearer ")
    fits = _said(request) <= UPLOAD_BYTES and request.path.startswith(UPLOAD_DOORS)
    return fits and request.user.is_authenticated
