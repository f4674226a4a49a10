"""P6: the ZIP of a CT study of 300 slices against Orthanc's `/studies/<id>/media`.

Ours with DICOMDIR, JPEGs, report, pages and the viewer with its pixels, read over plain sockets by the doctor who ordered
it. Speed is that of the DICOM files in it. Prepared means: drawn, packed and read into the directory before, as the worker
does after a study has come. Exact length and resumption are checked, not measured.
"""

import datetime as dt
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydicom.uid import generate_uid

from house import House, house
from orthanc import Orthanc, orthanc
from placa.demo import cast, phantoms
from placa.domain.intake.tests.objects import ct, part10
from placa.interfaces.dimse.tests.listener import environment
from table import Row, row

SLICES = 300
PATIENCE_SECONDS = 240.0
_REPORT = """
import django, sys; django.setup()
from placa.domain.archive.models import Study
from placa.domain.reports.models import DiagnosticReport
from placa.domain.reports.services import add_version
study = Study.objects.get(study_instance_uid=sys.argv[1])
report = DiagnosticReport.objects.create(study=study, order=study.order, title="Informe")
add_version(report=report, status="final", source="upload", by="system", text="Sin hallazgos.", signed_by="Dr. A")
"""


@dataclass(frozen=True)
class Got:
    """One answer: seconds to the first byte and to the last, bytes of its body, and their SHA-256 where asked for."""

    first: float
    all: float
    bytes: int
    head: str
    digest: str = ""


def rows(quick: bool) -> list[Row]:
    """Both sides in turn, on the same study."""
    rounds = 2 if quick else 5
    with tempfile.TemporaryDirectory() as name, house(Path(name) / "home") as ours:
        study, dicom = _fill(ours, Path(name) / "files", 100 if quick else SLICES)
        with orthanc(Path(name) / "orthanc") as theirs:
            media = f"{theirs.address}/studies/{_send(theirs, Path(name) / 'files')}/media"
            address = f"{ours.address}/files/{study}/study.zip"
            _prepared(ours, study)
            _must_be_exact(ours, address)
            small = f"{address}?parts=dicom&compressed=1"
            began = time.perf_counter()
            get(ours, small)
            first_time = time.perf_counter() - began
            stored, compressed, anchors = [], [], []
            with _watched(ours.home) as memory:
                for _ in range(rounds):
                    stored.append(get(ours, address))
                    compressed.append(get(ours, small))
                    anchors.append(get(None, media))
    speed = [dicom / 1e6 / one.all for one in anchors]
    size = f"{compressed[0].bytes / anchors[0].bytes:.3f} of Orthanc's size"
    whole = f"the whole is {stored[0].bytes / dicom:.2f} of its DICOM files"
    mb = dicom / 1e6
    return [
        row("P6", "ZIP of all, first byte", "ms", [one.first * 1000 for one in stored],
            [one.first * 1000 for one in anchors], goal="100 ms", note=whole),
        row("P6", f"ZIP of all, {mb:.0f} MB of DICOM, stored", "MB/s", [mb / one.all for one in stored], speed,
            goal="40x", higher_is_better=True),
        row("P6", "ZIP of DICOM alone, deflated", "MB/s", [mb / one.all for one in compressed], speed,
            goal="10x, 1.15 of the size", note=size, higher_is_better=True),
        row("P6", "the same, deflated for the first time", "MB/s", [mb / first_time], speed, goal="10x",
            higher_is_better=True),
        row("P6", "memory of the web workers while they send", "MB more", [max(memory) - memory[0]], goal="flat"),
    ]  # fmt: skip


def get(house: House | None, address: str, *, start: int = 0, digest: bool = False) -> Got:
    """GET over a socket of its own; the body is counted and thrown away."""
    parts = urlsplit(address)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    more = f"Authorization: Bearer {house.token}\r\n" if house else ""
    more += f"Range: bytes={start}-\r\n" if start else ""
    hashed = hashlib.sha256()
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), 120) as line:
        line.sendall(
            f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n{more}\r\n".encode()
        )
        buffer, began, head = bytearray(1 << 20), time.perf_counter(), b""
        while b"\r\n\r\n" not in head:
            head += line.recv(65536)
        first = time.perf_counter() - began
        head, _, body = head.partition(b"\r\n\r\n")
        if head[9:12] not in (b"200", b"206"):
            raise SystemExit(f"{address}: {head[:200]!r}")
        total = len(body)
        hashed.update(body)
        while count := line.recv_into(buffer):
            total += count
            if digest:
                hashed.update(memoryview(buffer)[:count])
        return Got(first, time.perf_counter() - began, total, head.decode(), hashed.hexdigest())


def _must_be_exact(ours: House, address: str) -> None:
    """The announced length is the real one, and a download that goes on has the same bytes."""
    whole = get(ours, address, digest=True)
    if f"Content-Length: {whole.bytes}\r\n".lower() not in whole.head.lower() + "\r\n":
        raise SystemExit("the length was not exact")
    start = whole.bytes * 2 // 3
    with urllib.request.urlopen(_asked(ours, address)) as answer:
        answer.read(start)
        expected = hashlib.sha256(answer.read()).hexdigest()
    rest = get(ours, address, start=start, digest=True)
    if (rest.bytes, rest.digest) != (whole.bytes - start, expected):
        raise SystemExit("the rest is not what the whole has there")


def _asked(ours: House, address: str) -> urllib.request.Request:
    return urllib.request.Request(address, headers={"Authorization": f"Bearer {ours.token}"})


def _prepared(ours: House, study: str) -> None:
    """Wait until the worker has drawn everything."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < limit:
        with urllib.request.urlopen(_asked(ours, f"{ours.address}/files/{study}/zip-status")) as answer:
            if json.load(answer)["state"] == "ready":
                return
        time.sleep(1)
    raise SystemExit(f"the ZIP was not prepared in {PATIENCE_SECONDS:.0f} s")


def _fill(ours: House, folder: Path, slices: int) -> tuple[str, int]:
    """A CT of 512 x 512 slices for the doctor's order, with a report; its UID and bytes."""
    folder.mkdir()
    study, series, person = generate_uid(), generate_uid(), cast.PATIENTS["ana"]
    drawn = _pixels(min(slices, 50))
    for number in range(1, slices + 1):
        data = ct(
            number, StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=generate_uid(), Rows=512,
            Columns=512, PixelData=drawn[number % len(drawn)], PatientID=person.patient_id, IssuerOfPatientID=cast.ISSUER,
            PatientBirthDate="", AccessionNumber=cast.STUDIES["ana_ct"].accession, WindowCenter="1064",
            WindowWidth="400",
        )  # fmt: skip
        (folder / f"{number:04}.dcm").write_bytes(part10(data))
    own = environment(ours.home, DJANGO_SETTINGS_MODULE="placa.config.settings")
    for command in (["-m", "placa.cli", "import", str(folder)], ["-c", _REPORT, study]):
        done = subprocess.run(
            [sys.executable, *command], env=own, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
    return study, sum(path.stat().st_size for path in folder.iterdir())


def _pixels(count: int) -> list[bytes]:
    """Slices of the demo's abdomen: they deflate as those of a scanner do, to 0.34 by zlib's level 6."""
    identity = phantoms.Identity("Bench^Placa", "1", cast.ISSUER, dt.date(1970, 1, 1), "F")
    visit = phantoms.Visit(
        "1.2.3.4", "ACC", dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC), "TC", "Placa", "", "CT1"
    )
    return [data.PixelData for data in phantoms.ct_abdomen(identity, visit, count, coronal=0)]


def _send(theirs: Orthanc, folder: Path) -> str:
    """The same files into Orthanc; its name of the study."""
    parent = ""
    for path in sorted(folder.iterdir()):
        request = urllib.request.Request(f"{theirs.address}/instances", data=path.read_bytes(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            parent = json.load(answer)["ParentStudy"]
    return parent


@contextmanager
def _watched(home: Path) -> Iterator[list[float]]:
    """Megabytes that the web workers of `home` hold together, looked at ten times a second."""
    workers = _workers(home)
    seen, over = [_resident(workers)], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            seen.append(_resident(workers))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _workers(home: Path) -> list[int]:
    """Processes of gunicorn that serve `home`."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            mine = f"PLACA_HOME={home}\0".encode() in (path / "environ").read_bytes()
            if mine and b"gunicorn" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def _resident(pids: list[int]) -> float:
    """Private memory (MB): what they share with each other was loaded before the fork."""
    pages = [[int(n) for n in Path(f"/proc/{pid}/statm").read_text().split()] for pid in pids]
    return sum(resident - shared for _, resident, shared, *_ in pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
