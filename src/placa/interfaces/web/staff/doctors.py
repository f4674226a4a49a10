"""Doctors who signed up: enable or refuse with a reason (3.1)."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from placa.domain.enrolment import services as enrolment
from placa.domain.people import selectors as people
from placa.domain.people import services
from placa.domain.people.models import Practitioner
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff.doors import fetch, page, staff
from placa.interfaces.web.ui.rows import Chip

STATE_LOOKS = {
    "waiting": ("wait", "hourglass-split"),
    "enabled": ("ok", "check-circle"),
    "refused": ("bad", "x-circle"),
    "disabled": ("mute", "lock"),
}
LISTED = 200


@require_GET
@staff("approvals")
def approvals(request: HttpRequest) -> HttpResponse:
    """Who waits, and below them who was decided on."""
    return page(request, "approvals", _context())


def _context() -> dict[str, object]:
    decided = people.decided_doctors()
    rows = [(doctor, state_chip(doctor)) for doctor in decided[:LISTED]]
    return {
        "waiting": list(people.waiting_doctors()),
        "decided": rows,
        "left_out": max(0, decided.count() - LISTED),
    }


def state_chip(doctor: Practitioner) -> Chip:
    """How a doctor stands."""
    look, picture = STATE_LOOKS[doctor.state]
    return Chip(look, picture, doctor.get_state_display())  # type: ignore[arg-type]


@require_POST
@staff("approvals")
def enable(request: HttpRequest, doctor: uuid.UUID) -> HttpResponse:
    """Enable a doctor: from now on they see what they ordered."""
    undecided = Practitioner.objects.exclude(state=Practitioner.State.ENABLED)
    found = fetch(request, undecided, doctor)
    try:
        enrolment.enable_doctor(practitioner=found, by=viewer_of(request).actor)
    except ValidationError:
        messages.error(request, _("This doctor has no valid e-mail on file, so no account can be made."))
    else:
        messages.success(request, _("%(name)s is enabled.") % {"name": found.full_name})
    return redirect("staff:approvals")


@require_POST
@staff("approvals")
def refuse_doctor(request: HttpRequest, doctor: uuid.UUID) -> HttpResponse:
    """Refuse a doctor who waits, with the reason."""
    found = fetch(request, people.waiting_doctors(), doctor)
    reason = request.POST.get("reason", "")
    try:
        services.refuse_doctor(practitioner=found, reason=reason, by=viewer_of(request).actor)
    except ValueError:
        wrong = {"wrong": found.public_id, "typed": reason}
        return page(request, "approvals", _context() | wrong, status=422)
    messages.success(request, _("%(name)s is refused.") % {"name": found.full_name})
    return redirect("staff:approvals")
