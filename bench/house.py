"""A whole Placa on free ports with the cast's people and orders: what the benchmarks measure."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from placa.interfaces.dimse.tests.listener import environment, free_port

DOCTOR, STAFF = "diaz", "jefe"
START_SECONDS = 120.0
# one process for all of it: each start of Django costs seconds on a busy machine
SET_UP = f"""
import django; django.setup()
from django.core.management import call_command
from placa.demo import cast
from placa.domain.accounts.bearer import issue_token
from placa.domain.accounts.models import User
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
cast.institution_and_sites(); cast.people(); cast.orders()
for name, role in (({DOCTOR!r}, "doctor"), ({STAFF!r}, "staff")):
    print(issue_token(user=User.objects.get(username=name), role=role))
"""


@dataclass(frozen=True)
class House:
    """Where it listens, and the bearer tokens of the doctor and of the super-user, who may store."""

    home: Path
    http_port: int
    dicom_port: int
    token: str
    staff_token: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"


@contextmanager
def house(home: Path) -> Iterator[House]:
    """Start everything that `placa run` starts, in `home`; end it afterwards."""
    http, dicom, hl7 = free_port(), free_port(), free_port()
    own = environment(
        home, PLACA_HTTP_PORT=str(http), PLACA_DICOM_PORT=str(dicom), PLACA_HL7_PORT=str(hl7),
        PLACA_BASE_URL=f"http://127.0.0.1:{http}", DJANGO_SETTINGS_MODULE="placa.config.settings",
    )  # fmt: skip
    home.mkdir(parents=True, exist_ok=True)
    tokens = run(own, "-c", SET_UP).split()
    with (home / "house.log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "placa.cli", "run"],
            env=own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for port in (http, dicom):
            wait(port, running, home)
        yield House(home, http, dicom, *tokens)
    finally:
        if running.poll() is None:
            os.kill(running.pid, signal.SIGTERM)
            running.wait(60)


@contextmanager
def started(services: list[tuple[str, dict[str, str], int]], home: Path) -> Iterator[None]:
    """Services of one house by name, with the environment and the port of each; ended afterwards."""
    running = []
    try:
        with (home / "house.log").open("ab") as log:
            for name, own, _port in services:
                command = [sys.executable, "-m", "placa.cli", name]
                running.append(
                    subprocess.Popen(command, env=own, stdout=log, stderr=log, start_new_session=True)
                )
        for child, (_name, _own, port) in zip(running, services, strict=True):
            wait(port, child, home)
        yield
    finally:
        for child in running:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
        for child in running:
            child.wait(60)


def run(own: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], env=own, capture_output=True, text=True, timeout=400)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def wait(port: int, running: "subprocess.Popen[bytes]", home: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and running.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"it did not start: {(home / 'house.log').read_text()[-2000:]}")
