"""Guardians of children: link with the document that proves it, end (2.9, 9.5)."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from placa.domain.access.records import patients_visible_to
from placa.domain.people import services
from placa.domain.people.models import Guardianship
from placa.domain.people.selectors import patients_numbered
from placa.domain.people.services import CannotLink
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff.doors import fetch, refuse, staff
from placa.interfaces.web.staff.forms import GuardianForm
from placa.interfaces.web.staff.patients import one, show

WHY_NOT = {
    "same": gettext_lazy("Nobody is their own guardian."),
    "not_a_minor": gettext_lazy("This person is of age, or has no birth date on file."),
    "guardian_minor": gettext_lazy("A guardian must be of age, with a birth date on file."),
    "linked": gettext_lazy("This guardian is linked already."),
    "merged": gettext_lazy("This file became part of another one."),
    "proof": gettext_lazy("Write which document proves it."),
}


@require_POST
@staff("patients")
def link(request: HttpRequest, patient: uuid.UUID) -> HttpResponse:
    """Link a guardian, named by their own number, to this child."""
    child = one(request, patient)
    viewer = viewer_of(request)
    form = GuardianForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        found = patients_numbered(data["guardian"])
        if len(found) != 1:
            form.add_error("guardian", _("No patient has this number. Create them first."))
        else:
            try:
                services.link_guardian(
                    guardian=found[0], child=child, kind=data["kind"], proof=data["proof"], by=viewer.actor
                )
            except CannotLink as error:
                form.add_error("proof" if error.reason == "proof" else "guardian", WHY_NOT[error.reason])
            else:
                names = {"guardian": found[0].full_name, "child": child.full_name}
                messages.success(request, _("%(guardian)s now sees the results of %(child)s.") % names)
                return redirect("staff:patient", patient=child.public_id)
    return show(request, child, status=422, guardian_form=form)


@require_POST
@staff("patients")
def end(request: HttpRequest, link: uuid.UUID) -> HttpResponse:
    """End a link: the guardian loses the child's results at once."""
    viewer = viewer_of(request)
    found = fetch(request, Guardianship.objects.filter(ended_at=None), link)
    if not patients_visible_to(viewer).filter(pk=found.child_id).exists():
        refuse(request, "Guardianship")
    services.end_guardianship(link=found, by=viewer.actor)
    messages.success(request, _("The link ended."))
    return redirect("staff:patient", patient=found.child.public_id)
