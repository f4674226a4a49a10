"""Writes of orders. `by` is the actor as the audit log names it."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction

from placa.common import clock
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExamType, Site
from placa.domain.orders.hooks import order_changed
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization, Patient, Practitioner

CHANGEABLE = frozenset(
    {"requester", "payer", "site", "exam_type", "description", "modality", "urgent", "hand_delivery"}
)
TRIES = 50


class AccessionTaken(Exception):
    """Another order bears this accession number of this issuer."""


@transaction.atomic
def create_order(
    *,
    patient: Patient,
    by: str,
    accession_number: str = "",
    accession_issuer: str = "",
    order_number: str = "",
    requester: Practitioner | None = None,
    copies_to: Collection[Practitioner] = (),
    payer: Organization | None = None,
    site: Site | None = None,
    exam_type: ExamType | None = None,
    description: str = "",
    modality: str = "",
    urgent: bool = False,
    hand_delivery: bool = False,
    ordered_at: dt.datetime | None = None,
) -> ServiceRequest:
    """A new order; without an accession number it gets the next free one of this year (`A26-114512`).

    Description and modality are the exam type's where they are not given. What waits for the number is matched.
    Raises AccessionTaken, ValueError for a number that is no SH value (PS3.5 6.2) or an order without an exam.
    """
    description = " ".join((description or (exam_type.name if exam_type else "")).split())
    if not description:
        raise ValueError("an order needs an exam type or a description")
    order = ServiceRequest(
        patient=patient, accession_issuer=accession_issuer.strip(), order_number=order_number.strip(),
        requester=requester, payer=payer, site=site, exam_type=exam_type, description=description[:200],
        modality=modality or (exam_type.modality if exam_type else ""), urgent=urgent,
        hand_delivery=hand_delivery, ordered_at=ordered_at or clock.now(),
    )  # fmt: skip
    wanted = checked_accession(accession_number)
    if wanted:
        _insert(order, wanted)
    else:
        _number(order)
    order.copies_to.set(copies_to)
    _audit("create_order", order, by)
    order_changed.send(order.pk)
    return order


def checked_accession(text: str) -> str:
    """An accession number without blanks at its ends. Raises ValueError where SH does not allow it."""
    text = text.strip()
    if len(text) > 16 or "\\" in text or any(ord(letter) < 32 for letter in text):
        raise ValueError("not an accession number")
    return text


def _insert(order: ServiceRequest, accession_number: str) -> None:
    order.accession_number = accession_number
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError as error:
        raise AccessionTaken from error


def _number(order: ServiceRequest) -> None:
    """The next number of this year; two at once get two."""
    prefix = f"A{clock.today(institution.zone()):%y}-"
    rows = ServiceRequest.objects.filter(accession_number__startswith=prefix)
    numbers = [int(tail) for text in rows.values_list("accession_number", flat=True)
               if (tail := text.removeprefix(prefix)).isdecimal()]  # fmt: skip
    following = max(numbers, default=100000) + 1
    for number in range(following, following + TRIES):
        try:
            _insert(order, f"{prefix}{number}")
            return
        except AccessionTaken:
            continue
    raise AccessionTaken


@transaction.atomic
def update_order(
    *, order: ServiceRequest, by: str, copies_to: Collection[Practitioner] | None = None, **changes: Any
) -> ServiceRequest:
    """Change what CHANGEABLE lists; its studies follow in the same transaction (an exclusive payer at once, 4.3).

    Patient and accession number stay: another patient is another order. Raises TypeError for another field.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise TypeError(f"cannot change: {', '.join(sorted(unknown))}")
    row = ServiceRequest.objects.select_for_update().get(pk=order.pk)
    changed = sorted(name for name, value in changes.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, changes[name])
    row.save()
    if copies_to is not None:
        row.copies_to.set(copies_to)
    _audit("update_order", row, by, fields=changed)
    order_changed.send(row.pk)
    return row


@transaction.atomic
def cancel_order(*, order: ServiceRequest, by: str) -> ServiceRequest:
    """Cancel an order that was not carried out. Raises ValueError where it is done."""
    row = ServiceRequest.objects.select_for_update().get(pk=order.pk)
    if row.status == ServiceRequest.Status.COMPLETED:
        raise ValueError("the exam is done")
    row.status = ServiceRequest.Status.REVOKED
    row.save(update_fields=["status", "updated_at"])
    _audit("cancel_order", row, by)
    return row


def _audit(action: str, order: ServiceRequest, by: str, **detail: object) -> None:
    audit.record(action=action, actor=by, patient=str(order.patient_id), detail={"order": order.pk, **detail})
