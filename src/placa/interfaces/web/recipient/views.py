"""The recipient's pages: PIN, notice, what was shared, one study (5.5)."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from placa.common import clock
from placa.domain.access import selectors as access
from placa.domain.access.models import SharePart
from placa.domain.access.selectors import NotVisible
from placa.domain.access.services import opened
from placa.domain.access.viewers import Viewer
from placa.domain.audit import services as audit
from placa.domain.sharing import opening, periods, selectors, sessions
from placa.domain.sharing.errors import ShareGoneError, WrongPinError
from placa.domain.sharing.sessions import PinNeededError
from placa.interfaces.web import recalls, studies
from placa.interfaces.web.account.session import address_of, session_id
from placa.interfaces.web.recipient import shown
from placa.interfaces.web.recipient.session import gone, known_part, private, share_page


@require_http_methods(["GET", "HEAD", "POST"])
def open_share(request: HttpRequest, token: str) -> HttpResponseBase:
    """The card before the PIN: institution and expiry, nothing personal. A GET uses nothing up (case 11)."""
    request.audience = "recipient"  # type: ignore[attr-defined]
    try:
        try:
            sessions.inside(request.session, token)
        except PinNeededError:
            return private(_before_pin(request, token))
        except ShareGoneError:
            known_part(request, token)
            raise
    except ShareGoneError:
        return gone(request)
    return private(redirect("recipient:studies", token=token))


def _before_pin(request: HttpRequest, token: str) -> HttpResponse:
    part = known_part(request, token)
    if request.method == "POST" and part.grant.starts_at <= clock.now():
        try:
            sessions.remember(request.session, _open(request, token))
        except WrongPinError as wrong:
            return _card(request, part, error=_("That PIN is not right. Please try again."), left=wrong.left)
        return redirect("recipient:studies", token=token)
    return _card(request, part, left=opening.tries_left(part))


def _open(request: HttpRequest, token: str) -> SharePart:
    return opening.open_with_pin(
        token, request.POST.get("pin", ""), session=session_id(request), address=address_of(request)
    )


def _card(request: HttpRequest, part: SharePart, *, left: int, error: str = "") -> HttpResponse:
    now = clock.now()
    until = periods.local(periods.last_moment(part.grant.expires_at))
    starts_at = part.grant.starts_at
    context = {
        "until": until,
        "days_left": (until.date() - periods.local(now).date()).days,
        "starts_at": starts_at if starts_at > now else None,
        "left": left,
        "error": error,
    }
    return render(request, "recipient/pin.html", context, status=422 if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, token: str) -> HttpResponseBase:
    """The notice on the use of information: accept goes on, decline leaves at once."""
    request.audience = "recipient"  # type: ignore[attr-defined]
    try:
        part, _entry = sessions.inside(request.session, token)
    except ShareGoneError:
        return gone(request)
    except PinNeededError:
        return private(redirect("recipient:open", token=token))
    text = sessions.pending_notice(request.session, part, get_language() or "")
    if text is None:
        return private(redirect("recipient:studies", token=token))
    if request.method != "POST":
        return private(render(request, "recipient/notice.html", {"text": text}))
    accepted = request.POST.get("answer") == "accept" and request.POST.get("version") == str(text.version)
    audit.record(
        action="notice", actor=f"share:{part.pk}", role="share", outcome="success" if accepted else "refused",
        session=session_id(request), address=address_of(request), patient=str(part.grant.patient_id),
        detail={"version": text.version, "language": text.language},
    )  # fmt: skip
    if accepted:
        sessions.accept_notice(request.session, part, text.version)
        return private(redirect("recipient:studies", token=token))
    sessions.forget(request.session, part)
    return private(render(request, "recipient/left.html"))


@require_GET
@share_page
def studies_list(request: HttpRequest, token: str, viewer: Viewer) -> HttpResponse:
    """What was shared; a single study at once."""
    found = list(access.studies_visible_to(viewer))
    if len(found) == 1:
        return redirect("recipient:study", token=token, uid=found[0].study_instance_uid)
    reports = access.reports_listed_of(viewer, found)
    heard = access.hears_of_reports(viewer)
    rows = [shown.row(study, reports[study.pk], token, heard=heard) for study in found]
    waiting = recalls.panels(viewer, studies.Doors("recipient", token))
    return render(
        request, "recipient/studies.html", {"rows": rows, "recalls": waiting, **shown.frame(viewer, token)}
    )


@require_GET
@share_page
def study(request: HttpRequest, token: str, viewer: Viewer, uid: str) -> HttpResponse:
    """One study of the share: patient as shared, viewer, report, download."""
    try:
        found = access.get_study(viewer, uid)
    except NotVisible as error:
        raise Http404 from error
    opened(viewer, found, "view")
    reports = access.reports_listed_of(viewer, [found])[found.pk]
    readable = access.openable_reports_of(viewer, found)
    if any(report.versions.last() for report in readable):
        opened(viewer, found, "view_report")  # its words are on this page
    several = access.studies_visible_to(viewer).count() > 1
    context = {
        "study": found,
        "row": shown.row(found, reports, token, heard=access.hears_of_reports(viewer)),
        "reports": [
            (report, shown.report_url(found, report, token), report.versions.last()) for report in readable
        ],
        "zip_url": shown.zip_url(found, token),
        "several": several,
        "recall": recalls.panel(viewer, found, studies.Doors("recipient", token)),
        **shown.frame(viewer, token),
    }
    return render(request, "recipient/study.html", context)


@require_POST
def leave(request: HttpRequest, token: str) -> HttpResponseBase:
    """Close the share in this browser; link and PIN go on working."""
    request.audience = "recipient"  # type: ignore[attr-defined]
    part = selectors.part_by_token(token)
    if part is not None:
        sessions.forget(request.session, part)
    return private(render(request, "recipient/left.html"))
