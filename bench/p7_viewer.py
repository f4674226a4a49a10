"""P7: from opening the viewer's address to the first image on screen, signed in as the doctor, in real Chromium."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright
from tests.viewer.driver import CHROMIUM, FLAGS

from house import DOCTOR, House, house
from p8_viewable import one_study
from placa.demo.accounts import PASSWORD
from table import Row, row

PATIENCE_SECONDS = 60.0
PREVIEW = "window.placaViewer && placaViewer.panes[0] && placaViewer.panes[0].shownIndex >= 0"
PIXELS = "window.placaViewer && placaViewer.panes[0] && placaViewer.panes[0].diagnostic"


@dataclass(frozen=True)
class Opening:
    """Seconds to the first preview and to the first image from the stored pixels."""

    preview: float
    pixels: float


def rows(quick: bool) -> list[Row]:
    """Openings with an empty cache and with the one that they left. OHIF on Orthanc is not measured yet."""
    with tempfile.TemporaryDirectory() as folder, house(Path(folder) / "home") as running:
        study = one_study(running, 50 if quick else 300).study
        cold, warm = first_image(running, study, 3 if quick else 5)
    note = "OHIF on Orthanc not measured yet"
    return [
        row("P7", "first preview, cold cache", "s", [one.preview for one in cold], note=note),
        row("P7", "first diagnostic image, cold cache", "s", [one.pixels for one in cold], note=note),
        row("P7", "first diagnostic image, warm cache", "s", [one.pixels for one in warm], note=note),
    ]


def first_image(house: House, study: str, rounds: int) -> tuple[list[Opening], list[Opening]]:
    """`rounds` openings with an empty cache, and as many again with the cache that they left."""
    cold, warm = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _ in range(rounds):
            with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
                _sign_in(context, house)
                cold.append(_open(context.new_page(), house, study))
                warm.append(_open(context.new_page(), house, study))
        browser.close()
    return cold, warm


def _sign_in(context: BrowserContext, house: House) -> None:
    page = context.new_page()
    page.goto(house.address)
    page.fill("[name=username]", DOCTOR)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/doctor/**")
    page.close()


def _open(page: Page, house: House, study: str) -> Opening:
    began = time.perf_counter()
    page.goto(f"{house.address}/viewer/{study}", wait_until="commit")
    opening = Opening(_until(page, PREVIEW, began), _until(page, PIXELS, began))
    page.close()  # what it still loads would slow the next
    return opening


def _until(page: Page, condition: str, began: float) -> float:
    while not page.evaluate(f"Boolean({condition})"):
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise SystemExit(f"the viewer showed nothing: {condition}")
        page.wait_for_timeout(10)
    return time.perf_counter() - began
