"""The patient's home: what is new is counted, grouped and marked by one rule."""

import datetime as dt

import pytest
from django.utils.translation import gettext

from placa.common import clock
from placa.demo import cast
from placa.domain.access.services import opened
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.reports.models import DiagnosticReport, ReportVersion
from placa.domain.reports.services import add_version
from placa.interfaces.web.doctor.tests.browser import enter

pytestmark = pytest.mark.django_db


def shown() -> tuple[list[str], list[str], str]:
    """Titles in the group New, titles with the badge, and the sentence of the head."""
    answer = enter("ana").get("/patient/")
    groups = answer.context["groups"]
    grouped = [row.title for name, rows, _counted in groups if name == gettext("New") for row in rows]
    marked = [row.title for _name, rows, _counted in groups for row in rows if row.is_new]
    return grouped, marked, answer.context["sentence"]


def test_what_is_new_is_counted_grouped_and_marked_alike() -> None:
    grouped, marked, sentence = shown()
    assert grouped
    assert sorted(marked) == sorted(grouped)
    assert str(len(marked)) in sentence.partition(".")[0]


def test_what_was_opened_and_what_is_old_is_new_no_longer() -> None:
    grouped, _marked, _sentence = shown()
    plan = next(one for one in cast.STUDIES.values() if one.description == grouped[0])
    enter("ana").get(f"/patient/studies/{plan.uid}/")  # the words of its report are on that page
    assert shown()[:2] == (grouped[1:], grouped[1:])
    Study.objects.filter(patient=cast.patient("ana")).update(exam_at=clock.now() - dt.timedelta(days=61))
    assert shown()[:2] == ([], [])


def test_reading_the_report_on_the_page_is_recorded_as_reading() -> None:
    enter("ana").get(f"/patient/studies/{cast.STUDIES['ana_ct'].uid}/")
    events = AuditEvent.objects.filter(study_uid=cast.STUDIES["ana_ct"].uid, role="patient")
    assert set(events.values_list("action", flat=True)) >= {"view", "view_report"}


def said_of(key: str) -> tuple[bool, bool]:
    """Whether a study is in the group New, and whether it has the badge."""
    grouped, marked, _sentence = shown()
    title = cast.STUDIES[key].description
    return title in grouped, title in marked


def test_a_report_signed_after_its_images_were_seen_is_new() -> None:
    report = DiagnosticReport.objects.get(study__study_instance_uid=cast.STUDIES["ana_cr"].uid)
    ana = viewer_for(User.objects.get(username="ana"), "patient")
    opened(ana, Study.objects.get(study_instance_uid=cast.STUDIES["ana_cr"].uid), "view_images")
    assert said_of("ana_cr") == (False, False)
    add_version(report=report, status="final", source="hl7", by="system", text="Sin hallazgos.")
    assert said_of("ana_cr") == (True, True)
    enter("ana").get(f"/patient/studies/{cast.STUDIES['ana_cr'].uid}/")
    assert said_of("ana_cr") == (False, False)


def test_a_correction_of_what_was_read_is_new_however_old_the_exam() -> None:
    key = "ana_mg"  # nearly two years old
    report = DiagnosticReport.objects.get(study__study_instance_uid=cast.STUDIES[key].uid)
    assert said_of(key) == (False, False)
    enter("ana").get(f"/patient/studies/{cast.STUDIES[key].uid}/")
    add_version(report=report, status="amended", source="hl7", by="system", text="Corrección.")
    assert said_of(key) == (True, True)
    enter("ana").get(f"/patient/studies/{cast.STUDIES[key].uid}/")
    assert said_of(key) == (False, False)


def test_a_report_that_is_a_pdf_is_new_until_it_was_opened() -> None:
    version = ReportVersion.objects.get(report__study__study_instance_uid=cast.STUDIES["ana_ct"].uid)
    ReportVersion.objects.filter(pk=version.pk).update(text="")
    enter("ana").get(f"/patient/studies/{cast.STUDIES['ana_ct'].uid}/")
    assert said_of("ana_ct") == (True, True)
