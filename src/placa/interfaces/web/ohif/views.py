"""OHIF for doctors (6.2): its page and its files, where the institution's setting allows it.

What it may show is decided where OHIF asks for it, at DICOMweb; the page refuses a study that is not theirs besides, so
that an address leads to a plain 404 and not to an application that finds nothing.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from placa.domain.access.images import open_images
from placa.domain.institution import selectors as institution
from placa.interfaces.web.account.session import signed_in, viewer_of
from placa.interfaces.web.ohif import files

MOST_STUDIES = 20
# WebAssembly decoders, workers that start from blobs, styles that its components write into the page
POLICY = {
    "script-src": ["'wasm-unsafe-eval'"],
    "worker-src": ["'self'", "blob:"],
    "style-src": ["'unsafe-inline'"],
}
# embind of one decoder makes functions from text; a worker has the policy of its own response
WORKER_POLICY = {"script-src": ["'wasm-unsafe-eval'", "'unsafe-eval'"]}


def is_open() -> bool:
    """Whether doctors have OHIF here: built at installation, and not switched off."""
    return bool(institution.setting("doctor_ohif") and files.built())


@require_safe
@signed_in("doctor")
def page(request: HttpRequest, mode: str = "") -> HttpResponseBase:
    """The application, whatever its own route; 404 for a study in the address that is not theirs."""
    if not is_open():
        raise Http404
    asked = [uid for value in request.GET.getlist("StudyInstanceUIDs") for uid in value.split(",")]
    if len(asked) > MOST_STUDIES:
        raise Http404
    for uid in asked:
        open_images(viewer_of(request), uid.strip())
    answer = files.answer(request, "index.html")
    answer["Cache-Control"] = "no-store, private"
    return _under(answer, POLICY)


@require_safe
@signed_in("doctor")
def file(request: HttpRequest, file: str) -> HttpResponseBase:
    """One file of the application."""
    if not is_open() or file not in files.built():
        raise Http404
    answer = files.answer(request, file)
    return _under(answer, WORKER_POLICY if files.built()[file].writes_code else POLICY)


def _under(answer: HttpResponseBase, policy: dict[str, Any]) -> HttpResponseBase:
    answer._csp_update = policy  # type: ignore[attr-defined]  # as django-csp's decorator does
    return answer
