"""A listener in a process of its own, with a home of its own, as a modality meets it."""

import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pynetdicom import AE
from pynetdicom.association import Association

from placa.interfaces.dimse.peers import SECONDS_KEPT

START_SECONDS = 60.0
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # two lines an object, else


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(home: Path, mode: str = "demo", **more: str) -> dict[str, str]:
    """The environment of a child: ours without its PLACA_*, plus a home."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PLACA_")}
    return {**ours, "PLACA_HOME": str(home), "PLACA_ENV": mode, **more}


def placa(*arguments: str, home: Path, mode: str = "demo") -> str:
    """Run one `placa` command to its end; what it printed."""
    command = [sys.executable, "-m", "placa.cli", *arguments]
    done = subprocess.run(command, env=environment(home, mode), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Child:
    """A running listener."""

    home: Path
    port: int
    mode: str = "demo"
    prefix: list[str] = field(default_factory=list)  # e.g. strace
    more: dict[str, str] = field(default_factory=dict)  # of the environment
    program: list[str] = field(default_factory=lambda: ["-m", "placa.cli", "dicom"])
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start and wait until it accepts."""
        command = [*self.prefix, sys.executable, *self.program]
        log = (self.home / "listener.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                command,
                env=environment(self.home, self.mode, PLACA_DICOM_PORT=str(self.port), **self.more),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit:
            assert self.process.poll() is None, self.log()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"not listening: {self.log()}")

    def stop(self) -> None:
        """End it as the supervisor does; what waited is indexed then."""
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9."""
        self.end(signal.SIGKILL)

    def end(self, number: int) -> None:
        """Signal the process and what it started, and wait."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(60)

    def log(self) -> str:
        """What it logged."""
        return (self.home / "listener.log").read_text()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of its database."""
        connection = sqlite3.connect(self.home / "placa.sqlite3", timeout=20)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def wait_for(
        self, query: str, *values: Any, count: int = 1, seconds: float = 20
    ) -> list[tuple[Any, ...]]:
        """Rows once there are `count` of them; fails after `seconds`."""
        limit = time.monotonic() + seconds
        while len(found := self.rows(query, *values)) < count:
            assert time.monotonic() < limit, f"{len(found)} of {count} rows; {self.log()[-3000:]}"
            time.sleep(0.05)
        return found

    def stored(self) -> list[Path]:
        """Every file below its storage, unfinished ones too, but for names made ahead with nothing in them."""
        root = self.home / "archive"
        found = [path for path in root.rglob("*") if path.is_file()] if root.exists() else []
        return [path for path in found if path.suffix != ".ahead" or path.stat().st_size]

    def processes(self) -> list[int]:
        """The listener and what it forked: its indexer, its associations."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    @contextmanager
    def association(
        self, *contexts: tuple[str, list[str]], ae_title: str = "CT1", seconds: float = 20
    ) -> Iterator[Association]:
        """An association of pynetdicom's that asks for `contexts` (SOP class, transfer syntaxes)."""
        ae = AE(ae_title=ae_title)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = seconds
        for sop_class, syntaxes in contexts:
            ae.add_requested_context(sop_class, syntaxes)
        association = ae.associate("127.0.0.1", self.port, ae_title="PLACA")
        bound = association.dul.socket.socket if association.dul.socket else None
        try:
            yield association
        finally:
            if association.is_established:
                association.release()
            if bound is not None:
                bound.close()  # a killed listener leaves it open


def admit(
    child: Child,
    ae_title: str,
    address: str,
    may_store: int = 1,
    enabled: int = 1,
    issuer: str = "",
    port: int | None = None,
) -> None:
    """Add a peer to the listener's database."""
    connection = sqlite3.connect(child.home / "placa.sqlite3", timeout=20)
    with connection:
        connection.execute(
            "insert into institution_dicompeer (name, ae_title, address, may_store, enabled, default_issuer,"
            " port, created_at, updated_at) values ('', ?, ?, ?, ?, ?, ?, datetime('now'), datetime('now'))",
            (ae_title, address, may_store, enabled, issuer, port),
        )
    connection.close()
    time.sleep(SECONDS_KEPT + 0.1)  # so long the listener may go by what it read before


@contextmanager
def listening(
    template: Path,
    home: Path,
    mode: str = "demo",
    prefix: list[str] | None = None,
    more: dict[str, str] | None = None,
) -> Iterator[Child]:
    """A listener on a copy of the migrated `template` home."""
    shutil.copytree(template, home)
    child = Child(home, free_port(), mode, prefix or [], more or {})
    child.start()
    try:
        yield child
    finally:
        child.kill()
