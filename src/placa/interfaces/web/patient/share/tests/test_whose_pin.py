"""Each recipient has a PIN of their own, the sheet another (5.2): every page says whose it is."""

import pytest
from django.test import Client

from placa.domain.access.models import SharePart
from placa.domain.accounts.models import User
from placa.domain.sharing import keys
from placa.domain.sharing.tests.world import HUGO, mails
from placa.interfaces.web.patient.share.tests.test_flow import post, signed_in, to_review, who

pytestmark = pytest.mark.django_db
OTHER = "otra@medicos.example"


@pytest.fixture
def ana() -> Client:
    User.objects.filter(username="ana").update(language="en")
    return signed_in("ana", "patient")


def pins(client: Client) -> dict[str, str]:
    found: dict[str, str] = client.get("/patient/share/review/").context["draft"].pins
    return found


def said(client: Client, step: str) -> str:
    return " ".join(client.get(f"/patient/share/{step}/").content.decode().split())


def test_each_step_says_whose_pin_it_is(ana: Client) -> None:
    to_review(ana, HUGO, OTHER)
    page = said(ana, "pin")
    assert "Each person has a PIN of their own" in page
    for email in (HUGO, OTHER):
        assert f"PIN for {email}" in page
    facts = [
        fact.value for fact, _url in ana.get("/patient/share/review/").context["facts"] if fact.term == "PIN"
    ]
    assert facts == [f"{email}: {pin[:3]} {pin[3:]}, in a second mail" for email, pin in pins(ana).items()]
    post(ana, "review", action="share")
    assert "To each of them we send their own PIN" in said(ana, "done")


def test_one_person_has_one_line(ana: Client) -> None:
    to_review(ana, HUGO)
    page = said(ana, "pin")
    assert f"PIN for {HUGO}" in page
    assert "Each person has a PIN" not in page
    terms = [fact.term for fact, _url in ana.get("/patient/share/review/").context["facts"]]
    assert terms.count("PIN") == 1


def test_a_pin_of_ones_own_is_said_to_be_everybody_s(ana: Client) -> None:
    who(ana, HUGO, OTHER)
    post(ana, "how", images="on", days="15")
    page = " ".join(ana.get("/patient/share/pin/?mode=own").content.decode().split())
    assert "It is the same for all the people you share with." in page
    post(ana, "pin", mode="own", pin="739205", delivery="mail")
    assert set(pins(ana).values()) == {"739205"}
    post(ana, "review", action="share")
    assert all("739205" in mails(email)["share_pin"].text for email in (HUGO, OTHER))


def test_the_sheet_beside_mails_has_a_pin_that_says_so(ana: Client) -> None:
    to_review(ana, HUGO)
    assert "If you share and print, the sheet gets another PIN of its own." in said(ana, "review")
    mailed = pins(ana)[HUGO]
    post(ana, "review", action="both")
    page = ana.get("/patient/share/done/")
    ((email, digits),) = page.context["told"]
    assert (email, digits == mailed) == ("", False)
    assert "The printed sheet has another PIN" in page.content.decode()


def test_paper_alone_has_the_pin_that_was_shown(ana: Client) -> None:
    to_review(ana, HUGO)
    shown = pins(ana)[HUGO]
    post(ana, "review", action="print")
    assert keys.pin_fits(SharePart.objects.get(kind=SharePart.SHEET), shown)
    assert "This is the PIN of the sheet:" in said(ana, "done")


def test_a_sheet_from_the_start_is_named_as_such(ana: Client) -> None:
    who(ana, "", print="1")
    post(ana, "how", images="on", days="15")
    page = said(ana, "pin")
    assert "PIN of the printed sheet" in page
    assert "another PIN of its own" not in page
