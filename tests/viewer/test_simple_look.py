"""The simple look in the hand: each tool by its effect, upright and on its side, by thumb, by keyboard, without motion."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Request, ViewportSize

from tests.viewer.driver import Driver
from tests.viewer.longdoor import SHORT, LongDoor

pytestmark = [pytest.mark.browser]
UPRIGHT: ViewportSize = {"width": 360, "height": 800}
ASIDE: ViewportSize = {"width": 800, "height": 360}
TOOLS = ["Brightness", "Zoom", "Play", "Reset", "Report", "More"]
# Every control that is on screen: its name, and where.
CONTROLS = """[...document.querySelectorAll('button, a, input')]
  .filter((one) => one.offsetParent && !one.closest('dialog:not([open])'))
  .map((one) => { const {left, top, right, bottom} = one.getBoundingClientRect();
    return {name: one.getAttribute('aria-label') || one.textContent.trim(), left, top, right, bottom}; })
  .filter((one) => one.bottom > 0)"""


@pytest.fixture
def hand(chromium: Browser, long_door: LongDoor) -> Iterator[Driver]:
    """A phone with a CT of 24 slices on it."""
    context = chromium.new_context(viewport=UPRIGHT, has_touch=True, is_mobile=True)
    driver = Driver(context.new_page(), long_door.address("short", "simple"))
    driver.page.goto(driver.address)
    driver.until_pixels()
    yield driver
    context.close()
    assert driver.errors == []


def press(driver: Driver, name: str) -> None:
    driver.tap(driver.page.get_by_role("button", name=name, exact=True))


def more(driver: Driver, name: str) -> None:
    press(driver, "More")
    press(driver, name)
    driver.drawn()


def controls(page: Page) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in page.evaluate(CONTROLS)}


def test_brightness_follows_the_finger_and_reset_takes_it_back(hand: Driver) -> None:
    before = hand.disc()
    press(hand, "Brightness")
    hand.swipe((180, 420), (180, 300))
    hand.drawn()
    window = hand.pane()["window"]
    assert window["center"] != 40
    assert hand.disc() == pytest.approx(
        np.clip((60 - window["center"]) / window["width"] + 0.5, 0, 1) * 255, abs=4
    )
    assert abs(hand.disc() - before) > 10
    press(hand, "Reset")
    hand.drawn()
    assert hand.disc() == pytest.approx(before, abs=1)


def test_what_more_offers_is_done_to_the_picture(hand: Driver) -> None:
    upright = hand.grey()
    more(hand, "Turn the image")
    turned = hand.grey()
    side = 360
    rows = slice(upright.shape[0] // 2 - 170, upright.shape[0] // 2 + 170)
    square, rotated = upright[rows, 10 : side - 10], turned[rows, 10 : side - 10]
    assert np.abs(np.rot90(square, -1) - rotated).mean() < 8
    press(hand, "Reset")
    more(hand, "Mirror the image")
    assert np.abs(np.fliplr(square) - hand.grey()[rows, 10 : side - 10]).mean() < 8
    press(hand, "Reset")
    more(hand, "Swap black and white")
    assert np.abs(255 - square - hand.grey()[rows, 10 : side - 10]).mean() < 8
    press(hand, "Reset")
    assert np.abs(square - hand.grey()[rows, 10 : side - 10]).mean() < 1


def test_measuring_and_taking_it_away(hand: Driver) -> None:
    more(hand, "Measure a distance")
    assert "Press where it begins" in hand.said()
    hand.swipe((100, 330), (200, 330), 10)
    (found,) = hand.state()["measurements"]
    wanted = 100 / 360 * SHORT.side * 0.7
    assert float(found["lines"][0].split()[0]) == pytest.approx(wanted, abs=2.5)
    more(hand, "Remove the measurements")
    assert hand.state()["measurements"] == []


def test_double_tap_comes_closer_and_goes_back(hand: Driver) -> None:
    for wanted in (2.5, 1):
        for _ in range(2):
            hand.page.touchscreen.tap(180, 330)
        hand.drawn()
        assert hand.pane()["view"]["zoom"] == pytest.approx(wanted)


def test_turning_the_phone_keeps_what_is_seen(hand: Driver) -> None:
    """On its side the controls stand beside the picture, which keeps its height; nothing is cut off."""
    page = hand.page
    hand.swipe((180, 250), (180, 330))
    press(hand, "Brightness")
    press(hand, "Organs")
    index = hand.pane()["index"]
    for size, tall in ((ASIDE, 0.85), (UPRIGHT, 0.4), (ASIDE, 0.85)):
        page.set_viewport_size(size)
        page.wait_for_timeout(300)
        hand.until_pixels()
        stage = page.locator(".pv-stage").bounding_box()
        assert stage is not None
        assert stage["height"] >= tall * size["height"]
        assert stage["width"] >= 0.5 * size["width"]
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        seen = controls(page)
        for name in [*TOOLS, "Previous image", "Next image", "Image"]:
            box = seen[name]
            assert box["left"] >= 0, name
            assert box["right"] <= size["width"] + 0.5, name
            assert box["bottom"] <= size["height"] + 0.5, name
        assert hand.pane()["index"] == index
        assert hand.pane()["window"] == {"center": 50, "width": 400}
        assert hand.bar() == pytest.approx((index + 1) / SHORT.images, abs=0.03), "the picture is whole"
    press(hand, "Report")
    assert page.get_by_text("Nothing acute.").is_visible()
    press(hand, "Close the report")


def test_what_is_touched_is_large_enough_and_within_the_thumb(hand: Driver) -> None:
    for size in (UPRIGHT, ASIDE):
        hand.page.set_viewport_size(size)
        hand.page.wait_for_timeout(200)
        seen = controls(hand.page)
        for name, box in seen.items():
            assert box["right"] - box["left"] >= 43.5, name
            assert box["bottom"] - box["top"] >= 43.5, name
        if size is UPRIGHT:
            assert all(seen[name]["top"] > 0.75 * size["height"] for name in [*TOOLS, "Image"])


def test_notches_and_rounded_corners_are_kept_free(hand: Driver) -> None:
    session = hand.page.context.new_cdp_session(hand.page)
    for size, insets in ((UPRIGHT, (47, 0, 34, 0)), (ASIDE, (0, 47, 21, 47))):
        hand.page.set_viewport_size(size)
        top, right, bottom, left = insets
        session.send(
            "Emulation.setSafeAreaInsetsOverride",
            {"insets": {"top": top, "right": right, "bottom": bottom, "left": left}},
        )
        hand.page.wait_for_timeout(200)
        for name, box in controls(hand.page).items():
            assert box["top"] >= top, name
            assert box["left"] >= left, name
            assert box["right"] <= size["width"] - right, name
            assert box["bottom"] <= size["height"] - bottom, name


def test_the_keyboard_reaches_everything_in_the_order_in_which_it_is_seen(
    chromium: Browser, long_door: LongDoor
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 860})
    page.goto(long_door.address("short", "simple"))
    Driver(page, "").until_pixels()
    order = []
    for _ in range(24):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"
        )
        if name in order or page.evaluate("document.activeElement === document.body"):
            break
        order.append(name)
    wanted = [
        "Skip to the image", "Back", "Help", "Image 13 of 24, Series 1", "Series 1, 24 images", "Series 2, 30 images",
        "Series 3, 3 images", "Previous image", "Image", "Next image", *TOOLS,
    ]  # fmt: skip
    assert order == wanted
    page.get_by_role("button", name="More").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("heading", name="More tools").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").strip() == "More", "the focus goes back"
    page.get_by_role("button", name="Report", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").strip() == "Report"
    page.close()


def test_nothing_moves_for_who_does_not_want_it(chromium: Browser, long_door: LongDoor) -> None:
    for still in (False, True):
        page = chromium.new_page(reduced_motion="reduce" if still else "no-preference")
        page.goto(long_door.address("short", "simple"))
        Driver(page, "").until_pixels()
        page.evaluate("document.querySelector('.pv-wait').hidden = false")
        styles = page.evaluate(
            "[...document.querySelectorAll('*')].flatMap((one) => ['', '::before', '::after'].map((part) => "
            "getComputedStyle(one, part || null))).filter((style) => style.animationName !== 'none' || "
            "parseFloat(style.transitionDuration) > 0).length"
        )
        assert (styles == 0) is still
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        page.close()


@pytest.mark.parametrize(
    ("language", "title"), [("es", "Ayuda"), ("en", "Help"), ("it", "Aiuto"), ("pt", "Ajuda")]
)
def test_help_says_what_fingers_do(hand: Driver, long_door: LongDoor, language: str, title: str) -> None:
    hand.page.goto(long_door.address("short", "simple", language))
    hand.until_pixels()
    hand.tap(hand.page.get_by_role("button", name=title, exact=True))
    sheet = hand.page.get_by_role("dialog")
    assert sheet.get_by_role("heading", name=title, exact=True).is_visible()
    assert sheet.locator("dd:visible").count() == 3
    assert sheet.locator("kbd:visible").count() == 0, "a phone has no keys"


def test_the_portal_is_told_once_that_the_report_was_shown_and_not_before(
    hand: Driver, long_door: LongDoor
) -> None:
    told: list[str] = []

    def note(asked: Request) -> None:
        if "report-read" in asked.url:
            told.append(asked.method)

    hand.page.on("request", note)
    hand.until_pixels()
    assert told == []
    press(hand, "Report")
    assert hand.page.get_by_text("Nothing acute.").is_visible()
    press(hand, "Close the report")
    press(hand, "Report")
    hand.page.wait_for_timeout(300)
    assert told == ["POST"]
    assert long_door.kept["report-read"] == b""
    press(hand, "Close the report")
