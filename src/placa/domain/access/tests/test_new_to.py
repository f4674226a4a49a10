"""What is new to somebody: the newest version of a report that they may open and have not."""

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placa.common import clock
from placa.demo import cast
from placa.domain.access import moment as moments
from placa.domain.access import search, selectors
from placa.domain.access.reading import new_to
from placa.domain.access.services import opened
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive import services as archive
from placa.domain.archive.models import Study
from placa.domain.intake.services import assign_study, unassign_study
from placa.domain.reports.models import DiagnosticReport, ReadReceipt, ReportReading, ReportVersion
from placa.domain.reports.services import add_version, withdraw

pytestmark = pytest.mark.django_db
PENDING, SIGNED = "ana_cr", "ana_ct"  # one waits for its signature, released; one is signed


def who(name: str, role: str) -> Viewer:
    return viewer_for(User.objects.get(username=name), role, session="s")


@pytest.fixture
def diaz() -> Viewer:
    return who("diaz", "doctor")


@pytest.fixture
def ana() -> Viewer:
    return who("ana", "patient")


def study(key: str) -> Study:
    return Study.objects.select_related("order").get(study_instance_uid=cast.STUDIES[key].uid)


def comes(
    key: str, text: str, status: str = "final", report: DiagnosticReport | None = None
) -> ReportVersion:
    """A version of the study's report arrives."""
    found = report or DiagnosticReport.objects.get(study=study(key))
    made = add_version(report=found, status=status, source="hl7", by="system", text=text)
    assert made is not None
    return made


def is_unread(viewer: Viewer, key: str) -> bool:
    """Whether the doctor's list has it among the unread, in its count and beside its row."""
    unread = search.unread(selectors.listed(viewer), viewer.subject)
    page = search.page_unread_first(selectors.listed(viewer), viewer.subject)
    pk = study(key).pk
    found = pk in {one.pk for one in search.page(unread).rows}
    assert found is (pk in page.unread) is (pk not in search.seen_by(viewer.subject, [study(key)]))
    return found


def test_images_seen_before_the_report_is_signed_do_not_make_it_read(diaz: Viewer) -> None:
    opened(diaz, study(PENDING), "view_images")
    assert not is_unread(diaz, PENDING)
    version = comes(PENDING, "Sin hallazgos.")
    assert is_unread(diaz, PENDING)
    with clock.standing_at(clock.now() + dt.timedelta(minutes=10)):
        opened(diaz, study(PENDING), "view_images")
        assert is_unread(diaz, PENDING)  # the images again, and not the report
        opened(diaz, study(PENDING), "view_report", read=[version])
    assert not is_unread(diaz, PENDING)


def test_a_correction_is_unread_again_even_within_the_five_minutes_of_an_event(diaz: Viewer) -> None:
    with clock.standing_at(clock.now()):
        opened(
            diaz, study(SIGNED), "view_report", read=[ReportVersion.objects.get(report__study=study(SIGNED))]
        )
        assert not is_unread(diaz, SIGNED)
        corrected = comes(SIGNED, "Corrección.", "amended")
        assert is_unread(diaz, SIGNED)
        opened(diaz, study(SIGNED), "view_report", read=[corrected])
        assert not is_unread(diaz, SIGNED)
    comes(SIGNED, "Corrección.", "amended")  # the same once more adds nothing
    assert not is_unread(diaz, SIGNED)


def test_each_report_of_a_study_has_to_be_opened(diaz: Viewer) -> None:
    one = ReportVersion.objects.get(report__study=study(SIGNED))
    other = DiagnosticReport.objects.create(study=study(SIGNED), title="Adenda")
    addendum = comes(SIGNED, "Adenda.", report=other)
    opened(diaz, study(SIGNED), "view_report", read=[one])
    assert is_unread(diaz, SIGNED)
    opened(diaz, study(SIGNED), "view_report", read=[addendum])
    assert not is_unread(diaz, SIGNED)


def test_what_was_withdrawn_before_it_was_read_is_over_once_the_page_was_seen(diaz: Viewer) -> None:
    opened(diaz, study(SIGNED), "view_report", read=[ReportVersion.objects.get(report__study=study(SIGNED))])
    comes(SIGNED, "Corrección.", "amended")
    withdraw(report=DiagnosticReport.objects.get(study=study(SIGNED)), by="user:1")
    assert is_unread(diaz, SIGNED)
    opened(diaz, study(SIGNED), "view")
    assert not is_unread(diaz, SIGNED)
    comes(SIGNED, "De nuevo.")
    assert is_unread(diaz, SIGNED)


def test_the_page_alone_makes_nothing_read(diaz: Viewer) -> None:
    for key in (PENDING, SIGNED):
        opened(diaz, study(key), "view")
        assert is_unread(diaz, key)


def test_one_doctor_reads_for_nobody_else(diaz: Viewer) -> None:
    order = study(SIGNED).order
    assert order is not None
    egea = who("egea", "doctor")
    order.copies_to.add(egea.subject)
    opened(diaz, study(SIGNED), "view_report", read=[ReportVersion.objects.get(report__study=study(SIGNED))])
    assert (is_unread(diaz, SIGNED), is_unread(egea, SIGNED)) == (False, True)


def test_to_a_patient_the_signed_report_of_a_study_seen_before_is_new(ana: Viewer) -> None:
    opened(ana, study(PENDING), "view_images")
    assert new_to(ana, [study(PENDING)]) == {}  # nothing that she may open yet
    version = comes(PENDING, "Sin hallazgos.")
    assert new_to(ana, [study(PENDING)]) == {study(PENDING).pk: False}
    opened(ana, study(PENDING), "view_report", read=[version])
    assert new_to(ana, [study(PENDING)]) == {}
    comes(PENDING, "Corrección.", "amended")
    assert new_to(ana, [study(PENDING)]) == {study(PENDING).pk: True}


def test_a_mother_and_her_child_read_each_for_themselves(ana: Viewer) -> None:
    child = study("bruno_dx")
    opened(ana, child, "view_report", read=[ReportVersion.objects.get(report__study=child)])
    grown = cast.account("bruno", "bruno@x.example", "Bruno")
    cast.patient("bruno").__class__.objects.filter(pk=cast.patient("bruno").pk).update(user=grown)
    own = who("bruno", "patient")
    assert (new_to(ana, [child]), new_to(own, [child])) == ({}, {child.pk: False})


def test_of_a_held_study_what_was_read_stays_read(ana: Viewer) -> None:
    opened(ana, study(SIGNED), "view_report", read=[ReportVersion.objects.get(report__study=study(SIGNED))])
    uid = study(SIGNED).study_instance_uid
    archive.hold(study_instance_uid=uid, by="user:1")
    archive.release_now(study_instance_uid=uid, by="user:1")
    assert new_to(ana, [study(SIGNED)]) == {}


@pytest.mark.parametrize("by_way_of_the_inbox", [True, False])
def test_a_study_given_to_another_person_is_new_to_everybody(
    diaz: Viewer, ana: Viewer, by_way_of_the_inbox: bool
) -> None:
    version = ReportVersion.objects.get(report__study=study(SIGNED))
    for viewer in (diaz, ana):
        opened(viewer, study(SIGNED), "view_report", read=[version])
    uid, carla = study(SIGNED).study_instance_uid, cast.patient("carla")
    if by_way_of_the_inbox:
        unassign_study(study_instance_uid=uid, by="user:1")
    assign_study(study_instance_uid=uid, patient=carla, by="user:1")
    assert not ReadReceipt.objects.filter(study__study_instance_uid=uid).exists()
    assert not ReportReading.objects.filter(version=version).exists()
    assert new_to(who("carla", "patient"), [study(SIGNED)]) == {study(SIGNED).pk: False}


def test_recipients_companies_and_staff_have_nothing_new() -> None:
    version = ReportVersion.objects.get(report__study=study(SIGNED))
    for viewer in (who("gomez", "company"), who("jefe", "staff"), Viewer(role="share", subject=1)):
        opened(viewer, study(SIGNED), "view_report", read=[version])
    assert not ReportReading.objects.exists()


def test_many_studies_cost_one_query(ana: Viewer) -> None:
    studies = list(Study.objects.filter(patient_id=ana.subject))
    new_to(ana, studies)
    for few in (studies[:1], studies):
        when = moments.moment()
        assert when.own_delays == ()
        with CaptureQueriesContext(connection) as asked:
            new_to(ana, few, when)
        assert len(asked.captured_queries) == 1
    assert len(studies) > 4
    assert new_to(ana, []) == {}


def test_what_was_read_before_the_upgrade_does_not_become_new(diaz: Viewer, ana: Viewer) -> None:
    for viewer in (diaz, ana):
        opened(viewer, study(SIGNED), "view_images")
    corrected = comes(SIGNED, "Corrección.", "amended")
    ReadReceipt.objects.create(study=study(SIGNED), practitioner_id=diaz.subject, at=clock.now())  # as it was
    other = DiagnosticReport.objects.create(study=study(SIGNED), title="Otro")
    second = ReportVersion.objects.create(
        report=other, number=1, status="final", source="hl7", digest="0", received_at=clock.now()
    )
    DiagnosticReport.objects.filter(pk=other.pk).update(status="final", final_at=clock.now())
    migration = import_module("placa.domain.reports.migrations.0005_fill_readings")
    migration.fill(apps, None)
    migration.fill(apps, None)  # done twice it is the same
    assert {new_to(viewer, [study(SIGNED)]).get(study(SIGNED).pk) for viewer in (diaz, ana)} == {None}
    assert not is_unread(diaz, SIGNED)
    assert set(ReportReading.objects.values_list("version", "user")) == {
        (version.pk, viewer.user_id) for version in (corrected, second) for viewer in (diaz, ana)
    }
    assert new_to(who("carla", "patient"), [study("carla_cr")])  # who had opened nothing finds it new
    comes(SIGNED, "Otra vez.", "amended", corrected.report)
    assert is_unread(diaz, SIGNED)


def test_a_reading_and_a_version_lock_the_study_first_and_the_log_last(diaz: Viewer) -> None:
    """Side by side (PostgreSQL) neither misses the other, and neither waits for the other in a circle."""
    version = ReportVersion.objects.get(report__study=study(SIGNED))
    seen = study(SIGNED)
    for act, kept in (
        (lambda: opened(diaz, seen, "view_report", read=[version]), 'INSERT INTO "reports_readreceipt"'),
        (lambda: comes(SIGNED, "Corrección.", "amended"), 'DELETE FROM "reports_readreceipt"'),
    ):
        with CaptureQueriesContext(connection) as asked:
            act()
        told = [query["sql"] for query in asked.captured_queries]
        wanted = (
            'SELECT "archive_study"."id" AS "pk" FROM "archive_study"',
            kept,
            'UPDATE "audit_chainhead"',
        )
        places = [next(n for n, sql in enumerate(told) if sql.startswith(one)) for one in wanted]
        assert places == sorted(places)
