"""What I have shared: see it, end it, prolong it, send link or PIN again, print the sheet (5.6)."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from placa.common import clock
from placa.domain.access import services as access
from placa.domain.access.models import SharePart
from placa.domain.access.selectors import NotVisible
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.domain.sharing import periods, selectors, services
from placa.domain.sharing import sheet as sheets
from placa.domain.sharing.errors import InvalidShareError
from placa.domain.sharing.selectors import Share
from placa.interfaces.web.account.session import signed_in, viewer_of
from placa.interfaces.web.patient.share import summary, told
from placa.interfaces.web.ui import dates


@require_GET
@signed_in("patient")
def shares(request: HttpRequest) -> HttpResponse:
    """Every share of one's own and of the children, newest first."""
    viewer = viewer_of(request)
    found = selectors.shares_of(viewer)
    endings = _endings(viewer, found)
    rows = [
        {
            "share": share,
            "ended": endings.get(str(share.grant.public_id), ""),
            "title": summary.titles(share.studies),
            "image": summary.thumbnail(share.studies[0]),
            "longer": _longer(share),
        }
        for share in found
    ]
    return render(request, "patient/share/shares.html", {"rows": rows, "own": viewer.subject})


def _endings(viewer: Viewer, shares: Sequence[Share]) -> dict[str, str]:
    """How shares that work no longer came to their end, in words, by their public ids."""
    over = [share for share in shares if not share.live]
    events = selectors.endings_of(over)
    names, zone = access.names_of(events.values()), institution.zone()
    told = {}
    for share in over:
        key, when = str(share.grant.public_id), {"when": dates.moment(share.ends_at, zone)}
        event = events.get(key)
        if event is not None and event.actor == viewer.actor:
            told[key] = _("You ended it: %(when)s.") % when
        elif event is not None:
            told[key] = _("%(name)s ended it: %(when)s.") % {"name": names[event.actor, event.role], **when}
        elif share.grant.revoked_at:
            told[key] = _("Ended: %(when)s.") % when
        elif share.ends_at <= clock.now():
            told[key] = _("It ended by itself: %(when)s.") % when
    return told


def _longer(share: Share) -> list[tuple[int, str]]:
    """By how many days from now a share can be prolonged, and its last day then in words; empty where it cannot."""
    if not share.live:
        return []
    grant = share.grant
    ends = periods.prolongations(share.studies, grant.starts_at, grant.expires_at)
    return [(days, dates.dated(_last_day(end), institution.zone())) for days, end in ends.items()]


def _day(ends_at: dt.datetime) -> str:
    """The last day of a share that ends so, in words."""
    return dates.exact(_last_day(ends_at), institution.zone())


def _last_day(ends_at: dt.datetime) -> dt.date:
    return periods.last_moment(ends_at).astimezone(institution.zone()).date()


@require_POST
@signed_in("patient")
def end(request: HttpRequest, share: uuid.UUID) -> HttpResponse:
    """End a share at once, for everybody who holds it."""
    services.revoke(viewer=viewer_of(request), grant=_share(request, share).grant)
    messages.success(request, _("The share has ended. Nobody can open it any more."))
    return redirect("patient:shares")


@require_POST
@signed_in("patient")
def prolong(request: HttpRequest, share: uuid.UUID) -> HttpResponse:
    """Let it work longer, within the institution's limit."""
    typed = request.POST.get("days", "")
    days = int(typed) if typed.isdecimal() else 0
    found = _share(request, share)
    try:
        ends_at = services.prolong(viewer=viewer_of(request), grant=found.grant, days=days)
    except InvalidShareError as refused:
        messages.error(request, str(refused.reason))
    else:
        messages.success(request, _("It works until %(day)s now.") % {"day": _day(ends_at)})
    return redirect("patient:shares")


@require_POST
@signed_in("patient")
def resend(request: HttpRequest, part: uuid.UUID) -> HttpResponse:
    """Send one person's link again, or a new PIN; a PIN that is told is shown once."""
    found = _part(request, part)
    what = "pin" if request.POST.get("what") == "pin" else "link"
    try:
        pin = services.resend(viewer=viewer_of(request), part=found, what=what)  # type: ignore[arg-type]
    except InvalidShareError as refused:
        messages.error(request, str(refused.reason))
        return redirect("patient:shares")
    return _told(request, services.Key(found, "", pin))


@require_POST
@signed_in("patient")
def renew(request: HttpRequest, part: uuid.UUID) -> HttpResponse:
    """A new link and a new PIN for one person or the sheet; the old link is dead."""
    found = _part(request, part)
    try:
        key = services.renew(viewer=viewer_of(request), part=found)
    except InvalidShareError as refused:
        messages.error(request, str(refused.reason))
        return redirect("patient:shares")
    return _told(request, key)


@require_GET
@signed_in("patient")
def sheet(request: HttpRequest, part: uuid.UUID) -> HttpResponse:
    """The sheet as PDF, on A4 or Letter paper."""
    found = _part(request, part)
    if found.kind != SharePart.SHEET or selectors.state_of(found) not in ("active", "waiting", "used_up"):
        raise Http404
    asked = request.GET.get("paper", "")
    paper = next((one for one in sheets.papers() if one == asked), None)
    studies = selectors.get_share(viewer_of(request), found.grant.public_id).studies
    response = HttpResponse(sheets.pdf(found, studies, paper=paper), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="share.pdf"'
    response["Cache-Control"] = "no-store, private"
    return response


def _told(request: HttpRequest, key: services.Key) -> HttpResponse:
    """On to the page that tells a PIN once, or back with a word on where it went."""
    part = key.part
    if key.pin and part.pin_by == "person":
        told.keep(request, [key], made=False)
        return redirect("patient:share_done")
    messages.success(request, _("It is on its way to %(email)s.") % {"email": part.email})
    return redirect("patient:shares")


def _share(request: HttpRequest, public_id: uuid.UUID) -> Share:
    try:
        return selectors.get_share(viewer_of(request), public_id)
    except NotVisible as error:
        raise Http404 from error


def _part(request: HttpRequest, public_id: uuid.UUID) -> SharePart:
    try:
        return selectors.get_part(viewer_of(request), public_id)
    except NotVisible as error:
        raise Http404 from error
