"""Reads of orders. None of them asks who is looking: doors narrow what `access` lets them see."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from placa.common.text import fold
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Patient, PatientIdentifier

RELATED = ("patient", "requester", "payer", "site", "exam_type")


def search_orders(
    orders: QuerySet[ServiceRequest], text: str = "", status: str = ""
) -> QuerySet[ServiceRequest]:
    """`orders` in whose numbers, patient, exam or doctor every word of `text` is found; newest first."""
    for word in fold(text).split()[:8]:
        identifiers = PatientIdentifier.objects.filter(
            patient=OuterRef("patient_id"), value__istartswith=word
        )
        orders = orders.filter(
            Q(accession_number__istartswith=word)
            | Q(order_number__istartswith=word)
            | Q(description__icontains=word)
            | Q(patient__name_key__contains=word)
            | Q(requester__name_key__contains=word)
            | Q(Exists(identifiers))
        )
    if status == "urgent":
        orders = orders.filter(urgent=True)
    elif status:
        orders = orders.filter(status=status)
    return orders.select_related(*RELATED).order_by("-ordered_at", "-pk")


def orders_of(orders: QuerySet[ServiceRequest], patient: Patient) -> QuerySet[ServiceRequest]:
    """Those of `orders` that are a patient's, newest first, without the cancelled ones."""
    own = orders.filter(patient=patient).exclude(status=ServiceRequest.Status.REVOKED)
    return own.select_related(*RELATED).order_by("-ordered_at", "-pk")
