"""When a session ends, and what keeps it alive (1.8; cases 9, 15, 21)."""

import datetime as dt

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from placa.common import clock
from placa.demo.accounts import PASSWORD
from placa.domain.accounts import bearer
from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.services import change_setting
from placa.domain.people.models import Organization, Practitioner
from placa.interfaces.web.account.tests.conftest import SignIn


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + dt.timedelta(minutes=minutes), tick=False)


def user(name: str = "ana") -> User:
    return User.objects.get(username=name)


def is_in(client: Client, place: str = "/patient/") -> bool:
    return client.get(place).status_code == 200


def test_ends_after_15_idle_minutes(enter: SignIn) -> None:
    client = enter()
    with later(14.9):
        assert is_in(client)
    with later(14.9 + 15.1):
        answer = client.get("/patient/?q=a")
        assert answer.headers["Location"] == "/session-ended?next=%2Fpatient%2F%3Fq%3Da"
        page = client.get(answer.headers["Location"]).content.decode()
        assert "15" in page
        assert 'href="/?next=%2Fpatient%2F%3Fq%3Da"' in page
        assert not is_in(client)
    assert AuditEvent.objects.filter(action="sign_out").latest("id").detail == {"why": "idle"}


def test_idle_limit_is_a_setting(enter: SignIn) -> None:
    change_setting(key="idle_minutes", value=3, by="test")
    client = enter()
    with later(3.1):
        assert not is_in(client)


def test_ends_after_12_hours_in_any_case(enter: SignIn) -> None:
    client = enter()
    for minutes in range(10, 12 * 60, 10):
        with later(minutes):
            assert is_in(client), minutes
    with later(12 * 60):
        assert not is_in(client)


def test_polling_does_not_keep_it_alive(enter: SignIn) -> None:
    client = enter()
    for minutes in range(1, 15):
        with later(minutes):
            assert client.get("/patient/poll").status_code == 200
            assert client.get("/patient/", headers={"X-Placa-Background": "1"}).status_code == 200
    with later(15.5):
        assert client.get("/patient/poll").status_code == 302


def test_alive_does(enter: SignIn) -> None:
    client = enter()
    with later(14):
        assert client.post("/account/alive").status_code == 204
    with later(28):
        assert is_in(client)
    assert Client().post("/account/alive").status_code == 401


def test_a_session_is_not_written_at_every_get(enter: SignIn) -> None:
    client = enter()
    with later(0.9):
        stored = Session.objects.get().session_data
        client.get("/patient/")
        assert Session.objects.get().session_data == stored
    with later(1.1):
        client.get("/patient/")
        assert Session.objects.get().session_data != stored


def test_disabling_ends_it_at_the_next_request(enter: SignIn) -> None:
    client = enter()
    accounts.disable(user=user(), by="user:1")
    assert not is_in(client)
    accounts.enable(user=user(), by="user:1")
    assert not is_in(client)


def test_a_password_changed_elsewhere_ends_it(enter: SignIn) -> None:
    here, there = enter(), enter()
    key = there.session.session_key
    answer = there.post("/account/password", {"old": PASSWORD, "new": "Guayac-7788", "again": "Guayac-7788"})
    assert answer.headers["Location"] == "/patient/"
    assert is_in(there)
    assert there.session.session_key != key
    assert not is_in(here)


def test_changing_wants_the_old_password_and_a_good_new_one(enter: SignIn) -> None:
    client = enter()
    for old, new, again in (
        ("wrong", "Guayac-7788", "Guayac-7788"),
        (PASSWORD, "short", "short"),
        (PASSWORD, "Guayac-7788", "Guayac-7789"),
    ):
        assert client.post("/account/password", {"old": old, "new": new, "again": again}).status_code == 200
    assert accounts.sign_in(name="ana", password=PASSWORD, address="192.0.2.1") == user()


def test_a_disabled_company_ends_its_sessions(enter: SignIn) -> None:
    client = enter("gomez")
    assert is_in(client, "/company/")
    Organization.objects.update(enabled=False)
    assert client.get("/company/").headers["Location"].startswith("/session-ended")
    assert client.get("/").status_code == 200


def test_a_disabled_doctor_too(enter: SignIn) -> None:
    client = enter("diaz")
    Practitioner.objects.update(state=Practitioner.State.DISABLED)
    assert client.get("/doctor/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_sign_out_leaves_nothing(enter: SignIn) -> None:
    client = enter()
    cookie = client.cookies["placa"].value
    assert client.post("/sign-out").headers["Location"] == "/"
    client.cookies["placa"] = cookie
    assert not is_in(client)
    assert not Session.objects.filter(session_key=cookie).exists()


def test_personal_pages_are_not_stored(enter: SignIn) -> None:
    client = enter()
    for place in ("/patient/", "/account/password", "/account/notices", "/patient/none"):
        assert "no-store" in client.get(place).headers["Cache-Control"], place
    assert "no-store" in Client().get("/").headers["Cache-Control"]


def test_htmx_parts_make_the_page_go(enter: SignIn) -> None:
    client = enter()
    with later(20):
        answer = client.get("/patient/", headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"].startswith("/session-ended")


def test_a_door_without_pages_says_403(enter: SignIn) -> None:
    assert Client().get("/dicomweb/studies").status_code == 403
    body = enter().get("/dicomweb/studies").content.decode().split()
    assert body[:2] == ["patient", str(user().pk)]
    assert body[2] not in Session.objects.get().session_key


# --- bearer tokens


def ask(token: str, place: str = "/dicomweb/studies", **headers: str) -> tuple[int, str]:
    answer = Client().get(place, headers={"Authorization": f"Bearer {token}", **headers})
    return answer.status_code, answer.content.decode()


def test_a_token_is_its_user_in_its_role() -> None:
    token = bearer.issue_token(user=user("diaz"), role="doctor")
    status, body = ask(token)
    assert status == 200
    assert body.startswith(f"doctor {user('diaz').pk} token:")


@pytest.mark.parametrize("token", ["", "x", "a b", "'"])
def test_a_wrong_token_is_401(token: str) -> None:
    assert ask(token)[0] == 401


def test_a_token_dies_with_its_account_and_its_time() -> None:
    token = bearer.issue_token(user=user(), role="patient", hours=1)
    with later(61):
        assert ask(token)[0] == 401
    assert ask(token)[0] == 200
    accounts.disable(user=user(), by="user:1")
    assert ask(token)[0] == 401


def test_a_token_opens_no_page() -> None:
    token = bearer.issue_token(user=user(), role="patient")
    assert ask(token, "/patient/")[0] == 302


def test_a_token_for_a_role_that_is_not_theirs_is_nobody() -> None:
    assert ask(bearer.issue_token(user=user(), role="staff"))[0] == 403


def test_a_dead_token_is_not_saved_by_a_cookie(enter: SignIn) -> None:
    answer = enter().get("/dicomweb/studies", headers={"Authorization": "Bearer nothing"})
    assert answer.status_code == 401
