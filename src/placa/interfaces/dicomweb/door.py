"""What every DICOMweb view does first and last: who asks, what they accept, how errors are told."""

import base64
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from placa.domain.access.selectors import NotVisible
from placa.domain.access.viewers import NOBODY, Viewer
from placa.domain.archive.errors import NotOnline
from placa.domain.archive.rendering import RenderRefused, RenderUnavailable
from placa.domain.recall import services as recall
from placa.standards.dicom.errors import InvalidObject

View = Callable[..., HttpResponseBase]
# a grey pixel: a thumbnail need not show the images (PS3.18 10.4.1.1.5), and a list must not ask for recalls
NO_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mO4AQAA2gDZvcV+FQAAAABJRU5ErkJggg=="
)
DICOM_JSON = "application/dicom+json"


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks, as the middleware found out: a session in its role, a bearer token, a share session."""
    viewer: Viewer = getattr(request, "viewer", NOBODY)
    return viewer


def door(view: View) -> View:
    """GET and HEAD only; 401 for nobody, 404 for what is not there or not theirs, 4xx and 503 said plainly."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, token: str = "", **parts: Any) -> HttpResponseBase:
        viewer = viewer_of(request)
        if viewer.role == "nobody":
            return problem(401, "Sign in, or send a bearer token.")
        try:
            answer = view(request, viewer, **parts)
        except NotVisible:
            return problem(404, "There is no such study, series, instance or frame.")
        except BadQuery as error:
            return problem(400, str(error))
        except InvalidObject:
            return problem(406, "This object cannot be read.")
        except RenderRefused as error:
            return problem(406, f"This object cannot be shown as an image: {error}")
        except NotOnline as error:
            return not_online(request, viewer, error.study_instance_uid)
        except RenderUnavailable:
            return problem(503, "Images are being prepared. Try again in a moment.")
        answer.setdefault("Cache-Control", "private, no-store")
        return answer

    return guarded


class BadQuery(ValueError):
    """A parameter that cannot be understood (400)."""


def problem(status: int, text: str) -> HttpResponse:
    """A plain JSON problem (RFC 9457)."""
    body = json.dumps({"status": status, "detail": text})
    answer = HttpResponse(body, status=status, content_type="application/problem+json")
    answer["Cache-Control"] = "no-store"
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="placa"'
    if status == 503:
        answer["Retry-After"] = "2"
    return answer


def not_online(request: HttpRequest, viewer: Viewer, study_instance_uid: str) -> HttpResponse:
    """The images are in the external archive. Whoever may open them and asks for them asks for their recall (10.2)."""
    if request.path.endswith("/thumbnail"):
        return HttpResponse(NO_PICTURE, content_type="image/png", headers={"Cache-Control": "no-store"})
    coming = recall.ask(viewer=viewer, study_instance_uid=study_instance_uid) is not None
    said = (
        "The images are being brought back from the archive." if coming else "The images are in the archive."
    )
    answer = problem(503, said)
    answer["Retry-After"] = "300" if coming else "86400"
    return answer


def gzipped_json(request: HttpRequest, body: bytes, plain: Callable[[bytes], bytes]) -> HttpResponse:
    """DICOM JSON that is kept gzipped, sent as it is to whoever takes gzip."""
    accepts = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(body if accepts else plain(body), content_type=DICOM_JSON)
    if accepts:
        answer["Content-Encoding"] = "gzip"
    answer["Vary"] = "Accept-Encoding, Cookie, Authorization"
    return answer
