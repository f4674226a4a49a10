"""Orthanc with the phantom, the viewer's development page in front of it, and a Chromium to look at it."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.chromium import launched
from tests.viewer import phantom, space
from tests.viewer.driver import Driver
from tests.viewer.filedoor import FileDoor
from tests.viewer.longdoor import CINE, CT, FILM, SHORT, UNSAID, LongDoor
from tests.viewer.object_page import Objects

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "src/placa/interfaces/web/ui/static/build/viewer/manifest.json"
PLUGINS = "/usr/share/orthanc/plugins"


def must_be_built() -> None:
    """`make` builds the viewer before any test; who calls pytest in a fresh checkout is told what is missing."""
    if not BUILD.exists():
        pytest.fail("The viewer is not built: run `npm run build` in viewer/")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the DICOMweb door of an Orthanc that holds the phantom's two series and the studies of `space`."""
    program = shutil.which("Orthanc")
    if program is None:
        pytest.skip("Orthanc is not installed")
    home, port = tmp_path_factory.mktemp("orthanc"), free_port()
    settings = {
        "StorageDirectory": str(home),
        "IndexDirectory": str(home),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "Plugins": [PLUGINS],
        "TcpNoDelay": True,
    }
    (home / "orthanc.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [program, str(home / "orthanc.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/system")
        bodies = [
            phantom.instance(index, series)
            for series in (phantom.SERIES, phantom.SECOND)
            for index in range(phantom.SLICES)
        ]
        for body in bodies + space.files():
            urllib.request.urlopen(
                urllib.request.Request(f"{base}/instances", data=body, method="POST")
            ).close()
        yield f"{base}/dicom-web"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def page_address(orthanc: str) -> Iterator[str]:
    """Address of the viewer's page, under the policy that the portal sends."""
    must_be_built()
    port = free_port()
    # a bare machine has no node of its own: the one that built the viewer serves it
    folder = subprocess.run(
        [str(ROOT / "scripts/node-path")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    command = [
        str(Path(folder.stdout.strip()) / "node"),
        str(ROOT / "viewer/dev/server.mjs"),
        "--dicomweb",
        orthanc,
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/?study={phantom.STUDY}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def long_door() -> Iterator[LongDoor]:
    """Studies that are made while they are served."""
    must_be_built()
    opened = LongDoor()
    opened.put("ct", CT)
    opened.put("cine", CINE)
    opened.put("short", SHORT, FILM, UNSAID)
    opened.extra = {
        "report": {
            "status": "final",
            "status_text": "Signed",
            "signed_text": "16 Nov, 18:40",
            "sections": [["Findings", "Nothing acute."]],
            "pdf_url": "/report.pdf",
            "read_url": "/report-read",
        }
    }
    yield opened
    opened.close()


# a module long: where Playwright's loop runs, Django refuses the database to whatever test comes next
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def desk(chromium: Browser, page_address: str) -> Iterator[Driver]:
    """A desk of 1280 x 860; the test fails where the console has an error that it did not call for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    driver = Driver(context.new_page(), page_address)
    yield driver
    context.close()
    assert driver.errors == []


@pytest.fixture
def phone(chromium: Browser, page_address: str) -> Iterator[Driver]:
    """A phone of 360 x 780 with touch; the same watch over the console."""
    context = chromium.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    driver = Driver(context.new_page(), page_address)
    yield driver
    context.close()
    assert driver.errors == []


@pytest.fixture(scope="module")
def door() -> Iterator[FileDoor]:
    must_be_built()
    opened = FileDoor()
    yield opened
    opened.close()


@pytest.fixture
def desk_of(chromium: Browser, door: FileDoor, tmp_path: Path) -> Iterator[Objects]:
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    page = Objects(Driver(context.new_page(), ""), door, tmp_path)
    yield page
    context.close()
    door.kept.clear()
    assert page.errors == []


@pytest.fixture
def phone_of(chromium: Browser, door: FileDoor, tmp_path: Path) -> Iterator[Objects]:
    context = chromium.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    page = Objects(Driver(context.new_page(), ""), door, tmp_path)
    yield page
    context.close()
    assert page.errors == []
