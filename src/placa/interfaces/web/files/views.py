"""What is handed out as a file: a report as PDF (the ZIP of a study is in `zip_views`)."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from placa.domain.access.selectors import get_study, openable_reports_of
from placa.domain.access.services import opened
from placa.domain.access.viewers import NOBODY, Viewer
from placa.domain.downloads.report_pdf import report_file
from placa.interfaces.web.account.session import to_sign_in

# a received PDF may hold scripts: it is shown in a sandbox, without origin, and never sniffed (case 18)
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; frame-ancestors 'self'"


def viewer_or_none(request: HttpRequest) -> Viewer | None:
    """Who asks, None for nobody."""
    viewer: Viewer = getattr(request, "viewer", NOBODY)
    return None if viewer.role == "nobody" else viewer


@require_safe
def report(request: HttpRequest, uid: str, report: UUID, token: str = "") -> HttpResponse:
    """One report as PDF, shown in place; with `?download=1` saved."""
    viewer = viewer_or_none(request)
    if viewer is None:
        if token:
            raise Http404
        return to_sign_in(request)
    saved = request.GET.get("download") == "1"
    need = "download" if saved else "report"
    study = get_study(viewer, uid, need=need)  # type: ignore[arg-type]
    found = report_file(viewer, study, report, action="download" if saved else "view_report")
    answer = HttpResponse(found.content, content_type="application/pdf")
    answer["Content-Disposition"] = f'{"attachment" if saved else "inline"}; filename="{found.name}"'
    answer["Cache-Control"] = "no-store, private"
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@require_POST
def report_read(request: HttpRequest, uid: str, report: UUID, number: int, token: str = "") -> HttpResponse:
    """The words of version `number` were shown, beside the images: it is read. 404 for what is not theirs to open."""
    viewer = viewer_or_none(request)
    if viewer is None:
        if token:
            raise Http404
        return to_sign_in(request)
    study = get_study(viewer, uid, need="report")
    for one in openable_reports_of(viewer, study):
        for version in one.versions.all():
            if (one.public_id, version.number) == (report, number):
                opened(viewer, study, "view_report", read=[version], report=one.pk)
                return HttpResponse(status=204)
    raise Http404
