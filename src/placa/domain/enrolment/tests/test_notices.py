"""Who is told of a result, when, and how often (11.1, 3.4)."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.utils import translation

from placa.common import clock
from placa.common.tokens import unseal
from placa.demo.cast import STUDIES
from placa.domain.access.selectors import release_moment
from placa.domain.access.services import opened
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.hooks import study_ready
from placa.domain.archive.models import Study
from placa.domain.enrolment import notices
from placa.domain.enrolment.models import PendingNotice
from placa.domain.institution.services import change_setting
from placa.domain.notifications import selectors as bell
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content
from placa.domain.people.models import Organization, Practitioner
from placa.domain.reports import services as reports
from placa.domain.reports.hooks import report_final
from placa.domain.reports.models import DiagnosticReport
from placa.domain.sharing.services import create_share

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _still_clock() -> Iterator[None]:
    with time_machine.travel(clock.now(), tick=False):
        yield


def study(key: str) -> Study:
    return Study.objects.get(study_instance_uid=STUDIES[key].uid)


def told() -> list[tuple[str, str]]:
    """Template and address of every mail, in order."""
    return list(OutboxMessage.objects.order_by("id").values_list("template", "address"))


def ready(key: str) -> Study:
    found = study(key)
    study_ready.send(found.pk)
    notices.check_due()
    return found


def test_patient_and_doctor_of_a_released_study() -> None:
    ready("ana_ct")
    assert sorted(told()) == [("result", "ana@correo.example"), ("result_doctor", "diaz@medicos.example")]
    assert bell.unread_count(User.objects.get(username="ana"), "patient") == 1
    assert bell.unread_count(User.objects.get(username="diaz"), "doctor") == 1
    assert not PendingNotice.objects.exists()


def test_told_once() -> None:
    for _ in range(3):
        ready("ana_ct")
    assert len(told()) == 2


def test_before_release_the_doctor_only_then_the_patient() -> None:
    found = ready("ana_mr")
    assert told() == [("result_doctor", "diaz@medicos.example")]
    opens = release_moment(found)
    assert opens is not None
    with time_machine.travel(opens - dt.timedelta(seconds=1), tick=False):
        notices.check_due()
        assert len(told()) == 1
    with time_machine.travel(opens + dt.timedelta(minutes=6), tick=False):
        notices.check_due()
    assert told()[1:] == [("result", "ana@correo.example")]


def test_checked_at_the_moment_of_release() -> None:
    found = study("ana_mr")
    opens = release_moment(found)
    assert opens is not None
    with time_machine.travel(opens - dt.timedelta(minutes=3), tick=False):
        ready("ana_mr")
        assert PendingNotice.objects.get(study=found).check_at == opens


def test_released_by_staff_is_told_at_once() -> None:
    found = ready("ana_mr")
    Study.objects.filter(pk=found.pk).update(release=Study.Release.NOW, released_at=clock.now())
    notices.look_again(found.pk)
    notices.check_due()
    assert ("result", "ana@correo.example") in told()


def test_hand_delivery_is_not_told_to_the_patient() -> None:
    ready("ana_biopsy")
    assert [template for template, _ in told()] == ["result_doctor"]


def test_an_exclusive_study_is_told_to_neither() -> None:
    ready("carla_wc")
    assert told() == []


def test_a_childs_result_goes_to_the_guardian() -> None:
    ready("bruno_dx")
    assert ("result", "ana@correo.example") in told()
    message = OutboxMessage.objects.get(template="result")
    assert "Bruno" in Content.load(unseal(message.sealed)).subject


def test_nothing_clinical_in_any_message() -> None:
    ready("ana_ct")
    for message in OutboxMessage.objects.all():
        text = unseal(message.sealed)
        for word in ("abdomen", "TC ", "contraste", STUDIES["ana_ct"].uid, STUDIES["ana_ct"].accession):
            assert word not in text


def test_a_doctor_may_do_without() -> None:
    Practitioner.objects.filter(user__username="diaz").update(notify_ready=False)
    ready("ana_ct")
    assert told() == [("result", "ana@correo.example")]


def test_a_report_after_the_images_is_told_again() -> None:
    found = ready("ana_us")
    before = len(told())
    report = DiagnosticReport.objects.get(study=found)
    report.status, report.final_at = DiagnosticReport.Status.FINAL, clock.now()
    report.save()
    report_final.send(report.pk)
    notices.check_due()
    assert sorted(told()[before:]) == [
        ("result", "ana@correo.example"),
        ("result_doctor", "diaz@medicos.example"),
    ]


def test_a_correction_is_told_to_who_had_the_first() -> None:
    found = ready("ana_ct")
    report = DiagnosticReport.objects.get(study=found)
    report.status = DiagnosticReport.Status.AMENDED
    report.save()
    for _ in range(2):
        report_final.send(report.pk)
        notices.check_due()
    assert sorted(told()[2:]) == [
        ("report_amended", "ana@correo.example"),
        ("report_amended_doctor", "diaz@medicos.example"),
    ]


def test_a_withdrawal_is_told_once_to_who_could_read_it_and_says_nothing_clinical() -> None:
    withdrawn("ana_ct")
    withdrawn("ana_ct")
    assert sorted(told()[2:]) == [
        ("report_withdrawn", "ana@correo.example"),
        ("report_withdrawn_doctor", "diaz@medicos.example"),
    ]
    assert bell.unread_count(User.objects.get(username="ana"), "patient") == 2
    for message in OutboxMessage.objects.filter(template__startswith="report_withdrawn"):
        text = unseal(message.sealed)
        assert not any(word in text for word in ("abdomen", STUDIES["ana_ct"].accession))
    assert not PendingNotice.objects.exists()


def test_a_withdrawal_is_not_told_to_who_never_could_read_it() -> None:
    withdrawn("ana_mr", told_before=True)  # not released: the doctor could, the patient not
    assert [template for template, _ in told()] == ["result_doctor", "report_withdrawn_doctor"]


def test_a_withdrawal_is_not_told_to_who_lost_the_study() -> None:
    ready("ana_ct")
    before = len(told())
    Study.objects.filter(pk=study("ana_ct").pk).update(exclusive_to=Organization.objects.first())
    withdrawn("ana_ct", told_before=True)
    assert told()[before:] == []


@pytest.mark.parametrize("change", ["withdrawn", "amended"])
@pytest.mark.parametrize("read", [True, False])
def test_a_recipient_who_read_it_is_told_in_the_language_of_the_share(change: str, read: bool) -> None:
    ana = viewer_for(User.objects.get(username="ana"), "patient")
    with translation.override("it"):
        made = create_share(
            viewer=ana, study_uids=[STUDIES["ana_ct"].uid], recipients=["hugo@x.example"], days=15
        )
    viewer = Viewer(role="share", subject=made.keys[0].part.pk)
    if read:
        opened(viewer, study("ana_ct"), "view_report")
    for _ in range(2):
        withdrawn("ana_ct") if change == "withdrawn" else amended("ana_ct")
    mails = [pair for pair in told() if pair[1] == "hugo@x.example" and not pair[0].startswith("share")]
    assert mails == ([(f"report_{change}_share", "hugo@x.example")] if read else [])
    assert not OutboxMessage.objects.filter(template=f"report_{change}_share").exclude(language="it")


def amended(key: str) -> None:
    ready(key)
    report = DiagnosticReport.objects.get(study=study(key))
    reports.add_version(report=report, status="final", source="hl7", by="test", text="Corregido.")
    notices.check_due()


def withdrawn(key: str, *, told_before: bool = False) -> None:
    """The report was there and told of, then it is withdrawn."""
    report = DiagnosticReport.objects.filter(study=study(key)).first() or DiagnosticReport.objects.create(
        study=study(key)
    )
    if report.status not in DiagnosticReport.FINAL_STATES and report.status != "cancelled":
        reports.add_version(report=report, status="final", source="hl7", by="test", text="Definitivo.")
    if not told_before or not told():
        ready(key)
    reports.withdraw(report=report, by="user:5")
    notices.check_due()


def test_sms_by_setting() -> None:
    change_setting(key="sms_new_result", value=True, by="test")
    ready("ana_ct")
    message = OutboxMessage.objects.get(channel="sms")
    assert message.address == "+18095550111"
    assert "Alborada" in Content.load(unseal(message.sealed)).text


def test_a_disabled_account_is_not_told() -> None:
    User.objects.filter(username="ana").update(is_active=False)
    ready("ana_ct")
    assert told() == [("result_doctor", "diaz@medicos.example")]


def test_a_study_whose_images_come_later_is_told_when_they_are_there() -> None:
    found = study("ana_ct")
    DiagnosticReport.objects.filter(study=found).delete()
    Study.objects.filter(pk=found.pk).update(number_of_images=0)
    ready("ana_ct")
    assert told() == []
    Study.objects.filter(pk=found.pk).update(number_of_images=3)
    with time_machine.travel(clock.now() + dt.timedelta(minutes=6), tick=False):
        notices.check_due()
    assert sorted(told()) == [("result", "ana@correo.example"), ("result_doctor", "diaz@medicos.example")]
