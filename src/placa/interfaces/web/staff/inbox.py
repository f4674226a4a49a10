"""The inbox: what arrived and did not find its place. Staff compare and decide (9.7)."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from placa.domain.access import selectors as access
from placa.domain.access.records import orders_visible_to, patients_visible_to
from placa.domain.access.services import opened
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.archive.services import WrongPatient
from placa.domain.institution import selectors as institution
from placa.domain.intake import desk
from placa.domain.intake import selectors as intake
from placa.domain.intake import services as matching
from placa.domain.intake.inbox import MATCHING
from placa.domain.intake.models import InboxItem
from placa.domain.intake.selectors import Candidate, Likeness
from placa.domain.orders.selectors import orders_of
from placa.domain.people import selectors as people
from placa.interfaces.web import studies as study_words
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff import words
from placa.interfaces.web.staff.differences import differences_of
from placa.interfaces.web.staff.doors import fetch, page, posted_id, route, staff
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Fact
from placa.interfaces.web.ui.templatetags.ui import person_name

LISTED = 60
FOUND = 6


@require_GET
@staff("inbox")
def inbox(request: HttpRequest) -> HttpResponse:
    """Everything that waits, newest first."""
    viewer = viewer_of(request)
    decided = [(item, words.kind_chip(item), _line(item)) for item in intake.decided_visible_to(viewer)[:5]]
    return page(request, "inbox", {"waiting": _waiting(viewer), "decided": decided, **_size(viewer)})


def _waiting(viewer: Viewer) -> list[tuple[InboxItem, Any, str, str]]:
    """Each with its reason, its line and the address of its preview, where this member of staff may see one."""
    items = list(intake.inbox_visible_to(viewer)[:LISTED])
    keys = [item.study_id for item in items if item.study_id]
    pictures = {study.pk: _thumbnail(study) for study in access.known_visible_to(viewer).filter(pk__in=keys)}
    return [
        (item, words.kind_chip(item), _line(item), pictures.get(item.study_id or 0, "")) for item in items
    ]


def _size(viewer: Viewer) -> dict[str, int]:
    total = intake.inbox_visible_to(viewer).count()
    return {"total": total, "left_out": max(0, total - LISTED)}


def _line(item: InboxItem) -> str:
    """Exam, modality, name as it came, site, sender, and what is wrong with a file: what tells one item from another."""
    study = item.study
    parts = [
        words.sender_name(item.sender),
        intake.damage_of(item) or words.reason_words(item.detail.get("reason", "")),
    ]
    if study:
        site = study.site.name if study.site else ""
        exam, kinds = study_words.title(study), ", ".join(study.modalities_in_study)
        parts = [exam, kinds if kinds != exam else "", person_name(study.patient_name), site, *parts]
    return " · ".join(filter(None, parts))


@require_GET
@staff("inbox")
def item(request: HttpRequest, item: uuid.UUID) -> HttpResponse:
    """One thing that waits: what arrived beside who might be meant, and what can be done."""
    viewer = viewer_of(request)
    found = fetch(request, intake.inbox_visible_to(viewer), item)
    study = access.get_study(viewer, found.study.study_instance_uid) if found.study else None
    if study is not None:
        opened(viewer, study, "view")
    text = request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {
        "item": found,
        "chip": words.kind_chip(found),
        "advice": words.kind_help(found.kind),
        "study": study,
        "sender": words.sender_name(found.sender),
        "reason": intake.damage_of(found) or words.reason_words(found.detail.get("reason", "")),
        "differences": differences_of(found),
        "text": text,
        "matches": found.kind in MATCHING,
        **_size(viewer),
    }
    if study is not None:
        context |= _about(study)
    if study is not None and found.kind in MATCHING:
        shown = _searched(viewer, study, text) if text else _candidates(viewer, study, found)
        context |= {"candidates": shown, "rows": _rows(study, shown), "orders": _orders(viewer, shown)}
        if not shown:  # no table of comparison says what arrived
            context["facts"] = [*_person(study), *context["facts"]]
    return page(request, "inbox_item", context)


def _about(study: Study) -> dict[str, Any]:
    thumbnail = _thumbnail(study)
    return {
        "title": study_words.title(study),
        "viewer_url": route("viewer:open", uid=study.study_instance_uid) if thumbnail else "",
        "thumbnail": thumbnail,
        "facts": [
            Fact(_("Series"), str(study.number_of_series)),
            Fact(_("Images"), str(study.number_of_images)),
            Fact(_("Device"), study.sending_ae_title),
            Fact(_("Accession number"), study.accession_number),
        ],
    }


def _thumbnail(study: Study) -> str:
    """Address of its preview; empty where there are no images, or not for this member of staff."""
    opens = study.may_images and study.number_of_images
    found = route("dicomweb:study_thumbnail", study=study.study_instance_uid) if opens else ""
    return f"{found}?viewport=480,480" if found else ""


def _person(study: Study) -> list[Fact]:
    born = _day(study.patient_birth_date.isoformat() if study.patient_birth_date else "")
    return [
        Fact(_("Name"), person_name(study.patient_name)),
        Fact(_("Number"), study.dicom_patient_id),
        Fact(_("Birth date"), born),
        Fact(_("Sex"), words.sex_name(study.patient_sex)),
    ]


def _candidates(viewer: Viewer, study: Study, item: InboxItem) -> list[Candidate]:
    detail = item.detail
    named = [*detail.get("patients", ()), *([detail["patient"]] if "patient" in detail else [])]
    return intake.candidates(viewer, study, named)


def _searched(viewer: Viewer, study: Study, text: str) -> list[Candidate]:
    rows = people.search_patients(patients_visible_to(viewer), text).prefetch_related("identifiers")
    return [Candidate(patient, intake.compare(study, patient)) for patient in rows[:FOUND]]


def _rows(study: Study, candidates: list[Candidate]) -> list[tuple[str, str, list[Likeness]]]:
    """The table of comparison: a label, what arrived, and each candidate's datum."""
    labels = {
        "name": _("Name"),
        "birth_date": _("Birth date"),
        "sex": _("Sex"),
        "identifier": _("Number"),
    }
    arrived = {
        "name": study.patient_name,
        "birth_date": _day(study.patient_birth_date.isoformat() if study.patient_birth_date else ""),
        "sex": words.sex_name(study.patient_sex),
        "identifier": study.dicom_patient_id,
    }
    rows = []
    for key, label in labels.items():
        data = [one.likeness[key] for one in candidates]
        if key == "birth_date":
            data = [Likeness(one.arrived, _day(one.on_file), one.state) for one in data]
        if key == "sex":
            data = [
                Likeness(one.arrived, str(who.patient.get_sex_display()), one.state)
                for one, who in zip(data, candidates, strict=True)
            ]
        rows.append((label, arrived[key], data))
    return rows


def _day(iso: str) -> str:
    return dates.dated(dt.date.fromisoformat(iso), institution.zone()) if iso else ""


def _orders(viewer: Viewer, candidates: list[Candidate]) -> dict[str, Any]:
    """Open orders of each candidate, by the patient's public id."""
    mine = orders_visible_to(viewer).filter(status="active")
    return {str(one.patient.public_id): list(orders_of(mine, one.patient)[:8]) for one in candidates}


@require_POST
@staff("inbox")
def assign(request: HttpRequest, item: uuid.UUID) -> HttpResponse:
    """Give the study to a patient, and to an order of theirs where one is chosen."""
    viewer = viewer_of(request)
    found = fetch(request, intake.inbox_visible_to(viewer).filter(kind__in=MATCHING), item)
    assert found.study is not None
    study = access.get_study(viewer, found.study.study_instance_uid)
    patient = fetch(request, intake.assignable(viewer, study), posted_id(request, "patient"))
    order = None
    if request.POST.get("order"):
        order = fetch(request, orders_of(orders_visible_to(viewer), patient), posted_id(request, "order"))
    try:
        matching.assign_study(
            study_instance_uid=study.study_instance_uid, patient=patient, order=order, by=viewer.actor
        )
    except WrongPatient:
        messages.error(request, _("That order is another person's. Nothing was changed."))
        return redirect("staff:inbox_item", item=found.public_id)
    messages.success(
        request,
        _("%(exam)s is now %(name)s's. You can undo it on the page of the study.")
        % {"exam": study_words.title(study), "name": patient.full_name},
    )
    return redirect("staff:inbox")


@require_POST
@staff("inbox")
def close(request: HttpRequest, item: uuid.UUID) -> HttpResponse:
    """Keep it as it is, or reject it: it leaves the inbox, nothing is deleted."""
    viewer = viewer_of(request)
    found = fetch(request, intake.inbox_visible_to(viewer), item)
    decision = "rejected" if request.POST.get("decision") == "rejected" else "kept"
    if decision == "kept" and found.kind in MATCHING:  # a study without a patient is not "as it should be"
        messages.error(request, _("Choose the patient, or reject it."))
        return redirect("staff:inbox_item", item=found.public_id)
    desk.close_item(item=found, decision=decision, by=viewer.actor)
    said = _("Rejected. Nothing was deleted.") if decision == "rejected" else _("Kept as it is.")
    messages.success(request, said)
    return redirect("staff:inbox")


@require_POST
@staff("inbox")
def reopen(request: HttpRequest, item: uuid.UUID) -> HttpResponse:
    """Put back what was kept or rejected."""
    viewer = viewer_of(request)
    found = fetch(request, intake.decided_visible_to(viewer), item)
    if not desk.reopen_item(item=found, by=viewer.actor):
        messages.info(request, _("It waits already, or has found its place. Nothing was changed."))
        return redirect("staff:inbox")
    messages.success(request, _("It waits in the inbox again."))
    return redirect("staff:inbox_item", item=found.public_id)
