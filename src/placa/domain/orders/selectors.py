"""Reads of orders. None of them asks who is looking: doors narrow what `access` lets them see."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from placa.common.text import fold
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Patient, PatientIdentifier

FEW = 500  # orders that one number finds; whoever gets more types another digit
RELATED = ("patient", "requester", "payer", "site", "exam_type")


def search_orders(
    orders: QuerySet[ServiceRequest], text: str = "", status: str = ""
) -> QuerySet[ServiceRequest]:
    """`orders` in whose numbers, patient, exam or doctor every word of `text` is found; newest first."""
    asked = fold(text).split()[:8]
    if len(asked) == 1 and (keys := _numbered(asked[0])):
        orders, asked = orders.filter(pk__in=keys), []
    for word in asked:
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


def _numbered(word: str) -> list[int]:
    """Keys of the newest orders that a number names: their own, or their patient's."""
    owners = PatientIdentifier.objects.filter(value__starts=word).values("patient")
    ways = (Q(accession_number__starts=word), Q(order_number__starts=word), Q(patient__in=owners))
    newest = ServiceRequest.objects.order_by("-ordered_at", "-pk").values_list("pk", flat=True)
    return [
        key for way in ways if any(letter.isdigit() for letter in word) for key in newest.filter(way)[:FEW]
    ]


def orders_of(orders: QuerySet[ServiceRequest], patient: Patient) -> QuerySet[ServiceRequest]:
    """Those of `orders` that are a patient's, newest first, without the cancelled ones."""
    own = orders.filter(patient=patient).exclude(status=ServiceRequest.Status.REVOKED)
    return own.select_related(*RELATED).order_by("-ordered_at", "-pk")
