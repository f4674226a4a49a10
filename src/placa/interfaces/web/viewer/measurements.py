"""One's own measurements and key images on a study: given to the viewer, kept for it, and as DICOM objects."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.decorators.http import require_http_methods, require_safe

from placa.domain.access.viewers import Viewer
from placa.domain.measurements import selectors, services
from placa.domain.measurements.content import BODY_LIMIT, BadContent
from placa.interfaces.web.account.session import to_sign_in, user_of, viewer_of


@require_http_methods(["GET", "POST"])
def kept(request: HttpRequest, uid: str) -> HttpResponse:
    """The list that the asker kept; POST keeps another in its place. 404 for whoever may not measure here."""
    if user_of(request) is None:
        return to_sign_in(request)
    viewer = viewer_of(request)
    if request.method == "POST":
        if len(request.body) > BODY_LIMIT:
            return HttpResponse(status=413)
        try:
            services.save(viewer=viewer, study_uid=uid, content=_sent(request))
        except BadContent as error:
            return HttpResponseBadRequest(str(error), content_type="text/plain")
        return HttpResponse(status=204)
    answer = JsonResponse(selectors.of(viewer, uid), safe=False)
    answer["Cache-Control"] = "no-store, private"
    return answer


def _sent(request: HttpRequest) -> object:
    """The JSON of the body; what cannot be read is no list, and refused as such once the asker is known."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


@require_safe
def report(request: HttpRequest, uid: str) -> HttpResponse:
    """The measurements as a DICOM file to download."""
    return _to_download(request, uid, selectors.as_report, "measurements.dcm")


@require_safe
def key_objects(request: HttpRequest, uid: str) -> HttpResponse:
    """The key images as a DICOM file to download."""
    return _to_download(request, uid, selectors.as_key_objects, "key-images.dcm")


def _to_download(
    request: HttpRequest, uid: str, made: Callable[[Viewer, str], bytes], name: str
) -> HttpResponse:
    if user_of(request) is None:
        return to_sign_in(request)
    answer = HttpResponse(made(viewer_of(request), uid), content_type="application/dicom")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store, private"
    return answer
