"""The viewer inside a ZIP: unpack, double click, and there are the images, in a real browser from a folder."""

import io
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser

from tests.offline.conftest import Open
from tests.offline.folder import SHOWN, Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
BRIGHTNESS, ZOOM, PLAY, RESET, REPORT, MORE = range(6)


def first(reader: Reader) -> int:
    """Wait for the first image; which one it is."""
    reader.until("document.querySelector('.pv-stage canvas')")
    return reader.shown()


def test_the_images_are_there_by_themselves_and_scroll(read: Open) -> None:
    ana = read()
    at = first(ana)
    assert at > 1  # a volume opens in its middle
    assert 256 <= ana.canvas().shape[0] == ana.canvas().shape[1]
    before = ana.canvas()
    ana.page.mouse.move(*ana.middle())
    ana.page.mouse.wheel(0, 100)
    ana.until_shown(at + 1)
    assert not np.array_equal(ana.canvas(), before)
    ana.page.locator(".p-vs__slide input").fill("3")
    ana.until_shown(3)
    x, y = ana.middle()
    ana.page.mouse.move(x, y)
    ana.page.mouse.down()
    ana.page.mouse.move(x, y + 60, steps=6)
    ana.page.mouse.up()
    ana.until(f"Number({SHOWN}) > 3")


def test_window_by_preset_drag_and_reset(read: Open) -> None:
    ana = read()
    first(ana)
    own = ana.mean()
    ana.button(BRIGHTNESS).click()
    presets = ana.page.locator(".pv-presets button")
    assert presets.count() == 5
    presets.nth(2).click()  # lungs: soft tissue turns white
    lung = ana.mean()
    assert lung > own + 20
    x, y = ana.middle()
    ana.page.mouse.move(x, y)
    ana.page.mouse.down()
    ana.page.mouse.move(x, y + 120, steps=6)  # the centre goes up, the picture gets darker
    ana.page.mouse.up()
    assert ana.mean() < lung - 5
    ana.button(RESET).click()
    assert ana.mean() == pytest.approx(own, abs=0.01)
    assert presets.nth(0).get_attribute("aria-pressed") == "true"


def test_zoom_pan_and_the_letters_at_the_edges(read: Open) -> None:
    ana = read()
    first(ana)
    assert ana.page.locator(".p-c--l").inner_text() == "derecha"  # the patient's right is on the left
    ana.button(ZOOM).click()
    x, y = ana.middle()
    ana.page.mouse.move(x, y)
    ana.page.mouse.down()
    ana.page.mouse.move(x, y - 150, steps=6)
    ana.page.mouse.up()
    ana.page.mouse.move(x, y)
    ana.page.mouse.down(button="middle")
    ana.page.mouse.move(x + 40, y, steps=4)
    ana.page.mouse.up(button="middle")
    transform = ana.page.locator(".pv-stage canvas").evaluate("(one) => one.style.transform")
    numbers = [float(part) for part in transform.removeprefix("matrix(").rstrip(")").split(",")]
    assert numbers[0] == pytest.approx(np.e, rel=0.05)
    assert numbers[4] == pytest.approx(40, abs=2)


def test_cine_plays_and_stops_where_a_hand_comes(read: Open) -> None:
    ana = read()
    at = first(ana)
    ana.button(PLAY).click()
    ana.until(f"Number({SHOWN}) > {at + 4}")
    ana.page.mouse.move(*ana.middle())
    ana.page.mouse.wheel(0, 100)
    assert ana.button(PLAY).get_attribute("aria-pressed") == "false"
    now = ana.shown()
    ana.page.wait_for_timeout(400)
    assert abs(ana.shown() - now) <= 1


def test_the_keyboard_alone(read: Open) -> None:
    ana = read()
    at = first(ana)
    keys = ana.page.keyboard
    keys.press("ArrowDown")
    ana.until_shown(at + 1)
    keys.press("Home")
    ana.until_shown(1)
    keys.press("End")
    ana.until(f"Number({SHOWN}) > {at + 1}")
    own = ana.mean()
    keys.press("Alt+ArrowDown")
    assert ana.mean() < own
    keys.press("0")
    keys.press("d")
    assert ana.page.locator(".p-vf__side").is_visible()
    keys.press("Escape")
    assert ana.page.locator(".p-vf__side").is_hidden()
    keys.press("?")
    assert ana.page.locator("dialog[open]").is_visible()
    keys.press("Escape")
    assert ana.page.locator("dialog[open]").count() == 0
    seen: set[str] = set()
    for _ in range(20):
        keys.press("Tab")
        seen.add(ana.page.evaluate("document.activeElement.tagName + document.activeElement.className"))
    assert {"A" + "pv-skip", "SELECT" + "po-select", "SECTION" + "p-vp"} <= seen


def test_the_browsers_language_then_the_one_that_is_chosen(read: Open) -> None:
    ana = read(language="it")
    at = first(ana)
    assert ana.page.locator("html").get_attribute("lang") == "it"
    assert ana.button(REPORT).inner_text() == "Referto"
    ana.button(BRIGHTNESS).click()
    ana.page.locator(".pv-presets button").nth(2).click()
    lung = ana.mean()
    for code, words in (("en", "Report"), ("pt", "Laudo"), ("es", "Informe")):
        ana.page.locator("select").select_option(code)
        assert ana.button(REPORT).inner_text() == words
    ana.until_shown(at)
    assert ana.mean() == pytest.approx(lung, abs=0.01)  # what was chosen stays


def test_the_report_beside_it_and_its_pdf(read: Open, unpacked: dict[str, Path]) -> None:
    ana = read()
    first(ana)
    ana.button(REPORT).click()
    panel = ana.page.locator(".p-vf__side")
    assert len(panel.locator(".pv-text").last.inner_text()) > 100
    link = panel.locator("a").first.get_attribute("href")
    assert link == "REPORTS/REPORT01.PDF"
    assert (unpacked["ana_ct"] / link).read_bytes().startswith(b"%PDF")


def test_a_film_of_the_ultrasound_is_marked_as_lossy_where_it_is(read: Open) -> None:
    ana = read("ana_us")
    first(ana)
    mark = ana.page.locator(".p-c--bl")
    assert mark.is_visible()
    assert "pérdida" in mark.inner_text()
    ana.button(PLAY).click()
    ana.until(f"Number({SHOWN}) > 5")


def test_what_the_plain_page_says_is_still_to_be_found(read: Open) -> None:
    ana = read("ana_cr")
    first(ana)
    ana.button(MORE).click()
    folder = ana.page.locator(".po-folder")
    assert "README.TXT" in folder.inner_text()
    assert ana.page.locator("#unpack").count() == 0


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("study", ["ana_ct", "ana_cr"])
def test_it_fits_its_screen_and_everything_has_a_name(read: Open, study: str, size: str) -> None:
    ana = read(study, size)
    first(ana)
    width, height = ana.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    screen = ana.page.viewport_size
    assert screen is not None
    assert width <= screen["width"]
    assert height <= screen["height"]
    for opener in (None, BRIGHTNESS, REPORT):
        if opener is not None:
            ana.button(opener).click()
        found = Axe().run(ana.page)
        assert found.violations_count == 0, found.generate_report()
    shot = Image.open(io.BytesIO(ana.page.screenshot()))
    assert np.asarray(shot.convert("L")).std() > 5


def test_fingers_on_a_phone(read: Open) -> None:
    ana = read("ana_ct", "phone")
    at = first(ana)
    session = ana.context.new_cdp_session(ana.page)
    x, y = ana.middle()
    for kind, down in (
        ("touchStart", 0.0),
        *(("touchMove", step * 10.0) for step in range(1, 7)),
        ("touchEnd", None),
    ):
        points = [] if down is None else [{"x": x, "y": y + down}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    ana.until(f"Number({SHOWN}) > {at}")


def test_without_scripts_the_plain_page_stays(unpacked: dict[str, Path], browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((unpacked["ana_ct"] / "INDEX.HTM").as_uri())
    assert page.locator("#unpack").is_visible()
    assert page.locator("a[href^='IHE_PDI/']").count() >= 1
    context.close()


def test_a_missing_file_is_told_of(unpacked: dict[str, Path], browser: Browser, tmp_path: Path) -> None:
    folder = shutil.copytree(unpacked["ana_cr"], tmp_path / "cut")
    for kind in ("VIEWER/SER00001", "IHE_PDI"):
        shutil.rmtree(folder / kind)
    reader = Reader(browser, folder)
    reader.page.wait_for_selector(".pv-message")
    assert "INDEX.HTM" in reader.page.locator(".pv-message").inner_text()
    reader.context.close()


class Late(BaseHTTPRequestHandler):
    """Answers late. A page that asks it for a picture has not loaded before, and Firefox's own screenshot waits for that."""

    seconds = 0.0

    def do_GET(self) -> None:
        time.sleep(self.seconds)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def late() -> Iterator[str]:
    """The address of what answers late."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_firefox_shows_the_same(unpacked: dict[str, Path], tmp_path: Path, late: str) -> None:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("Firefox is not installed")
    folder, shot = tmp_path / "zip", tmp_path / "firefox.png"
    shutil.copytree(unpacked["ana_ct"], folder)
    page = folder / "INDEX.HTM"
    page.write_text(page.read_text().replace("</body>", f'<img src="{late}" alt="" hidden="hidden"/></body>'))
    for Late.seconds in (5, 40):  # the second where the machine has much else to do
        subprocess.run(
            [program, "--headless", "--no-remote", "--profile", str(tmp_path), "--window-size", "1280,900",
             "--screenshot", str(shot), page.as_uri()],
            check=True, capture_output=True, timeout=180, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        middle = np.asarray(Image.open(shot).convert("L"))[250:550, 500:780]
        if middle.mean() > 40:
            break
    assert middle.mean() > 40
    assert middle.std() > 20
    assert len(np.unique(middle)) > 40
