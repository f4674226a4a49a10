"""Who a study belongs to: PatientID and issuer, checked against what is known; never a name."""

import datetime as dt
from typing import Any

import pytest

from placa.common import clock
from placa.domain.archive import services as archive
from placa.domain.archive.hooks import study_ready
from placa.domain.archive.models import Study
from placa.domain.archive.records import Sender
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import ExamType, Institution, Site
from placa.domain.intake import desk, services
from placa.domain.intake.models import InboxItem
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import STUDY, ct, received
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization, Patient, PatientIdentifier

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]
Kind = InboxItem.Kind


def _patient(value: str = "MRN-7001", issuer: str = "HOSP", **fields: Any) -> Patient:
    known = {
        "family_name": "Morales Peralta",
        "given_name": "Ana",
        "birth_date": dt.date(1984, 3, 12),
        "sex": "F",
    }
    patient = Patient.objects.create(**{**known, "name_key": "", **fields})
    PatientIdentifier.objects.create(patient=patient, value=value, issuer=issuer)
    return patient


def _order(patient: Patient, accession: str = "RECV-1", **fields: Any) -> ServiceRequest:
    ordered_at = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
    return ServiceRequest.objects.create(
        patient=patient, accession_number=accession, description="TC", ordered_at=ordered_at, **fields
    )


def _arrive(sender: Sender | None = None, /, **elements: Any) -> Study:
    process([received(ct(1, **elements), sender or Sender("CT1", "10.0.0.5"))])
    return Study.objects.get(study_instance_uid=elements.get("StudyInstanceUID", STUDY))


def _open_kinds(study: Study) -> list[str]:
    return list(InboxItem.objects.filter(study=study, resolved_at=None).values_list("kind", flat=True))


@pytest.fixture(autouse=True)
def _default_issuer() -> None:
    Institution.objects.update(default_issuer="HOSP")


def test_patient_id_and_issuer_match() -> None:
    patient = _patient()
    assert _arrive(IssuerOfPatientID="HOSP").patient == patient


def test_an_absent_issuer_is_the_institutions() -> None:
    patient = _patient()
    study = _arrive()
    assert study.patient == patient
    assert _open_kinds(study) == []


def test_an_absent_issuer_is_first_of_all_the_peers() -> None:
    _patient()
    elsewhere = _patient(issuer="CLINIC")
    assert _arrive(Sender("CT9", "10.0.0.9", default_issuer="CLINIC")).patient == elsewhere


def test_an_identifier_without_issuer_is_the_institutions_too() -> None:
    patient = _patient(issuer="")
    assert _arrive(IssuerOfPatientID="HOSP").patient == patient
    assert (
        _arrive(StudyInstanceUID="1.2.3.9", SOPInstanceUID="1.2.3.9.1", IssuerOfPatientID="OTHER").patient
        is None
    )


def test_the_same_number_of_another_issuer_is_another_person() -> None:
    _patient(issuer="OTHER")
    study = _arrive()
    assert study.patient is None
    assert _open_kinds(study) == [Kind.UNKNOWN_PATIENT]


def test_dicom_never_makes_a_patient() -> None:
    before = Patient.objects.count()
    assert _open_kinds(_arrive()) == [Kind.UNKNOWN_PATIENT]
    assert Patient.objects.count() == before


def test_an_empty_patient_id_waits_for_staff() -> None:
    _patient()
    assert _open_kinds(_arrive(PatientID="")) == [Kind.NO_PATIENT_ID]


def test_two_people_under_one_number_are_not_guessed_between() -> None:
    _patient(issuer="HOSP")
    _patient(issuer="")
    study = _arrive()
    assert study.patient is None
    assert _open_kinds(study) == [Kind.TWO_CANDIDATES]


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"PatientBirthDate": "19840313"}, ["birth_date"]),
        ({"PatientSex": "M"}, ["sex"]),
        ({"PatientName": "Rosario^Pedro"}, ["name"]),
        ({"PatientName": "Rosario^Pedro", "PatientSex": "M"}, ["name", "sex"]),
    ],
)
def test_contradicting_demographics_stop_a_match(change: dict[str, str], differs: list[str]) -> None:
    _patient()
    study = _arrive(**change)
    assert study.patient is None
    item = InboxItem.objects.get(study=study, resolved_at=None)
    assert (item.kind, item.detail["differs"]) == (Kind.DEMOGRAPHICS, differs)


@pytest.mark.parametrize(
    "same",
    [
        {"PatientName": "MORALES^ANA"},
        {"PatientName": "Moráles Peralta^Aña"},
        {"PatientName": ""},
        {"PatientBirthDate": ""},
        {"PatientSex": ""},
        {"PatientSex": "X"},
    ],
)
def test_what_is_missing_or_spelt_otherwise_contradicts_nothing(same: dict[str, str]) -> None:
    patient = _patient()
    assert _arrive(**same).patient == patient


def test_a_merged_patients_number_leads_to_who_they_became() -> None:
    survivor = _patient("MRN-7009")
    _patient(merged_into=survivor)
    assert _arrive().patient == survivor


def test_the_order_with_the_accession_number_is_linked_with_what_it_brings() -> None:
    patient = _patient()
    site = Site.objects.create(code="RX", name="Sede")
    exam = ExamType.objects.create(code="RX1", name="TC", hand_delivery=True)
    insurer = Organization.objects.create(name="Riesgos", kind=Organization.Kind.WORKERS_COMPENSATION)
    order = _order(patient, site=site, exam_type=exam, payer=insurer)
    study = _arrive()
    assert (study.order, study.site, study.hand_delivery, study.exclusive_to) == (order, site, True, insurer)
    assert "sede" in study.search_key
    order.refresh_from_db()
    assert order.status == ServiceRequest.Status.COMPLETED


def test_a_payer_that_is_not_exclusive_leaves_the_study_open() -> None:
    patient = _patient()
    _order(patient, payer=Organization.objects.create(name="Seguro", kind=Organization.Kind.INSURER))
    assert _arrive().exclusive_to is None


def test_an_accession_number_of_somebody_else_stops_the_match() -> None:
    _patient()
    other = _patient("MRN-7002", given_name="Otra")
    _order(other)
    study = _arrive()
    assert (study.patient, study.order) == (None, None)
    assert _open_kinds(study) == [Kind.TWO_CANDIDATES]


def test_the_accession_numbers_issuer_counts_where_both_have_one() -> None:
    patient = _patient()
    _order(patient, accession_issuer="RIS-B")
    study = _arrive()
    assert study.order is not None
    Study.objects.filter(pk=study.pk).update(order=None, issuer_of_accession_number="RIS-A")
    services.match_study(study_instance_uid=STUDY)
    study.refresh_from_db()
    assert study.patient == patient
    assert Study.objects.filter(pk=study.pk, order=None).exists()


def test_the_study_uid_of_the_order_links_where_the_accession_number_is_missing() -> None:
    patient = _patient()
    order = _order(patient, "RECV-77", study_uid=STUDY)
    assert _arrive(AccessionNumber="").order == order


def test_a_new_patient_and_a_new_order_run_matching_again() -> None:
    study = _arrive()
    patient = _patient()
    assert services.rematch_patient(patient.pk) == 1
    study.refresh_from_db()
    assert study.patient == patient
    assert _open_kinds(study) == []
    order = _order(patient)
    assert services.rematch_order(order.pk) == 1
    study.refresh_from_db()
    assert study.order == order


def test_the_question_changes_with_what_is_on_file() -> None:
    study = _arrive()
    patient = _patient(sex="M")
    services.rematch_patient(patient.pk)
    assert _open_kinds(study) == [Kind.DEMOGRAPHICS]


def test_staff_assign_what_matching_did_not_and_can_undo_it() -> None:
    study = _arrive(PatientID="")
    patient = _patient()
    order = _order(patient)
    services.assign_study(study_instance_uid=STUDY, patient=patient, by="user:5")
    study.refresh_from_db()
    assert (study.patient, study.order) == (patient, order)
    assert _open_kinds(study) == []
    events = AuditEvent.objects.filter(study_uid=STUDY, actor="user:5").values_list("action", flat=True)
    assert set(events) == {"assign_patient", "link_order"}
    services.unassign_study(study_instance_uid=STUDY, by="user:5")
    study.refresh_from_db()
    assert (study.patient, study.order) == (None, None)
    assert _open_kinds(study) == [Kind.NO_PATIENT_ID]


@pytest.mark.parametrize("by_way_of_the_inbox", [True, False])
def test_what_was_decided_for_one_person_opens_nothing_to_another(by_way_of_the_inbox: bool) -> None:
    study = _arrive(PatientID="")
    first, other = _patient(), _patient("MRN-7002", family_name="Otra", given_name="Persona")
    services.assign_study(study_instance_uid=STUDY, patient=first, by="user:5")
    archive.release_now(study_instance_uid=STUDY, by="user:5")
    Study.objects.update(
        handed_over_at=clock.now(), handed_over_to="Ana", doctor_read_at=clock.now(), hidden_by_patient=True
    )
    if by_way_of_the_inbox:
        services.unassign_study(study_instance_uid=STUDY, by="user:5")
    services.assign_study(study_instance_uid=STUDY, patient=other, by="user:5")
    study.refresh_from_db()
    assert (study.patient, study.release, study.released_at) == (other, Study.Release.AUTO, None)
    assert (study.handed_over_at, study.handed_over_to, study.doctor_read_at) == (None, "", None)
    assert study.hidden_by_patient
    archive.hold(study_instance_uid=STUDY, by="user:5")
    services.unassign_study(study_instance_uid=STUDY, by="user:5")
    services.assign_study(study_instance_uid=STUDY, patient=first, by="user:5")
    study.refresh_from_db()
    assert study.release == Study.Release.HELD


def test_later_images_of_an_assigned_study_do_not_ask_again() -> None:
    _arrive(PatientID="")
    patient = _patient()
    services.assign_study(study_instance_uid=STUDY, patient=patient, by="user:5")
    process([received(ct(2, PatientID=""))])
    study = Study.objects.get(study_instance_uid=STUDY)
    assert (study.patient, study.number_of_instances) == (patient, 2)
    assert _open_kinds(study) == []


def test_a_match_is_told_upwards_inside_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(study_ready, "_listeners", [told.append])
    _arrive()
    assert told == []
    patient = _patient()
    services.rematch_patient(patient.pk)
    assert told == [Study.objects.get(study_instance_uid=STUDY).pk]


def test_what_staff_took_away_is_not_given_back_by_itself() -> None:
    patient = _patient()
    study = _arrive(IssuerOfPatientID="HOSP")
    assert study.patient == patient
    services.unassign_study(study_instance_uid=STUDY, by="user:5")
    services.on_patient_changed(patient.pk)
    process([received(ct(2, IssuerOfPatientID="HOSP"), Sender("CT1", "10.0.0.5"))])
    study.refresh_from_db()
    assert study.patient_id is None
    assert study.number_of_instances == 2
    assert _open_kinds(study) == [Kind.PUT_BACK]
    services.assign_study(study_instance_uid=STUDY, patient=patient, by="user:5")
    study.refresh_from_db()
    assert study.patient == patient


def test_what_staff_rejected_is_nobodys_when_its_number_comes_on_file() -> None:
    study = _arrive(IssuerOfPatientID="HOSP")
    item = InboxItem.objects.get(study=study)
    desk.close_item(item=item, decision="rejected", by="user:5")
    patient = _patient()
    services.on_patient_changed(patient.pk)
    study.refresh_from_db()
    assert (study.patient, _open_kinds(study)) == (None, [])
    desk.reopen_item(item=item, by="user:5")
    services.on_patient_changed(patient.pk)
    study.refresh_from_db()
    assert study.patient == patient


def test_a_study_that_loses_an_exclusive_order_is_not_released_by_what_staff_said_for_the_company() -> None:
    patient = _patient()
    insurer = Organization.objects.create(name="Riesgos", kind=Organization.Kind.WORKERS_COMPENSATION)
    _order(patient, payer=insurer)
    study = _arrive(IssuerOfPatientID="HOSP", AccessionNumber="RECV-1")
    assert study.exclusive_to == insurer
    archive.release_now(study_instance_uid=STUDY, by="user:5")
    study = archive.unlink_order(study_instance_uid=STUDY, by="user:5")
    assert (study.exclusive_to, study.release, study.released_at) == (None, Study.Release.AUTO, None)


def test_an_order_that_staff_took_away_is_linked_again_by_staff_only() -> None:
    patient = _patient()
    order = _order(patient)
    study = _arrive()
    assert study.order == order
    archive.unlink_order(study_instance_uid=STUDY, by="user:5")
    services.match_study(study_instance_uid=STUDY)
    services.on_order_changed(order.pk)
    services.on_patient_changed(patient.pk)
    assert _arrive(SOPInstanceUID=f"{STUDY}.2.7").order is None
    other = _order(patient, "RECV-2", study_uid=STUDY)
    assert _order_of_study() is None  # one number, one decision: nothing else is guessed
    archive.link_order(study_instance_uid=STUDY, order=other, by="user:5")
    archive.unlink_order(study_instance_uid=STUDY, by="user:5")
    services.on_order_changed(order.pk)
    services.on_order_changed(other.pk)
    assert _order_of_study() is None
    archive.link_order(study_instance_uid=STUDY, order=order, by="user:5")
    assert _order_of_study() == order
    services.match_study(study_instance_uid=STUDY)
    assert _order_of_study() == order


def _order_of_study() -> ServiceRequest | None:
    return Study.objects.get(study_instance_uid=STUDY).order
