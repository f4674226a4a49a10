"""The sign-in page: it works; wrong; locked; where it leads."""

import pytest
from django.test import Client

from placa.demo.accounts import PASSWORD
from placa.domain.accounts.models import User
from placa.domain.audit.models import AuditEvent
from placa.domain.people.models import Organization, OrganizationMember, Patient
from placa.interfaces.web.account.tests.conftest import SignIn


def post(name: str, password: str, **more: str) -> tuple[int, str, str]:
    answer = Client(headers={"accept-language": "en"}).post(
        "/", {"username": name, "password": password, **more}
    )
    return answer.status_code, answer.headers.get("Location", ""), answer.content.decode()


def alert(html: str) -> str:
    return html.partition('role="alert"')[2].partition("</div></div>")[0]


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("ana", "/patient/"),
        ("diaz", "/doctor/"),
        ("gomez", "/company/"),
        ("jefe", "/staff/"),
        ("402-1180-7", "/patient/"),
    ],
)
def test_leads_to_ones_own_portal(name: str, home: str, enter: SignIn) -> None:
    assert post(name, PASSWORD)[:2] == (302, home)
    assert enter(name).get("/").headers["Location"] == home


def test_known_and_unknown_names_read_the_same() -> None:
    known, unknown = alert(post("ana", "wrong")[2]), alert(post("nobody", "wrong")[2])
    assert "not right" in known
    assert known == unknown


def test_locked_reads_the_same_for_known_and_unknown() -> None:
    answers = {}
    for name in ("ana", "nobody"):
        for _ in range(6):
            answers[name] = post(name, "wrong")
    assert answers["ana"][0] == answers["nobody"][0] == 429
    assert alert(answers["ana"][2]) == alert(answers["nobody"][2])


def test_the_password_is_never_given_back() -> None:
    assert "Secreto-99" not in post("ana", "Secreto-99")[2]


@pytest.mark.parametrize(
    "evil",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "///evil.example"],
)
def test_next_stays_in_the_house(evil: str) -> None:
    assert post("ana", PASSWORD, next=evil)[1] == "/patient/"


def test_next_leads_back() -> None:
    assert post("ana", PASSWORD, next="/patient/?q=tc")[1] == "/patient/?q=tc"
    answer = Client().get("/patient/?q=tc")
    assert answer.headers["Location"] == "/?next=%2Fpatient%2F%3Fq%3Dtc"


def test_session_key_is_new_after_sign_in() -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    assert before
    client.cookies["placa"] = before
    client.post("/", {"username": "ana", "password": PASSWORD})
    assert client.session.session_key != before


def test_get_changes_nothing_and_other_methods_are_refused(enter: SignIn) -> None:
    client = enter()
    assert client.get("/sign-out").status_code == 405
    assert client.get("/account/alive").status_code == 405
    assert client.get("/account/language?language=it").status_code == 405
    assert client.put("/").status_code == 405
    assert client.get("/patient/").status_code == 200


def test_no_token_no_post() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/", {"username": "ana", "password": PASSWORD}).status_code == 403


def test_another_roles_portal_does_not_exist(enter: SignIn) -> None:
    client = enter("ana")
    for place in ("/doctor/", "/company/", "/staff/"):
        assert client.get(place).status_code == 404
    event = AuditEvent.objects.filter(action="open_portal", outcome="refused").latest("id")
    assert event.actor == f"user:{User.objects.get(username='ana').pk}"


def test_two_roles_are_chosen_and_switched(enter: SignIn) -> None:
    ana = User.objects.get(username="ana")
    company = Organization.objects.get(identifier="quisqueya")
    OrganizationMember.objects.create(organization=company, user=ana)
    client = enter("ana")
    assert client.get("/").headers["Location"] == "/account/roles"
    assert client.post("/account/roles", {"role": "patient"}).headers["Location"] == "/patient/"
    key = client.session.session_key
    assert client.get("/company/").headers["Location"] == "/account/roles?next=%2Fcompany%2F"
    assert client.post("/account/roles", {"role": "company"}).headers["Location"] == "/company/"
    assert client.session.session_key != key
    assert client.get("/company/").content == b"company"
    assert client.post("/account/roles", {"role": "staff"}).status_code == 404


def test_a_waiting_doctor_reads_that_it_is_being_checked(enter: SignIn) -> None:
    client = enter("faro")
    assert client.get("/").headers["Location"] == "/account/roles"
    assert client.get("/account/roles").status_code == 200
    assert client.get("/doctor/").status_code == 404


def test_the_viewer_is_the_person(enter: SignIn) -> None:
    ana = Patient.objects.get(user__username="ana")
    assert enter("ana").get("/patient/").content.decode() == f"patient {ana.pk}"


def test_language_is_kept_with_the_account(enter: SignIn) -> None:
    client = enter("ana")
    answer = client.post("/account/language", {"language": "it", "next": "//evil.example"})
    assert answer.headers["Location"] == "/"
    assert User.objects.get(username="ana").language == "it"
    assert client.post("/account/language", {"language": "xx"}).status_code == 404
    stranger = Client()
    stranger.post("/account/language", {"language": "pt", "next": "/recover"})
    assert 'lang="pt"' in stranger.get("/recover").content.decode()
