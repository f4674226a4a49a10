"""Why something does not open yet, and since when: said once, and the same on list, page and viewer (2.3, 2.4)."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.utils.translation import gettext

from placa.common import clock
from placa.demo import cast
from placa.domain.archive import services as archive
from placa.domain.archive.models import Study
from placa.domain.institution import selectors as institution
from placa.domain.people.models import Agreement
from placa.domain.reports.models import DiagnosticReport
from placa.interfaces.web import studies
from placa.interfaces.web.doctor.tests.browser import choose, enter, page, study
from placa.interfaces.web.ui import dates

pytestmark = pytest.mark.django_db
WAITS = {"ana_mr": "registered", "ana_cr": "partial", "ana_us": "preliminary"}


def address(key: str) -> str:
    return f"/patient/studies/{cast.STUDIES[key].uid}/"


def row(key: str) -> tuple[str, Any]:
    """The group of a study in the list, and its row."""
    groups = enter("ana").get("/patient/").context["groups"]
    return next((name, one) for name, rows, _n in groups for one in rows if one.url == address(key))


def main(key: str) -> str:
    return page(enter("ana"), address(key)).partition("<main")[2].partition("</main>")[0]


def beside_the_images(name: str, key: str) -> str:
    """What the viewer says in place of a report."""
    body = page(enter(name), f"/viewer/{cast.STUDIES[key].uid}")
    found = re.search(r'<script id="viewer-context"[^>]*>(.*?)</script>', body, re.DOTALL)
    assert found
    told = json.loads(found[1])
    assert told["report"] is None
    return str(told["report_reason"])


@pytest.fixture(autouse=True)
def _built(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle: tuple[str, list[str], list[str]] = ("build/viewer/main.js", [], [])
    monkeypatch.setattr("placa.interfaces.web.ui.assets.vite_chunks", lambda *_args: bundle)


def released(key: str) -> None:
    archive.release_now(study_instance_uid=cast.STUDIES[key].uid, by="user:1")


@pytest.mark.parametrize("key", WAITS)
def test_list_page_and_viewer_say_what_a_report_waits_for_and_since_when(key: str) -> None:
    released(key)
    since = clock.now() - dt.timedelta(hours=20)
    DiagnosticReport.objects.filter(study=study(key)).update(updated_at=since)
    report = DiagnosticReport.objects.get(study=study(key))
    assert report.status == WAITS[key]
    why = studies.pending(study(key), report)
    assert studies.said(since) in why
    _group, found = row(key)
    assert why in found.why
    body = main(key)
    assert body.count(why) == 1
    assert why in beside_the_images("ana", key)


def test_a_report_that_nobody_has_begun_waits_since_the_exam() -> None:
    released("ana_cr")
    DiagnosticReport.objects.filter(study=study("ana_cr")).delete()
    why = studies.pending(study("ana_cr"), None)
    assert studies.said(study("ana_cr").exam_at) in why
    assert main("ana_cr").count(why) == 1
    assert why in beside_the_images("ana", "ana_cr")
    assert why in beside_the_images("diaz", "ana_cr")


@pytest.mark.parametrize("status", [None, *DiagnosticReport.Status.values])
def test_of_every_state_it_is_said_why_and_of_a_signed_one_nothing(status: str | None) -> None:
    found = DiagnosticReport(status=status, updated_at=clock.now()) if status else None
    why = studies.pending(study("ana_cr"), found)
    since = clock.now() if status else study("ana_cr").exam_at
    if status in ("final", "amended", "cancelled"):
        assert why == ""
    else:
        assert studies.said(since).partition(",")[0] in why


def test_what_staff_hold_back_is_said_once_and_why_is_not() -> None:
    archive.hold(study_instance_uid=cast.STUDIES["ana_ct"].uid, by="user:1")
    group, found = row("ana_ct")
    assert group != gettext("On its way")
    assert [str(one.text) for one in found.chips] == [gettext("Not available yet")]
    body = main("ana_ct")
    assert body.count(gettext("The centre has not made it available yet. We will let you know.")) == 1
    assert gettext("On its way") not in body
    for title in ("images", "report"):
        assert f'id="{title}"' not in body
    assert str(Study.Release.HELD.label) not in body


def test_before_its_release_the_moment_is_said_once() -> None:
    opens = study("ana_mr").clock_start + dt.timedelta(hours=24)
    body = main("ana_mr")
    note = gettext("You can open it from this moment on: %(when)s.") % {"when": studies.said(opens)}
    assert body.count(note) == 1
    assert gettext("The report is not here yet") not in body
    assert row("ana_mr")[0] == gettext("On its way")


def test_a_signed_report_with_a_delay_of_its_own_says_from_when_it_opens() -> None:
    choose("report_release_delay_hours", 48)
    report = DiagnosticReport.objects.get(study=study("ana_ct"))
    signed = clock.now() - dt.timedelta(hours=1)
    DiagnosticReport.objects.filter(pk=report.pk).update(final_at=signed)
    opens = signed + dt.timedelta(hours=48)
    assert studies.said(opens) in row("ana_ct")[1].why
    assert studies.said(opens) in main("ana_ct")
    assert studies.said(opens) in beside_the_images("ana", "ana_ct")
    released("ana_ct")  # staff release what is signed by then
    assert "Sin hallazgos agudos" in main("ana_ct")


def test_who_works_with_it_reads_since_when_it_waits() -> None:
    report = DiagnosticReport.objects.get(study=study("ana_cr"))
    since = studies.said(report.updated_at)
    body = page(enter("diaz"), f"/doctor/studies/{cast.STUDIES['ana_cr'].uid}/")
    assert gettext("it awaits signature, since: %(when)s") % {"when": since} in body
    assert since in beside_the_images("diaz", "ana_cr")


def test_a_company_without_reports_learns_nothing_of_one_beside_the_images() -> None:
    Agreement.objects.filter(organization__identifier="quisqueya").update(report=False)
    excluded = gettext("your agreement does not include it")
    assert beside_the_images("gomez", "ana_ct") == excluded[:1].upper() + excluded[1:]


def test_a_result_that_is_handed_over_says_so_beside_its_images() -> None:
    choose("hand_delivery_blocks_images", False)
    closed = gettext("it is handed over in person")
    assert beside_the_images("ana", "ana_biopsy") == closed[:1].upper() + closed[1:]


def test_a_moment_stands_inside_a_sentence() -> None:
    at = clock.now()
    assert studies.said(at)[1:] == dates.moment(at, institution.zone())[1:]
    assert studies.said(at)[0].islower()
