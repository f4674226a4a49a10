"""The whole portal on S3: C-STORE, index, pictures, frames, ZIP; then S3 gone and back."""

import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from placa.demo import cast
from placa.domain.archive.tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, s3_server
from placa.domain.intake.tests.objects import CT, ct, encoded
from placa.interfaces.dimse.tests.listener import Child, environment, free_port
from placa.interfaces.dimse.tests.test_store import EXPLICIT, send_raw

PLAN = cast.STUDIES["ana_ct"]
STUDY = "1.2.826.0.1.3680043.10.999.77"
SLICES = 5
SET_UP = """
import django; django.setup()
from django.core.management import call_command
from placa.demo import cast
from placa.domain.accounts.bearer import issue_token
from placa.domain.accounts.models import User
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
cast.institution_and_sites(); cast.people(); cast.orders()
print(issue_token(user=User.objects.get(username="diaz"), role="doctor"))
"""
pytestmark = [pytest.mark.peer, pytest.mark.slow]


@dataclass
class Portal:
    """A running `placa run` whose archive is S3."""

    home: Path
    own: dict[str, str]
    token: str
    s3: S3Server
    dicom_port: int

    def get(self, path: str, accept: str = "*/*") -> tuple[int, bytes]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.own['PLACA_HTTP_PORT']}{path}",
            headers={"Authorization": f"Bearer {self.token}", "Accept": accept},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except urllib.error.URLError:
            return 0, b""

    def until(self, path: str, status: int, seconds: float = 60) -> bytes:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            found, body = self.get(path)
            if found == status:
                return body
            time.sleep(0.3)
        raise AssertionError(
            f"{path} answers {found}: {body[:300]!r}\n{(self.home / 'run.log').read_text()[-3000:]}"
        )


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home, http, dicom = tmp_path_factory.mktemp("home"), free_port(), free_port()
    (home / "static").mkdir()
    with s3_server() as server:
        own = environment(
            home, PLACA_HTTP_PORT=str(http), PLACA_DICOM_PORT=str(dicom), PLACA_HL7_PORT=str(free_port()),
            PLACA_BASE_URL=f"http://127.0.0.1:{http}", DJANGO_SETTINGS_MODULE="placa.config.settings",
            PLACA_STORAGE_URL=server.url("placa/archive"), PLACA_STORAGE_ACCESS_KEY=ACCESS_KEY,
            PLACA_STORAGE_SECRET_KEY=SECRET_KEY,
        )  # fmt: skip
        made = subprocess.run(
            [sys.executable, "-c", SET_UP], env=own, capture_output=True, text=True, timeout=300
        )
        assert made.returncode == 0, made.stderr
        with (home / "run.log").open("ab") as log:
            running = subprocess.Popen(
                [sys.executable, "-m", "placa.cli", "run"], env=own, stdout=log, stderr=log
            )
        found = Portal(home, own, made.stdout.strip(), server, dicom)
        try:
            found.until("/readyz", 200, 120)
            yield found
        finally:
            running.terminate()
            running.wait(60)


def send(portal: Portal, numbers: range) -> list[int]:
    """C-STORE slices of Ana's study; the statuses that came back."""
    person, statuses = cast.PATIENTS["ana"], []
    with Child(portal.home, portal.dicom_port).association((CT, EXPLICIT)) as association:
        for number in numbers:
            data = ct(
                number, StudyInstanceUID=STUDY, SeriesInstanceUID=f"{STUDY}.1", SOPInstanceUID=f"{STUDY}.1.{number}",
                PatientID=person.patient_id, IssuerOfPatientID=cast.ISSUER, PatientBirthDate="",
                AccessionNumber=PLAN.accession, Rows=64, Columns=64, PixelData=bytes([number, 1]) * 4096,
            )  # fmt: skip
            statuses.append(send_raw(association, CT, data.SOPInstanceUID, encoded(data)))
    return statuses


def test_from_the_modality_to_the_zip_and_through_an_outage(portal: Portal) -> None:
    assert send(portal, range(1, SLICES + 1)) == [0] * SLICES
    root = f"/dicomweb/studies/{STUDY}"
    limit = time.monotonic() + 60
    while (found := portal.get(f"{root}/metadata"))[0] != 200 or len(json.loads(found[1])) != SLICES:
        assert time.monotonic() < limit, (portal.home / "run.log").read_text()[-3000:]
        time.sleep(0.3)
    assert not (portal.home / "archive").exists()

    # nothing is cached any more: all of it comes from S3
    for path in (portal.home / "cache" / "objects").rglob("*.dcm"):
        path.unlink()
    frame = f"{root}/series/{STUDY}.1/instances/{STUDY}.1.3/frames/1"
    status, body = portal.get(frame)
    assert (status, bytes([3, 1]) * 4096 in body) == (200, True)
    assert (
        portal.until(f"{root}/series/{STUDY}.1/instances/{STUDY}.1.4/frames/1/rendered", 200)[:2]
        == b"\xff\xd8"
    )
    archive = zipfile.ZipFile(io.BytesIO(portal.until(f"/files/{STUDY}/study.zip", 200)))
    assert archive.testzip() is None
    assert len([name for name in archive.namelist() if name.startswith("DICOM/SER")]) == SLICES

    # S3 away: what is cached goes on, the rest is told, nothing is acknowledged, nothing is called damaged
    far = next((portal.home / "cache" / "objects").rglob("*.dcm"))
    far.unlink()
    portal.s3.stop()
    statuses = [
        portal.get(f"{root}/series/{STUDY}.1/instances/{STUDY}.1.{n}/frames/1")[0]
        for n in range(1, SLICES + 1)
    ]
    assert sorted(statuses) == [200] * (SLICES - 1) + [503]
    assert portal.get("/readyz")[0] == 503
    assert portal.get("/healthz")[0] == 200
    assert send(portal, range(50, 52)) == [0xA700, 0xA700]
    portal.s3.start()
    portal.until("/readyz", 200)
    assert send(portal, range(50, 52)) == [0, 0]
    for number in (*range(1, SLICES + 1), 50, 51):
        portal.until(f"{root}/series/{STUDY}.1/instances/{STUDY}.1.{number}/frames/1", 200)
    scrub = subprocess.run(
        [sys.executable, "-m", "placa.cli", "scrub"],
        env=portal.own,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (scrub.returncode, scrub.stdout) == (0, scrub.stdout), scrub.stderr
    assert f"{SLICES + 2} files checked" in scrub.stdout
    crc = zlib.crc32(archive.read("DICOM/SER00001/IM000001"))
    assert crc == archive.getinfo("DICOM/SER00001/IM000001").CRC
