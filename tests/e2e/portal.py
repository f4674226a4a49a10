"""A whole portal of its own: a home, free ports, every service as `placa run` starts them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

ROOT = Path(__file__).parents[2]
PLACA = [sys.executable, "-W", "default", "-m", "placa.cli"]
STORESCU = "/usr/bin/storescu"
START_SECONDS = 120


def free_port() -> int:
    """A TCP port that nobody on this machine listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Portal:
    """One running installation under `home`."""

    home: Path
    http_port: int = field(default_factory=free_port)
    dicom_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where the portal answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def log(self) -> Path:
        """What every service writes."""
        return self.home / "services.log"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes; nothing of the test run's own settings is left in it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLACA_")}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "placa.config.settings",
            "PLACA_ENV": "demo",
            "PLACA_HOME": str(self.home),
            "PLACA_HTTP_PORT": str(self.http_port),
            "PLACA_DICOM_PORT": str(self.dicom_port),
        }

    def do(self, *command: str) -> None:
        """Run one `placa` command to its end; raises CalledProcessError where it fails."""
        self._child([*PLACA, *command])

    def set_up(self, *, whole_demo: bool = False) -> None:
        """Static files, database, and the people of the cast (or the whole demo with its studies)."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.do("manage", "collectstatic", "--noinput", "--verbosity", "0")
        self.do("migrate")
        if whole_demo:
            self.do("demo", "--once")
        else:
            self._child([sys.executable, "-m", "tests.e2e.seed"])

    def start(self) -> None:
        """Start every service and wait until listener and portal answer."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*PLACA, "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The portal did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.2)

    def stop(self) -> None:
        """End the supervisor, which ends its children."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def complaints(self) -> list[str]:
        """Lines of the services' log that tell of an error nobody caught, or of a service that died."""
        words = re.compile(r"Traceback|^ERROR|CRITICAL|starting it again|Internal Server Error", re.MULTILINE)
        text = self.log.read_text(errors="replace")
        return [text[max(0, found.start() - 200) : found.start() + 2000] for found in words.finditer(text)]

    def store(self, folder: Path, data_sets: Iterable[Dataset], ae_title: str = "TC-NORTE-1") -> None:
        """Send objects as a modality does: files on its disk, C-STORE by dcmtk's storescu."""
        folder.mkdir(parents=True)
        for number, data_set in enumerate(data_sets):
            data_set.save_as(folder / f"{number:04}.dcm", enforce_file_format=True)
        command = [
            STORESCU,
            "-aet",
            ae_title,
            "-aec",
            "PLACA",
            "+sd",
            "127.0.0.1",
            str(self.dicom_port),
            str(folder),
        ]
        sent = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert sent.returncode == 0, sent.stderr

    def _child(self, command: list[str]) -> None:
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[2:])} failed:\n{done.stdout[-1000:]}{done.stderr[-4000:]}")

    def _is_up(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.dicom_port), timeout=1).close()
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
