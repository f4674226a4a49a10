"""The right greys: what the viewer and the server show, against dcmtk and PS3.3 on pydicom's pixels, within one level.

`pytest -s tests/viewer/test_greys.py` prints the table: the largest difference in levels of 0 … 255, over all pixels
and for two windows, the file's own and another one. Columns: the server's picture; the canvas before the engine; WebGL.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser
from pydicom import dcmread
from pydicom.uid import generate_uid

from placa.standards.dicom import render
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import read_header
from tests.viewer import grey_cases
from tests.viewer.driver import Driver
from tests.viewer.filedoor import FileDoor
from tests.viewer.grey_cases import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DATA = Path(os.environ.get("PLACA_TESTDATA", "/nonexistent"))
PARTS = 8  # of the pictures: a test each, none of which takes minutes
OVER = ".p-c, .pv-lines, .pv-marks, .pv-wait"  # what lies over the picture
# by no picture of grey or colour values: segmentations, films, maps and doses are drawn in other ways or not at all
OTHER = ("liver", "partial_overlaps", "seg_image", "mpeg4", "parametric_map", "rtdose")
# dcmtk keeps modality values as whole numbers
NOT_IN_DCMTK = ("rescale OD",)


@pytest.fixture(scope="module")
def door() -> Iterator[FileDoor]:
    opened = FileDoor()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every picture to compare, by name: the phantoms, and the test data where it is."""
    folder = tmp_path_factory.mktemp("greys")
    found = {name: grey_cases.written(file, folder, name) for name, file in grey_cases.made().items()}
    for path in sorted([*DATA.glob("transfer-syntax/*.dcm"), *DATA.glob("special/*.dcm")]):
        file = dcmread(path, force=True)
        if "Rows" not in file or any(part in path.name for part in OTHER):
            continue
        short = path.name.removeprefix("CTImage.dcm_").removesuffix(".dcm").partition("_1.2.840")[0]
        if "StudyInstanceUID" not in file or "SOPInstanceUID" not in file:
            path = _with_uids(path, folder)
        found[short] = path
    return found


def _with_uids(path: Path, folder: Path) -> Path:
    """A copy of a sample that lacks what every stored object has."""
    file = dcmread(path, force=True)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if keyword not in file:
            setattr(file, keyword, generate_uid(entropy_srcs=[path.name, keyword]))
    if "SOPClassUID" not in file:
        file.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    file.file_meta.MediaStorageSOPInstanceUID, file.file_meta.MediaStorageSOPClassUID = (
        file.SOPInstanceUID,
        file.SOPClassUID,
    )
    file.save_as(folder / path.name, enforce_file_format=True)
    return folder / path.name


class Screen:
    """One pane as large as its image, or an odd number of times, so that the middle of a pixel is a pixel on screen."""

    def __init__(self, driver: Driver, columns: int, rows: int, aspect: float) -> None:
        self.driver, self.columns, self.rows = driver, columns, rows
        self.scale = next(odd for odd in range(1, 99, 2) if odd * max(columns, rows * aspect) >= 180)
        self.width, self.height = columns * self.scale, round(rows * self.scale * aspect)

    def fit(self) -> None:
        """Give the stage the image's size."""
        self.driver.page.evaluate(
            f"""() => {{ const pane = document.querySelector('.p-vp').style;
              Object.assign(pane, {{position: 'fixed', left: 0, top: 0, zIndex: 50, width: '{self.width}px',
              height: '{self.height}px'}}); }}"""
        )
        self.driver.page.wait_for_timeout(250)

    def pixels(self) -> np.ndarray:
        """What is on screen, a value (or RGB) an image pixel."""
        page = self.driver.page
        page.evaluate(
            f"document.querySelectorAll('{OVER}').forEach((one) => {{ one.style.visibility = 'hidden'; }})"
        )
        taken = page.screenshot(clip={"x": 0, "y": 0, "width": self.width, "height": self.height})
        shot = np.asarray(Image.open(io.BytesIO(taken)).convert("RGB"), dtype=float)
        page.evaluate(
            f"document.querySelectorAll('{OVER}').forEach((one) => {{ one.style.visibility = ''; }})"
        )
        down = (np.arange(self.rows) + 0.5) * self.height / self.rows
        across = (np.arange(self.columns) + 0.5) * self.width / self.columns
        shown: np.ndarray = shot[down.astype(int)][:, across.astype(int)]
        return shown


def apart(one: np.ndarray | None, other: np.ndarray) -> float:
    """The largest difference in levels, NaN where there is nothing to compare."""
    if one is None:
        return float("nan")
    if one.ndim != other.ndim:
        one, other = (np.stack([each] * 3, axis=-1) if each.ndim == 2 else each for each in (one, other))
    one = np.rint(one)  # a level is a whole number on any screen
    if one.shape != other.shape:
        return 255.0
    return float(np.abs(one - other).max())


def reference(path: Path, name: str, window: Window | None) -> list[np.ndarray]:
    """Both references, those that can read the file."""
    found = []
    with contextlib.suppress(NotImplementedError, RuntimeError, TypeError, AttributeError):
        found.append(grey_cases.by_formula(path, 0, window))
    dcmtk = None if name in NOT_IN_DCMTK else grey_cases.by_dcmtk(path, 0, window)
    return [*found, *([] if dcmtk is None else [dcmtk])]


def compare(driver: Driver, door: FileDoor, name: str, path: Path) -> dict[str, list[float]]:
    """How far the server, the canvas and WebGL are from each reference, for the file's window and another one."""
    header = read_header(path)
    file = dcmread(path, stop_before_pixels=True)
    spacing = file.get("PixelSpacing") or file.get("PixelAspectRatio") or [1, 1]
    screen = Screen(driver, header.columns, header.rows, float(spacing[0]) / float(spacing[1]))
    # no larger than it must be: every pixel of the page is drawn without a graphics card
    driver.page.set_viewport_size({"width": max(800, screen.width), "height": max(600, screen.height)})
    door.add("one", [path])
    found: dict[str, list[float]] = {"server": [], "canvas": [], "webgl": []}
    grey = header.samples_per_pixel == 1 and header.photometric_interpretation != "PALETTE COLOR"
    function = file.get("VOILUTFunction", "LINEAR")

    def note(column: str, shown: np.ndarray, window: Window | None, others: list[np.ndarray]) -> None:
        found[column].extend(apart(other, shown) for other in others)

    # before the engine: kept away until the canvas has been looked at
    driver.page.route("**/assets/pixels-*.js", lambda route: route.abort())
    driver.page.goto(door.address("one"))
    driver.until("window.placaViewer && placaViewer.panes[0].shownIndex >= 0")
    driver.page.wait_for_timeout(500)
    canvas = None
    if driver.pane()["exact"]:
        screen.fit()
        canvas = screen.pixels()
    driver.page.unroute("**/assets/pixels-*.js")
    driver.errors.clear()
    driver.page.goto(door.address("one"))
    driver.until_pixels()
    screen.fit()
    shown = driver.pane()["window"]
    own = None if not grey or "VOILUTSequence" in file else (shown["center"], shown["width"], function)
    others = reference(path, name, own) if grey else reference(path, name, None)
    if not others:
        # JPEG XL: what the server's decoder reads stands in, so that the engine is compared at least
        others = [render.render_frame(path, 0).astype(float)]
    note("server", render.render_frame(path, 0).astype(float), own, others)
    if canvas is not None:
        note("canvas", canvas, own, others)
    note("webgl", screen.pixels(), own, others)
    if grey:
        driver.page.keyboard.press("w")
        driver.page.keyboard.down("Alt")
        for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
            driver.page.keyboard.press(key)
        driver.page.keyboard.up("Alt")
        driver.page.wait_for_timeout(200)
        shown = driver.pane()["window"]
        other = (shown["center"], shown["width"], function)
        others = reference(path, name, other)
        note("webgl", screen.pixels(), other, others)
        note(
            "server", render.render_frame(path, 0, window=render.Window(*other)).astype(float), other, others
        )
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_picture_has_the_greys_that_dcmtk_and_the_standard_say(
    chromium: Browser, door: FileDoor, files: dict[str, Path], part: int
) -> None:
    context = chromium.new_context()
    driver = Driver(context.new_page(), "")
    wrong, only = [], os.environ.get("GREYS", "")
    print(f"\n{'':44} server canvas webgl")  # noqa: T201  the table is what it is run for
    for name, path in list(files.items())[part::PARTS]:
        if only and not any(wanted in name for wanted in only.split(",")):
            continue
        try:
            found = compare(driver, door, name, path)
        except (AssertionError, InvalidObject) as error:
            wrong.append(f"{name}: {error!r}")
            continue
        if not found["server"] or not found["webgl"]:
            wrong.append(f"{name}: was not compared")
        most = {column: max(values, default=float("nan")) for column, values in found.items()}
        line = " ".join(f"{most[column]:6.1f}" for column in ("server", "canvas", "webgl"))
        print(f"{name:44} {line}", flush=True)  # noqa: T201
        wrong += [f"{name}: {column} {value}" for column, value in most.items() if value > 1]
        wrong += [f"{name}: {error}" for error in driver.errors]
        driver.errors.clear()
    context.close()
    assert wrong == []
