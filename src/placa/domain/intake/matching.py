"""Whose a study is, and which order it answers (architecture: "Names never grant").

A study is matched by PatientID and issuer alone. An absent issuer counts as the sending peer's default, else as the
institution's; an identifier on file without issuer counts as the institution's, by the same rule. A name, birth date
or sex never finds a patient: it can only stop a match that would be wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from placa.domain.archive.indexing import effective_issuer
from placa.domain.archive.models import Study
from placa.domain.archive.services import survivor
from placa.domain.institution import selectors as institution
from placa.domain.intake.models import InboxItem
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Patient, PatientIdentifier
from placa.standards.dicom.names import same_person_names

Kind = InboxItem.Kind


@dataclass(frozen=True, slots=True)
class Match:
    """A patient and perhaps an order; or the kind of problem that staff must solve."""

    patient: Patient | None = None
    order: ServiceRequest | None = None
    problem: InboxItem.Kind | None = None
    detail: dict[str, object] = field(default_factory=dict)


def match(study: Study) -> Match:
    """Find patient and order of `study`; changes nothing."""
    if not study.dicom_patient_id:
        return Match(problem=Kind.NO_PATIENT_ID)
    issuer = effective_issuer(study.issuer_of_patient_id, study.default_issuer)
    candidates = patients_named(study.dicom_patient_id, issuer)
    if not candidates:
        return Match(problem=Kind.UNKNOWN_PATIENT)
    if len(candidates) > 1:
        return Match(problem=Kind.TWO_CANDIDATES, detail={"patients": [patient.pk for patient in candidates]})
    patient = candidates[0]
    if differs := conflicts(study, patient):
        return Match(problem=Kind.DEMOGRAPHICS, detail={"patient": patient.pk, "differs": differs})
    return _with_order(study, patient)


def patients_named(patient_id: str, issuer: str) -> list[Patient]:
    """The patients on file with this PatientID of this issuer, merged ones as those they became."""
    issuers = {issuer}
    if issuer == institution.current().default_issuer:
        issuers.add("")
    found = PatientIdentifier.objects.filter(value=patient_id, issuer__in=issuers).select_related("patient")
    patients = {owner.pk: owner for row in found if (owner := survivor(row.patient))}
    return list(patients.values())


def conflicts(study: Study, patient: Patient) -> list[str]:
    """Which of name, birth_date and sex differ where both are known."""
    differs = []
    if not same_person_names(study.patient_name, f"{patient.family_name}^{patient.given_name}"):
        differs.append("name")
    if study.patient_birth_date and patient.birth_date and study.patient_birth_date != patient.birth_date:
        differs.append("birth_date")
    known = (Patient.Sex.FEMALE, Patient.Sex.MALE, Patient.Sex.OTHER)
    if study.patient_sex in known and patient.sex in known and study.patient_sex != patient.sex:
        differs.append("sex")
    return differs


def _with_order(study: Study, patient: Patient) -> Match:
    """An accession number that names an order of somebody else contradicts the PatientID: nothing is guessed."""
    numbered = orders_numbered(study)
    if numbered and not _own(numbered, patient):
        others = [order.patient_id for order in numbered]
        return Match(
            problem=Kind.TWO_CANDIDATES, detail={"patients": [patient.pk, *others], "by": "accession"}
        )
    return Match(patient, order_of(study, patient))


def order_of(study: Study, patient: Patient) -> ServiceRequest | None:
    """The one order of `patient` with the study's accession number, else with the study UID that the RIS gave.

    None where staff took the study away from that one.
    """
    own = _own(orders_numbered(study), patient)
    if len(own) != 1:
        by_uid = ServiceRequest.objects.filter(study_uid=study.study_instance_uid).select_related("patient")
        own = _own(by_uid, patient)
    if len(own) != 1 or study.refused_orders.filter(pk=own[0].pk).exists():
        return None
    return own[0]


def _own(orders: Iterable[ServiceRequest], patient: Patient) -> list[ServiceRequest]:
    return [order for order in orders if survivor(order.patient).pk == patient.pk]


def orders_numbered(study: Study) -> list[ServiceRequest]:
    """Orders with the study's accession number, of its issuer where both name one."""
    if not study.accession_number:
        return []
    found = ServiceRequest.objects.filter(accession_number=study.accession_number).select_related("patient")
    found = found.exclude(status=ServiceRequest.Status.REVOKED)  # whoever cancelled it gets nothing by it
    issuer = study.issuer_of_accession_number
    if issuer:
        found = found.filter(accession_issuer__in=["", issuer])
    return list(found)
