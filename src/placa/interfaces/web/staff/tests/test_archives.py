"""Staff set up archives, evict images and recall them (9.8)."""

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import gettext

from placa.common import clock
from placa.common.tokens import unseal
from placa.domain.access.selectors import get_study
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance, Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import DicomPeer, ExternalArchive
from placa.domain.intake.tests import objects
from placa.domain.jobs.services import run_waiting
from placa.domain.people.models import StaffMember
from placa.domain.recall import archives as keeping
from placa.domain.recall import copies, eviction, work
from placa.domain.recall.models import Copy, Recall
from placa.domain.recall.tests import conftest as recalls
from placa.interfaces.web.files.tests.test_zip import browser
from placa.interfaces.web.staff import archives

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


def test_a_failed_test_says_in_the_page_why(jefe: Client) -> None:
    jefe.post(NEW, {**WEB, "url": "http://127.0.0.1:1/dicom-web", "auth": "none"})
    made = ExternalArchive.objects.get()
    answer = jefe.post(f"/staff/archives/{made.public_id}/test/", follow=True)
    assert answer.status_code == 200
    assert answer.context["trouble"] == archives.trouble_words("no-connection")
    assert str(answer.context["trouble"]) in answer.content.decode()
    event = AuditEvent.objects.get(action="test_archive")
    assert (event.outcome, event.detail["answer"]) == ("failure", "no-connection")


def test_what_the_address_says_is_no_more_than_a_code(jefe: Client) -> None:
    jefe.post(NEW, WEB)
    made = ExternalArchive.objects.get()
    page = jefe.get(f"/staff/archives/{made.public_id}/", {"answer": "<b>qqzz</b>"}).content.decode()
    assert "qqzz" not in page.partition("<main")[2]  # the choice of language, before it, leads back here
    assert jefe.get(NEW, {"needed": "1"}).context["needed"] == ""


def test_fields_of_the_other_kind_are_not_looked_at(jefe: Client) -> None:
    jefe.post(NEW, {**WEB, "port": "nonsense", "ae_title": "A" * 40, "retrieval": "x"})
    made = ExternalArchive.objects.get()
    assert (made.kind, made.port, made.ae_title, made.retrieval) == ("dicomweb", None, "", "get")
    jefe.post(NEW, {**DIMSE, "url": "u" * 400, "auth": "x"})
    assert ExternalArchive.objects.get(kind="dimse").url == ""


def test_what_is_needed_is_not_marked_as_a_wish(jefe: Client) -> None:
    page = jefe.get(NEW).content.decode()
    wish = gettext("(if you wish)")
    for name in ("ae_title", "host", "port", "url", "user"):
        label = page.partition(f'for="id_{name}">')[2].partition("</label>")[0]
        assert label
        assert wish not in label
    assert wish in page.partition('for="id_own_ae_title">')[2].partition("</label>")[0]


def test_an_archive_that_nothing_needs_can_be_removed(jefe: Client, study: Study) -> None:
    jefe.post(NEW, {**DIMSE, "retrieval": "move", "proof": "list"})
    made = ExternalArchive.objects.get()
    Copy.objects.create(
        study=study, archive=made, fingerprint="f", confirmed_at=clock.now()
    )  # images still here
    answer = jefe.post(f"/staff/archives/{made.public_id}/remove/")
    assert answer.headers["Location"] == "/staff/archives/"
    assert not ExternalArchive.objects.exists()
    assert not Copy.objects.exists()
    assert DicomPeer.objects.get(ae_title="ORTHANC").enabled is False
    assert AuditEvent.objects.get(action="remove_archive").detail["name"] == "Orthanc"


@pytest.fixture
def only(away: Study, jefe: Client) -> ExternalArchive:
    """An archive over DIMSE that alone has the images of one study."""
    jefe.post(NEW, DIMSE)
    made = ExternalArchive.objects.get(name="Orthanc")
    Copy.objects.filter(study=away).update(archive=made)
    return made


def test_an_archive_that_alone_has_images_stays(only: ExternalArchive, jefe: Client) -> None:
    page = f"/staff/archives/{only.public_id}/"
    refused = jefe.post(f"{page}remove/", follow=True)
    assert "1" in refused.context["needed"]
    assert refused.context["needed"] in refused.content.decode()
    off = jefe.post(page, {**DIMSE, "enabled": ""})
    assert off.status_code == 422
    assert "enabled" in off.context["form"].errors
    only.refresh_from_db()
    assert only.enabled is True
    assert jefe.post(page, {**DIMSE, "name": "Renamed"}).status_code == 302


def test_another_archive_that_confirmed_the_same_frees_it(
    only: ExternalArchive, away: Study, pacs: ExternalArchive, jefe: Client
) -> None:
    kept = Copy.objects.get(study=away)
    Copy.objects.create(study=away, archive=pacs, fingerprint="older", confirmed_at=clock.now())
    assert keeping.only_here(only) == 1
    Copy.objects.filter(archive=pacs).update(fingerprint=kept.fingerprint)
    assert keeping.only_here(only) == 0
    ExternalArchive.objects.filter(pk=pacs.pk).update(enabled=False)
    assert keeping.only_here(only) == 1
    ExternalArchive.objects.filter(pk=pacs.pk).update(enabled=True)
    jefe.post(f"/staff/archives/{only.public_id}/remove/")
    assert not ExternalArchive.objects.filter(pk=only.pk).exists()


def test_nothing_leaves_for_an_archive_that_went_out_of_use(
    study: Study, pacs: ExternalArchive, now: object
) -> None:
    copies.keep(study)
    ExternalArchive.objects.filter(pk=pacs.pk).update(enabled=False)
    with pytest.raises(eviction.NotEvictable, match="not_confirmed"):
        eviction.evict(study)


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
    assert not jefe.get(page).context["images"].moves
    with django_capture_on_commit_callbacks(execute=True):
        jefe.post(f"{page}evict/")
    leaving = jefe.get(page)
    assert f'hx-get="{page}images/"' in leaving.content.decode()  # the card asks how it stands
    assert f"{page}evict/" not in leaving.content.decode()
    assert f'hx-get="{page}images/"' in jefe.get(f"{page}images/").content.decode()
    run_waiting()
    study.refresh_from_db()
    gone = jefe.get(f"{page}images/").content.decode()
    assert "hx-get" not in gone
    assert f"{page}recall/" in gone
    assert 'id="study-view"' in gone
    assert "/viewer/" not in gone  # the button of the head goes with them
    assert study.availability == "offline"
    assert f"{page}recall/" in jefe.get(page).content.decode()
    jefe.post(f"{page}recall/", {"do": "ask"})
    assert "hx-get" in jefe.get(f"{page}images/").content.decode()
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
    said = [(one.level_tag, str(one)) for one in answer.context["messages"]]
    assert said == [("error", gettext("A file of this study is damaged"))]
    assert 'p-toast--bad"' in answer.content.decode()


@pytest.mark.usefixtures("now", "pacs")
def test_an_eviction_is_asked_for_twice_before_it_is_done(jefe: Client) -> None:
    page = jefe.get(f"/staff/studies/{objects.STUDY}/").content.decode()
    assert 'data-dialog-open="evict"' in page
    dialog = page.partition('<dialog class="p-dialog" id="evict"')[2].partition("</dialog>")[0]
    assert f"/staff/studies/{objects.STUDY}/evict/" in dialog


def test_the_card_waits_no_longer_for_what_failed(study: Study, pacs: ExternalArchive, now: object) -> None:
    eviction.ask(study=study, by="system")
    viewer = viewer_for(User.objects.get(username="jefe"), "staff")
    assert archives.of_study(get_study(viewer, objects.STUDY)).is_leaving
    Copy.objects.create(study=study, archive=pacs, failed_at=clock.now(), trouble="no-connection")
    card = archives.of_study(get_study(viewer, objects.STUDY))
    assert (card.is_leaving, card.may_evict) == (False, True)
    assert card.trouble == archives.trouble_words("no-connection")
    assert card.failed_at == clock.now()


@pytest.mark.usefixtures("now", "pacs")
def test_what_did_not_leave_says_so_however_long_ago(jefe: Client, study: Study, now: dt.datetime) -> None:
    """An hour after staff asked the card said only "Online" again."""
    page = f"/staff/studies/{objects.STUDY}/"
    jefe.post(f"{page}evict/")
    with clock.standing_at(now + dt.timedelta(days=3)):
        viewer = viewer_for(User.objects.get(username="jefe"), "staff")
        card = archives.of_study(get_study(viewer, objects.STUDY))
    assert (card.is_leaving, card.may_evict) == (False, True)
    assert card.state == gettext("Online: they could not leave")
    assert card.trouble == archives.stays_words("silent")
    assert card.failed_at == now


def test_the_card_says_when_it_failed(jefe: Client, study: Study, pacs: ExternalArchive) -> None:
    User.objects.filter(username="jefe").update(language="en")
    Copy.objects.create(study=study, archive=pacs, failed_at=clock.now(), trouble="no-connection")
    page = jefe.get(f"/staff/studies/{objects.STUDY}/").content.decode()
    card = page.partition('id="images"')[2].partition("</section>")[0]
    assert "Online: they could not leave" in card
    assert "Last tried: <time" in card


def test_the_list_says_where_sending_fails(jefe: Client, study: Study, pacs: ExternalArchive) -> None:
    assert 'p-chip--bad"' not in jefe.get("/staff/archives/").content.decode()
    Copy.objects.create(study=study, archive=pacs, failed_at=clock.now(), trouble="no-connection")
    answer = jefe.get("/staff/archives/")
    assert answer.context["rows"] == [(pacs, 1)]
    assert "p-chip--bad" in answer.content.decode()


@pytest.mark.parametrize("why", [*eviction.NotEvictable.WHY, eviction.SILENT])
def test_every_reason_to_stay_has_words_of_its_own(why: str) -> None:
    assert archives.stays_words(why) != archives.trouble_words("?")
