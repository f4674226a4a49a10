"""One's own measurements on a study: given to the viewer, kept for it, and as a DICOM report."""

import json

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.decorators.http import require_http_methods, require_safe

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
    if user_of(request) is None:
        return to_sign_in(request)
    viewer = viewer_of(request)
    answer = HttpResponse(selectors.as_report(viewer, uid), content_type="application/dicom")
    answer["Content-Disposition"] = 'attachment; filename="measurements.dcm"'
    answer["Cache-Control"] = "no-store, private"
    return answer
