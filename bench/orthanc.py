"""The anchor: a real Orthanc with its DICOMweb plugin on free ports of loopback, empty, ended afterwards."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placa.interfaces.dimse.tests.listener import free_port

PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
START_SECONDS = 30.0


@dataclass(frozen=True)
class Orthanc:
    """Where it listens; `pid` for what its CPU cost."""

    home: Path
    http_port: int
    dicom_port: int
    pid: int
    aet: str = "ORTHANC"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def dicomweb(self) -> str:
        return f"{self.address}/dicom-web"


@contextmanager
def orthanc(home: Path, **settings: Any) -> Iterator[Orthanc]:
    """Start Orthanc in `home` with its defaults but for ports, doors and `TcpNoDelay` (performance.md); end it after."""
    program = shutil.which("Orthanc")
    if program is None:
        raise SystemExit("Orthanc is not installed: scripts/system-packages test")
    home.mkdir(parents=True, exist_ok=True)
    http, dicom = free_port(), free_port()
    own = {
        "StorageDirectory": str(home / "db"), "IndexDirectory": str(home / "db"), "HttpPort": http, "DicomPort": dicom,
        "DicomAet": "ORTHANC", "DicomAlwaysAllowStore": True, "AuthenticationEnabled": False, "RemoteAccessAllowed": False,
        "TcpNoDelay": True, "Plugins": [PLUGIN], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    } | settings  # fmt: skip
    (home / "orthanc.json").write_text(json.dumps(own))
    with (home / "orthanc.log").open("ab") as log:
        running = subprocess.Popen([program, str(home / "orthanc.json")], stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{http}/system", running)
        yield Orthanc(home, http, dicom, running.pid)
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _wait(address: str, running: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and running.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("Orthanc did not start")
