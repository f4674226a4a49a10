"""Welcome mail → one-time password → own password → notice → portal (1.2 - 1.5; cases 16, 17)."""

import re

import pytest
from django.test import Client

from placa.common.tokens import unseal
from placa.demo import cast
from placa.domain.accounts.models import NoticeAcceptance, User
from placa.domain.enrolment import services as enrolment
from placa.domain.institution.services import change_setting, publish_text
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content
from placa.interfaces.web.account.tests.conftest import SignIn

OWN = "Guayac-7788"


@pytest.fixture
def secret() -> str:
    enrolment.enable_portal(cast.patient("nuria"), "user:1")
    words = Content.load(unseal(OutboxMessage.objects.get(template="welcome").sealed))
    found = re.search(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", words.text)
    assert found
    return found[0]


def test_the_whole_way(secret: str, published: int, enter: SignIn) -> None:
    client = enter("ncampos", secret)
    assert client.get("/patient/").headers["Location"] == "/first-password"
    key = client.session.session_key
    answer = client.post("/first-password", {"new": OWN, "again": OWN})
    assert answer.headers["Location"] == "/notice"
    assert client.session.session_key != key
    text = re.search(r'name="text" value="(\d+)"', client.get("/notice").content.decode())
    assert text
    answer = client.post("/notice", {"text": text[1], "answer": "accept"})
    assert answer.headers["Location"] == "/patient/"
    assert client.get("/patient/").status_code == 200
    kept = NoticeAcceptance.objects.get()
    assert (kept.accepted, kept.text.version) == (True, published)
    user = User.objects.get(username="ncampos")
    assert user.activated_at is not None
    assert not user.must_change_password


def test_nothing_else_opens_before_the_password(secret: str, enter: SignIn) -> None:
    client = enter("ncampos", secret)
    for place in ("/patient/", "/account/password", "/account/roles", "/account/notices", "/notice"):
        assert client.get(place).headers["Location"] == "/first-password", place
    assert client.post("/account/roles", {"role": "patient"}).status_code == 403
    assert client.get("/dicomweb/studies", headers={"Accept": "application/dicom+json"}).status_code == 403


@pytest.mark.parametrize(
    ("new", "again"),
    [
        ("short", "short"),
        ("Campos-2026-x", "Campos-2026-x"),
        (OWN, OWN + "x"),
        ("", ""),
        ("Password1!", "Password1!"),
    ],
)
def test_a_bad_choice_stays_on_the_page(new: str, again: str, secret: str, enter: SignIn) -> None:
    client = enter("ncampos", secret)
    answer = client.post("/first-password", {"new": new, "again": again})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert User.objects.get(username="ncampos").must_change_password


def test_the_one_time_password_opens_once(secret: str, enter: SignIn) -> None:
    enter("ncampos", secret)
    assert Client().post("/", {"username": "ncampos", "password": secret}).status_code == 200


def test_extra_fields_are_ignored(secret: str, enter: SignIn) -> None:
    client = enter("ncampos", secret)
    client.post(
        "/first-password", {"new": OWN, "again": OWN, "role": "staff", "is_super": "1", "username": "jefe"}
    )
    assert User.objects.get(username="ncampos").check_password(OWN)
    assert client.session["role"] == "patient"


# --- the notice


def test_declining_signs_out_and_closes_direct_addresses(published: int, enter: SignIn) -> None:
    client = enter()
    text = re.search(r'name="text" value="(\d+)"', client.get("/notice").content.decode())
    assert text
    assert client.post("/notice", {"text": text[1], "answer": "decline"}).headers["Location"] == "/"
    assert client.get("/patient/").headers["Location"].startswith("/?next=")
    assert not NoticeAcceptance.objects.get().accepted


def accept(client: Client) -> None:
    text = re.search(r'name="text" value="(\d+)"', client.get("/notice").content.decode())
    assert text
    client.post("/notice", {"text": text[1], "answer": "accept"})


def test_direct_addresses_are_closed_and_come_back_after(published: int, enter: SignIn) -> None:
    client = enter()
    assert client.get("/patient/?q=tc").headers["Location"] == "/notice"
    assert client.get("/dicomweb/studies", headers={"Accept": "*/*"}).status_code == 403
    text = re.search(r'name="text" value="(\d+)"', client.get("/notice").content.decode())
    assert text
    answer = client.post("/notice", {"text": text[1], "answer": "accept"})
    assert answer.headers["Location"] == "/patient/?q=tc"


def test_asked_after_every_sign_in_or_once_a_version(published: int, enter: SignIn) -> None:
    accept(enter())
    assert enter().get("/patient/").status_code == 302
    change_setting(key="notice_every_time", value=False, by="test")
    assert enter().get("/patient/").status_code == 200
    publish_text(kind="notice", bodies={"es": "Otro aviso."})
    assert enter().get("/patient/").status_code == 302


def test_a_new_version_asks_in_the_middle_of_a_session(published: int, enter: SignIn) -> None:
    client = enter()
    accept(client)
    assert client.get("/patient/").status_code == 200
    publish_text(kind="notice", bodies={"es": "Otro aviso."})
    assert client.get("/patient/").headers["Location"] == "/notice"


def test_accepting_an_older_text_shows_the_newer(published: int, enter: SignIn) -> None:
    client = enter()
    text = re.search(r'name="text" value="(\d+)"', client.get("/notice").content.decode())
    assert text
    publish_text(kind="notice", bodies={"es": "Otro aviso."})
    answer = client.post("/notice", {"text": text[1], "answer": "accept"})
    assert "Otro aviso." in answer.content.decode()
    assert not NoticeAcceptance.objects.exists()


def test_in_the_users_language(published: int, enter: SignIn) -> None:
    User.objects.filter(username="ana").update(language="en")
    html = enter().get("/notice").content.decode()
    assert "Notice one." in html
    assert 'lang="en"' in html


def test_a_script_in_the_notice_is_text(enter: SignIn) -> None:
    publish_text(kind="notice", bodies={"es": "<script>alert(1)</script>"})
    assert "<script>alert" not in enter().get("/notice").content.decode()
