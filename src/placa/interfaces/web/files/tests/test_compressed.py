"""The DICOM files alone, deflated: smaller, exact, resumable, the same bytes."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from placa.domain.archive.models import Instance
from placa.domain.archive.storage import storage
from placa.domain.downloads import deflated, package, tasks
from placa.domain.downloads.tests import world
from placa.domain.institution.services import change_setting
from placa.interfaces.web.files.tests.test_zip import URL, body, browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]
SMALL = f"{URL}?parts=dicom&compressed=1"


def test_it_is_smaller_exact_and_holds_the_same_files(tmp_path: Path) -> None:
    world.slices(3, Rows=64, Columns=64, PixelData=bytes(8192))
    ana = browser("ana")
    answer, plain = ana.get(SMALL), ana.get(f"{URL}?parts=dicom")
    data = body(answer)
    assert int(answer["Content-Length"]) == len(data)
    assert len(data) < int(plain["Content-Length"]) - 3 * 7000
    assert answer["ETag"] != plain["ETag"]
    ours, theirs = zipfile.ZipFile(io.BytesIO(data)), zipfile.ZipFile(io.BytesIO(body(plain)))
    assert ours.testzip() is None
    assert {name: ours.read(name) for name in ours.namelist()} == {
        n: theirs.read(n) for n in theirs.namelist()
    }
    (tmp_path / "small.zip").write_bytes(data)
    assert subprocess.run(["unzip", "-tq", tmp_path / "small.zip"], capture_output=True).returncode == 0


def test_it_goes_on_where_it_stopped() -> None:
    world.slices(3)
    ana = browser("ana")
    whole = body(ana.get(SMALL))
    for start in (1, 700, len(whole) // 2, len(whole) - 10):
        part = ana.get(SMALL, headers={"Range": f"bytes={start}-"})
        assert part.status_code == 206
        assert body(part) == whole[start:]


def test_one_series_of_it() -> None:
    world.slices(2)
    world.slices(1, series=2)
    names = zipfile.ZipFile(io.BytesIO(body(browser("ana").get(f"{SMALL}&series={world.CT}.2")))).namelist()
    assert [name for name in names if name.startswith("DICOM/")] == ["DICOM/SER00002/IM000001"]


@pytest.mark.parametrize("parts", ["all", "jpeg", "report", "other"])
def test_only_dicom_files_alone_are_deflated(parts: str) -> None:
    world.slices(1)
    assert browser("ana").get(f"{URL}?parts={parts}&compressed=1").status_code == 404


def test_somebody_else_and_nobody_get_none() -> None:
    world.slices(1)
    assert browser("carla").get(SMALL).status_code == 404
    assert Client().get(SMALL).status_code == 302


def test_a_damaged_file_is_not_deflated() -> None:
    world.slices(2)
    path = storage().path(Instance.objects.latest("id").storage_key)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert browser("ana").get(SMALL).status_code == 503
    assert Instance.objects.latest("id").damage == "crc"
    assert not list(path.parents[5].glob("cache/zip/*/*/deflated*"))


def test_what_takes_long_is_deflated_by_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    study = world.slices(2)
    jobs = []
    monkeypatch.setattr(
        "placa.domain.downloads.services.enqueue", lambda name, *ids, **_: jobs.append((name, *ids))
    )
    monkeypatch.setattr(package, "WAIT_SECONDS", -1.0)
    answer = browser("ana").get(SMALL)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert jobs == [("downloads.deflate", study.pk)]
    tasks.deflate(study.pk)
    assert browser("ana").get(SMALL).status_code == 200


def test_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world.slices(1)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(deflated, "_deflated", full)
    assert browser("ana").get(SMALL).status_code == 503
    assert not list(tmp_path.glob("cache/zip/*/*/deflated*"))


LINK = "?parts=dicom&amp;compressed=1"


def test_it_is_offered_where_downloads_are() -> None:
    world.slices(2)
    body(browser("ana").get(URL))  # makes it ready
    panel = browser("ana").get(URL.replace("study.zip", "zip-status"), headers={"HX-Request": "true"})
    assert panel.content.decode().count(LINK) == 1
    assert LINK in browser("diaz").get(f"/doctor/studies/{world.CT}/").content.decode()


def test_it_is_offered_to_nobody_who_may_not_download() -> None:
    world.slices(2)
    change_setting(key="doctor_download", value=False, by="test")
    page = browser("diaz").get(f"/doctor/studies/{world.CT}/")
    assert page.status_code == 200
    assert "parts=dicom" not in page.content.decode()
