"""Staff take a report back: gone from every door, its readers told, the reason kept for staff (case 24)."""

import uuid
from typing import Any

import pytest
from django.urls import reverse

from placa.demo import cast
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.enrolment import notices
from placa.domain.notifications.models import OutboxMessage
from placa.domain.reports.models import DiagnosticReport

pytestmark = pytest.mark.django_db
UID = cast.STUDIES["ana_ct"].uid
TEXT = "Sin hallazgos agudos."
WHY = "Era de otra exploración"


@pytest.fixture
def report() -> DiagnosticReport:
    return DiagnosticReport.objects.get(study__study_instance_uid=UID)


def address(report: DiagnosticReport, uid: str = UID) -> str:
    return reverse("staff:report_withdraw", args=[uid, report.public_id])


def told() -> set[tuple[str, str]]:
    """To whom which mail went about it."""
    study = Study.objects.get(study_instance_uid=UID)
    notices.check(study.pk)
    rows = OutboxMessage.objects.filter(template__startswith="report_withdrawn")
    return set(rows.values_list("recipient", "template"))


def test_it_is_gone_from_every_door_and_its_readers_are_told(
    jefe: Any, sign_in: Any, report: DiagnosticReport
) -> None:
    readers = {"ana": f"/patient/studies/{UID}/", "diaz": f"/doctor/studies/{UID}/"}
    pdf = reverse("files:report", args=[UID, report.public_id])
    clients = {name: sign_in(name) for name in readers}
    for name, page in readers.items():
        assert TEXT in clients[name].get(page).content.decode()
    assert jefe.post(address(report), {"reason": WHY}).headers["Location"] == f"/staff/studies/{UID}/"
    report.refresh_from_db()
    assert report.status == "cancelled"
    for name, page in readers.items():
        body = clients[name].get(page).content.decode()
        assert TEXT not in body
        assert WHY not in body
        assert clients[name].get(pdf).status_code == 404
    users = {name: User.objects.get(username=name).pk for name in readers}
    assert told() == {
        (f"user:{users['ana']}", "report_withdrawn"), (f"user:{users['diaz']}", "report_withdrawn_doctor"),
    }  # fmt: skip
    assert all(WHY not in str(one.__dict__) for one in OutboxMessage.objects.all())


def test_staff_read_why_in_its_history(jefe: Any, report: DiagnosticReport) -> None:
    jefe.post(address(report), {"reason": WHY})
    page = jefe.get(f"/staff/studies/{UID}/")
    assert [one["report"].pk for one in page.context["withdrawn"]] == [report.pk]
    assert page.context["reports"] == []
    assert WHY in page.content.decode()
    assert TEXT not in page.content.decode()
    event = AuditEvent.objects.get(action="report_withdrawn")
    assert (event.study_uid, event.detail["report"]) == (UID, report.pk)
    assert WHY not in str(event.detail)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_without_a_reason_nothing_is_withdrawn(jefe: Any, report: DiagnosticReport, reason: str) -> None:
    answer = jefe.post(address(report), {"reason": reason})
    assert answer.status_code == 422
    assert answer.context["withdraw_form"].errors
    report.refresh_from_db()
    assert report.status == "final"


def test_who_may_not_and_what_is_not_there(
    jefe: Any, employ: Any, sign_in: Any, report: DiagnosticReport
) -> None:
    assert (
        employ("studies").post(address(report), {"reason": WHY}).status_code == 404
    )  # reports want `upload`
    for name in ("ana", "diaz", "gomez"):
        assert sign_in(name).post(address(report), {"reason": WHY}).status_code == 404
    assert jefe.post(address(report, cast.STUDIES["ana_us"].uid), {"reason": WHY}).status_code == 404
    report.public_id = uuid.uuid4()
    assert jefe.post(address(report), {"reason": WHY}).status_code == 404
    assert jefe.get(address(report)).status_code == 405
    assert not DiagnosticReport.objects.filter(status="cancelled").exists()


def test_twice_is_once(jefe: Any, report: DiagnosticReport) -> None:
    jefe.post(address(report), {"reason": WHY})
    assert jefe.post(address(report), {"reason": WHY}).status_code == 404
    assert report.versions.count() == 2
