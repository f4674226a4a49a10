"""The viewer's page: the study's JSON, the first picture, and the bundle that takes over."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from placa.domain.access.images import OpenStudy, open_images
from placa.domain.access.selectors import get_study
from placa.domain.access.viewers import NOBODY
from placa.interfaces.web.account.session import to_sign_in
from placa.interfaces.web.studies import Doors
from placa.interfaces.web.viewer.context import context, described_as, is_localizer

# what Cornerstone's codecs need beyond the portal's policy, on this page alone
POLICY = {
    "script-src": ["'wasm-unsafe-eval'"],
    "worker-src": ["'self'", "blob:"],
    "media-src": ["'self'", "blob:"],
}


@require_safe
def page(request: HttpRequest, uid: str, token: str = "") -> HttpResponse:
    """The viewer on one study, in the look of whoever asks; 404 for what is not theirs."""
    viewer = getattr(request, "viewer", NOBODY)
    if viewer.role == "nobody":
        if token:
            raise Http404
        return to_sign_in(request)
    study = get_study(viewer, uid, need="images")
    if study.availability != study.Availability.ONLINE:  # its page says how they come back
        return redirect(Doors("recipient" if token else viewer.role, token).page(study))
    opened = open_images(viewer, uid)
    told = context(request, viewer, opened, token)
    title, first_image = told["study"]["description"], _first(opened, told["dicomweb"])
    answer = render(request, "ui/viewer.html", {"context": told, "title": title, "first_image": first_image})
    answer["Cache-Control"] = "no-store, private"
    answer._csp_update = POLICY  # type: ignore[attr-defined]  # as django-csp's decorator does
    return answer


@require_safe
def described(request: HttpRequest, uid: str, token: str = "") -> HttpResponse:
    """The series of a study, for a viewer that shows it beside another one; 404 for what is not theirs or not here."""
    viewer = getattr(request, "viewer", NOBODY)
    if viewer.role == "nobody":
        if token:
            raise Http404
        return to_sign_in(request)
    opened = open_images(viewer, uid)
    if opened.study.availability != opened.study.Availability.ONLINE:
        raise Http404
    answer = JsonResponse(described_as(opened, token))
    answer["Cache-Control"] = "no-store, private"
    return answer


def _first(opened: OpenStudy, root: str) -> str:
    """Address of the first picture that the viewer will show, so that it is asked for before any script runs."""
    for series in sorted(opened.series(), key=is_localizer):
        instances = opened.instances_of(series)
        for instance in instances[len(instances) // 2 :][:1]:  # the middle says more than the edge
            if instance.kind == "image":
                study = opened.study.study_instance_uid
                base = f"{root}/studies/{study}/series/{series.series_instance_uid}"
                return f"{base}/instances/{instance.sop_instance_uid}/frames/1/rendered?viewport=768,768&quality=80"
    return ""
