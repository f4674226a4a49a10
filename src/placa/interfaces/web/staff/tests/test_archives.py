"""Staff set up archives, evict images and recall them (9.8)."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import gettext

from placa.common.tokens import unseal
from placa.domain.archive.models import Instance, Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import DicomPeer, ExternalArchive
from placa.domain.intake.tests import objects
from placa.domain.jobs.services import run_waiting
from placa.domain.people.models import StaffMember
from placa.domain.recall import work
from placa.domain.recall.models import Recall
from placa.domain.recall.tests import conftest as recalls
from placa.interfaces.web.files.tests.test_zip import browser

pytestmark = pytest.mark.django_db
study, pacs, now, away, ana = recalls.study, recalls.pacs, recalls.now, recalls.away, recalls.ana
NEW = "/staff/archives/new/"
DIMSE = {
    "name": "Orthanc", "kind": "dimse", "enabled": "on", "priority": "10", "ae_title": "ORTHANC", "host": "10.1.2.3",
    "port": "4242", "retrieval": "get", "auth": "none", "proof": "content", "answer_seconds": "30",
}  # fmt: skip
WEB = {
    "name": "PACS", "kind": "dicomweb", "enabled": "on", "priority": "5", "url": "https://pacs.example/dicom-web",
    "auth": "basic", "user": "placa", "secret": "geheim-9", "retrieval": "get", "proof": "content", "answer_seconds": "30",
}  # fmt: skip


@pytest.fixture
def jefe() -> Client:
    return browser("jefe")


def test_an_archive_is_set_up(jefe: Client) -> None:
    answer = jefe.post(NEW, DIMSE)
    made = ExternalArchive.objects.get()
    assert answer.headers["Location"] == f"/staff/archives/{made.public_id}/"
    assert (made.ae_title, made.host, made.port, made.peer) == ("ORTHANC", "10.1.2.3", 4242, None)
    assert "Orthanc" in jefe.get("/staff/archives/").content.decode()
    assert AuditEvent.objects.filter(action="save_archive").exists()


def test_the_password_is_sealed_and_never_shown(jefe: Client) -> None:
    jefe.post(NEW, WEB)
    made = ExternalArchive.objects.get()
    assert "geheim" not in made.secret_sealed
    assert unseal(made.secret_sealed) == "geheim-9"
    page = jefe.get(f"/staff/archives/{made.public_id}/").content.decode()
    assert "geheim" not in page
    assert made.secret_sealed not in page
    jefe.post(f"/staff/archives/{made.public_id}/", {**WEB, "secret": "", "name": "Other"})
    made.refresh_from_db()
    assert (made.name, unseal(made.secret_sealed)) == ("Other", "geheim-9")
    jefe.post(f"/staff/archives/{made.public_id}/", {**WEB, "secret": "", "auth": "none"})
    made.refresh_from_db()
    assert made.secret_sealed == ""
    assert "geheim" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_who_answers_a_move_may_send_to_us(jefe: Client) -> None:
    jefe.post(NEW, {**DIMSE, "retrieval": "move", "proof": "list"})
    made = ExternalArchive.objects.get()
    assert DicomPeer.objects.filter(
        ae_title="ORTHANC", address="10.1.2.3", enabled=True, may_store=True
    ).exists()
    move = {**DIMSE, "retrieval": "move", "proof": "list"}
    jefe.post(NEW, {**move, "name": "The same machine", "port": "4243"})
    jefe.post(f"/staff/archives/{made.public_id}/", {**move, "enabled": ""})
    assert DicomPeer.objects.get(ae_title="ORTHANC").enabled is True
    other = ExternalArchive.objects.get(port=4243)
    jefe.post(f"/staff/archives/{other.public_id}/", {**DIMSE, "name": "The same machine"})
    assert DicomPeer.objects.get(ae_title="ORTHANC").enabled is False


WRONG = [
    (DIMSE, {"host": "169.254.169.254"}, "host"), (DIMSE, {"host": "0.0.0.0"}, "host"), (DIMSE, {"host": ""}, "host"),
    (DIMSE, {"port": "0"}, "port"), (DIMSE, {"ae_title": ""}, "ae_title"), (DIMSE, {"ae_title": "A" * 17}, "ae_title"),
    (DIMSE, {"retrieval": "move", "proof": "list", "host": "pacs.example"}, "host"),
    (DIMSE, {"retrieval": "move", "proof": "content"}, "proof"), (DIMSE, {"ca_pem": "nonsense"}, "ca_pem"),
    (DIMSE, {"kind": "folder"}, "kind"), (WEB, {"url": "ftp://pacs.example/"}, "url"),
    (WEB, {"url": "http://169.254.169.254/latest"}, "url"), (WEB, {"url": "http://pacs.example/dw"}, "url"),
    (WEB, {"url": "https://u:p@pacs.example/"}, "url"), (WEB, {"url": "https://pacs.example:x/"}, "url"),
    (WEB, {"secret": ""}, "secret"), (WEB, {"proof": "commitment"}, "proof"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "change", "field"), WRONG)
def test_what_does_not_fit_is_said(
    jefe: Client, form: dict[str, str], change: dict[str, str], field: str
) -> None:
    answer = jefe.post(NEW, {**form, **change})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not ExternalArchive.objects.exists()


def test_a_test_says_whether_it_answers(jefe: Client) -> None:
    jefe.post(NEW, {**WEB, "url": "http://127.0.0.1:1/dicom-web", "auth": "none"})
    made = ExternalArchive.objects.get()
    answer = jefe.post(f"/staff/archives/{made.public_id}/test/", follow=True)
    assert answer.status_code == 200
    assert AuditEvent.objects.get(action="test_archive").outcome == "failure"


def test_only_who_has_the_permission(jefe: Client) -> None:
    ines = browser("ines")
    for path in ("/staff/archives/", NEW):
        assert ines.get(path).status_code == 404
    assert ines.post(NEW, DIMSE).status_code == 404
    member = StaffMember.objects.get(user__username="ines")
    member.permissions = [*member.permissions, "settings"]
    member.save()
    assert ines.get("/staff/archives/").status_code == 200


def test_a_folder_cannot_be_reached_by_the_form(jefe: Client, pacs: ExternalArchive) -> None:
    assert jefe.post(f"/staff/archives/{pacs.public_id}/", DIMSE).status_code == 404
    assert str(pacs.public_id) not in jefe.get("/staff/archives/").content.decode()


@pytest.mark.usefixtures("now", "pacs")
def test_staff_evict_and_recall(jefe: Client, study: Study, django_capture_on_commit_callbacks) -> None:
    page = f"/staff/studies/{objects.STUDY}/"
    with django_capture_on_commit_callbacks(execute=True):
        jefe.post(f"{page}evict/")
    run_waiting()
    study.refresh_from_db()
    assert study.availability == "offline"
    assert f"{page}recall/" in jefe.get(page).content.decode()
    jefe.post(f"{page}recall/", {"do": "ask"})
    jefe.post(f"{page}recall/", {"do": "cancel"})
    assert Recall.objects.get().why == "cancelled"
    assert jefe.post(f"{page}recall/", {"do": "burn"}).status_code == 404
    assert jefe.get(page).status_code == 200


def test_staff_see_why_it_did_not_come(away: Study, pacs: ExternalArchive, jefe: Client) -> None:
    for file in Path(pacs.url).glob("*/*/*"):
        file.unlink()
    page = f"/staff/studies/{objects.STUDY}/"
    jefe.post(f"{page}recall/", {"do": "ask"})
    work.run(Recall.objects.get().pk)
    answer = jefe.get(page)
    assert answer.context["images"].recall.why == "withdrawn"
    assert str(Recall.Why.WITHDRAWN.label) in answer.content.decode()


def test_who_may_not_work_with_studies_neither_evicts_nor_recalls(away: Study) -> None:
    for who in ("ana", "diaz", "gomez", "ines"):
        client = browser(who)
        for verb in ("evict", "recall"):
            assert client.post(f"/staff/studies/{objects.STUDY}/{verb}/", {"do": "ask"}).status_code == 404
    assert not Recall.objects.exists()


@pytest.mark.usefixtures("now", "pacs")
def test_staff_are_told_that_a_damaged_study_stays(jefe: Client, study: Study) -> None:
    Instance.objects.filter(pk=Instance.objects.filter(study=study)[0].pk).update(damage="crc")
    answer = jefe.post(f"/staff/studies/{objects.STUDY}/evict/", follow=True)
    assert [str(one) for one in answer.context["messages"]] == [gettext("A file of this study is damaged")]
