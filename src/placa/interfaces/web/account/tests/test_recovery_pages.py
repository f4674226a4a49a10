"""Forgotten password and user name, as pages (1.6; cases 13, 16, 20)."""

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client

from placa.common import clock
from placa.common.tokens import unseal
from placa.domain.accounts import onetime, recovery
from placa.domain.accounts.models import RecoveryRequest, User
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content
from placa.interfaces.web.account.tests.conftest import SignIn

OWN = "Guayac-7788"


def plain(html: bytes) -> str:
    return re.sub(r'value="[A-Za-z0-9]{64}"|"[A-Za-z0-9]{64}"|nonce-?"?[^" ]+|me\d+|u\d+', "?", html.decode())


@pytest.mark.parametrize(("place", "known", "unknown"), [
    ("/recover", "ana", "nobody"), ("/recover-name", "ana@correo.example", "nobody@correo.example"),
])  # fmt: skip
def test_known_and_unknown_read_the_same(place: str, known: str, unknown: str) -> None:
    first, second = (Client().post(place, {"typed": typed}) for typed in (known, unknown))
    assert first.status_code == second.status_code == 200
    assert plain(first.content) == plain(second.content)
    assert RecoveryRequest.objects.count() == 2


def test_link_of_the_mail_opens_whatever_host_was_claimed() -> None:
    Client().post("/recover", {"typed": "ana"}, headers={"X-Forwarded-Host": "evil.example"})
    recovery.answer(RecoveryRequest.objects.get().pk)
    words = Content.load(unseal(OutboxMessage.objects.get(template="recover_password").sealed))
    assert "http://127.0.0.1:8000/new-password/" in words.text
    assert "evil" not in words.text + words.html


def test_a_forged_host_is_refused() -> None:
    assert Client().post("/recover", {"typed": "ana"}, headers={"Host": "evil.example"}).status_code == 400
    assert not RecoveryRequest.objects.exists()


def test_link_takes_the_new_password_once() -> None:
    place = f"/new-password/{onetime.issue_link(User.objects.get(username='ana'))}"
    client = Client()
    for _ in range(2):  # mail scanners look first
        assert client.get(place).status_code == 200
        assert client.head(place).status_code == 200
    assert client.post(place, {"new": OWN, "again": "other"}).status_code == 200
    assert client.post(place, {"new": OWN, "again": OWN}).headers["Location"] == "/"
    assert client.get(place).status_code == 404
    assert client.post(place, {"new": OWN, "again": OWN}).status_code == 404
    assert client.post("/", {"username": "ana", "password": OWN}).status_code == 302


def test_using_it_ends_the_open_sessions(enter: SignIn) -> None:
    client = enter()
    place = f"/new-password/{onetime.issue_link(User.objects.get(username='ana'))}"
    Client().post(place, {"new": OWN, "again": OWN})
    assert client.get("/patient/").status_code == 302


def test_guessing_links_is_slowed() -> None:
    client = Client()
    answers = [client.post(f"/new-password/{number:032}", {}).status_code for number in range(25)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_asking_too_often_is_slowed() -> None:
    answers = [Client().post("/recover", {"typed": f"n{number}"}).status_code for number in range(25)]
    assert answers.count(200) == 20
    assert answers[-1] == 429


@pytest.mark.parametrize("typed", ["", "x" * 300])
def test_bad_input_stays_on_the_page(typed: str) -> None:
    assert Client().post("/recover", {"typed": typed}).status_code == 200
    assert not RecoveryRequest.objects.exists()


def test_a_request_whose_job_was_lost_is_answered_all_the_same() -> None:
    Client().post("/recover", {"typed": "ana"})
    assert recovery.answer_waiting() == 0  # its own job may be on the way
    with time_machine.travel(clock.now() + dt.timedelta(minutes=2)):
        assert recovery.answer_waiting() == 1
    assert not RecoveryRequest.objects.exists()
    assert OutboxMessage.objects.filter(template="recover_password").count() == 1
