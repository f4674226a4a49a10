"""P12: scaling out on one PostgreSQL: two DICOM listeners and two web processes against one of each.

The same listeners and web processes stand ready in every round, and one or both of each are sent to: who is not asked
does nothing. How busy the machine already was with one says how much a second one can give there.
"""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg
from pydicom import dcmread

from dicomweb import Connection, Side
from house import SET_UP, run, started
from p1_store import STORESCU, Load, study_files
from placa.config.tests.postgres import postgres
from placa.interfaces.dimse.tests.listener import environment, free_port
from table import Row, row

ASSOCIATIONS, CLIENTS = 4, 8
PATIENCE_SECONDS = 120.0


@dataclass
class Site:
    """Two of each, on one database; what was sent, by StudyInstanceUID."""

    url: str
    token: str
    dicom_ports: list[int]
    http_ports: list[int]
    sent: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class Taken:
    """Seconds of each round, and the share of all cores that was busy meanwhile."""

    seconds: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


def rows(quick: bool) -> list[Row]:
    """Storing and asking: `placa` with two of each, `anchor` with one."""
    slices, requests, rounds = (100, 400, 3) if quick else (400, 2000, 5)
    store, ask = (Taken(), Taken()), (Taken(), Taken())
    with tempfile.TemporaryDirectory() as folder, _site(Path(folder)) as site:
        for _ in range(rounds):
            for count in (1, 2):
                _store(site, count, slices, store[count - 1])
        _same_results(site)
        for _ in range(rounds):
            for count in (1, 2):
                _ask(site, count, requests, ask[count - 1])
    return [
        _row(f"{slices} CT on {ASSOCIATIONS} associations, two listeners", *store),
        _row(f"{requests} searches by {CLIENTS} clients, two web processes", *ask),
    ]


def _row(what: str, one: Taken, two: Taken) -> Row:
    cores, busy = os.cpu_count() or 1, median(one.busy)
    note = f"with one, {busy:.0%} of {cores} cores are busy: no more than {1 / busy:.2f}x is there"
    return row("P12", what, "s", two.seconds, one.seconds, goal="1.7x where cores allow", note=note)


@contextmanager
def _site(folder: Path) -> Iterator[Site]:
    server, home = postgres(durable=True), folder / "home"
    home.mkdir()
    dicom, http = [free_port(), free_port()], [free_port(), free_port()]
    own = environment(
        home, PLACA_DATABASE_URL=server.url(), PLACA_SECRET_KEY="s" * 50, GUNICORN_CMD_ARGS="--workers 1",
        DJANGO_SETTINGS_MODULE="placa.config.settings",
    )  # fmt: skip
    try:
        token = run(own, "-c", SET_UP).split()[-1]
        services = [("dicom", {"PLACA_DICOM_PORT": str(port)}, port) for port in dicom]
        services += [
            ("web", {"PLACA_HTTP_PORT": str(port), "PLACA_BASE_URL": f"http://127.0.0.1:{port}"}, port)
            for port in http
        ]
        with started([(name, own | more, port) for name, more, port in services], home):
            yield Site(server.url(), token, dicom, http)
    finally:
        server.destroy()


@contextmanager
def _timed(taken: Taken) -> Iterator[None]:
    before, began = _jiffies(), time.perf_counter()
    yield
    taken.seconds.append(time.perf_counter() - began)
    idle, total = (after - early for after, early in zip(_jiffies(), before, strict=True))
    taken.busy.append(1 - idle / total)


def _jiffies() -> tuple[int, int]:
    """Idle and all time of all cores since the machine started."""
    fields = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def _store(site: Site, count: int, slices: int, taken: Taken) -> None:
    """Studies on several associations at once, shared out among `count` listeners, until the last row is there."""
    load = Load("", slices, 512, ASSOCIATIONS, "")
    with tempfile.TemporaryDirectory() as folder:
        parts = [study_files(Path(folder) / str(number), load) for number in range(ASSOCIATIONS)]
        for part in parts:
            read = [dcmread(file, stop_before_pixels=True) for file in part.iterdir()]
            site.sent[str(read[0].StudyInstanceUID)] = {str(one.SOPInstanceUID) for one in read}
        os.sync()
        with _timed(taken):
            sending = [
                subprocess.Popen(
                    [STORESCU, "-aec", "PLACA", "-R", "+sd", "127.0.0.1", str(site.dicom_ports[number % count]), str(part)],
                    env={**os.environ, "TCP_NODELAY": "1"},
                )
                for number, part in enumerate(parts)
            ]  # fmt: skip
            if any([one.wait(PATIENCE_SECONDS) for one in sending]):
                raise SystemExit("storescu failed")
            _until_indexed(site)


def _until_indexed(site: Site) -> None:
    wanted, limit = sum(map(len, site.sent.values())), time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(site.url, autocommit=True) as connection:
        while True:
            (found,) = connection.execute("SELECT count(*) FROM archive_instancemetadata").fetchone() or (0,)
            if found >= wanted:
                return
            if time.monotonic() > limit:
                raise SystemExit(f"indexed {found} of {wanted}")
            time.sleep(0.02)


def _same_results(site: Site) -> None:
    """Every web process tells of the very objects that were sent, whichever listener took them, and of no other."""
    for port in site.http_ports:
        told: dict[str, set[str]] = {}
        for study in site.sent:
            rows = json.loads(_asked(site, port, f"studies/{study}/instances?limit=500"))
            told[study] = {row["00080018"]["Value"][0] for row in rows}
        everything = {
            row["0020000D"]["Value"][0] for row in json.loads(_asked(site, port, "studies?limit=500"))
        }
        if told != site.sent or everything != set(site.sent):
            raise SystemExit(f"the web process on port {port} tells of other objects than were sent")


def _asked(site: Site, port: int, path: str) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/dicomweb/{path}", headers={"Authorization": f"Bearer {site.token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
        return content


def _ask(site: Site, count: int, requests: int, taken: Taken) -> None:
    """Searches of clients that keep their connections, shared out among `count` web processes."""
    headers = {"Authorization": f"Bearer {site.token}"}
    open_ones = [
        Connection(Side(f"http://127.0.0.1:{site.http_ports[number % count]}/dicomweb", headers))
        for number in range(CLIENTS)
    ]
    studies = list(site.sent)

    def client(number: int) -> None:
        for turn in range(requests // CLIENTS):
            study = studies[(number + turn) % len(studies)]
            path = f"/studies/{study}/series" if turn % 2 else "/studies?limit=20"
            status, size = open_ones[number].get(path, "application/dicom+json")
            if status != 200 or not size:
                raise SystemExit(f"{path} answered {status}")

    with _timed(taken), ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    for one in open_ones:
        one.close()
