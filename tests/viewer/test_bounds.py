"""What the viewer holds and fetches: two thousand slices and a film of 100 MB, on a phone and on a desk, on any link.

`pytest -s` prints the figures. Nothing here is about time: bounds are bytes and requests.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.viewer.driver import Driver
from tests.viewer.longdoor import CINE, CT, LongDoor

pytestmark = [pytest.mark.browser]
MB = 1024 * 1024
# A browser that admits to 1 GB: the bounds are reached within a test, and nothing but their size is another.
SMALL = "Object.defineProperty(Navigator.prototype, 'deviceMemory', {get: () => 1})"
SAVING = "Object.defineProperty(Navigator.prototype, 'connection', {get: () => ({saveData: true, effectiveType: '4g'})})"
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PIXELS = {"phone": 48 * MB, "desk": 160 * MB}
PICTURES = 4 * MB
MOST_REQUESTS = 16
WATCH = """window.peak = {pixels: 0, pictures: 0, requests: 0};
window.setInterval(() => {
  for (const name of Object.keys(peak)) peak[name] = Math.max(peak[name], window.placaViewer ? placaViewer.held[name] : 0);
}, 8)"""
# Moves the slider as a finger does: some images at a time, sixty times a second.
SWEEP = """(async () => {
  const slider = document.querySelector('.p-vs__slide input');
  for (let at = Number(slider.value); at !== %(to)d;) {
    at += Math.sign(%(to)d - at) * Math.min(%(step)d, Math.abs(%(to)d - at));
    slider.value = String(at);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise((done) => setTimeout(done, 16));
  }
})()"""


@pytest.fixture(autouse=True)
def counted(long_door: LongDoor) -> None:
    long_door.forget()
    long_door.delay = 0


@pytest.fixture
def place(chromium: Browser) -> Iterator[BrowserContext]:
    """A phone that has not opened a page yet."""
    context = chromium.new_context(**PHONE)
    yield context
    context.close()


def page_of(context: BrowserContext, address: str, *scripts: str) -> Driver:
    for script in scripts:
        context.add_init_script(script)
    driver = Driver(context.new_page(), address)
    driver.page.goto(address)
    return driver


def heap(driver: Driver) -> float:
    """Bytes of the page's objects after a collection; decoded images are not among them."""
    session = driver.page.context.new_cdp_session(driver.page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return float(metrics["JSHeapUsedSize"])


def resident(browser: Browser) -> float:
    """Most bytes that a process which draws pages has had in memory, images and all."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    peaks = []
    for one in found:
        if one["type"] == "renderer":
            status = Path(f"/proc/{one['id']}/status").read_text()
            peak = re.search(r"VmHWM:\s+(\d+) kB", status)
            peaks.append(int(peak[1]) * 1024 if peak else 0)
    return float(max(peaks, default=0))


def sweep(driver: Driver, to: int, step: int, stops: int) -> None:
    """Through the stack to image `to` (from 1), resting at some images until their stored values are on screen."""
    start = driver.pane()["index"] + 1
    for stop in range(1, stops + 1):
        driver.page.evaluate(SWEEP % {"to": start + (to - start) * stop // stops, "step": step})
        driver.until_pixels()
        driver.until("!placaViewer.held.requests")


@pytest.mark.parametrize(
    ("look", "kind", "name"),
    [
        ("simple", "phone", "ct"),
        ("full", "desk", "ct"),
        ("simple", "phone", "cine"),
        ("full", "phone", "cine"),
    ],
)
def test_a_long_stack_there_and_back_stays_within_its_bounds(
    chromium: Browser, long_door: LongDoor, look: str, kind: str, name: str
) -> None:
    long = long_door.long[name][0]
    context = chromium.new_context(**(PHONE if kind == "phone" else DESK))
    try:
        driver = page_of(context, long_door.address(name, look), SMALL, WATCH)
        driver.until_pixels()
        step = long.images // 60
        sweep(driver, 1, 4 * step, 1)
        sweep(driver, long.images, step, 8)
        assert driver.bar() > 0.97
        there = heap(driver)
        sweep(driver, 1, step, 8)
        assert driver.bar() < 0.03
        back = heap(driver)
        peak = driver.page.evaluate("peak")
        pixels, pictures = long_door.sent["pixels"], long_door.sent["pictures"]
        sys.stdout.write(
            f"\n{name:5}{look:7}{kind:6} of {long.images * long.image_bytes / MB:5.0f} MB:"
            f" decoded {peak['pixels'] / MB:5.1f}, pictures {peak['pictures'] / MB:4.1f},"
            f" heap {there / MB:5.1f} then {back / MB:5.1f}, process {resident(chromium) / MB:4.0f} MB;"
            f" sent {pixels.bytes / MB:4.0f} + {pictures.bytes / MB:3.0f} MB"
            f" in {pixels.requests} + {pictures.requests} requests, {peak['requests']} at once\n"
        )
        assert peak["pixels"] <= PIXELS[kind]
        assert peak["pictures"] <= PICTURES
        assert peak["requests"] <= MOST_REQUESTS
        assert back - there < 8 * MB, "scrolling leaves something behind"
        if name == "ct":
            assert pixels.bytes > PIXELS[kind], "more came than is held: the bound was met"
            assert pictures.bytes > PICTURES
        assert driver.errors == []
    finally:
        context.close()


def test_of_a_film_only_the_frames_that_are_near_are_fetched(
    place: BrowserContext, long_door: LongDoor
) -> None:
    driver = page_of(place, long_door.address("cine", "simple"))
    driver.until_pixels()
    driver.page.evaluate(SWEEP % {"to": 200, "step": 200})
    driver.until_pixels()
    driver.page.wait_for_timeout(800)
    assert long_door.sent["pixels"].bytes < 40 * CINE.image_bytes
    assert driver.errors == []


def test_what_was_scrolled_past_is_given_up(place: BrowserContext, long_door: LongDoor) -> None:
    """On a link where each answer takes a while, the image that is wanted does not wait for those that were."""
    driver = page_of(place, long_door.address("ct", "simple"), WATCH)
    driver.until_pixels()
    driver.until("placaViewer.held.requests === 0")
    long_door.forget()
    long_door.delay = 0.2
    for at in range(100, 2000, 100):  # rests long enough for the stored values to be asked for
        driver.page.evaluate(SWEEP % {"to": at, "step": 2000})
        driver.page.wait_for_timeout(80)
    driver.until_pixels()
    asked = long_door.asked[: long_door.asked.index("pixels 1899") + 1]
    assert driver.page.evaluate("peak.requests") <= MOST_REQUESTS
    assert len(asked) <= 4 * 19, "each rest costs a picture and an image, and hardly more"
    assert driver.errors == []


def test_who_saves_data_gets_pictures_until_full_quality_is_asked_for(
    place: BrowserContext, long_door: LongDoor
) -> None:
    driver = page_of(place, long_door.address("ct", "simple"), SAVING)
    page = driver.page
    driver.until(
        "window.placaViewer && placaViewer.panes[0].shownIndex === 1000 && placaViewer.panes[0].window"
    )
    assert "To save data you see previews" in driver.said()
    for at in (1040, 1080, 1120):
        driver.page.evaluate(SWEEP % {"to": at, "step": 4})
        driver.until(f"placaViewer.panes[0].shownIndex === {at - 1}")
    driver.tap(page.get_by_role("button", name="Brightness"))
    driver.tap(page.get_by_role("button", name="Bones"))
    driver.until("placaViewer.held.requests === 0")
    page.wait_for_timeout(400)
    assert driver.state()["pixels"] == "idle"
    assert long_door.sent["pixels"].requests == 0
    per_picture = long_door.sent["pictures"].bytes / long_door.sent["pictures"].requests
    assert per_picture * 8 < CT.image_bytes
    assert page.locator(".p-c--bl").inner_text() == "Preview"
    driver.tap(page.get_by_role("button", name="More"))
    switch = page.get_by_role("switch", name="Full quality")
    assert not switch.is_checked()
    driver.tap(switch)
    driver.tap(page.get_by_role("button", name="Close"))
    driver.until_pixels()
    page.wait_for_timeout(400)
    assert 1 <= long_door.sent["pixels"].requests <= 3, "on a slow link hardly anything is loaded ahead"
    assert driver.pane()["window"] == {"center": 480, "width": 2500}, "the brightness stays as it was chosen"
    assert driver.errors == []


def test_full_quality_can_be_switched_off_and_stays_off_on_this_device(
    place: BrowserContext, long_door: LongDoor
) -> None:
    driver = page_of(place, long_door.address("ct", "simple"))
    page = driver.page
    driver.until_pixels()
    driver.tap(page.get_by_role("button", name="More"))
    driver.tap(page.get_by_role("switch", name="Full quality"))
    driver.tap(page.get_by_role("button", name="Close"))
    driver.until("placaViewer.pixelState === 'idle' && placaViewer.panes[0].shownIndex === 1000")
    long_door.forget()
    page.evaluate(SWEEP % {"to": 1200, "step": 4})
    driver.until("placaViewer.panes[0].shownIndex === 1199")
    assert driver.bar() == pytest.approx(0.6, abs=0.02)
    page.reload()
    driver.until("window.placaViewer && placaViewer.panes[0].shownIndex === 1000")
    page.wait_for_timeout(500)
    assert long_door.sent["pixels"].requests == 0
    driver.tap(page.get_by_role("button", name="More"))
    driver.tap(page.get_by_role("switch", name="Full quality"))
    driver.until_pixels()
    assert driver.errors == []


@pytest.mark.parametrize("saving", [False, True])
def test_a_lost_connection_is_told_and_the_image_comes_when_it_is_back(
    place: BrowserContext, long_door: LongDoor, saving: bool
) -> None:
    driver = page_of(place, long_door.address("ct", "simple"), *([SAVING] if saving else []))
    page = driver.page
    driver.until(
        "window.placaViewer && placaViewer.panes[0].shownIndex === 1000 && placaViewer.panes[0].window"
    )
    if not saving:
        driver.until_pixels()
    driver.until("placaViewer.held.requests === 0")
    page.evaluate(SWEEP % {"to": 1003, "step": 1})
    place.set_offline(True)
    page.evaluate(SWEEP % {"to": 1400, "step": 20})
    driver.until("document.querySelector('.pv-message h2')")
    assert driver.said().startswith("No connection")
    page.evaluate(SWEEP % {"to": 1003, "step": 397})  # what was seen before is there without a network
    driver.until("placaViewer.panes[0].shownIndex === 1002 && !document.querySelector('.pv-message')")
    page.evaluate(SWEEP % {"to": 1500, "step": 497})
    driver.until("document.querySelector('.pv-message h2')")
    place.set_offline(False)
    driver.until("placaViewer.panes[0].shownIndex === 1499 && !document.querySelector('.pv-message')")
    assert driver.bar() == pytest.approx(0.75, abs=0.02)
    driver.errors.clear()  # the browser itself notes each refused request


def test_a_network_that_comes_back_unnoticed_is_found(place: BrowserContext, long_door: LongDoor) -> None:
    """The browser says "online" all the time; nobody presses anything."""
    driver = page_of(place, long_door.address("ct", "simple"), SAVING)
    driver.until("window.placaViewer && placaViewer.panes[0].shownIndex === 1000")
    driver.page.route("**/rendered*", lambda route: route.abort())
    driver.page.evaluate(SWEEP % {"to": 1400, "step": 400})
    driver.until("document.querySelector('.pv-message h2')")
    driver.page.unroute("**/rendered*")
    driver.until("placaViewer.panes[0].shownIndex === 1399 && !document.querySelector('.pv-message')")
    driver.errors.clear()  # the browser itself notes each refused request
