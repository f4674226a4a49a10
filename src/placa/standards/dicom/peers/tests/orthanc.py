"""A real Orthanc on loopback, with its DICOMweb plugin, that can be killed and started again."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
START_SECONDS = 30.0


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Orthanc:
    """An Orthanc with ports and a store of its own; `modalities` are whom it knows: name -> [AE title, host, port]."""

    aet = "ORTHANC"

    def __init__(self, home: Path, modalities: dict[str, list[Any]] | None = None, **settings: Any) -> None:
        self.home = home
        self.http_port, self.dicom_port = free_port(), free_port()
        home.mkdir(parents=True, exist_ok=True)
        own = {
            "StorageDirectory": str(home / "db"), "IndexDirectory": str(home / "db"), "HttpPort": self.http_port,
            "DicomPort": self.dicom_port, "DicomAet": self.aet, "DicomAlwaysAllowStore": True, "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True, "AuthenticationEnabled": False,
            "RemoteAccessAllowed": False, "TcpNoDelay": True, "Plugins": [PLUGIN],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}, "DicomModalities": modalities or {},
        } | settings  # fmt: skip
        (home / "orthanc.json").write_text(json.dumps(own))
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def dicomweb(self) -> str:
        return f"{self.address}/dicom-web"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = shutil.which("Orthanc")
        if program is None:
            pytest.skip("Orthanc is not installed")
        with (self.home / "orthanc.log").open("ab") as log:
            self._running = subprocess.Popen(
                [program, str(self.home / "orthanc.json")], stdout=log, stderr=log
            )
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit and self._running.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/system", timeout=2).close()
                return
            except urllib.error.HTTPError:
                return  # it answers, and lets nobody in
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("Orthanc did not start")

    def kill(self) -> None:
        """SIGKILL: it has no time to say goodbye."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(10)
            self._running = None

    def stop(self) -> None:
        """End it in peace."""
        if self._running is not None:
            self._running.terminate()
            try:
                self._running.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self._running = None

    def rest(self, path: str, method: str = "GET", body: bytes | None = None) -> Any:
        """Its own REST interface."""
        request = urllib.request.Request(self.address + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def orthanc(home: Path, modalities: dict[str, list[Any]] | None = None, **settings: Any) -> Iterator[Orthanc]:
    """A running Orthanc, ended afterwards."""
    one = Orthanc(home, modalities, **settings)
    try:
        one.start()
        yield one
    finally:
        one.stop()
