"""The cast's studies as rows without files: enough for every question of who may see what.

The demo and the tests of doors send real objects through the receiver instead (`load.py`).
"""

from placa.common import clock
from placa.common.text import fold
from placa.demo import cast
from placa.domain.archive.models import Study
from placa.domain.archive.services import copied
from placa.domain.orders.models import ServiceRequest
from placa.domain.reports.models import DiagnosticReport, ReportVersion


def studies() -> None:
    """One Study for each plan of the cast, linked to its order, with its report."""
    for plan in cast.STUDIES.values():
        report(plan, study(plan))


def study(plan: cast.StudyPlan) -> Study:
    """The row of one plan, as indexing and matching would leave it."""
    exam_at = clock.now() - plan.ago
    order = ServiceRequest.objects.filter(accession_number=plan.accession).first()
    person = cast.PATIENTS.get(plan.patient)
    exclusive = order.payer if order and order.payer and order.payer.is_exclusive else None
    return Study.objects.create(
        study_instance_uid=plan.uid, patient=order.patient if order else None, order=order,
        site=order.site if order else None, study_description=plan.description,
        dicom_patient_id=person.patient_id if person else "900-0000-0",
        patient_name=f"{person.family_name}^{person.given_name}" if person else "Desconocido^Pedro",
        name_key=fold(f"{person.family_name} {person.given_name}") if person else "desconocido pedro",
        accession_number=plan.accession, modalities_in_study=[plan.modality], exam_at=exam_at,
        study_date=exam_at.date(), first_received_at=exam_at, last_received_at=exam_at, clock_start=exam_at,
        search_key=fold(f"{plan.description} {plan.accession}"), hand_delivery=plan.hand_delivery,
        exclusive_to=exclusive, number_of_images=1 if plan.images else 0, number_of_instances=1,
        number_of_series=1, availability="offline" if plan.offline else "online",
        **copied(order),
    )  # fmt: skip


def report(plan: cast.StudyPlan, row: Study) -> DiagnosticReport | None:
    """The report of one plan with a single text version, or None where it has none."""
    if not plan.report:
        return None
    final_at = row.exam_at if plan.report == "final" else None
    found = DiagnosticReport.objects.create(
        study=row, order=row.order, title=plan.description, status=plan.report, final_at=final_at,
        signed_by="Dra. Milagros Peña" if final_at else "",
    )  # fmt: skip
    if plan.report in ("preliminary", "final"):
        ReportVersion.objects.create(
            report=found, number=1, status=plan.report, source=ReportVersion.Source.HL7,
            text="Sin hallazgos agudos.", digest="0" * 64, received_at=row.exam_at, signed_at=final_at,
            signed_by=found.signed_by,
        )  # fmt: skip
    return found
