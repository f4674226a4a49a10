"""P7: from opening a viewer's address to the first diagnostic image on screen; ours on Placa against OHIF on Orthanc.

Both open the same study in the same Chromium, each in a profile of its own, turn by turn. Cold is the profile's first
opening, warm its third: Chromium keeps compiled code from the second on. Ours is signed in and every request passes
the access rules; the anchor asks nobody. The image counts once a canvas of the viewer, not a server's picture, holds
more than a few grey levels of the stored pixels along its middle row. Ours draws it before its engine has started, with
scrolling, zoom and windows by the server meanwhile; when the engine is there stands in rows of its own.
"""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright
from pydicom.uid import generate_uid
from tests.viewer.driver import CHROMIUM, FLAGS

import p8_viewable
from house import DOCTOR, House, house
from ohif_server import dist, ohif, run_node
from orthanc import Orthanc, orthanc
from placa.demo.accounts import PASSWORD
from placa.interfaces.dimse.tests.listener import Child
from placa.interfaces.dimse.tests.test_store import EXPLICIT
from table import Row, row

PATIENCE_SECONDS = 60.0
GOAL = "<= 1/4 of OHIF on Orthanc"
PREVIEW = "window.placaViewer && placaViewer.panes[0] && placaViewer.panes[0].shownIndex >= 0"
# the grey levels of a canvas's middle row; `drawImage` reads what is on screen, whatever drew it
DRAWN = """(() => {
  const canvas = document.querySelector('%s');
  if (!canvas || !canvas.width || !canvas.height) return false;
  const probe = document.createElement('canvas');
  probe.width = canvas.width; probe.height = 1;
  const pen = probe.getContext('2d', { willReadFrequently: true });
  pen.drawImage(canvas, 0, Math.floor(canvas.height / 2), canvas.width, 1, 0, 0, canvas.width, 1);
  const levels = new Set();
  const data = pen.getImageData(0, 0, canvas.width, 1).data;
  for (let at = 0; at < data.length; at += 4) levels.add(data[at]);
  return levels.size > 8;
})()"""
EXACT = "window.placaViewer && placaViewer.panes[0] && placaViewer.panes[0].exact"
OURS = f"{EXACT} && {DRAWN % '.is-pixels .pv-gl canvas, .pv-stage:not(.is-pixels) .pv-jpeg canvas'}"
ENGINE = "placaViewer.panes[0].diagnostic"
THEIRS = DRAWN % ".viewport-element canvas"


@dataclass(frozen=True)
class Opening:
    """Seconds to the first preview, to the first image from the stored pixels, and to our engine with all tools.

    0 for what a side does not have.
    """

    preview: float
    pixels: float
    engine: float


@dataclass(frozen=True)
class Side:
    """One viewer: how to sign in, its address, and what says that it shows something."""

    address: str
    preview: str
    pixels: str
    engine: str
    sign_in: Callable[[BrowserContext], None]


def rows(quick: bool) -> list[Row]:
    """Openings of both sides in turn, cold and warm, and the size of our code."""
    slices, rounds = (50, 3) if quick else (300, 5)
    with tempfile.TemporaryDirectory() as folder, _sides(Path(folder), slices) as (ours, theirs):
        openings: list[tuple[list[Opening], list[Opening]]] = []
        with sync_playwright() as playwright:
            for number in range(rounds):
                turn = (ours, theirs) if number % 2 == 0 else (theirs, ours)
                done = {
                    id(side): _visits(playwright, side, Path(folder) / f"profile-{number}") for side in turn
                }
                openings.append((done[id(ours)], done[id(theirs)]))
    note = f"{slices} CT slices; canvas with the stored pixels, ours signed in"
    found = [row("P7", "first preview, cold cache", "s", [our[0].preview for our, _ in openings])]
    for name, visit in (("cold cache", 0), ("warm cache", -1)):
        engine = [our[visit].engine for our, _ in openings]
        found.append(row("P7", f"engine with all tools, {name}", "s", engine))
        placa, anchor = ([one[visit].pixels for one in side] for side in zip(*openings, strict=True))
        found.append(row("P7", f"first diagnostic image, {name}", "s", placa, anchor, goal=GOAL, note=note))
    return found + code_sizes()


def code_sizes() -> list[Row]:
    """Before the first preview, all tools, the viewer inside a ZIP: kB of gzip, as the build counts them."""
    told = run_node("viewer/scripts/sizes.mjs")
    first, everything, offline = (int(number) / 1000 for number in re.findall(r"(\d+) B gz", told))
    return [
        row("P7", "code before the first preview", "kB gz", [first], goal="<= 300"),
        row(
            "P7", "code of all tools", "kB gz", [everything], goal="<= 1100", note="codecs load by themselves"
        ),
        row("P7", "code of the viewer inside a ZIP", "kB gz", [offline], goal="<= 30"),
    ]


@contextmanager
def _sides(folder: Path, slices: int) -> Iterator[tuple[Side, Side]]:
    study = generate_uid()
    objects = p8_viewable.ct_objects(study, slices)
    with (
        house(folder / "home") as running,
        orthanc(folder / "orthanc") as anchor,
        ohif(dist(), anchor.http_port) as address,
    ):
        p8_viewable.sent(running, study, objects)
        _store(anchor, objects)
        yield (
            Side(
                f"{running.address}/viewer/{study}",
                PREVIEW,
                OURS,
                ENGINE,
                lambda context: _sign_in(context, running),
            ),
            Side(f"{address}/viewer?StudyInstanceUIDs={study}", "", THEIRS, "", lambda context: None),
        )


def _store(anchor: Orthanc, objects: list[tuple[str, bytes]]) -> None:
    with Child(anchor.home, anchor.dicom_port).association((p8_viewable.ct_class(), EXPLICIT)) as association:
        p8_viewable.store(association, objects)


def _visits(playwright: Playwright, side: Side, profile: Path) -> list[Opening]:
    """Three openings in a new profile, which is removed."""
    with tempfile.TemporaryDirectory(dir=profile.parent) as kept:
        context = playwright.chromium.launch_persistent_context(
            kept, executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1280, "height": 800}
        )
        side.sign_in(context)
        openings = [_open(context.new_page(), side) for _ in range(3)]
        context.close()
    return openings


def _sign_in(context: BrowserContext, house: House) -> None:
    page = context.new_page()
    page.goto(house.address)
    page.fill("[name=username]", DOCTOR)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/doctor/**")
    page.close()


def _open(page: Page, side: Side) -> Opening:
    began = time.perf_counter()
    page.goto(side.address, wait_until="commit")
    preview = _until(page, side.preview, began) if side.preview else 0.0
    pixels = _until(page, side.pixels, began)
    opening = Opening(preview, pixels, _until(page, side.engine, began) if side.engine else 0.0)
    page.close()  # what it still loads would slow the next
    return opening


def _until(page: Page, condition: str, began: float) -> float:
    while not page.evaluate(f"Boolean({condition})"):
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise SystemExit(f"the viewer showed nothing: {condition}")
        page.wait_for_timeout(10)
    return time.perf_counter() - began
