"""STOW-RS on a real server: kill -9 while programs store, and requests of very many parts."""

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import ct, encoded, part10
from placa.interfaces.dimse.tests.listener import Child, environment, free_port
from placa.standards.dicom.uids import new_uid

pytestmark = pytest.mark.slow
SEED = 20261125
KILLS = 4
MANY = 2000
BOUNDARY = "=_kept"
DJANGO = "import django; django.setup()\n"
SET_UP = (
    DJANGO
    + """
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
from placa.demo import cast
cast.institution_and_sites(); cast.people(); cast.orders()
from placa.domain.accounts.bearer import issue_token
from placa.domain.accounts.models import User
from placa.domain.people.models import StaffMember
print(StaffMember.objects.get(user__username="ines").sites.get().pk)
print(issue_token(user=User.objects.get(username="ines"), role="staff"))
"""
)
SWEEP = DJANGO + "from placa.domain.intake.recovery import recover; recover()"


@dataclass
class Web(Child):
    """`placa web` in a home of its own; `port` is its HTTP port."""

    token: str = ""
    site: int = 0

    def run(self, code: str) -> str:
        """What `code` prints, in a process of the same installation."""
        done = subprocess.run(
            [sys.executable, "-c", code], env=self.own(), capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def own(self) -> dict[str, str]:
        return environment(
            self.home, PLACA_HTTP_PORT=str(self.port), PLACA_BASE_URL=f"http://127.0.0.1:{self.port}",
            DJANGO_SETTINGS_MODULE="placa.config.settings",
        )  # fmt: skip

    def start(self) -> None:
        with (self.home / "listener.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "placa.cli", "web"], env=self.own(), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        limit = time.monotonic() + 90
        while not self.answers():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < limit, self.log()
            time.sleep(0.1)

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(self.line()) as line:
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        return False

    def line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def store(self, files: Iterable[bytes], length: int) -> tuple[int, str]:
        """Status and text of the answer to a request of `length` bytes."""
        headers = {
            "Authorization": f"Bearer {self.token}", "Accept": "application/dicom+json", "Content-Length": str(length),
            "Content-Type": f'multipart/related; type="application/dicom"; boundary="{BOUNDARY}"',
        }  # fmt: skip
        with contextlib.closing(self.line()) as line:
            line.request("POST", "/dicomweb/studies", related(files), headers)
            answer = line.getresponse()
            return answer.status, answer.read().decode()

    def most_memory(self) -> int:
        """The most that one of its processes ever held, in bytes."""
        found = [(Path("/proc") / str(pid) / "status").read_text() for pid in self.processes()]
        return max(int(text.partition("VmHWM:")[2].split()[0]) for text in found) * 1024


_HEAD = f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
_END = f"--{BOUNDARY}--\r\n".encode()


def related(files: Iterable[bytes]) -> Iterator[bytes]:
    for file in files:
        yield _HEAD + file + b"\r\n"
    yield _END


def length_of(sizes: Iterable[int]) -> int:
    return sum(len(_HEAD) + size + 2 for size in sizes) + len(_END)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    home = tmp_path_factory.mktemp("web")
    (home / "static").mkdir()
    found = Web(home, free_port())
    site, found.token = found.run(SET_UP).split()
    found.site = int(site)
    found.start()
    try:
        yield found
    finally:
        found.kill()


class Program(threading.Thread):
    """Stores request after request of six slices until told to stop; keeps what it sent and what was acknowledged."""

    def __init__(self, web: Web) -> None:
        super().__init__(daemon=True)
        self._web = web
        self.sent: dict[str, bytes] = {}
        self.acknowledged: set[str] = set()
        self.over = threading.Event()
        self.broken = 0

    def run(self) -> None:
        while not self.over.is_set():
            study, files = new_uid(), []
            for number in range(1, 7):
                data = ct(
                    number, StudyInstanceUID=study, SOPInstanceUID=new_uid(), Rows=256, Columns=256,
                    PixelData=random.randbytes(131072),
                )  # fmt: skip
                self.sent[str(data.SOPInstanceUID)] = encoded(data)
                files.append(part10(data))
            try:
                status, said = self._web.store(files, length_of(map(len, files)))
            except (OSError, http.client.HTTPException):
                self.broken += 1  # it was killed: nothing was acknowledged
                time.sleep(0.1)
                continue
            assert status == 200, said
            stored = json.loads(said)["00081199"]["Value"]
            self.acknowledged.update(one["00081155"]["Value"][0] for one in stored)


def test_what_was_acknowledged_is_there_after_every_kill(web: Web) -> None:
    moments = random.Random(SEED)
    programs = [Program(web) for _ in range(2)]
    for program in programs:
        program.start()
    for number in range(KILLS):
        time.sleep(moments.uniform(1.0, 2.0))
        if number % 2:
            os.kill(web.processes()[-1], signal.SIGKILL)  # one worker: gunicorn starts another
        else:
            web.kill()
            web.start()
    time.sleep(1)
    for program in programs:
        program.over.set()
        program.join(120)
    assert sum(program.broken for program in programs) >= KILLS / 2
    _sweep(web)
    sent = programs[0].sent | programs[1].sent
    acknowledged = programs[0].acknowledged | programs[1].acknowledged
    assert len(acknowledged) > 20
    kept = dict(web.rows("select sop_instance_uid, storage_key from archive_instance"))
    assert acknowledged <= kept.keys() <= sent.keys()
    for uid, key in kept.items():  # acknowledged or not: whole, or not there
        assert (web.home / "archive" / key).read_bytes().endswith(sent[uid]), f"{uid} altered"
    assert {str(path.relative_to(web.home / "archive")) for path in web.stored()} == set(kept.values())
    assert web.rows("select distinct site_id from archive_study") == [(web.site,)]


def _sweep(web: Web) -> None:
    """What the job `intake.recover` does once files have lain for five minutes.

    Also those that died between sync and rename (`.dcm.ahead`): the job gives them their name, and their age stays.
    """
    then = time.time() - 600
    for path in (web.home / "archive").rglob("*.dcm*"):
        os.utime(path, (then, then))
    web.run(SWEEP)


def test_very_many_small_objects_are_kept_in_flat_memory(web: Web) -> None:
    web.kill()
    web.start()
    study = new_uid()

    def small(first: int, count: int) -> Iterator[bytes]:
        for number in range(first, first + count):
            yield part10(ct(number, StudyInstanceUID=study, SOPInstanceUID=f"{study}.{number}"))

    size = len(next(small(1000, 1)))  # of every one: their numbers have four digits
    assert web.store(small(1000, 200), length_of([size] * 200))[0] == 200
    before = web.most_memory()
    status, said = web.store(small(2000, MANY), length_of([size] * MANY))
    assert status == 200, said
    assert len(json.loads(said)["00081199"]["Value"]) == MANY
    assert web.most_memory() - before < 48 * 1024**2


def test_a_request_of_a_million_parts_is_told_its_limit(web: Web) -> None:
    before = web.most_memory()
    parts = 200_000  # what comes behind the limit is not looked at, however much it is
    status, said = web.store((b"x" for _ in range(parts)), length_of(1 for _ in range(parts)))
    assert (status, "At most 20000 parts a request" in said) == (400, True), said
    assert web.most_memory() - before < 48 * 1024**2
    assert web.answers()
