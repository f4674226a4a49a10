"""A study that staff put back waits for the reason that holds, and for no other."""

import pytest

from placa.domain.archive.models import Study
from placa.domain.institution.models import Institution
from placa.domain.intake import desk, services
from placa.domain.intake.models import InboxItem
from placa.domain.intake.tests.objects import STUDY
from placa.domain.intake.tests.test_matching import _arrive, _open_kinds, _order, _patient
from placa.domain.people.models import Patient, PatientIdentifier

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive", "_default_issuer")]
Kind = InboxItem.Kind


@pytest.fixture
def _default_issuer() -> None:
    Institution.objects.update(default_issuer="HOSP")


def waiting() -> InboxItem:
    return InboxItem.objects.get(study__study_instance_uid=STUDY, resolved_at=None)


def merge(one: Patient, into: Patient) -> None:
    Patient.objects.filter(pk=one.pk).update(merged_into=into)
    services.on_patient_changed(one.pk)
    services.on_patient_changed(into.pk)


def test_taken_from_the_only_one_who_fits_there_are_not_two_candidates() -> None:
    patient = _patient()
    study = _arrive()
    services.unassign_study(study_instance_uid=STUDY, by="user:5")
    assert _open_kinds(study) == [Kind.PUT_BACK]
    assert waiting().detail == {"patient": patient.pk, "by": "staff"}


def test_of_two_candidates_who_became_one_person_one_remains() -> None:
    first, second = _patient(issuer="HOSP"), _patient(issuer="")
    study = _arrive()
    assert _open_kinds(study) == [Kind.TWO_CANDIDATES]
    services.assign_study(study_instance_uid=STUDY, patient=first, by="user:5")
    services.unassign_study(study_instance_uid=STUDY, by="user:5")
    assert _open_kinds(study) == [Kind.TWO_CANDIDATES]
    merge(second, first)
    study.refresh_from_db()
    assert study.patient is None  # staff took it away: they decide
    assert _open_kinds(study) == [Kind.PUT_BACK]
    assert waiting().detail == {"patient": first.pk, "by": "staff"}
    services.assign_study(study_instance_uid=STUDY, patient=first, by="user:5")
    assert _open_kinds(study) == []


def test_a_number_that_contradicts_no_longer_is_no_second_candidate() -> None:
    patient, other = _patient(), _patient("MRN-7002", given_name="Otra")
    order = _order(other)
    study = _arrive()
    services.assign_study(study_instance_uid=STUDY, patient=patient, by="user:5")
    services.unassign_study(study_instance_uid=STUDY, by="user:5")
    assert _open_kinds(study) == [Kind.TWO_CANDIDATES]
    order.status = order.Status.REVOKED
    order.save()
    services.on_order_changed(order.pk)
    assert _open_kinds(study) == [Kind.PUT_BACK]


def test_a_second_candidate_who_comes_later_is_told() -> None:
    patient = _patient()
    study = _arrive()
    services.unassign_study(study_instance_uid=STUDY, by="user:5")
    second = _patient(issuer="")
    services.on_patient_changed(second.pk)
    assert _open_kinds(study) == [Kind.TWO_CANDIDATES]
    assert set(waiting().detail["patients"]) == {patient.pk, second.pk}
    assert waiting().detail["by"] == "staff"
    PatientIdentifier.objects.filter(patient=second).delete()
    services.match_study(study_instance_uid=STUDY)
    assert _open_kinds(study) == [Kind.PUT_BACK]


def test_what_was_rejected_comes_back_for_the_reason_that_holds_now() -> None:
    first, second = _patient(issuer="HOSP"), _patient(issuer="")
    study = _arrive()
    item = waiting()
    desk.close_item(item=item, decision="rejected", by="user:5")
    merge(second, first)
    assert _open_kinds(study) == []
    assert desk.reopen_item(item=item, by="user:5")
    assert _open_kinds(study) == [Kind.PUT_BACK]
    services.match_study(study_instance_uid=STUDY)  # nobody took it away: what is certain is matched
    assert Study.objects.get(pk=study.pk).patient == first


def test_what_was_rejected_and_then_assigned_does_not_wait_again() -> None:
    patient = _patient(issuer="HOSP")
    _patient(issuer="")
    study = _arrive()
    item = waiting()
    desk.close_item(item=item, decision="rejected", by="user:5")
    services.assign_study(study_instance_uid=STUDY, patient=patient, by="user:5")
    assert not desk.reopen_item(item=item, by="user:5")
    assert _open_kinds(study) == []
