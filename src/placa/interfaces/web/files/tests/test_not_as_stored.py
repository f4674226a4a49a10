"""A ZIP or a report whose files are not what was stored: cut or refused, told plainly, noted for staff."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from placa.domain.archive.models import Instance
from placa.domain.archive.storage import DamagedError, StorageError, storage
from placa.domain.archive.storage.local import LocalStorage
from placa.domain.downloads.tests import world
from placa.domain.reports.models import DiagnosticReport, ReportVersion
from placa.domain.reports.pdf import kept
from placa.domain.reports.services import add_version
from placa.interfaces.web.files.tests.test_zip import URL, body, browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def flip(key: str) -> None:
    path = storage().path(key)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


def last() -> Instance:
    return Instance.objects.filter(study=world.study()).latest("id")


def test_a_flipped_bit_cuts_the_zip_and_the_next_one_is_refused_before_it_begins() -> None:
    world.slices(3)
    answer = browser("ana").get(URL)
    flip(last().storage_key)
    sent: list[bytes] = []
    with pytest.raises(DamagedError):
        sent.extend(answer.streaming_content)  # type: ignore[attr-defined]
    whole = sum(map(len, sent))
    assert 0 < whole < int(answer["Content-Length"])
    assert last().damage == "crc"
    again = browser("ana").get(URL)
    assert again.status_code == 503
    assert again["Cache-Control"] == "no-store, private"


def test_pictures_alone_leave_the_damaged_one_out() -> None:
    world.slices(3)
    flip(last().storage_key)
    answer = browser("ana").get(URL + "?parts=jpeg")
    names = zipfile.ZipFile(io.BytesIO(body(answer))).namelist()
    assert len([name for name in names if name.endswith(".JPG")]) == 2


def test_a_storage_that_is_away_is_told_and_not_taken_for_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(2)

    def away(self: LocalStorage, keys: Any) -> Any:
        raise StorageError("away")

    monkeypatch.setattr(LocalStorage, "sizes", away)
    answer = browser("ana").get(URL)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert last().damage == ""


@pytest.fixture
def report() -> DiagnosticReport:
    world.slices(1)
    found = DiagnosticReport.objects.create(study=world.study(), order=world.study().order)
    add_version(
        report=found,
        status="final",
        source="upload",
        by="system",
        pdf=kept(b"%PDF-1.4 right"),
        signed_by="Dr. A",
    )
    found.refresh_from_db()
    return found


def version(report: DiagnosticReport) -> ReportVersion:
    return ReportVersion.objects.get(report=report)


def address(report: DiagnosticReport) -> str:
    return f"/files/{world.CT}/report/{report.public_id}"


def test_a_report_whose_pdf_is_damaged_or_gone_is_not_shown(report: DiagnosticReport) -> None:
    ana = browser("ana")
    assert body(ana.get(address(report))) == b"%PDF-1.4 right"
    flip(version(report).storage_key)
    refused = ana.get(address(report))
    assert refused.status_code == 503
    assert b"%PDF" not in refused.content
    assert ana.get(URL).status_code == 503
    storage().delete(version(report).storage_key)
    assert ana.get(address(report)).status_code == 503


def test_an_archive_that_does_not_answer_breaks_no_page(
    report: DiagnosticReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: LocalStorage, key: str) -> Path:
        raise StorageError("away")

    monkeypatch.setattr(LocalStorage, "open", away)
    ana = browser("ana")
    answer = ana.get(address(report))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert ana.get("/patient/").status_code == 200
