"""The bell's page: one's own notices, read and unread."""

import uuid

from django.test import Client

from placa.domain.accounts.models import User
from placa.domain.notifications import selectors, services
from placa.interfaces.web.account.tests.conftest import SignIn


def ring(name: str, link: str = "") -> str:
    user = User.objects.get(username=name)
    services.ring(user_id=user.pk, role="patient", key="result", parameters={}, dedupe_key=name, link=link)
    return str(selectors.notices(user)[0].public_id)


def unread(name: str) -> int:
    return selectors.unread_count(User.objects.get(username=name))


def test_one_is_read_and_followed(enter: SignIn) -> None:
    notice = ring("ana", "/patient/")
    client = enter()
    assert notice in client.get("/account/notices").content.decode()
    assert unread("ana") == 1
    assert client.post("/account/notices", {"notice": notice}).headers["Location"] == "/patient/"
    assert unread("ana") == 0


def test_all_are_read(enter: SignIn) -> None:
    ring("ana")
    enter().post("/account/notices")
    assert unread("ana") == 0


def test_anothers_does_not_exist(enter: SignIn) -> None:
    notice = ring("carla")
    client = enter()
    assert notice not in client.get("/account/notices").content.decode()
    assert client.post("/account/notices", {"notice": notice}).status_code == 404
    assert client.post("/account/notices", {"notice": str(uuid.uuid4())}).status_code == 404
    assert client.post("/account/notices", {"notice": "x"}).status_code == 404
    assert unread("carla") == 1


def test_nobody_goes_to_the_sign_in() -> None:
    assert Client().get("/account/notices").status_code == 302
