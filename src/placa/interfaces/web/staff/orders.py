"""Orders: list, create, change, cancel (9.6)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from placa.common import clock, paging
from placa.domain.access import selectors as access
from placa.domain.access.records import orders_visible_to, patients_visible_to, ways_to_orders
from placa.domain.access.types import DiagnosticReport
from placa.domain.access.viewers import Viewer
from placa.domain.orders import services
from placa.domain.orders.models import ServiceRequest
from placa.domain.orders.selectors import search_orders
from placa.domain.orders.services import AccessionTaken
from placa.domain.people.models import Patient, Permission
from placa.interfaces.web import listing
from placa.interfaces.web import studies as study_words
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff import words
from placa.interfaces.web.staff.doors import fetch, looked_at, page, staff
from placa.interfaces.web.staff.order_forms import NewOrderForm, OrderForm
from placa.interfaces.web.ui.rows import Chip

STATES = ("active", "completed", "revoked", "urgent")
Arrived = dict[int, list[DiagnosticReport]]


@require_GET
@staff("orders")
def orders(request: HttpRequest) -> HttpResponse:
    """Orders by number, patient, exam or doctor."""
    text = request.GET.get("q", "").strip()[:100]
    state = request.GET.get("status", "")
    state = state if state in STATES else ""
    viewer = viewer_of(request)
    found = search_orders(orders_visible_to(viewer), text, state)
    after = request.GET.get("after", "")
    shown = paging.page(found, by="-ordered_at", cursor=after, ways=ways_to_orders(viewer))
    come = arrived(viewer, shown.rows)
    return page(
        request,
        "orders",
        {
            "text": text,
            "shown": shown,
            "rows": [(order, chips(order, come)) for order in shown.rows],
            "narrowed": bool(text or state),
            "filters": [
                listing.choice(request, "status", "active", _("Ordered")),
                listing.choice(request, "status", "completed", _("Done")),
                listing.choice(request, "status", "urgent", _("Urgent")),
                listing.choice(request, "status", "revoked", _("Cancelled")),
            ],
            "previous": listing.address(request) if after else "",
            "next": listing.address(request, after=shown.next) if shown.next else "",
        },
    )


def arrived(viewer: Viewer, orders: Iterable[ServiceRequest]) -> Arrived:
    """The reports of each order of which something has come, by its key; none while there are images alone."""
    found = access.plain_visible_to(viewer, need="row").filter(order__in=[order.pk for order in orders])
    studies = list(found)
    reports = access.reports_listed_of(viewer, studies)
    come: Arrived = {}
    for study in studies:
        if study.order_id is not None and (study.number_of_images or reports[study.pk]):
            come.setdefault(study.order_id, []).extend(reports[study.pk])
    return come


def chips(order: ServiceRequest, come: Arrived) -> list[Chip]:
    """How an order stands; one that is done by what has come for it, its images or a report."""
    found = [_state(order, come)]
    if order.urgent:
        found.append(Chip("solid-bad", "exclamation-triangle", _("Urgent")))
    if order.payer is not None and order.payer.is_exclusive:
        found.append(Chip("accent", "lock-fill", _("Only for %(company)s") % {"company": order.payer.name}))
    if order.hand_delivery:
        found.append(Chip("wait", "person-raised-hand", _("Hand delivery")))
    return found


def _state(order: ServiceRequest, come: Arrived) -> Chip:
    if order.status == ServiceRequest.Status.COMPLETED and order.pk in come:
        report = study_words.newest(come[order.pk])
        return study_words.report_chip(report) if report else Chip("info", "images", _("Images received"))
    return {
        "active": Chip("info", "clock", order.get_status_display()),
        "completed": Chip("ok", "check-circle", order.get_status_display()),
        "revoked": Chip("mute", "x-circle", order.get_status_display()),
    }[order.status]


@require_http_methods(["GET", "POST"])
@staff("orders")
def create(request: HttpRequest) -> HttpResponse:
    """A new order, for a patient named by number or come from their page."""
    viewer = viewer_of(request)
    chosen = _chosen(request, viewer)
    if request.method == "POST":
        form = NewOrderForm(request.POST, viewer=viewer, patient=chosen)
        if form.is_valid() and form.patient is not None:
            made = _create(form, form.patient, viewer)
            if made is not None:
                return _saved(request, viewer, made)
    else:
        form = NewOrderForm(viewer=viewer, patient=chosen)
    return page(
        request, "order_new", {"form": form, "person": chosen}, status=200 if not form.errors else 422
    )


def _chosen(request: HttpRequest, viewer: Viewer) -> Patient | None:
    """The patient whose page one came from."""
    public_id = (request.POST if request.method == "POST" else request.GET).get("patient", "")
    if not public_id:
        return None
    try:
        wanted = uuid.UUID(public_id)
    except ValueError:
        wanted = uuid.UUID(int=0)
    return fetch(request, patients_visible_to(viewer), wanted)


def _create(form: NewOrderForm, patient: Patient, viewer: Viewer) -> ServiceRequest | None:
    try:
        return services.create_order(
            patient=patient, accession_number=form.cleaned_data["accession_number"], by=viewer.actor,
            **form.order_data,
        )  # fmt: skip
    except AccessionTaken:
        form.add_error("accession_number", _("Another order has this number."))
        return None


def _saved(request: HttpRequest, viewer: Viewer, order: ServiceRequest) -> HttpResponse:
    """On to the order, or to the list where only authorised staff see it from now on."""
    names = {"number": order.accession_number}
    if orders_visible_to(viewer).filter(pk=order.pk).exists():
        messages.success(request, _("Order %(number)s is saved.") % names)
        return redirect("staff:order", order=order.public_id)
    messages.success(
        request, _("Order %(number)s is saved. From now on only authorised staff see it.") % names
    )
    return redirect("staff:orders")


@require_http_methods(["GET", "POST"])
@staff("orders")
def order(request: HttpRequest, order: uuid.UUID) -> HttpResponse:
    """One order: its data to change, and the studies that answer it."""
    viewer = viewer_of(request)
    found = fetch(
        request,
        orders_visible_to(viewer).select_related("patient", "requester", "payer", "site", "exam_type"),
        order,
    )
    looked_at(viewer, found.patient)
    if request.method == "POST":
        form = OrderForm(request.POST, viewer=viewer)
        if form.is_valid():
            return _saved(request, viewer, services.update_order(order=found, by=viewer.actor, **_data(form)))
    else:
        start: dict[str, Any] = {name: getattr(found, name) for name in services.CHANGEABLE}
        start["copies_to"] = found.copies_to.all()
        start["understood"] = found.payer is not None and found.payer.is_exclusive
        form = OrderForm(initial=start, viewer=viewer)
    at = clock.now()
    rows = access.known_visible_to(viewer).filter(order=found).select_related("exclusive_to")
    context = {
        "order": found,
        "chips": chips(found, arrived(viewer, [found])),
        "form": form,
        "exclusive": found.payer if found.payer and found.payer.is_exclusive else None,
        "studies": [(study, study_words.title(study), words.release_chip(study, at)) for study in rows],
        "sees_patient": viewer.may(Permission.PATIENTS),
    }
    return page(request, "order", context, status=200 if not form.errors else 422)


def _data(form: OrderForm) -> dict[str, Any]:
    data = form.order_data
    if not data["description"].strip() and data["exam_type"] is not None:
        data["description"] = data["exam_type"].name
    if not data["modality"] and data["exam_type"] is not None:
        data["modality"] = data["exam_type"].modality
    return data


@require_POST
@staff("orders")
def cancel(request: HttpRequest, order: uuid.UUID) -> HttpResponse:
    """Cancel an order that was not carried out."""
    viewer = viewer_of(request)
    found = fetch(request, orders_visible_to(viewer), order)
    try:
        services.cancel_order(order=found, by=viewer.actor)
    except ValueError:
        messages.error(request, _("The exam is done: the order cannot be cancelled."))
    else:
        messages.success(request, _("The order is cancelled."))
    return redirect("staff:order", order=found.public_id)
