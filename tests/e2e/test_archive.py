"""Images leave for a real Orthanc, which is killed while they come back, by C-MOVE and by DICOMweb: the patient's page."""

import datetime as dt
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from placa.common import clock
from placa.standards.dicom.peers.tests.orthanc import Orthanc, free_port
from tests.e2e import exams
from tests.e2e.conftest import Visit
from tests.e2e.portal import Portal
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.slow]
PATIENCE = (
    150  # seconds: a try that failed is followed by another after a quarter of a minute, seen by a scheduler
)


@pytest.mark.parametrize("kind", ["dimse", "dicomweb"])
def test_away_and_back_from_the_patients_page(
    portal: Portal, visit: Visit, tmp_path: Path, kind: str
) -> None:
    reports = free_port()
    known = {"placa": ["PLACA", "127.0.0.1", portal.dicom_port], "reports": ["PLACASC", "127.0.0.1", reports]}
    archive = Orthanc(tmp_path / "orthanc", known)
    try:
        archive.start()
        exam = exams.visit(f"archive/{kind}", "", "TC de abdomen")
        portal.store(tmp_path / "ct", exams.long_ct(exams.of_the_cast("ana"), exam))
        staff = visit()
        staff.sign_in("jefe")
        set_up(staff, archive, kind, reports)
        evict(staff, portal, exam.study_instance_uid)

        ana = visit("phone" if kind == "dicomweb" else "desk")
        ana.sign_in("ana")
        ana.go("/patient/")
        ana.press(f"button[hx-post*='{exam.study_instance_uid}/recall']")
        within(lambda: away(portal, exam.study_instance_uid)[0] != exams.MANY, "the first images", every=0.02)
        archive.kill()  # in the middle
        ana.page.wait_for_url(f"**/patient/studies/{exam.study_instance_uid}/")
        within(lambda: tries(portal) > 0, "a try that ended with the archive")
        left, state = away(portal, exam.study_instance_uid)
        assert 0 < int(str(left)) < exams.MANY
        assert state == "recalling"
        ana.go(f"/patient/studies/{exam.study_instance_uid}/")
        ana.check()
        assert ana.page.locator(".p-recall progress").count() == 1
        ana.go("/patient/")
        named = f".p-recall:has(a[href*='/studies/{exam.study_instance_uid}/'])"
        assert ana.page.locator(named).count() == 1  # it goes along to other pages
        assert messages(portal, exam.study_instance_uid) == 0
        archive.start()
        ana.go(f"/patient/studies/{exam.study_instance_uid}/")
        ana.page.wait_for_selector(
            f".p-recall a[href*='/viewer/{exam.study_instance_uid}']", timeout=PATIENCE * 1000
        )
        ana.check()
        assert messages(portal, exam.study_instance_uid) == 1
        assert away(portal, exam.study_instance_uid) == (0, "online")
        switch_off(staff, kind)
    finally:
        archive.stop()


def set_up(staff: Visitor, archive: Orthanc, kind: str, reports: int) -> None:
    """As the super-user enters it, and tests it."""
    staff.go("/staff/archives/new/")
    page = staff.page
    page.fill("[name=name]", f"Orthanc {kind}")
    page.select_option("[name=kind]", kind)
    if kind == "dimse":
        page.fill("[name=ae_title]", archive.aet)
        page.fill("[name=host]", "127.0.0.1")
        page.fill("[name=port]", str(archive.dicom_port))
        page.fill("[name=own_ae_title]", "PLACASC")
        page.fill("[name=report_port]", str(reports))
        page.select_option("[name=retrieval]", "move")
        page.select_option("[name=proof]", "commitment")
    else:
        page.fill("[name=url]", archive.dicomweb)
    staff.press("main form button.btn-primary[type=submit]")
    staff.press("form[action$='/test/'] button")
    assert page.locator(".p-toast--bad, .p-toast--error").count() == 0


def switch_off(staff: Visitor, kind: str) -> None:
    """The next archive is the only one."""
    staff.go("/staff/archives/")
    staff.press(f"main table a:has-text('Orthanc {kind}')")
    staff.page.uncheck("[name=enabled]")
    staff.press("main form button.btn-primary[type=submit]")


def evict(staff: Visitor, portal: Portal, uid: str) -> None:
    """Staff let the images go, hours after they came."""
    within(
        lambda: bool(
            rows(portal, "SELECT 1 FROM archive_study WHERE study_instance_uid=? AND patient_id", uid)
        ),
        "rows",
    )
    before = (clock.now() - dt.timedelta(hours=9)).strftime("%Y-%m-%d %H:%M:%S")
    rows(
        portal,
        "UPDATE archive_study SET last_received_at=?, first_received_at=? WHERE study_instance_uid=?",
        before,
        before,
        uid,
    )
    staff.go(f"/staff/studies/{uid}/")
    staff.press("form[action$='/release/'] button[value=now]")
    staff.press("form[action$='/evict/'] button")
    within(lambda: away(portal, uid)[1] == "offline", "the study to be off-line")
    assert away(portal, uid)[0] == exams.MANY


def rows(portal: Portal, query: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(portal.home / "placa.sqlite3", timeout=20)
    try:
        with connection:
            return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def away(portal: Portal, uid: str) -> tuple[object, object]:
    """How many instances are away, and what the study says."""
    query = (
        "SELECT sum(i.evicted), s.availability FROM archive_instance i JOIN archive_study s ON s.id = i.study_id"
        " WHERE s.study_instance_uid = ?"
    )
    found = rows(portal, query, uid)[0]
    return found[0], found[1]


def tries(portal: Portal) -> int:
    found = rows(portal, "SELECT tries FROM recall_recall ORDER BY id DESC LIMIT 1")
    return int(str(found[0][0])) if found else 0


def messages(portal: Portal, uid: str) -> int:
    """Mails that say that this recall is done."""
    query = (
        "SELECT count(*) FROM notifications_outboxmessage m, recall_recall r, archive_study s"
        " WHERE m.dedupe_key LIKE 'recall:' || r.id || ':%' AND m.channel = 'mail' AND s.id = r.study_id"
        " AND s.study_instance_uid = ?"
    )
    return int(str(rows(portal, query, uid)[0][0]))


def within(happened: Callable[[], bool], what: str, every: float = 0.25) -> None:
    limit = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < limit, f"waited in vain for {what}"
        time.sleep(every)
