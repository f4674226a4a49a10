"""A portal of a chosen storage and database: listener, web and render pool as real processes on loopback."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from placa.config.tests.postgres import postgres
from placa.domain.archive.tests.s3 import ACCESS_KEY, SECRET_KEY, s3_server
from placa.interfaces.dimse.tests.listener import Child, environment, free_port

START_SECONDS = 120.0
SERVICES = ("web", "dicom", "render")  # nothing that is asked of it here waits for a job
SET_UP = """
import django; django.setup()
from django.core.management import call_command
from placa.demo import cast
from placa.domain.accounts.bearer import issue_token
from placa.domain.accounts.models import User
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
cast.institution_and_sites(); cast.people()
print(issue_token(user=User.objects.get(username="jefe"), role="staff"))
"""


@dataclass
class Portal:
    """A running one; `token` is the super-user's, who sees studies that matched nobody."""

    home: Path
    own: dict[str, str]
    token: str

    @property
    def dicomweb(self) -> str:
        return f"http://127.0.0.1:{self.own['PLACA_HTTP_PORT']}/dicomweb"

    @property
    def listener(self) -> Child:
        """How tests speak with its listener, which is not theirs to start or end."""
        return Child(self.home, int(self.own["PLACA_DICOM_PORT"]))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Rows of its database, whichever it is."""
        if url := self.own.get("PLACA_DATABASE_URL"):
            with psycopg.connect(url) as connection:
                return connection.execute(query).fetchall()
        with closing(sqlite3.connect(self.home / "placa.sqlite3", timeout=20)) as lite:
            return lite.execute(query).fetchall()

    def until(self, query: str, count: int, seconds: float = 120) -> list[tuple[object, ...]]:
        """Rows once there are `count` of them."""
        limit = time.monotonic() + seconds
        while len(found := self.rows(query)) < count:
            assert time.monotonic() < limit, f"{len(found)} of {count}: {self.log()}"
            time.sleep(0.2)
        return found

    def log(self) -> str:
        return "".join((self.home / f"{name}.log").read_text()[-2000:] for name in SERVICES)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(self.dicomweb.replace("/dicomweb", "/readyz"), timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.HTTPError, OSError):
            return False


@contextmanager
def running(home: Path, storage: str, database: str) -> Iterator[Portal]:
    """A portal on `storage` (file, s3) and `database` (sqlite, postgres), with the people of the cast; ended after."""
    (home / "static").mkdir(parents=True)
    with ExitStack() as stack:
        http, dicom = free_port(), free_port()
        own = environment(
            home, PLACA_HTTP_PORT=str(http), PLACA_DICOM_PORT=str(dicom), PLACA_SECRET_KEY="s" * 50,
            PLACA_BASE_URL=f"http://127.0.0.1:{http}", DJANGO_SETTINGS_MODULE="placa.config.settings",
        )  # fmt: skip
        if storage == "s3":
            url = stack.enter_context(s3_server()).url("placa/archive")
            own |= {"PLACA_STORAGE_URL": url, "PLACA_STORAGE_ACCESS_KEY": ACCESS_KEY}
            own["PLACA_STORAGE_SECRET_KEY"] = SECRET_KEY
        if database == "postgres":
            server = postgres()
            stack.callback(server.destroy)
            own["PLACA_DATABASE_URL"] = server.url()
        made = subprocess.run(
            [sys.executable, "-c", SET_UP], env=own, capture_output=True, text=True, timeout=300
        )
        assert made.returncode == 0, made.stderr
        portal = Portal(home, own, made.stdout.strip())
        for name in SERVICES:
            stack.callback(_end, _start(portal, name))
        limit = time.monotonic() + START_SECONDS
        while not portal.is_ready():
            assert time.monotonic() < limit, portal.log()
            time.sleep(0.2)
        yield portal


def _start(portal: Portal, name: str) -> "subprocess.Popen[bytes]":
    with (portal.home / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "placa.cli", name],
            env=portal.own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
