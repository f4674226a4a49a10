"""Images that are in the archive, asked for from a page; and the panel that says how they come back (7.4)."""

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client

from placa.common import clock
from placa.domain.access.models import ShareGrant
from placa.domain.access.viewers import Viewer
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.institution.models import ExternalArchive, Text
from placa.domain.intake.tests import objects
from placa.domain.notifications.models import OutboxMessage
from placa.domain.recall import work
from placa.domain.recall.models import Asker, Recall
from placa.domain.recall.tests import conftest as recalls
from placa.domain.sharing import services as sharing
from placa.interfaces.web.account import session as sessions
from placa.interfaces.web.files.tests.test_zip import browser

study, pacs, now, away, ana = recalls.study, recalls.pacs, recalls.now, recalls.away, recalls.ana
ASK = f"/files/{objects.STUDY}/recall"
STATUS = f"/files/{objects.STUDY}/recall-status"
PANEL = f"/files/{objects.STUDY}/recall-panel"
PAGE = f"/patient/studies/{objects.STUDY}/"


@pytest.fixture(autouse=True)
def _no_notice(db: None) -> None:
    Text.objects.all().delete()


def test_the_patient_asks_and_is_told(away: Study) -> None:
    client = browser("ana")
    page = client.get(PAGE).content.decode()
    assert ASK in page
    assert "study.zip" not in page
    answer = client.post(ASK, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert STATUS in answer.content.decode()  # the panel asks for itself
    work.run(Recall.objects.get().pk)
    shown = client.get(STATUS).content.decode()
    assert f"/viewer/{objects.STUDY}" in shown
    assert STATUS not in shown  # settled
    assert "study.zip" in client.get(PAGE).content.decode()
    assert OutboxMessage.objects.filter(template="recall_ready", channel="mail").count() == 1


def test_the_viewer_of_images_that_are_away_leads_to_the_page(away: Study) -> None:
    answer = browser("ana").get(f"/viewer/{objects.STUDY}")
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)


def test_a_row_of_the_list_asks(away: Study) -> None:
    client = browser("ana")
    assert f'hx-post="{ASK}"' in client.get("/patient/").content.decode()
    answer = client.post(ASK, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == PAGE
    listed = client.get("/patient/").content.decode()
    assert f'hx-post="{ASK}"' not in listed
    assert f"{STATUS}?named=1" in listed  # the panel, on the list too


def test_the_panel_stays_as_it_was_left(away: Study) -> None:
    client = browser("ana")
    client.post(ASK)
    folded = client.post(PANEL, {"do": "fold"}, headers={"HX-Request": "true"}).content.decode()
    assert 'value="unfold"' in folded
    assert 'value="unfold"' in client.get(PAGE).content.decode()
    assert client.post(PANEL, {"do": "close"}, headers={"HX-Request": "true"}).content == b""
    assert STATUS not in client.get("/patient/").content.decode()
    assert client.post(PANEL, {"do": "burn"}).status_code == 404


def test_not_available_sends_to_the_centre(away: Study, pacs: ExternalArchive) -> None:
    client = browser("ana")
    client.post(ASK)
    for file in Path(pacs.url).glob("*/*/*"):
        file.unlink()
    work.run(Recall.objects.get().pk)
    shown = client.get(STATUS).content.decode()
    assert "tel:" in shown
    assert STATUS not in shown


def test_without_an_archive_there_is_nothing_to_ask(away: Study) -> None:
    ExternalArchive.objects.update(enabled=False)
    client = browser("ana")
    assert ASK not in client.get(PAGE).content.decode()
    assert client.post(ASK).status_code == 302
    assert not Recall.objects.exists()


def shared(viewer: Viewer) -> tuple[Client, str]:
    made = sharing.create_share(
        viewer=viewer, study_uids=[objects.STUDY], recipients=["hugo@consulta.example"], days=30
    )
    token = made.keys[0].link.rpartition("/")[2]
    client = Client()
    client.post(f"/s/{token}", {"pin": made.keys[0].pin})
    return client, f"/s/{token}"


def test_a_recipient_asks_and_is_mailed(away: Study, ana: Viewer) -> None:
    client, door = shared(ana)
    page = client.get(f"{door}/studies/{objects.STUDY}").content.decode()
    assert f"{door}{ASK}" in page
    assert "study.zip" not in page
    answer = client.post(door + ASK)
    assert answer.headers["Location"] == f"{door}/studies/{objects.STUDY}"
    assert f"{door}{STATUS}" in client.get(answer.headers["Location"]).content.decode()
    work.run(Recall.objects.get().pk)
    assert OutboxMessage.objects.get(template="recall_ready_share").address == "hugo@consulta.example"


def test_a_share_that_ended_cannot_ask(away: Study, ana: Viewer) -> None:
    client, door = shared(ana)
    ShareGrant.objects.update(revoked_at=clock.now())
    assert client.post(door + ASK).status_code == 404
    assert client.get(door + STATUS).status_code == 404
    assert not Recall.objects.exists()


@pytest.mark.parametrize("who", ["carla", "egea", "gomez", "ines"])
def test_whoever_may_not_open_the_images_gets_404(away: Study, who: str) -> None:
    client = browser(who)
    for path in (ASK, PANEL):
        assert client.post(path, {"do": "close"}).status_code == 404
    assert client.get(STATUS).status_code == 404
    assert client.post("/files/1.2.3.4/recall").status_code == 404
    assert not Recall.objects.exists()


def test_get_asks_for_nothing(away: Study) -> None:
    assert browser("ana").get(ASK).status_code == 405
    assert not Recall.objects.exists()


def test_another_patients_panel_is_not_closed(away: Study) -> None:
    browser("ana").post(ASK)
    browser("jefe").post(PANEL, {"do": "close"})
    assert Asker.objects.get(user_id=User.objects.get(username="ana").pk).closed_at is None


def test_the_panel_keeps_no_session_alive(away: Study) -> None:
    client = browser("ana")
    client.post(ASK)
    seen = client.session[sessions.SEEN_AT]
    with clock.standing_at(clock.now() + dt.timedelta(minutes=10)):
        assert client.get(STATUS, headers={"X-Placa-Background": "1"}).status_code == 200
    assert client.session[sessions.SEEN_AT] == seen
