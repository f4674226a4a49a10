"""Doctors, companies and staff accept a notice of their own, where the institution published one (1.5)."""

import re

import pytest
from django.test import Client

from placa.demo import texts
from placa.domain.accounts.models import NoticeAcceptance, User
from placa.domain.audit.models import AuditEvent
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Text
from placa.domain.institution.services import change_setting, publish_text
from placa.domain.people.models import Organization, OrganizationMember
from placa.interfaces.web.account.tests.conftest import SignIn

PORTALS = {"ana": "patient", "diaz": "doctor", "gomez": "company", "jefe": "staff"}
OWN = {"doctor": "notice_doctor", "company": "notice_company", "staff": "notice_staff"}


def shown(client: Client) -> str:
    return str(client.get("/notice").content.decode())


def accept(client: Client) -> None:
    text = re.search(r'name="text" value="(\d+)"', shown(client))
    assert text
    client.post("/notice", {"text": text[1], "answer": "accept"})


@pytest.mark.parametrize("name", PORTALS)
def test_each_reads_the_notice_of_their_own(enter: SignIn, name: str) -> None:
    texts.publish()
    own = {"patient": texts.NOTICE, "doctor": texts.NOTICE_DOCTOR, "company": texts.NOTICE_COMPANY,
           "staff": texts.NOTICE_STAFF}  # fmt: skip
    client, role = enter(name), PORTALS[name]
    body = shown(client)
    assert [key for key, bodies in own.items() if bodies["es"] in body] == [role]
    assert client.get(f"/{role}/").headers["Location"] == "/notice"
    accept(client)
    assert client.get(f"/{role}/").status_code == 200
    kept = NoticeAcceptance.objects.get().text
    assert (kept.kind, kept.version) == (OWN.get(role, "notice"), 1)
    assert AuditEvent.objects.get(action="notice").detail["kind"] == kept.kind


def test_every_text_is_there_in_four_languages() -> None:
    texts.publish()
    for kind in Text.Kind.values:
        bodies = dict(Text.objects.filter(kind=kind).values_list("language", "body"))
        assert set(bodies) == {"es", "it", "en", "pt"}
        assert len(set(bodies.values())) == 4


@pytest.mark.parametrize("name", PORTALS)
def test_where_there_is_one_for_everybody_it_is_everybodys(published: int, enter: SignIn, name: str) -> None:
    client = enter(name)
    assert "Aviso uno." in shown(client)
    assert client.get(f"/{PORTALS[name]}/").headers["Location"] == "/notice"
    accept(client)
    assert client.get(f"/{PORTALS[name]}/").status_code == 200


def test_a_new_version_of_one_asks_nobody_else(published: int, enter: SignIn) -> None:
    change_setting(key="notice_every_time", value=False, by="test")
    for name in PORTALS:
        accept(enter(name))
    publish_text(kind="notice_doctor", bodies={"es": "Para médicos."})
    answers = {name: enter(name).get(f"/{role}/").status_code for name, role in PORTALS.items()}
    assert answers == {"ana": 200, "diaz": 302, "gomez": 200, "jefe": 200}
    assert "Para médicos." in shown(enter("diaz"))
    publish_text(kind="notice", bodies={"es": "Otro aviso."})
    answers = {name: enter(name).get(f"/{role}/").status_code for name, role in PORTALS.items()}
    assert answers == {"ana": 302, "diaz": 302, "gomez": 302, "jefe": 302}
    assert "Para médicos." in shown(enter("diaz"))


def test_who_has_two_roles_accepts_the_notice_of_each_once(published: int, enter: SignIn) -> None:
    publish_text(kind="notice_company", bodies={"es": "Para empresas."})
    company = Organization.objects.get(identifier="quisqueya")
    OrganizationMember.objects.create(user=User.objects.get(username="ana"), organization=company)
    client = enter("ana")
    assert client.get("/").headers["Location"] == "/account/roles"
    assert client.get("/notice").headers["Location"] == "/account/roles"
    for role, said in (("company", "Para empresas."), ("patient", "Aviso uno.")):
        client.post("/account/roles", {"role": role})
        assert client.get(f"/{role}/").headers["Location"] == "/notice"
        assert said in shown(client)
        accept(client)
        assert client.get(f"/{role}/").status_code == 200
    client.post("/account/roles", {"role": "company"})
    assert client.get("/company/").status_code == 200


def test_who_has_still_to_choose_a_role_opens_no_portal(published: int, enter: SignIn) -> None:
    company = Organization.objects.get(identifier="quisqueya")
    OrganizationMember.objects.create(user=User.objects.get(username="ana"), organization=company)
    client = enter("ana")
    for portal in ("/patient/", "/company/"):
        assert client.get(portal).status_code in (302, 403, 404)
    assert client.get("/dicomweb/studies", headers={"Accept": "*/*"}).status_code in (401, 403, 404)


def test_without_any_notice_nobody_is_asked() -> None:
    assert {institution.notice_asked(role) for role in (*PORTALS.values(), "")} == {None}
    assert institution.notice("doctor", "es") is None
