"""Without graphics the server draws, and everything works that can; graphics that are taken away come back."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.viewer.driver import CHROMIUM, FLAGS, Driver
from tests.viewer.longdoor import SHORT, LongDoor

pytestmark = [pytest.mark.browser]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
SHOWN = "window.placaViewer && placaViewer.panes[0].shownIndex === %d && !placaViewer.held.requests"
# Keeps every WebGL context that the page makes, and can refuse to make more.
WATCHED = """(() => {
  const get = HTMLCanvasElement.prototype.getContext;
  window.contexts = [];
  window.refuse = false;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    if (refuse && kind.startsWith('webgl')) return null;
    const context = get.call(this, kind, ...rest);
    if (context && kind.startsWith('webgl')) contexts.push(context);
    return context;
  };
})()"""
LOSE = (
    "contexts.filter((one) => !one.isContextLost()).forEach((one) => "
    "one.getExtension('WEBGL_lose_context')?.loseContext())"
)


@pytest.fixture(scope="module")
def plain(chromium: Browser) -> Iterator[Browser]:
    """A browser without WebGL."""
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-3d-apis"])
    yield browser
    browser.close()


def opened(browser: Browser, address: str, device: dict[str, Any], *scripts: str) -> Driver:
    context = browser.new_context(**device)
    for script in scripts:
        context.add_init_script(script)
    driver = Driver(context.new_page(), address)
    driver.page.goto(address)
    return driver


def slide(driver: Driver, image: int) -> None:
    driver.page.get_by_role("slider", name="Image").fill(str(image))
    driver.until(SHOWN % (image - 1))


def settled(driver: Driver) -> None:
    """The server's picture of what was asked for has come."""
    driver.page.wait_for_timeout(350)
    driver.until("!placaViewer.held.requests")
    driver.drawn()


def test_on_a_phone_without_webgl_everything_works_but_measuring(plain: Browser, long_door: LongDoor) -> None:
    driver = opened(plain, long_door.address("short", "simple"), PHONE)
    page = driver.page
    driver.until("window.placaViewer && placaViewer.pixelState === 'impossible'")
    driver.until(SHOWN % 12)
    assert driver.said().startswith("This browser cannot draw the original data")
    assert driver.pane()["exact"]  # the first image needs no graphics
    assert page.locator(".p-c--bl").inner_text() == ""

    driver.swipe((180, 200), (180, 500))
    settled(driver)
    assert driver.pane()["shownIndex"] > 14
    slide(driver, 6)
    assert driver.bar() == pytest.approx(6 / SHORT.images, abs=0.02)
    assert page.locator(".p-c--bl").inner_text() == "Preview"

    driver.tap(page.get_by_role("button", name="Brightness"))
    assert driver.disc() == pytest.approx((20 / 400 + 0.5) * 255, abs=4)
    driver.tap(page.get_by_role("button", name="Bones"))
    settled(driver)
    assert driver.disc() == pytest.approx(((60 - 480) / 2500 + 0.5) * 255, abs=4)
    driver.tap(page.get_by_role("button", name="As it came"))
    page.get_by_role("slider", name="Brightness").fill("20")
    settled(driver)
    assert driver.disc() == pytest.approx((100 / 400 + 0.5) * 255, abs=4)
    driver.swipe((180, 300), (180, 400))
    settled(driver)
    dragged = driver.pane()["window"]["center"]
    assert dragged != -40
    assert driver.disc() == pytest.approx(np.clip((60 - dragged) / 400 + 0.5, 0, 1) * 255, abs=4)
    driver.tap(page.get_by_role("button", name="Reset"))
    driver.tap(page.get_by_role("button", name="Brightness"))
    settled(driver)

    dark = (driver.grey() < 20).mean()
    driver.touch([(150, 300)], *[[(150 - 8 * n, 300), (210 + 8 * n, 300)] for n in range(6)])
    settled(driver)
    assert driver.pane()["view"]["zoom"] > 1.5
    assert (driver.grey() < 20).mean() < dark - 0.05
    driver.tap(page.get_by_role("button", name="Reset"))
    before = np.nonzero(driver.grey() > 100)[1].mean()
    driver.touch([(150, 300)], *[[(150 + 5 * n, 300), (250 + 5 * n, 300)] for n in range(9)])
    assert np.nonzero(driver.grey() > 100)[1].mean() > before + 15
    driver.tap(page.get_by_role("button", name="Reset"))

    for name, effect in (
        ("Swap black and white", lambda grey: grey[grey.shape[0] // 2 - 160, 20] > 240),
        ("Turn the image", lambda grey: (grey[:, grey.shape[1] // 2 - 9] > 235).sum() > 60),
    ):
        driver.tap(page.get_by_role("button", name="More"))
        assert page.get_by_role("button", name="Measure a distance").is_disabled()
        assert page.get_by_role("switch", name="Full quality").is_disabled()
        driver.tap(page.get_by_role("button", name=name))
        driver.drawn()
        assert effect(driver.grey()), name
        driver.tap(page.get_by_role("button", name="Reset"))

    start = driver.bar()
    driver.tap(page.get_by_role("button", name="Play"))
    driver.until("placaViewer.panes[0].shownIndex > 9")
    driver.tap(page.get_by_role("button", name="Pause"))
    settled(driver)
    assert driver.bar() > start
    driver.tap(page.get_by_role("button", name="Report", exact=True))
    assert page.get_by_text("Nothing acute.").is_visible()
    driver.tap(page.get_by_role("button", name="Close the report"))
    assert driver.errors == []
    page.context.close()


def test_films_and_files_without_a_window_are_adjusted_by_the_server_too(
    plain: Browser, long_door: LongDoor
) -> None:
    driver = opened(plain, long_door.address("short", "simple"), PHONE)
    page = driver.page
    driver.until(SHOWN % 12)
    driver.tap(page.get_by_role("button", name="Series 2, 30 images"))
    driver.until(SHOWN % 0)
    slide(driver, 15)
    assert driver.bar() == pytest.approx(0.5, abs=0.02)
    driver.tap(page.get_by_role("button", name="Brightness"))
    driver.until("placaViewer.panes[0].window")
    assert driver.disc() == pytest.approx(120, abs=4)
    page.get_by_role("slider", name="Brightness").fill("20")
    settled(driver)
    assert driver.disc() == pytest.approx(120 + 0.2 * 255, abs=4)
    driver.tap(page.get_by_role("button", name="Series 3, 3 images"))
    driver.until(SHOWN % 1)
    driver.until("placaViewer.panes[0].window")
    as_it_came = driver.disc()
    driver.tap(page.get_by_role("button", name="Darker"))
    settled(driver)
    assert driver.disc() < as_it_came - 10
    driver.tap(page.get_by_role("button", name="As it came"))
    settled(driver)
    assert driver.disc() == pytest.approx(as_it_came, abs=2)
    assert driver.errors == []
    page.context.close()


def test_on_a_desk_without_webgl_everything_works_but_measuring(plain: Browser, long_door: LongDoor) -> None:
    driver = opened(plain, long_door.address("short", "full"), DESK)
    page = driver.page
    driver.until("window.placaViewer && placaViewer.pixelState === 'impossible'")
    driver.until(SHOWN % 0)
    assert driver.said().startswith("This browser cannot draw the original data")
    page.keyboard.press("End")
    driver.until(SHOWN % 23)
    assert driver.bar() > 0.98
    page.mouse.move(500, 400)
    page.mouse.wheel(0, -100)
    driver.until(SHOWN % 22)
    page.keyboard.press("i")
    assert driver.disc() == pytest.approx(255 - (20 / 400 + 0.5) * 255, abs=4)
    page.keyboard.press("0")
    page.keyboard.press("Alt+ArrowRight")
    settled(driver)
    assert driver.pane()["window"]["width"] > 400
    page.keyboard.press("0")
    dark = (driver.grey() < 20).mean()
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert (driver.grey() < 20).mean() < dark
    page.keyboard.press("0")
    page.keyboard.press("c")
    driver.until("placaViewer.panes[0].shownIndex < 20")
    page.keyboard.press("c")
    page.get_by_role("button", name="Series 2, 30 images").click()
    driver.until(SHOWN % 0)
    page.keyboard.press("End")
    driver.until(SHOWN % 29)
    page.keyboard.press("2")
    driver.until("placaViewer.panes.length === 2 && placaViewer.panes[1].shownIndex === 0")
    page.keyboard.press("l")
    assert driver.state()["tool"] != "length"
    assert "Measuring needs full quality" in driver.said()
    report = page.get_by_text("Nothing acute.")
    was_open = report.is_visible()
    page.keyboard.press("d")
    assert report.is_visible() is not was_open
    assert driver.errors == []
    page.context.close()


@pytest.mark.parametrize("look", ["simple", "full"])
def test_graphics_that_are_taken_away_come_back(chromium: Browser, long_door: LongDoor, look: str) -> None:
    driver = opened(chromium, long_door.address("short", look), PHONE if look == "simple" else DESK, WATCHED)
    page = driver.page
    driver.until_pixels()
    slide(driver, 18)
    driver.until_pixels()
    panes = 1
    if look == "full":
        page.keyboard.press("l")
        (x, y) = driver.at(60, 90)
        driver.drag((x, y), (x + 80, y))
        assert len(driver.state()["measurements"]) == 1
        page.keyboard.press("s")
        page.keyboard.press("2")
        panes = 2
        driver.until_pixels(1)
    page.evaluate(LOSE)
    driver.until("placaViewer.pixelState === 'ready'")
    for number in range(panes):
        driver.until_pixels(number)
    assert driver.bar() == pytest.approx(18 / SHORT.images, abs=0.02)
    assert driver.disc() == pytest.approx((20 / 400 + 0.5) * 255, abs=4)
    assert len(driver.state()["measurements"]) == panes - 1, "what was measured stays"
    slide(driver, 3)
    driver.until_pixels()
    assert driver.bar() == pytest.approx(3 / SHORT.images, abs=0.02)
    assert driver.errors == []
    page.context.close()


def test_graphics_that_do_not_come_back_leave_the_server(chromium: Browser, long_door: LongDoor) -> None:
    driver = opened(chromium, long_door.address("short", "simple"), PHONE, WATCHED)
    driver.until_pixels()
    driver.page.evaluate(f"refuse = true; {LOSE}")
    driver.until("placaViewer.pixelState === 'impossible'")
    driver.until(SHOWN % 12)
    assert driver.said().startswith("This browser cannot draw the original data")
    slide(driver, 20)
    assert driver.bar() == pytest.approx(20 / SHORT.images, abs=0.02)
    assert driver.errors == []
    driver.page.context.close()
