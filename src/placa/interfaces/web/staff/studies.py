"""Studies: list, page, release, hand delivery, order, report, notification (9.8, 9.4 for PDFs)."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from placa.common import clock
from placa.domain.access import search, selectors
from placa.domain.access import services as access
from placa.domain.access.moment import moment
from placa.domain.access.records import orders_visible_to, patients_visible_to
from placa.domain.access.selectors import Listed
from placa.domain.access.types import DiagnosticReport, Study
from placa.domain.access.viewers import Viewer
from placa.domain.archive import services as archive
from placa.domain.archive.errors import RetriableError
from placa.domain.archive.services import WrongPatient
from placa.domain.archive.storage import StorageError
from placa.domain.audit import selectors as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.enrolment import again
from placa.domain.institution import selectors as institution
from placa.domain.intake import services as matching
from placa.domain.orders.selectors import orders_of
from placa.domain.people.models import Permission
from placa.domain.reports import services as reports
from placa.domain.reports.pdf import BadPdfError
from placa.domain.sharing import selectors as sharing
from placa.interfaces.web import listing
from placa.interfaces.web import studies as study_words
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff import archives, words
from placa.interfaces.web.staff.doors import fetch, needs, page, posted_id, refuse, route, staff
from placa.interfaces.web.staff.study_forms import HandOverForm, ReportForm, WithdrawForm
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Chip, Fact

EVENTS, LINES = 400, 30  # events of a study that are read, and lines that they make
HOURS = 6  # of one line; beyond, the first and the last
STATES: dict[str, Q] = {
    "unmatched": Q(patient=None),
    "held": Q(release="held"),
    "hand": Q(hand_delivery=True, handed_over_at=None),
    "no_order": Q(order=None, patient__isnull=False),
    "exclusive": Q(exclusive_to__isnull=False),
    "away": ~Q(availability="online"),
}


@require_GET
@staff("studies")
def studies(request: HttpRequest) -> HttpResponse:
    """Studies by patient, number, exam, with how each stands."""
    viewer = viewer_of(request)
    filters = listing.filters_of(request, people=True, everywhere=True)
    found = search.narrowed(_listed(viewer), filters)
    state = request.GET.get("state", "")
    if state in STATES:
        found = found.filter(STATES[state])
    shown = search.page(found, request.GET.get("after", ""))
    names = {
        "unmatched": _("Without a patient"),
        "no_order": _("Without an order"),
        "held": _("Withheld"),
        "hand": _("Hand delivery"),
        "exclusive": _("Exclusive"),
        "away": _("Images in the archive"),
    }
    return page(
        request,
        "studies",
        {
            "filters": filters,
            "rows": lines(viewer, list(shown.rows)),
            "states": [listing.choice(request, "state", key, name) for key, name in names.items()],
            "kinds": [listing.choice(request, "kind", key, n) for key, n in listing.kind_names().items()],
            "narrowed": filters.active or state in STATES,
            "everything": request.path,
            "next": listing.address(request, after=shown.next) if shown.next else "",
            "first": request.path if request.GET.get("after") else "",
        },
    )


def _listed(viewer: Viewer) -> Listed:
    found = selectors.listed(viewer)
    return replace(found, rows=found.rows.select_related("exclusive_to"))


def lines(viewer: Viewer, rows: list[Study]) -> list[dict[str, Any]]:
    """What a table of studies shows."""
    when = moment()
    listed = selectors.reports_listed_of(viewer, rows)
    return [
        {
            "study": study,
            "title": study_words.title(study),
            "release": words.release_chip(study, when.at, when),
            "report": study_words.report_chip(study_words.newest(listed[study.pk])),
            "urgent": study.order is not None and study.order.urgent,
        }
        for study in rows
    ]


@require_GET
@staff("upload")
def upload_list(request: HttpRequest) -> HttpResponse:
    """Studies that wait for a report: choose one, then give it its PDF."""
    viewer = viewer_of(request)
    filters = listing.filters_of(request, people=True, everywhere=True)
    found = search.narrowed(_listed(viewer), filters).filter(Q(patient__isnull=False))
    if not filters.active:
        found = found.filter(selectors.without_final_report())
    shown = search.page(found, request.GET.get("after", ""))
    context = {
        "filters": filters,
        "rows": lines(viewer, list(shown.rows)),
        "next": listing.address(request, after=shown.next) if shown.next else "",
    }
    return page(request, "upload", context)


@require_GET
@staff("studies")
def study(request: HttpRequest, uid: str) -> HttpResponse:
    """Everything staff may do with one study."""
    viewer = viewer_of(request)
    found = selectors.get_study(viewer, uid)
    access.opened(viewer, found, "view")
    return show(request, viewer, found)


def show(request: HttpRequest, viewer: Viewer, found: Study, status: int = 200, **forms: Any) -> HttpResponse:
    """The study's page, with `forms` that hold errors."""
    listed = selectors.reports_listed_of(viewer, [found])[found.pk]
    uid = found.study_instance_uid
    opens = found.may_images and found.number_of_images
    thumbnail = route("dicomweb:study_thumbnail", study=uid) if opens else ""
    person = found.patient
    seen = person is not None and patients_visible_to(viewer).filter(pk=person.pk).exists()
    context: dict[str, Any] = {
        "study": found,
        "title": study_words.title(found),
        "chip": words.release_chip(found, clock.now()),
        "thumbnail": f"{thumbnail}?viewport=480,480" if thumbnail else "",
        "facts": facts(found),
        "person": person,
        "patient_url": route("staff:patient", patient=person.public_id)
        if person and seen and viewer.may(Permission.PATIENTS)
        else "",
        "reports": [_report(found, report) for report in listed],
        "withdrawn": [_withdrawn(report) for report in selectors.reports_withdrawn_of(viewer, found)],
        "orders": _orders(viewer, found),
        "may_order": viewer.may(Permission.ORDERS),
        "told": [(one, words.told_words(one.what)) for one in again.told_of(found)],
        "trail": _trail(viewer, found),
        "images": archives.of_study(found),
        "report_form": ReportForm(reports=listed),
        "hand_form": HandOverForm(),
    }
    return page(request, "study", context | forms, status=status)


def facts(found: Study) -> list[Fact]:
    """What is known of the study itself."""
    order = found.order
    return [
        Fact(_("Accession number"), found.accession_number),
        Fact(_("Site"), found.site.name if found.site else ""),
        Fact(_("Series"), str(found.number_of_series)),
        Fact(_("Images"), str(found.number_of_images)),
        Fact(_("Device"), found.sending_ae_title),
        Fact(_("Prescriber"), order.requester.full_name if order and order.requester else ""),
        Fact(_("Company that pays"), order.payer.name if order and order.payer else ""),
        Fact(_("Study UID"), found.study_instance_uid, wide=True),
    ]


def _report(found: Study, report: DiagnosticReport) -> dict[str, Any]:
    opens = found.may_report
    url = route("files:report", uid=found.study_instance_uid, report=report.public_id) if opens else ""
    return {
        "report": report,
        "chip": study_words.report_chip(report),
        "url": url,
        "versions": list(report.versions.order_by("-number")),
        "form": WithdrawForm(auto_id=f"withdraw-{report.public_id}-%s"),
    }


def _withdrawn(report: DiagnosticReport) -> dict[str, Any]:
    chip = Chip("mute", "x-circle", _("Withdrawn"))
    return {"report": report, "chip": chip, "url": "", "versions": list(report.versions.order_by("-number"))}


def _orders(viewer: Viewer, found: Study) -> list[Any]:
    """The patient's orders that this study could answer, while it answers none."""
    if found.patient is None or found.order is not None or not viewer.may(Permission.ORDERS):
        return []
    return list(orders_of(orders_visible_to(viewer), found.patient)[:12])


def _trail(viewer: Viewer, found: Study) -> list[dict[str, Any]] | None:
    """Who did what with the study, newest first; None for whoever may not see it."""
    if not (viewer.may(Permission.STUDIES) or viewer.may(Permission.AUDIT)):
        return None
    own, of_shares = audit.events_of_study(found.study_instance_uid), sharing.changes_of(found)
    events = sorted([*own[:EVENTS], *of_shares[:EVENTS]], key=lambda event: -event.pk)
    names, zone = access.names_of(events), institution.zone()
    lines: dict[tuple[object, ...], list[AuditEvent]] = {}
    for event in events:
        day = event.at.astimezone(zone).date() if event.action in words.LOOKING else event.pk
        lines.setdefault((event.action, event.outcome, event.actor, event.role, day), []).append(event)
    return [
        {
            "event": same[0],
            "who": names[same[0].actor, same[0].role],
            "what": words.action_words(same[0].action),
            "icon": words.action_icon(same[0].action),
            "refused": same[0].outcome == "refused",
            "well": same[0].outcome == "success",
            "times": _times(same, zone),
        }
        for same in list(lines.values())[:LINES]
    ]


def _times(events: Sequence[AuditEvent], zone: dt.tzinfo) -> str:
    """How often and at what hours of one day, the first before; empty for once."""
    if len(events) == 1:
        return ""
    hours = [dates.clock_time(event.at.astimezone(zone)) for event in reversed(events)]
    shown = ", ".join(dict.fromkeys(hours)) if len(hours) <= HOURS else f"{hours[0]} – {hours[-1]}"
    return _("%(n)d times: %(hours)s") % {"n": len(hours), "hours": shown}


def _for(request: HttpRequest, uid: str, permission: Permission) -> tuple[Viewer, Study]:
    """Who may do it, and the study that they may do it with; else 404."""
    viewer = needs(request, permission)
    return viewer, selectors.get_study(viewer, uid)


@require_POST
@staff("studies")
def release(request: HttpRequest, uid: str) -> HttpResponse:
    """Release now, withhold, or leave it to the delay (9.8)."""
    viewer, found = _for(request, uid, Permission.STUDIES)
    said = {
        "now": (archive.release_now, _("Released. The patient is told by mail.")),
        "hold": (archive.hold, _("Withheld. The patient cannot open it.")),
        "auto": (archive.release_by_delay, _("It opens by itself, after the delay.")),
    }
    do, words_of_it = said.get(request.POST.get("do", ""), (None, ""))
    if do is None:
        refuse(request, "release")
    do(study_instance_uid=found.study_instance_uid, by=viewer.actor)
    messages.success(request, words_of_it)
    return _back(found)


def _back(found: Study) -> HttpResponse:
    return redirect("staff:study", uid=found.study_instance_uid)


@require_POST
@staff("studies")
def hand_delivery(request: HttpRequest, uid: str) -> HttpResponse:
    """Mark for hand delivery, or let it open online again (2.3)."""
    viewer, found = _for(request, uid, Permission.STUDIES)
    on = request.POST.get("on") == "1"
    archive.mark_hand_delivery(study_instance_uid=found.study_instance_uid, on=on, by=viewer.actor)
    said = _("It will be handed over in person.") if on else _("It is no longer for hand delivery.")
    messages.success(request, said)
    return _back(found)


@require_POST
@staff("studies")
def hand_over(request: HttpRequest, uid: str) -> HttpResponse:
    """Record to whom it was handed over."""
    viewer, found = _for(request, uid, Permission.STUDIES)
    form = HandOverForm(request.POST)
    if not found.hand_delivery:
        refuse(request, "hand_delivery")
    if not form.is_valid():
        return show(request, viewer, found, status=422, hand_form=form)
    archive.hand_over(
        study_instance_uid=found.study_instance_uid, to=form.cleaned_data["to"], by=viewer.actor
    )
    messages.success(request, _("Written down."))
    return _back(found)


@require_POST
@staff("studies")
def link_order(request: HttpRequest, uid: str) -> HttpResponse:
    """Link the study to an order of its patient, or take it away from its order."""
    viewer, found = _for(request, uid, Permission.ORDERS)
    if request.POST.get("do") == "unlink":
        archive.unlink_order(study_instance_uid=found.study_instance_uid, by=viewer.actor)
        messages.success(request, _("The study is without an order now."))
        return _back(found)
    order = fetch(request, orders_visible_to(viewer), posted_id(request, "order"))
    try:
        archive.link_order(study_instance_uid=found.study_instance_uid, order=order, by=viewer.actor)
    except WrongPatient:
        messages.error(request, _("That order is another person's. Nothing was changed."))
        return _back(found)
    messages.success(request, _("Linked to order %(number)s.") % {"number": order.accession_number})
    if selectors.has_facet(viewer, found.study_instance_uid, "row"):
        return _back(found)
    return redirect("staff:studies")  # an exclusive payer, or another site: no longer this member's to see


@require_POST
@staff("studies")
def unassign(request: HttpRequest, uid: str) -> HttpResponse:
    """Take the study away from its patient: back to the inbox (9.7)."""
    viewer, found = _for(request, uid, Permission.INBOX)
    if found.patient is None:
        refuse(request, "unassign")
    matching.unassign_study(study_instance_uid=found.study_instance_uid, by=viewer.actor)
    messages.success(request, _("The study waits in the inbox again."))
    return redirect("staff:inbox")


@require_POST
@staff("studies")
def upload(request: HttpRequest, uid: str) -> HttpResponse:
    """Give the study a report's PDF, or a newer version of one it has."""
    viewer, found = _for(request, uid, Permission.UPLOAD)
    listed = selectors.reports_listed_of(viewer, [found])[found.pk]
    form = ReportForm(request.POST, request.FILES, reports=listed)
    if form.is_valid():
        data = form.cleaned_data
        older = next((one for one in listed if str(one.public_id) == data.get("report")), None)
        try:
            reports.upload(
                study=found, pdf=data["pdf"].read(), by=viewer.actor, status=data["status"],
                title=data["title"] or (older.title if older else study_words.title(found)),
                signed_by=data["signed_by"], report=older,
            )  # fmt: skip
        except BadPdfError as error:
            form.add_error("pdf", error.message)
        except reports.LatePreliminaryError:
            said = _(
                "This report is signed already, so a preliminary one was not kept. People go on seeing the signed one."
            )
            form.add_error("status", said)
        except (RetriableError, StorageError):
            form.add_error(
                "pdf", _("It could not be stored just now, and nothing was saved. Please try again.")
            )
        else:
            messages.success(request, _("The report is saved."))
            return _back(found)
    return show(request, viewer, found, status=422, report_form=form)


@require_POST
@staff("studies")
def withdraw(request: HttpRequest, uid: str, report: uuid.UUID) -> HttpResponse:
    """Take a report back: it opens for nobody any more, and whoever read it is told (case 24)."""
    viewer, found = _for(request, uid, Permission.UPLOAD)
    listed = selectors.reports_listed_of(viewer, [found])[found.pk]
    chosen = next((one for one in listed if one.public_id == report), None)
    if chosen is None:
        refuse(request, "report")
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return show(request, viewer, found, status=422, withdraw_form=form)
    reports.withdraw(report=chosen, by=viewer.actor, reason=form.cleaned_data["reason"])
    messages.success(request, _("The report is withdrawn. Whoever read it is told."))
    return _back(found)


@require_POST
@staff("studies")
def notify(request: HttpRequest, uid: str) -> HttpResponse:
    """Send the mail of this result again, to whoever may open it now (9.8)."""
    viewer, found = _for(request, uid, Permission.STUDIES)
    sent = again.tell_again(study=found, by=viewer.actor)
    if sent:
        messages.success(request, _("Sent again. Mails: %(n)d.") % {"n": sent})
    else:
        messages.warning(request, _("Nobody with an e-mail may open this study now, so no mail was sent."))
    return _back(found)
