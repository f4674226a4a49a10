"""The company's list, as far as its agreement goes and not a study further."""

import datetime as dt
from typing import Any

import pytest
from django.utils import translation

from placa.common import clock
from placa.domain.institution import selectors as institution
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Agreement, Organization
from placa.interfaces.web.doctor.tests.browser import copies, enter, keys, page, plan, remembering, uids
from placa.interfaces.web.ui import dates

pytestmark = pytest.mark.django_db
CT, EXCLUSIVE = "ana_ct", "carla_wc"


def agree(identifier: str, **terms: Any) -> None:
    Agreement.objects.filter(organization__identifier=identifier).update(**terms)


def main(body: str) -> str:
    return body.split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize(("name", "visible"), [("gomez", {CT}), ("heras", {EXCLUSIVE})])
def test_each_company_sees_what_it_pays_for(name: str, visible: set[str]) -> None:
    client = enter(name)
    assert keys(page(client, "/company/")) == visible
    for key in {CT, EXCLUSIVE, "carla_cr", "stranger"} - visible:
        assert client.get(f"/company/studies/{plan(key).uid}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ana", {CT}), ("q=402-1180", {CT}), ("q=abdomen", {CT}), ("q=peralta+CT", {CT}), ("modality=CT", {CT}),
        ("q=carla", set()), ("q=402-3304-9", set()), ("q=torax", set()), ("modality=DX", set()),
        ("from=2100-01-01", set()), ("status=urgent", {CT}), ("status=unread", {CT}),
    ],
)  # fmt: skip
def test_search_finds_by_each_key_among_ones_own(query: str, found: set[str]) -> None:
    assert keys(page(enter("gomez"), f"/company/?{query}")) == found


def test_search_by_accession_number() -> None:
    client = enter("gomez")
    assert keys(page(client, f"/company/?q={plan(CT).accession}")) == {CT}
    assert keys(page(client, f"/company/?q={plan(EXCLUSIVE).accession}")) == set()


def test_images_and_report_open_download_only_by_agreement() -> None:
    client, key = enter("gomez"), plan(CT)
    body = page(client, f"/company/studies/{key.uid}/")
    assert f'href="/viewer/{key.uid}"' in body
    assert "Sin hallazgos agudos" in body
    assert "download=1" not in body
    assert "study.zip" not in body
    agree("quisqueya", download=True)
    assert "download=1" in page(client, f"/company/studies/{key.uid}/")


@pytest.mark.parametrize(("part", "address"), [("images", "/viewer/"), ("report", "/files/")])
def test_what_the_agreement_leaves_out_does_not_open(part: str, address: str) -> None:
    agree("quisqueya", **{part: False})
    client = enter("gomez")
    listed, one = page(client, "/company/"), page(client, f"/company/studies/{plan(CT).uid}/")
    assert keys(listed) == {CT}
    assert address not in listed
    assert address not in one
    assert ("Sin hallazgos agudos" in one) == (part != "report")
    assert ("/dicomweb/" in one) == (part != "images")


def test_a_row_says_nothing_of_a_report_that_the_agreement_leaves_out() -> None:
    client, address = enter("gomez"), f"/company/studies/{plan(CT).uid}/"
    assert client.get("/company/").context["rows"][0].chip is not None
    agree("quisqueya", report=False)
    assert client.get("/company/").context["rows"][0].chip is None
    assert client.get(address).context["row"].chip is None


def test_verdict_shows_only_by_agreement() -> None:
    client = enter("gomez")
    ServiceRequest.objects.filter(accession_number=plan(CT).accession).update(fitness_verdict="unfit")
    address = f"/company/studies/{plan(CT).uid}/"
    bad = "p-chip--bad"
    assert bad not in page(client, "/company/")
    assert bad not in page(client, address)
    agree("quisqueya", verdict=True)
    assert bad in page(client, "/company/")
    assert bad in page(client, address)


def test_nothing_is_shared_and_no_contact_is_told() -> None:
    client = enter("gomez")
    for address in ("/company/", f"/company/studies/{plan(CT).uid}/", "/company/agreement/"):
        body = main(page(client, address)).lower()
        assert "share" not in body
        assert "ana@correo.example" not in body
        assert "8095550111" not in body


def test_the_card_says_until_when() -> None:
    day = clock.today(institution.zone()) + dt.timedelta(days=9)
    agree("quisqueya", ends_on=day)
    client = enter("gomez")
    with translation.override("es"):
        said = dates.dated(day, institution.zone())
    for address in ("/company/", "/company/agreement/"):
        assert f" {said}" in main(page(client, address)), address


def test_after_the_last_day_nothing_is_left() -> None:
    agree("quisqueya", ends_on=clock.today(institution.zone()) - dt.timedelta(days=1))
    client = enter("gomez")
    body = page(client, "/company/")
    assert keys(body) == set()
    assert "p-empty" in body
    assert "p-agree" not in main(body)
    assert client.get(f"/company/studies/{plan(CT).uid}/").status_code == 404


def test_a_disabled_company_is_out_at_the_next_request() -> None:
    client = enter("gomez")
    page(client, "/company/")
    Organization.objects.filter(identifier="quisqueya").update(enabled=False)
    assert client.get("/company/").status_code == 302


def test_forty_rows_take_few_queries(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    remembering(monkeypatch)
    copies(CT, 40)
    client = enter("gomez")
    page(client, "/company/")
    with django_assert_max_num_queries(15):
        assert len(uids(page(client, "/company/"))) == 40


@pytest.mark.parametrize(
    "query", ["q=%00", "person=x", "after=9e99_1", "after=1_" + "9" * 40, "from=x", "q=%25"]
)
def test_hostile_addresses_harm_nothing(query: str) -> None:
    assert keys(page(enter("gomez"), f"/company/?{query}")) <= {CT}


@pytest.mark.parametrize("name", ["ana", "carla", "diaz", "egea"])
def test_the_portal_is_not_there_for_others(name: str) -> None:
    client = enter(name)
    for address in ("/company/", "/company/agreement/", f"/company/studies/{plan(CT).uid}/"):
        assert client.get(address).status_code == 404


def test_wrong_methods_and_nobody() -> None:
    client = enter("gomez")
    for address in ("/company/", "/company/agreement/", f"/company/studies/{plan(CT).uid}/"):
        assert client.post(address).status_code == 405
    client.logout()
    assert client.get("/company/").status_code == 302
