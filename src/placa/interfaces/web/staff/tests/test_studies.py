"""Studies: release, withhold, hand delivery, order, report, notification (9.8)."""

import datetime as dt
import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import gettext
from pypdf import PdfWriter

from placa.common import clock
from placa.demo import cast
from placa.domain.access.rules import Facet
from placa.domain.access.selectors import has_facet
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.archive.storage import StorageError
from placa.domain.archive.storage.local import LocalStorage
from placa.domain.audit import services as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.institution import selectors as institution
from placa.domain.notifications.models import OutboxMessage
from placa.domain.orders.models import ServiceRequest
from placa.domain.reports.models import DiagnosticReport, ReportVersion
from placa.interfaces.web.staff import studies, words

pytestmark = pytest.mark.django_db


def url(name: str, key: str) -> str:
    return reverse(f"staff:{name}", args=[cast.STUDIES[key].uid])


def study(key: str) -> Study:
    return Study.objects.get(study_instance_uid=cast.STUDIES[key].uid)


def opens(key: str, facet: Facet = "images", who: str = "ana") -> bool:
    viewer = viewer_for(User.objects.get(username=who), "patient")
    return has_facet(viewer, cast.STUDIES[key].uid, facet)


def pdf(pages: int = 1) -> SimpleUploadedFile:
    writer, out = PdfWriter(), io.BytesIO()
    for _page in range(pages):
        writer.add_blank_page(200, 200)
    writer.write(out)
    return SimpleUploadedFile("informe.pdf", out.getvalue(), content_type="application/pdf")


def test_the_list_is_what_access_says(ines, jefe):
    def listed(client):
        rows = client.get(reverse("staff:studies")).context["rows"]
        return {row["study"].study_instance_uid for row in rows}

    keys = {"ana_ct", "ana_us", "ana_mr", "ana_ecg", "ana_lab", "bruno_dx", "carla_cr"}
    assert listed(ines) == {cast.STUDIES[key].uid for key in keys}
    assert listed(jefe) == {plan.uid for plan in cast.STUDIES.values()}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"q": "nunez"}, {"carla_cr", "carla_wc"}),
        ({"q": "402-2291"}, {"bruno_dx"}),
        ({"state": "unmatched"}, {"stranger"}),
        ({"state": "hand"}, {"ana_biopsy"}),
        ({"state": "exclusive"}, {"carla_wc"}),
        ({"state": "held"}, set()),
        ({"kind": "laboratory"}, {"ana_lab"}),
    ],
)
def test_search_and_states(jefe, query, keys):
    rows = jefe.get(reverse("staff:studies"), query).context["rows"]
    assert {row["study"].study_instance_uid for row in rows} == {cast.STUDIES[key].uid for key in keys}


@pytest.mark.parametrize("key", ["ana_cr", "ana_biopsy", "carla_wc", "stranger"])
def test_other_sites_and_exclusive_ones_are_not_there(ines, key):
    assert ines.get(url("study", key)).status_code == 404
    assert AuditEvent.objects.filter(outcome="refused", study_uid=cast.STUDIES[key].uid).exists()
    for name in ("study_order", "study_report"):
        assert ines.post(url(name, key), {"order": "x"}).status_code == 404


def test_a_study_that_does_not_exist(jefe):
    assert jefe.get(reverse("staff:study", args=["1.2.3"])).status_code == 404


def test_release_now(jefe):
    assert not opens("ana_mr")
    jefe.post(url("study_release", "ana_mr"), {"do": "now"})
    assert opens("ana_mr")


def test_withhold_at_once(jefe):
    assert opens("ana_ct")
    jefe.post(url("study_release", "ana_ct"), {"do": "hold"})
    assert not opens("ana_ct")
    assert opens("ana_ct", "row")
    jefe.post(url("study_release", "ana_ct"), {"do": "auto"})
    assert opens("ana_ct")
    assert AuditEvent.objects.filter(action="hold", study_uid=cast.STUDIES["ana_ct"].uid).exists()


def test_nothing_else_is_a_release(jefe):
    assert jefe.post(url("study_release", "ana_ct"), {"do": "everything"}).status_code == 404
    assert study("ana_ct").release == "auto"


def test_releasing_needs_the_permission_to(ines):
    assert ines.post(url("study_release", "ana_mr"), {"do": "now"}).status_code == 404
    assert not opens("ana_mr")
    assert AuditEvent.objects.filter(outcome="refused", action="staff_page").exists()
    page = ines.get(url("study", "ana_mr")).content.decode()
    assert url("study_release", "ana_mr") not in page
    assert 'id="trail"' not in page


def test_hand_delivery_and_its_record(jefe):
    jefe.post(url("study_hand_delivery", "ana_ct"), {"on": "1"})
    assert not opens("ana_ct")
    refused = jefe.post(url("study_hand_over", "ana_ct"), {"to": "   "})
    assert refused.status_code == 422
    assert list(refused.context["hand_form"].errors) == ["to"]
    jefe.post(url("study_hand_over", "ana_ct"), {"to": "Ana Morales, 402-1180-7"})
    row = study("ana_ct")
    assert row.handed_over_at is not None
    assert row.handed_over_to == "Ana Morales, 402-1180-7"
    assert "Ana Morales, 402-1180-7" in jefe.get(url("study", "ana_ct")).content.decode()
    jefe.post(url("study_hand_delivery", "ana_ct"), {"on": "0"})
    assert opens("ana_ct")
    assert jefe.post(url("study_hand_over", "ana_ct"), {"to": "Ana"}).status_code == 404


def test_order_away_and_back(ines):
    order = study("carla_cr").order
    assert order is not None
    ines.post(url("study_order", "carla_cr"), {"do": "unlink"})
    assert study("carla_cr").order is None
    page = ines.get(url("study", "carla_cr"))
    assert order.pk in {one.pk for one in page.context["orders"]}
    ines.post(url("study_order", "carla_cr"), {"order": str(order.public_id)})
    assert study("carla_cr").order == order


def test_an_order_of_somebody_else_is_not_linked(jefe):
    of_ana = ServiceRequest.objects.get(accession_number=cast.STUDIES["ana_ct"].accession)
    before = study("carla_cr").order
    jefe.post(url("study_order", "carla_cr"), {"order": str(of_ana.public_id)})
    assert study("carla_cr").order == before


def test_linking_an_exclusive_order_takes_it_from_the_patient(jefe):
    exclusive = ServiceRequest.objects.get(accession_number=cast.STUDIES["carla_wc"].accession)
    assert opens("carla_cr", "row", "carla")
    jefe.post(url("study_order", "carla_cr"), {"order": str(exclusive.public_id)})
    assert not opens("carla_cr", "row", "carla")


def test_a_report_is_uploaded(ines):
    response = ines.post(
        url("study_report", "ana_mr"),
        {"pdf": pdf(), "status": "final", "signed_by": "Dra. Milagros Peña", "title": "", "report": ""},
    )
    assert response.status_code == 302
    made = DiagnosticReport.objects.filter(study=study("ana_mr")).latest("pk")
    assert (made.status, made.signed_by) == ("final", "Dra. Milagros Peña")
    assert made.versions.get().storage_key


def test_a_file_is_taken_for_the_report_that_waits_for_its_signature(ines):
    report = DiagnosticReport.objects.get(study=study("ana_ct"))
    shown = ines.get(url("study", "ana_ct")).context["report_form"]
    assert shown["report"].initial is None
    DiagnosticReport.objects.filter(pk=report.pk).update(status="partial")
    shown = ines.get(url("study", "ana_ct")).context["report_form"]
    assert shown["report"].initial == str(report.public_id)


def test_a_report_that_cannot_be_stored_is_told_and_nothing_is_kept(ines, monkeypatch):
    def full(self, chunks, suffix=""):
        raise StorageError("cannot write: No space left on device")

    before = DiagnosticReport.objects.count()
    monkeypatch.setattr(LocalStorage, "store", full)
    answer = ines.post(url("study_report", "ana_mr"), {"pdf": pdf(), "status": "final", "report": ""})
    assert answer.status_code == 422
    assert "pdf" in answer.context["report_form"].errors
    assert DiagnosticReport.objects.count() == before


def test_a_newer_version_corrects_and_the_old_one_stays(ines):
    first = DiagnosticReport.objects.get(study=study("ana_ct"))
    data = {"pdf": pdf(2), "status": "final", "report": str(first.public_id)}
    ines.post(url("study_report", "ana_ct"), data)
    first.refresh_from_db()
    assert first.status == "amended"
    assert list(first.versions.order_by("number").values_list("status", flat=True)) == ["final", "amended"]


def test_a_preliminary_after_the_signed_one_is_not_said_to_be_saved(ines):
    first = DiagnosticReport.objects.get(study=study("ana_ct"))
    data = {"pdf": pdf(2), "status": "preliminary", "report": str(first.public_id)}
    response = ines.post(url("study_report", "ana_ct"), data)
    assert response.status_code == 422
    assert list(response.context["report_form"].errors) == ["status"]
    assert first.versions.count() == 1


@pytest.mark.parametrize(
    "file",
    [b"<html><script>1</script>", b"", b"%PDF-1.7 broken"],
    ids=["html", "empty", "broken"],
)
def test_what_is_no_pdf_is_refused_beside_its_field(ines, file):
    before = ReportVersion.objects.count()
    data = {"pdf": SimpleUploadedFile("a.pdf", file), "status": "final", "signed_by": "Dra. Sol"}
    response = ines.post(url("study_report", "ana_mr"), data)
    assert response.status_code == 422
    assert list(response.context["report_form"].errors) == ["pdf"]
    assert response.context["report_form"]["signed_by"].value() == "Dra. Sol"
    assert ReportVersion.objects.count() == before


def test_a_report_of_another_study_is_no_choice(ines):
    other = DiagnosticReport.objects.get(study=study("ana_ct"))
    data = {"pdf": pdf(), "status": "final", "report": str(other.public_id)}
    assert ines.post(url("study_report", "bruno_dx"), data).status_code == 422
    assert other.versions.count() == 1


def test_the_upload_list_shows_what_waits_for_a_report(ines):
    rows = ines.get(reverse("staff:upload")).context["rows"]
    keys = {"ana_us", "ana_mr"}
    assert {row["study"].study_instance_uid for row in rows} == {cast.STUDIES[key].uid for key in keys}


def test_the_notification_goes_out_again_to_whoever_may_open(jefe):
    jefe.post(url("study_notify", "ana_ct"))
    told = set(OutboxMessage.objects.values_list("template", "address"))
    assert told == {("result", "ana@correo.example"), ("result_doctor", "diaz@medicos.example")}


def test_before_release_only_the_doctor_is_told_again(jefe):
    jefe.post(url("study_notify", "ana_mr"))
    assert set(OutboxMessage.objects.values_list("template", flat=True)) == {"result_doctor"}


def test_nobody_is_told_of_an_exclusive_study(jefe):
    jefe.post(url("study_notify", "carla_wc"))
    assert not OutboxMessage.objects.exists()


def test_the_trail_says_who_did_what(jefe):
    jefe.post(url("study_release", "ana_ct"), {"do": "hold"})
    page = jefe.get(url("study", "ana_ct"))
    whats = {one["event"].action: one["who"] for one in page.context["trail"]}
    assert whats["hold"] == "Julio Jefe Marte"


def test_more_studies_than_a_page(jefe):
    original = study("ana_ct")
    for number in range(45):
        original.pk, original.study_instance_uid = None, f"1.2.3.{number}"
        original.public_id = __import__("uuid").uuid4()
        original._state.adding = True
        original.save()
    page = jefe.get(reverse("staff:studies"))
    assert len(page.context["rows"]) == 40
    second = jefe.get(page.context["next"])
    uids = {row["study"].pk for row in page.context["rows"]} | {
        row["study"].pk for row in second.context["rows"]
    }
    assert len(uids) == Study.objects.count()


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, 4, hour, minute, tzinfo=institution.zone())


def seen(
    *, hours: tuple[int, ...], action: str = "view", actor: str = "user:1", outcome: str = "success"
) -> None:
    for hour in hours:
        with clock.standing_at(at(hour)):
            audit.record(
                action=action,
                actor=actor,
                role="staff",
                outcome=outcome,
                study_uid=cast.STUDIES["ana_ct"].uid,
            )


def test_the_history_says_once_a_day_who_looked(jefe):
    seen(hours=(8,), action="hold")
    seen(hours=(9, 10, 12))
    seen(hours=(11,), actor="user:2")
    seen(hours=(13,), outcome="refused")
    seen(hours=(14, 15), action="hold")
    with clock.standing_at(at(16)):
        viewer = viewer_for(User.objects.get(username="jefe"), "staff")
        found = studies._trail(viewer, study("ana_ct"))
    assert found is not None
    lines = [(one["event"].action, one["refused"], one["times"]) for one in found]
    often = gettext("%(n)d times: %(hours)s") % {"n": 3, "hours": "9:00, 10:00, 12:00"}
    assert lines[:6] == [
        ("hold", False, ""), ("hold", False, ""),  # what changes something is told each time
        ("view", True, ""),
        ("view", False, ""), ("view", False, often),
        ("hold", False, ""),
    ]  # fmt: skip


def test_many_times_a_day_are_from_when_to_when():
    zone = institution.zone()
    events = [AuditEvent(at=at(9 + n)) for n in reversed(range(8))]
    assert studies._times(events, zone) == gettext("%(n)d times: %(hours)s") % {
        "n": 8,
        "hours": "9:00 – 16:00",
    }


def test_each_action_on_a_study_has_words(jefe):
    """No history shows the name of an action: each one that the source records with a study is known."""
    recorded = set()
    for file in Path(studies.__file__).parents[3].rglob("*.py"):
        if "tests" not in file.parts:
            for told in (r'audit\.record\(\s*action="(\w+)"[^)]*study_uid', r'_audit\("(\w+)", (?:study|report)',
                         r'opened\([^)]*"(\w+)"\)'):  # fmt: skip
                recorded |= set(re.findall(told, file.read_text()))
    assert {"recall", "evict_stayed", "release_now", "report_late_preliminary", "acknowledge"} <= recorded
    for action in recorded:
        assert words.action_words(action) != action.replace("_", " ").capitalize(), action
