"""The doctor's list: whose rows, in which order, found by what; what a page offers and what it never does."""

import datetime as dt
import re
from typing import Any

import pytest
from django.utils.translation import gettext

from placa.common import clock
from placa.demo import cast
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution import selectors as institution
from placa.domain.orders.models import ServiceRequest
from placa.domain.orders.services import update_order
from placa.domain.people.models import Practitioner
from placa.domain.reports.models import ReadReceipt
from placa.interfaces.web.doctor.tests.browser import (
    choose,
    copies,
    enter,
    keys,
    page,
    plan,
    read,
    remembering,
    study,
    uids,
)

pytestmark = pytest.mark.django_db
EXCLUSIVE = "carla_wc"
HIS = {
    "ana_ct", "ana_cr", "ana_us", "ana_mr", "ana_biopsy", "ana_ecg", "ana_lab", "ana_mg", "bruno_dx",
    "carla_cr",
}  # fmt: skip


def test_diaz_sees_what_he_ordered_and_nothing_else() -> None:
    body = page(enter("diaz"), "/doctor/")
    assert keys(body) == HIS
    assert len(uids(body)) == len(HIS)
    assert plan(EXCLUSIVE).accession not in body
    assert "columna lumbosacra" not in body


def test_egea_ordered_nothing_until_she_is_copied() -> None:
    client = enter("egea")
    assert keys(page(client, "/doctor/")) == set()
    order = ServiceRequest.objects.get(accession_number=plan("bruno_dx").accession)
    order.copies_to.add(Practitioner.objects.get(user__username="egea"))
    assert keys(page(client, "/doctor/")) == {"bruno_dx"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=carla", {"carla_cr"}),
        ("q=NUNEZ+carla", {"carla_cr"}),
        ("q=402-2291-3", {"bruno_dx"}),
        ("q=402-22", {"bruno_dx"}),
        ("q=muneca", {"bruno_dx"}),
        ("q=ana+torax", {"ana_cr"}),
        ("q=morales+mg", {"ana_mg"}),
        ("q=lumbosacra", set()),
        ("q=desconocido", set()),
        ("modality=CT", {"ana_ct"}),
        ("modality=CR", {"ana_cr", "carla_cr"}),
        ("status=urgent", set()),
    ],
)
def test_search_finds_by_each_key_among_ones_own(query: str, found: set[str]) -> None:
    assert keys(page(enter("diaz"), f"/doctor/?{query}")) == found


def test_search_by_accession_number_finds_none_of_others() -> None:
    client = enter("diaz")
    assert keys(page(client, f"/doctor/?q={plan('ana_ct').accession}")) == {"ana_ct"}
    assert keys(page(client, f"/doctor/?q={plan(EXCLUSIVE).accession}")) == set()
    assert keys(page(client, f"/doctor/?q={plan('stranger').accession}")) == set()


def test_search_by_day() -> None:
    zone = institution.zone()
    day = study("bruno_dx").exam_at.astimezone(zone).date()
    expected = {key for key in HIS if study(key).exam_at.astimezone(zone).date() == day}
    assert keys(page(enter("diaz"), f"/doctor/?from={day}&to={day}")) == expected
    until = day - dt.timedelta(days=365)
    assert keys(page(enter("diaz"), f"/doctor/?to={until}")) == {"ana_mg"}


def test_unread_first_then_newest() -> None:
    client = enter("diaz")
    read("diaz", "ana_ct")
    order = uids(page(client, "/doctor/"))
    by_age = sorted(HIS, key=lambda key: plan(key).ago)
    expected = [key for key in by_age if key != "ana_ct"] + ["ana_ct"]
    assert order == [plan(key).uid for key in expected]
    assert keys(page(client, "/doctor/?status=unread")) == HIS - {"ana_ct"}


@pytest.mark.parametrize("seen", [0, 5, 38, 40, 41, 56])
def test_pages_show_every_row_once_wherever_unread_ends(seen: int) -> None:
    made = copies("ana_ct", 46)
    doctor = Practitioner.objects.get(user__username="diaz")
    client = enter("diaz")
    everything = uids(page(client, "/doctor/")) + uids(page(client, next_of(page(client, "/doctor/"))))
    assert len(everything) == len(set(everything)) == len(made) + len(HIS)
    rows = [*made, *(study(key) for key in HIS)][:seen]
    ReadReceipt.objects.bulk_create(
        ReadReceipt(study=row, practitioner=doctor, at=row.exam_at) for row in rows
    )
    first = page(client, "/doctor/")
    listed = uids(first) + uids(page(client, next_of(first)))
    assert len(listed) == len(everything)
    assert set(listed) == set(everything)
    already = {row.study_instance_uid for row in rows}
    assert [uid in already for uid in listed] == [False] * (56 - seen) + [True] * seen


def next_of(body: str) -> str:
    address = body.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    return address.replace("&amp;", "&")


def test_forty_rows_take_few_queries(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    remembering(monkeypatch)
    copies("ana_ct", 40)
    client = enter("diaz")
    page(client, "/doctor/")
    with django_assert_max_num_queries(15):
        body = page(client, "/doctor/")
    assert len(uids(body)) == 40
    with django_assert_max_num_queries(15):
        assert len(uids(page(client, "/doctor/?q=ana&modality=CT"))) == 40


@pytest.mark.parametrize(
    "query",
    [
        "q=%27%20OR%201%3D1--", "q=%00", "q=%25%25%25", "q=" + "a" * 4000, "person=x", "from=2026-99-99",
        "after=unread:nan_1", "after=read:1_" + "9" * 40, "after=%00", "modality=<script>", "status=all",
        "q=<script>alert(1)</script>", "to=0001-01-01", "from=9999-12-31&to=9999-12-31", "after=read:1e308_1",
    ],
)  # fmt: skip
def test_hostile_addresses_harm_nothing(query: str) -> None:
    body = page(enter("diaz"), f"/doctor/?{query}")
    assert keys(body) <= HIS
    assert "<script>alert" not in body


def test_empty_and_nothing_found_are_told_apart() -> None:
    empty = page(enter("egea"), "/doctor/")
    nothing = page(enter("diaz"), "/doctor/?q=zzz")
    assert "p-empty" in empty
    assert "p-empty" in nothing
    assert 'class="btn btn-soft" href="/doctor/"' in nothing
    assert 'class="btn btn-soft" href="/doctor/"' not in empty


def test_study_page_opens_images_report_and_download_but_never_shares() -> None:
    key = plan("ana_ct")
    body = page(enter("diaz"), f"/doctor/studies/{key.uid}/")
    for word in (
        "Ana Morales Peralta",
        cast.PATIENTS["ana"].patient_id,
        key.accession,
        "Sin hallazgos agudos",
    ):
        assert word in body
    assert f'href="/viewer/{key.uid}"' in body
    assert "?download=1" in body
    assert "share" not in body.lower().split("<main")[1].split("</main>")[0]
    assert AuditEvent.objects.filter(action="view_report", study_uid=key.uid, outcome="success").count() == 1


def test_download_only_where_the_institution_lets_doctors() -> None:
    choose("doctor_download", False)
    body = page(enter("diaz"), f"/doctor/studies/{plan('ana_ct').uid}/")
    assert "download=1" not in body
    assert "study.zip" not in body
    assert "Sin hallazgos agudos" in body


def test_reading_the_report_on_the_page_makes_it_read() -> None:
    client = enter("diaz")
    page(client, f"/doctor/studies/{plan('ana_ct').uid}/")
    assert uids(page(client, "/doctor/"))[-1] == plan("ana_ct").uid
    page(client, f"/doctor/studies/{plan('ana_mr').uid}/")  # no report to read yet
    assert "ana_mr" in keys(page(client, "/doctor/?status=unread"))


@pytest.mark.parametrize("key", [EXCLUSIVE, "stranger"])
def test_what_is_not_his_does_not_exist(key: str) -> None:
    client = enter("diaz")
    assert client.get(f"/doctor/studies/{plan(key).uid}/").status_code == 404
    assert client.post(f"/doctor/studies/{plan(key).uid}/acknowledge").status_code == 404
    assert client.get("/doctor/studies/1.2.3/").status_code == 404


def test_urgent_stays_on_top_until_acknowledged() -> None:
    client, key = enter("diaz"), plan("bruno_dx")
    address = f"/doctor/studies/{key.uid}/acknowledge"
    order = ServiceRequest.objects.get(accession_number=key.accession)
    update_order(order=order, by="system", urgent=True)
    assert f'action="{address}"' in page(client, "/doctor/")
    assert keys(page(client, "/doctor/?status=urgent")) == {"bruno_dx"}
    assert f'action="{address}"' in page(client, f"/doctor/studies/{key.uid}/")
    assert client.get(address).status_code == 405
    assert client.post(address).headers["Location"] == "/doctor/"
    assert AuditEvent.objects.filter(action="acknowledge", study_uid=key.uid, outcome="success").count() == 1
    assert "p-urgent" not in page(client, "/doctor/").split("<main")[1]
    assert "p-urgent" not in page(client, f"/doctor/studies/{key.uid}/").split("<main")[1]


def test_without_a_report_there_is_nothing_to_acknowledge() -> None:
    client, key = enter("diaz"), plan("ana_mr")
    order = ServiceRequest.objects.get(accession_number=key.accession)
    update_order(order=order, by="system", urgent=True)
    body = page(client, "/doctor/")
    assert "p-urgent" in body
    assert "acknowledge" not in body
    assert client.post(f"/doctor/studies/{key.uid}/acknowledge").status_code == 404


@pytest.mark.parametrize("name", ["ana", "carla", "gomez", "heras"])
def test_the_portal_is_not_there_for_others(name: str) -> None:
    assert enter(name).get("/doctor/").status_code == 404


def test_wrong_methods_and_nobody() -> None:
    client = enter("diaz")
    assert client.post("/doctor/").status_code == 405
    assert client.post(f"/doctor/studies/{plan('ana_ct').uid}/").status_code == 405
    client.logout()
    answer = client.get("/doctor/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/?next=")


def test_a_doctor_is_told_that_the_patient_gets_it_in_person() -> None:
    client = enter("diaz")
    rows = {row.study.study_instance_uid: row for row in client.get("/doctor/").context["rows"]}
    told = {uid for uid, row in rows.items() if row.by_hand is not None}
    assert told == {plan("ana_biopsy").uid}
    said = gettext("The patient gets this result in person. Online it stays closed to them.")
    assert said in page(client, f"/doctor/studies/{plan('ana_biopsy').uid}/")
    Study.objects.filter(study_instance_uid=plan("ana_biopsy").uid).update(handed_over_at=clock.now())
    body = page(client, f"/doctor/studies/{plan('ana_biopsy').uid}/")
    assert said not in body
    assert gettext("Handed over") in body


def test_no_two_buttons_of_the_list_say_the_same() -> None:
    body = page(enter("diaz"), "/doctor/")
    rows = body.partition("<tbody>")[2].partition("</tbody>")[0]
    said = re.findall(r'aria-label="([^"]+)"', rows) + re.findall(
        r'<span class="visually-hidden">((?:Imágenes|Informe): [^<]+)</span>', rows
    )
    assert len(said) >= len(HIS)
    assert len(set(said)) == len(said)


def test_where_there_are_more_earlier_exams_the_page_leads_to_all() -> None:
    client = enter("diaz")
    newest = client.get(f"/doctor/studies/{plan('ana_mr').uid}/")
    assert len(newest.context["previous"]) == 5
    hers = {key for key in HIS if key.startswith("ana_")}
    assert newest.context["exams_count"] == len(hers)
    assert f'href="{newest.context["exams_url"]}"' in newest.content.decode()
    assert keys(page(client, newest.context["exams_url"])) == hers
    oldest = client.get(f"/doctor/studies/{plan('ana_mg').uid}/")
    assert (oldest.context["previous"], oldest.context["exams_url"]) == ([], "")
