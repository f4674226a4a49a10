"""Earlier studies of a patient are recalled ahead when an order arrives (setting), so that they are here for comparison."""

from placa.domain.archive.models import Study
from placa.domain.institution import selectors as institution
from placa.domain.jobs.services import enqueue
from placa.domain.orders.models import ServiceRequest
from placa.domain.recall import services


def on_order_changed(order_id: int) -> None:
    """An order is new or was changed; a job looks at it, so that the order does not wait for that."""
    if institution.setting("prefetch_studies"):
        enqueue("recall.prefetch", order_id, dedupe_key=f"recall.prefetch:{order_id}")


def prefetch(order_id: int) -> int:
    """Begin the recalls; how many. Nobody is told of these. Harmless when repeated."""
    order = ServiceRequest.objects.filter(pk=order_id, status=ServiceRequest.Status.ACTIVE).first()
    most = institution.setting("prefetch_studies")
    if order is None or not most or not institution.archives():
        return 0
    rows = Study.objects.filter(patient=order.patient_id).exclude(order=order).order_by("-exam_at")
    same = institution.setting("prefetch_same_modality") and order.modality
    earlier = [study for study in rows if not same or order.modality in study.modalities_in_study]
    away = [study for study in earlier[:most] if study.availability == Study.Availability.OFFLINE]
    return sum(services.start(study) is not None for study in away)
