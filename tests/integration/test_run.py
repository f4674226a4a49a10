"""`placa run` as a whole: every service up, the greeting, and nothing left behind."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from placa.demo.accounts import ACCOUNTS, PASSWORD
from placa.domain.accounts.models import User


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A migrated home and free ports."""
    home = tmp_path_factory.mktemp("home")
    (home / "static").mkdir()
    found = os.environ | {
        "PLACA_HOME": str(home),
        "PLACA_HTTP_PORT": str(free_port()),
        "PLACA_DICOM_PORT": str(free_port()),
        "PYTHONWARNINGS": "default",
    }
    subprocess.run([sys.executable, "-m", "placa.cli", "migrate"], env=found, check=True, timeout=120)
    return found


@pytest.fixture
def portal(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A running `placa run` that has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "placa.cli", "run"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(120, process.terminate)
    watchdog.start()
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ctrl-C ends it"):
            break
    else:
        pytest.fail("placa run was not ready: " + "".join(said))
    watchdog.cancel()
    yield process
    process.kill()
    process.communicate()


def get(environment: dict[str, str], path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", int(environment["PLACA_HTTP_PORT"]), timeout=10)
    with closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def descendants(pid: int) -> set[int]:
    """Every process below `pid`."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found, edge = set(), {pid}
    while edge:
        edge = {child for child, parent in parents.items() if parent in edge}
        found |= edge
    return found


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_every_service_answers_and_ends_within_ten_seconds(environment, portal):
    assert get(environment, "/healthz") == (200, b"ok\n")
    status, body = get(environment, "/readyz")
    assert (status, json.loads(body)) == (200, {"database": "ok", "migrations": "ok", "storage": "ok"})
    socket.create_connection(("127.0.0.1", int(environment["PLACA_DICOM_PORT"])), timeout=5).close()

    below = descendants(portal.pid)
    commands = " ".join(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in below)
    for service in (
        "gunicorn",
        "placa.cli dicom",
        "placa.cli render",
        "placa.cli worker short",
        "placa.cli worker long",
    ):
        assert service in commands

    started = time.monotonic()
    portal.send_signal(signal.SIGINT)
    assert portal.wait(timeout=15) == 0
    assert time.monotonic() - started < 10
    assert [pid for pid in below if alive(pid)] == []


def test_a_second_portal_on_the_same_ports_is_refused(environment, portal):
    second = subprocess.run(
        [sys.executable, "-m", "placa.cli", "run"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert re.search(r"Port \d+ on 127\.0\.0\.1 cannot be used", second.stderr)
    assert get(environment, "/healthz")[0] == 200


@pytest.mark.django_db
def test_the_greeting_names_the_cast():
    users = {user.username: user for user in User.objects.filter(username__in=ACCOUNTS)}
    assert set(ACCOUNTS) - set(users) == {"nuria"}  # she comes with her welcome mail, when the demo is loaded
    assert [name for name, user in users.items() if not user.check_password(PASSWORD)] == []
