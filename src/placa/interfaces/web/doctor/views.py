"""The doctor's portal: the list with the unread first, one study, the confirmation of an urgent finding."""

from collections.abc import Collection, Sequence

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from placa.domain.access import search, selectors
from placa.domain.access import services as access
from placa.domain.access.selectors import Listed
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.audit import selectors as audit
from placa.interfaces.web import listing, recalls, studies, worklist
from placa.interfaces.web.account.session import signed_in, viewer_of
from placa.interfaces.web.ohif import views as ohif
from placa.interfaces.web.worklist import TableRow

URGENT_SHOWN = 3
COUNTED = 1_000  # unread ones that are counted; beyond it is "more than"


@require_GET
@signed_in("doctor")
def home(request: HttpRequest) -> HttpResponse:
    """Everything this doctor ordered or was copied on, the unread first (3.2)."""
    viewer = viewer_of(request)
    visible = selectors.listed(viewer)
    filters = listing.filters_of(request, people=True, practitioner=viewer.subject)
    found = worklist.with_people(search.narrowed(visible, filters))
    page = search.page_unread_first(found, viewer.subject, request.GET.get("after", ""))
    unread = search.count(search.unread(visible, viewer.subject), COUNTED)
    return render(
        request,
        "doctor/home.html",
        {
            **worklist.list_context(request, filters, page),
            "recalls": recalls.panels(viewer, studies.Doors("doctor")),
            "rows": _rows(viewer, page.rows, page.unread),
            "ohif": ohif.is_open(),
            "urgent": _urgent(viewer, visible),
            "sentence": _sentence(unread),
            "states": [
                listing.choice(request, "status", "unread", _("Unread")),
                listing.choice(request, "status", "urgent", _("Urgent")),
            ],
        },
    )


def _sentence(unread: int) -> str:
    if not unread:
        return _("You have read everything.")
    if unread > COUNTED:
        return _("More than %(n)s unread results.") % {"n": number_format(COUNTED, force_grouping=True)}
    return ngettext("%(n)d unread result.", "%(n)d unread results.", unread) % {"n": unread}


def _rows(viewer: Viewer, found: Sequence[Study], unread: Collection[int]) -> list[TableRow]:
    reports = selectors.reports_listed_of(viewer, found) if found else {}
    return [worklist.row(study, reports[study.pk], "doctor", unread=study.pk in unread) for study in found]


def _urgent(viewer: Viewer, visible: Listed) -> list[TableRow]:
    found = search.page(_unacknowledged(viewer, visible), size=URGENT_SHOWN).rows
    seen = search.seen_by(viewer.subject, found) if found else set()
    return _rows(viewer, found, {study.pk for study in found} - seen)


def _unacknowledged(viewer: Viewer, found: Listed) -> Listed:
    """Urgent studies that this doctor has not confirmed to have read (3.4)."""
    confirmed = audit.acknowledged_by(viewer.actor).values("study_uid")
    return worklist.with_people(found.filter(search.URGENT, ~Q(study_instance_uid__in=confirmed)))


@require_GET
@signed_in("doctor")
def study(request: HttpRequest, uid: str) -> HttpResponse:
    """One study: person, images, report, download; there is no sharing (3.3)."""
    viewer = viewer_of(request)
    found = selectors.get_study(viewer, uid)
    context = worklist.study_context(viewer, found, "doctor", contact=True)
    this = selectors.listed(viewer).filter(Q(pk=found.pk))
    waiting = context["row"].urgent and search.count(_unacknowledged(viewer, this), 1)
    return render(
        request,
        "doctor/study.html",
        {**context, "unacknowledged": bool(waiting), "ohif": ohif.is_open()},
    )


@require_POST
@signed_in("doctor")
def acknowledge(request: HttpRequest, uid: str) -> HttpResponse:
    """Record that the doctor has read an urgent report; without a report there is nothing to confirm (404)."""
    viewer = viewer_of(request)
    found = selectors.get_study(viewer, uid, need="report")
    access.opened(viewer, found, "acknowledge")
    messages.success(request, _("Recorded: you have read it and take care of it."))
    return redirect("doctor:home")
