"""Unpacked ZIPs and a browser that opens them from the folder, as a patient does."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from placa.domain.downloads.pixels import script_of
from placa.standards.dicom.exact import exact_frame
from tests.e2e.visitor import LOCALES, SIZES
from tests.viewer.conftest import ROOT

PROGRAM = ROOT / "src/placa/interfaces/web/ui/static/build/offline/viewer.js"
# "Image 3 of 40, Axial" in any language: the numbers of what is on screen
SHOWN = "(document.querySelector('#image')?.getAttribute('aria-label')?.match(/\\d+/) ?? ['0'])[0]"
_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>t</title><script src="VIEWER/STUDY.JS"></script>
<script src="VIEWER/VIEWER.JS"></script></head><body><p>plain</p></body></html>"""


def folder_of(target: Path, files: dict[str, tuple[Path, int]]) -> Path:
    """A folder with one series a file: title to (path, frame from 0)."""
    series = []
    for number, (title, (path, frame)) in enumerate(files.items(), 1):
        key = f"SER{number:05}/IM000001"
        script = target / "VIEWER" / f"{key}.JS"
        script.parent.mkdir(parents=True)
        script.write_bytes(script_of(key, exact_frame(path, frame)))
        series.append(
            {
                "id": f"SER{number:05}",
                "title": title,
                "modality": "OT",
                "objects": [["IM000001", 1, 1, 1, []]],
            }
        )
    about = {
        "language": "en", "institution": "I", "patient": "P", "title": "T", "date": "2026-11-12T10:40",
        "series": series, "reports": [],
    }  # fmt: skip
    (target / "VIEWER/STUDY.JS").write_text(f"var placaStudy={json.dumps(about)};")
    (target / "VIEWER/VIEWER.JS").write_bytes(PROGRAM.read_bytes())
    (target / "INDEX.HTM").write_text(_PAGE)
    return target


class Reader:
    """Somebody with an unpacked ZIP in front of them. `troubles` must be empty in the end."""

    def __init__(self, browser: Browser, folder: Path, size: str = "desk", language: str = "es") -> None:
        self.context = browser.new_context(**SIZES[size], locale=LOCALES[language], offline=True)
        self.context.set_default_timeout(30_000)
        self.troubles: list[str] = []
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.troubles.append(f"script: {error.error}"))
        self.context.on("requestfailed", lambda request: self.troubles.append(f"failed: {request.url}"))
        self.page: Page = self.context.new_page()
        self.page.goto((folder / "INDEX.HTM").as_uri())

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"console {message.type}: {message.text}")

    def until(self, condition: str) -> None:
        self.page.wait_for_function(condition)

    def until_shown(self, number: int) -> None:
        """Wait until image `number` of the series is on screen."""
        self.until(f"{SHOWN} === '{number}' && document.querySelector('.pv-stage canvas')")

    def shown(self) -> int:
        """Which image is on screen."""
        return int(self.page.evaluate(SHOWN))

    def canvas(self) -> NDArray[np.uint8]:
        """The picture on screen in its own size, as it is drawn: (rows, columns, 3)."""
        address = self.page.evaluate("document.querySelector('.pv-stage canvas').toDataURL('image/png')")
        data = base64.b64decode(address.partition(",")[2])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def mean(self) -> float:
        """How bright the picture is."""
        return float(self.canvas().mean())

    def middle(self) -> tuple[float, float]:
        """The middle of the picture on the page."""
        box = self.page.locator(".pv-stage").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def button(self, icon: int) -> Any:
        """One of the six big buttons, from 0."""
        return self.page.locator(".p-vs__tools button").nth(icon)

    def close(self) -> None:
        """Close the browser's window; nothing may have gone wrong in it."""
        self.context.close()
        assert self.troubles == []
