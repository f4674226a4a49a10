"""Patients: search, create, edit, e-mail and portal (1.2, 1.3, 9.2)."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from placa.common import clock, paging
from placa.domain.access import selectors as access
from placa.domain.access.records import orders_visible_to, patients_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.accounts.services import actor
from placa.domain.enrolment import services as enrolment
from placa.domain.enrolment.services import AlreadyActivatedError, CannotEnrolError
from placa.domain.institution import selectors as institution
from placa.domain.intake import services as matching
from placa.domain.intake.selectors import inbox_visible_to
from placa.domain.notifications import selectors as notifications
from placa.domain.orders.selectors import orders_of
from placa.domain.people import selectors as people
from placa.domain.people import services
from placa.domain.people.models import Patient, PatientIdentifier, Permission
from placa.domain.people.services import IdentifierTaken, LastIdentifier
from placa.interfaces.web import listing
from placa.interfaces.web import studies as study_words
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff import words
from placa.interfaces.web.staff.doors import fetch, looked_at, page, refuse, staff
from placa.interfaces.web.staff.forms import (
    EmailForm,
    GuardianForm,
    IdentifierForm,
    NewPatientForm,
    PatientForm,
)
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Chip, Fact
from placa.standards.dicom import names

WHY_NOT = {
    "email": gettext_lazy("Enter a valid e-mail first."),
    "age": gettext_lazy("A child has no sign-in of their own. Link a guardian, who sees the results."),
    "birth_date": gettext_lazy("Enter the birth date first: a child must not get an account."),
    "merged": gettext_lazy("This file became part of another one."),
}


@require_GET
@staff("patients")
def patients(request: HttpRequest) -> HttpResponse:
    """Patients by name, number or e-mail."""
    viewer = viewer_of(request)
    text = request.GET.get("q", "").strip()[:100]
    state = request.GET.get("portal", "")
    found = people.search_patients(patients_visible_to(viewer), text).select_related("user")
    if state == "without":
        found = found.filter(user=None)
    elif state == "invited":
        found = found.filter(user__isnull=False, user__activated_at=None)
    elif state == "active":
        found = found.filter(user__activated_at__isnull=False)
    after = request.GET.get("after", "")
    shown = paging.page(found.prefetch_related("identifiers"), by="name_key", cursor=after)
    return page(
        request,
        "patients",
        {
            "text": text,
            "shown": shown,
            "rows": [(person, portal_chip(person)) for person in shown.rows],
            "narrowed": bool(text or state),
            "filters": [
                listing.choice(request, "portal", "without", _("Without portal")),
                listing.choice(request, "portal", "invited", _("Invited")),
                listing.choice(request, "portal", "active", _("Active")),
            ],
            "previous": listing.address(request) if after else "",
            "next": listing.address(request, after=shown.next) if shown.next else "",
        },
    )


def portal_chip(person: Patient) -> Chip:
    """How a patient stands towards the portal."""
    user = person.user
    if user is None:
        if people.is_minor(person):
            return Chip("mute", "person-hearts", _("Through guardians"))
        return Chip("mute", "person", _("Without portal"))
    if not user.is_active:
        return Chip("bad", "lock", _("Disabled"))
    if user.activated_at is None:
        return Chip("wait", "envelope", _("Invited, not yet in"))
    return Chip("ok", "check-circle", _("Active"))


@require_http_methods(["GET", "POST"])
@staff("patients")
def create(request: HttpRequest) -> HttpResponse:
    """A new patient; from a study that waits, prefilled with what arrived."""
    viewer = viewer_of(request)
    uid = (request.POST if request.method == "POST" else request.GET).get("study", "")
    source = _waiting_study(request, viewer, uid) if uid else None
    known = patients_visible_to(viewer)
    if request.method == "POST":
        form = NewPatientForm(request.POST, patients=known)
        if form.is_valid():
            made = _create(form, viewer)
            if made is not None:
                return _created(request, viewer, made, source)
    else:
        form = NewPatientForm(initial=_from_study(source), patients=known)
    context = {"form": form, "study": source, "back": _back(viewer, source)}
    return page(request, "patient_new", context, status=200 if not form.errors else 422)


def _back(viewer: Viewer, source: Any) -> tuple[str, str]:
    """Where one came from, and its name: what waits in the inbox, else the list of patients."""
    if source is None:
        return reverse("staff:patients"), _("Patients")
    waiting = inbox_visible_to(viewer).filter(study=source).first()
    if waiting is None:
        return reverse("staff:inbox"), _("Inbox")
    return reverse("staff:inbox_item", kwargs={"item": waiting.public_id}), _("What arrived")


def _waiting_study(request: HttpRequest, viewer: Viewer, uid: str) -> Any:
    if not viewer.may(Permission.INBOX):
        refuse(request, Permission.INBOX)
    return access.get_study(viewer, uid)


def _from_study(study: Any) -> dict[str, Any]:
    start: dict[str, Any] = {"language": institution.current().language}
    if study is not None:
        name = names.parse(study.patient_name)
        start |= {
            "family_name": name.family.title() if name.family.isupper() else name.family,
            "given_name": f"{name.given} {name.middle}".strip(),
            "birth_date": study.patient_birth_date,
            "sex": study.patient_sex if study.patient_sex in Patient.Sex.values else "",
            "identifier": study.dicom_patient_id,
            "issuer": study.issuer_of_patient_id or study.default_issuer,
        }
        if start["given_name"].isupper():
            start["given_name"] = start["given_name"].title()
    return start


def _create(form: NewPatientForm, viewer: Viewer) -> Patient | None:
    """The patient, or None with the error at its field."""
    data = dict(form.cleaned_data)
    email = data.pop("email")
    data.pop("another")
    try:
        made = services.create_patient(by=viewer.actor, **data)
    except IdentifierTaken as error:
        seen = patients_visible_to(viewer).filter(pk=error.patient.pk).exists()
        known = _("This number is %(name)s's.") % {"name": error.patient.full_name}
        form.add_error("identifier", known if seen else _("This number is on file at another site."))
        return None
    if email:
        enrolment.set_email(made, email, viewer.actor)
    return made


def _created(request: HttpRequest, viewer: Viewer, made: Patient, source: Any) -> HttpResponse:
    if source is not None and access.get_study(viewer, source.study_instance_uid).patient_id is None:
        matching.assign_study(study_instance_uid=source.study_instance_uid, patient=made, by=viewer.actor)
    messages.success(request, _("%(name)s is on file.") % {"name": made.full_name})
    return redirect("staff:patient", patient=made.public_id)


@require_GET
@staff("patients")
def patient(request: HttpRequest, patient: uuid.UUID) -> HttpResponse:
    """Everything about one patient."""
    found = one(request, patient)
    looked_at(viewer_of(request), found)
    return show(request, found)


def one(request: HttpRequest, public_id: uuid.UUID) -> Patient:
    return fetch(request, patients_visible_to(viewer_of(request)).select_related("user"), public_id)


def show(request: HttpRequest, found: Patient, status: int = 200, **forms: Any) -> HttpResponse:
    viewer = viewer_of(request)
    context: dict[str, Any] = {
        "person": found,
        "facts": _facts(found),
        "identifiers": list(found.identifiers.order_by("pk")),
        "chip": portal_chip(found),
        "why_not": WHY_NOT.get(enrolment.why_not(found) or ""),
        "sent": _sent(found),
        "is_minor": people.is_minor(found),
        "until_age": institution.setting("guardianship_until_age"),
        "guardians": people.guardians_of(found),
        "wards": [link for link in people.wards_of(found) if people.is_minor(link.child)],
        "email_form": EmailForm(initial={"email": found.email}),
        "identifier_form": IdentifierForm(),
        "guardian_form": GuardianForm(),
        "studies": _studies(viewer, found),
        "orders": orders_of(orders_visible_to(viewer), found)[:20],
    }
    return page(request, "patient", context | forms, status=status)


def _facts(found: Patient) -> list[Fact]:
    today = clock.today(institution.zone())
    birth = found.birth_date
    return [
        Fact(_("Birth date"), dates.dated(birth, institution.zone()) if birth else ""),
        Fact(_("Age"), dates.age(birth, today) if birth else ""),
        Fact(_("Sex"), str(found.get_sex_display()) if found.sex else ""),
        Fact(_("Mobile"), found.mobile),
        Fact(_("Other phone"), found.phone),
        Fact(_("Address"), found.address),
        Fact(_("Family doctor"), found.family_doctor),
        Fact(_("Contact person"), found.contact_person),
        Fact(_("Language"), str(dict_of_languages().get(found.language, found.language))),
    ]


def dict_of_languages() -> dict[str, Any]:
    """Names of the portal's languages by code."""
    return dict(PatientForm().fields["language"].choices)  # type: ignore[attr-defined]


def _sent(found: Patient) -> list[tuple[dt.datetime, str, str]]:
    """Invitations of a patient: when, to whom (masked), and in which state."""
    if found.user is None:
        return []
    rows = notifications.outbox().filter(recipient=actor(found.user), template="welcome")[:5]
    return [(row.created_at, notifications.masked(row.address), str(row.get_state_display())) for row in rows]


def _studies(viewer: Viewer, found: Patient) -> list[tuple[Any, str, Chip]]:
    at = clock.now()
    rows = access.known_visible_to(viewer).filter(patient=found).select_related("exclusive_to")[:20]
    return [(study, study_words.title(study), words.release_chip(study, at)) for study in rows]


@require_http_methods(["GET", "POST"])
@staff("patients")
def edit(request: HttpRequest, patient: uuid.UUID) -> HttpResponse:
    """Correct a patient's data."""
    found = one(request, patient)
    if request.method == "POST":
        form = PatientForm(request.POST)
        if form.is_valid():
            services.update_patient(patient=found, by=viewer_of(request).actor, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("staff:patient", patient=found.public_id)
    else:
        form = PatientForm(initial={name: getattr(found, name) for name in PatientForm.base_fields})
    return page(
        request, "patient_edit", {"person": found, "form": form}, status=200 if not form.errors else 422
    )


@require_POST
@staff("patients")
def change_email(request: HttpRequest, patient: uuid.UUID) -> HttpResponse:
    """Enter or change the e-mail; by the institution's setting it makes the account (1.2)."""
    found = one(request, patient)
    form = EmailForm(request.POST)
    if not form.is_valid():
        return show(request, found, status=422, email_form=form)
    had = found.user is not None
    user = enrolment.set_email(found, form.cleaned_data["email"], viewer_of(request).actor)
    invited = user is not None and not had
    messages.success(request, _("Saved. We sent the welcome mail.") if invited else _("Saved."))
    return redirect("staff:patient", patient=found.public_id)


@require_POST
@staff("patients")
def enable(request: HttpRequest, patient: uuid.UUID) -> HttpResponse:
    """Enable the portal: an account, and the welcome mail (1.3)."""
    found = one(request, patient)
    try:
        enrolment.enable_portal(found, viewer_of(request).actor)
    except CannotEnrolError as error:
        messages.error(request, WHY_NOT[error.reason])
    else:
        messages.success(request, _("The portal is enabled. We sent the welcome mail."))
    return redirect("staff:patient", patient=found.public_id)


@require_POST
@staff("patients")
def resend(request: HttpRequest, patient: uuid.UUID) -> HttpResponse:
    """Send the welcome mail again; the older password dies (1.3)."""
    found = one(request, patient)
    try:
        enrolment.resend_activation(found, viewer_of(request).actor)
    except CannotEnrolError as error:
        messages.error(request, WHY_NOT[error.reason])
    except AlreadyActivatedError:
        messages.error(
            request, _("This person has signed in already. They can recover their password themselves.")
        )
    else:
        messages.success(request, _("We sent a new welcome mail. The one before no longer works."))
    return redirect("staff:patient", patient=found.public_id)


@require_POST
@staff("patients")
def identify(request: HttpRequest, patient: uuid.UUID) -> HttpResponse:
    """Another number of the same person; what waits under it is matched."""
    found = one(request, patient)
    viewer = viewer_of(request)
    form = IdentifierForm(request.POST)
    if form.is_valid():
        try:
            services.add_identifier(patient=found, by=viewer.actor, **form.cleaned_data)
        except IdentifierTaken as error:
            seen = patients_visible_to(viewer).filter(pk=error.patient.pk).exists()
            known = _("This number is %(name)s's.") % {"name": error.patient.full_name}
            form.add_error("value", known if seen else _("This number is on file at another site."))
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:patient", patient=found.public_id)
    return show(request, found, status=422, identifier_form=form)


@require_POST
@staff("patients")
def forget(request: HttpRequest, patient: uuid.UUID, identifier: int) -> HttpResponse:
    """Take a number away; the last one stays."""
    found = one(request, patient)
    row = PatientIdentifier.objects.filter(patient=found, pk=identifier).first()
    if row is None:
        refuse(request, "PatientIdentifier")
    try:
        services.remove_identifier(patient=found, identifier=row, by=viewer_of(request).actor)
    except LastIdentifier:
        messages.error(request, _("A patient needs at least one number."))
    else:
        messages.success(request, _("Removed."))
    return redirect("staff:patient", patient=found.public_id)
