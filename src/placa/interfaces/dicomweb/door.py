"""What every DICOMweb view does first and last: who asks, how errors are told, what caches and clients may keep."""

import base64
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)

from placa.domain.access.selectors import NotVisible
from placa.domain.access.storing import MayNotStore
from placa.domain.access.viewers import NOBODY, Viewer
from placa.domain.archive.errors import NotOnline
from placa.domain.archive.rendering import RenderRefused, RenderUnavailable
from placa.domain.archive.storage import DamagedError, StorageError
from placa.domain.recall import services as recall
from placa.interfaces.dicomweb.accept import NotAcceptable
from placa.standards.dicom.errors import InvalidObject

View = Callable[..., HttpResponseBase]
# a grey pixel: a thumbnail need not show the images (PS3.18 10.4.1.1.5), and a list must not ask for recalls
NO_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mO4AQAA2gDZvcV+FQAAAABJRU5ErkJggg=="
)
BUSY_SECONDS, RECALL_SECONDS, DAY_SECONDS = 2, 300, 86_400


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks, as the middleware found out: a session in its role, a bearer token, a share session."""
    viewer: Viewer = getattr(request, "viewer", NOBODY)
    return viewer


class BadQuery(ValueError):
    """A parameter that cannot be understood (400)."""


class Refused(Exception):
    """A request that is refused with `status`; the text says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def door(view: View) -> View:
    """401 for nobody, 404 for what is not there or not theirs, 4xx and 503 said plainly."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str = "", **parts: Any) -> HttpResponseBase:
        viewer = viewer_of(request)
        if viewer.role == "nobody":
            return problem(401, "Sign in, or send a bearer token.")
        try:
            answer = view(request, viewer, **parts)
        except NotOnline as error:
            answer = not_online(request, viewer, error.study_instance_uid)
        except Exception as error:
            answer = _told(error)
        answer.setdefault("Cache-Control", "private, no-store")
        answer.setdefault("Vary", "Accept, Cookie, Authorization")
        return _without_body(answer) if request.method == "HEAD" else answer

    return guarded


def _told(error: Exception) -> HttpResponse:
    """The answer to what went wrong; raises again what is a fault of ours."""
    match error:
        case NotVisible():
            return problem(404, "There is no such study, series, instance or frame.")
        case BadQuery():
            return problem(400, str(error))
        case Refused():
            return problem(error.status, str(error))
        case MayNotStore():
            return problem(403, "This account may not store.")
        case NotAcceptable():
            return problem(406, str(error))
        case InvalidObject():
            return problem(406, "This object cannot be read.")
        case RenderRefused():
            return problem(406, f"This object cannot be shown or decompressed: {error}")
        case _:
            return _not_now(error)


def _not_now(error: Exception) -> HttpResponse:
    """503 for what may be there later, and for what is damaged; raises again what is a fault of ours."""
    match error:
        case RenderUnavailable():
            return problem(503, "Images are being prepared. Try again in a moment.", BUSY_SECONDS)
        case DamagedError():
            return problem(503, "The file of this object is damaged here. The centre has been told.")
        case StorageError():
            return problem(503, "The archive does not answer. Try again in a moment.", BUSY_SECONDS)
        case _:
            raise error


def by_method(**views: View) -> View:
    """One address, a view a method: `by_method(get=…, post=…)`; HEAD is GET without the body."""
    allowed = [*(["GET", "HEAD"] if "get" in views else []), *(["POST"] if "post" in views else [])]

    def dispatched(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        name = "get" if request.method == "HEAD" else str(request.method).lower()
        view = views.get(name)
        return view(request, **parts) if view else HttpResponseNotAllowed(allowed)

    return dispatched


def _without_body(answer: HttpResponseBase) -> HttpResponseBase:
    """The headers that GET would have had, its length too (RFC 9110 9.3.2)."""
    if isinstance(answer, StreamingHttpResponse):
        answer.close()
        headers = dict(answer.items())
        answer = HttpResponse(status=answer.status_code, headers=headers)
    elif isinstance(answer, HttpResponse):
        answer.setdefault("Content-Length", str(len(answer.content)))
        answer.content = b""
    return answer


def problem(status: int, text: str, retry_after: int = 0) -> HttpResponse:
    """A plain JSON problem (RFC 9457)."""
    body = json.dumps({"status": status, "detail": text})
    answer = HttpResponse(body, status=status, content_type="application/problem+json")
    answer["Cache-Control"] = "no-store"
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="placa"'
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer


def not_online(request: HttpRequest, viewer: Viewer, study_instance_uid: str) -> HttpResponse:
    """The images are in the external archive. Whoever may open them and asks for them asks for their recall (10.2)."""
    if request.path.endswith("/thumbnail"):
        return HttpResponse(NO_PICTURE, content_type="image/png", headers={"Cache-Control": "no-store"})
    if recall.ask(viewer=viewer, study_instance_uid=study_instance_uid) is None:
        return problem(503, "The images are in the archive.", DAY_SECONDS)
    return problem(503, "The images are being brought back from the archive.", RECALL_SECONDS)
