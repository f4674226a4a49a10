"""The ZIP of a study: exact length, resumable, cut off when access ends (7.1, 7.3, 7.5)."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from placa.domain.access.selectors import get_study
from placa.domain.downloads.errors import (
    MissingFileError,
    NothingToDownloadError,
    NotOnlineError,
    NotReadyError,
)
from placa.domain.downloads.package import PARTS, Package, open_package
from placa.domain.downloads.services import deflate_later, finish_later, zip_state
from placa.interfaces.web.account.session import background, to_sign_in
from placa.interfaces.web.askers import not_now
from placa.interfaces.web.files.byte_range import Unsatisfiable, asked_span
from placa.interfaces.web.files.views import viewer_or_none
from placa.interfaces.web.running import guarded, viewer_now

log = logging.getLogger(__name__)


@require_safe
def study_zip(request: HttpRequest, uid: str, token: str = "") -> HttpResponseBase:
    """The ZIP of a study; `?parts=dicom|jpeg|report` or `?series=<uid>` for less of it.

    `?parts=dicom&compressed=1` deflates the DICOM files: about half the bytes, but the first time it begins later.
    """
    viewer = viewer_or_none(request)
    if viewer is None:
        return _nobody(request, token)
    parts = request.GET.get("parts", "all")
    compressed = request.GET.get("compressed") == "1"
    if parts not in PARTS or (compressed and parts != "dicom"):
        raise Http404
    try:
        found = open_package(viewer, uid, parts, request.GET.get("series", ""), compressed=compressed)
    except NothingToDownloadError as error:
        raise Http404 from error
    except NotOnlineError:
        return not_now(request, 409, _("The images are in the archive"), _(
            "They have to be brought back before you can download them. Please ask the centre."))  # fmt: skip
    except MissingFileError:
        log.error("a stored file of a study is missing or not whole: nothing was sent")
        return not_now(request, 503, _("We could not put the download together"), _(
            "A file of this study is missing here. The centre can help: please tell them."))  # fmt: skip
    except NotReadyError:
        (deflate_later if compressed else finish_later)(uid)
        return not_now(request, 503, _("The download is being prepared"), _(
            "The images are still being drawn. Please try again in a moment."), retry=True)  # fmt: skip
    return _sent(request, found, partial(_still_allowed, request, found, token))


def _sent(request: HttpRequest, found: Package, allowed: Callable[[], bool]) -> HttpResponseBase:
    size, etag = found.zip.size, f'"{found.zip.digest[:40]}"'
    answer: HttpResponseBase
    try:
        span = asked_span(request.headers.get("Range", ""), request.headers.get("If-Range", ""), etag, size)
    except Unsatisfiable:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
        return _headed(answer, etag)
    start, stop = (span.start, span.stop) if span else (0, size)
    status = 206 if span else 200
    if request.method == "HEAD":
        answer = HttpResponse(status=status)
    else:
        found.recorded()
        answer = StreamingHttpResponse(guarded(found.stream(start, stop), allowed), status=status)
    answer["Content-Type"] = "application/zip"
    answer["Content-Length"] = str(stop - start)
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    if span:
        answer["Content-Range"] = span.content_range
    return _headed(answer, etag)


def _headed(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "no-store, private"
    return answer


def _still_allowed(request: HttpRequest, found: Package, token: str) -> bool:
    """Ask everything again: the account or the share, then the study, from the database as it is now."""
    now = viewer_now(request, found.choice.viewer, token)
    return now is not None and replace(found, choice=replace(found.choice, viewer=now)).still_allowed()


@require_safe
@background
def zip_status(request: HttpRequest, uid: str, token: str = "") -> HttpResponse:
    """How the ZIP stands, as JSON; for htmx as the panel itself. Asked by pages, so it keeps no session alive."""
    viewer = viewer_or_none(request)
    if viewer is None:
        return _nobody(request, token)
    get_study(viewer, uid, need="download")
    state = zip_state(viewer, uid)
    if request.headers.get("HX-Request") == "true":
        answer = render(request, "ui/download_panel.html", {
            "state": state.state, "bytes": state.bytes, "why": state.why, "folded": request.GET.get("folded", ""),
            "zip_url": _address("zip", uid, token), "status_url": _address("zip_status", uid, token),
        })  # fmt: skip
    else:
        answer = JsonResponse({"state": state.state, "bytes": state.bytes, "why": state.why})
    answer["Cache-Control"] = "no-store, private"
    return answer


def _address(name: str, uid: str, token: str) -> str:
    if token:
        return reverse(f"share-files:{name}", kwargs={"token": token, "uid": uid})
    return reverse(f"files:{name}", kwargs={"uid": uid})


def _nobody(request: HttpRequest, token: str) -> HttpResponse:
    if token:
        raise Http404
    return to_sign_in(request)
