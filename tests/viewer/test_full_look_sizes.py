"""The full look from a phone to a wide desk: nothing is cut, nothing lies over the image, every tool is to be had."""

import pytest
from playwright.sync_api import Browser

from tests.viewer import object_files as made
from tests.viewer.object_page import Objects

pytestmark = [pytest.mark.browser]
SIZES = [(360, 780), (390, 844), (768, 1024), (1024, 768), (1280, 860), (1920, 1080), (780, 360)]
INSIDE = """(selector) => { const row = document.querySelector(selector), at = row.getBoundingClientRect();
  return [...row.querySelectorAll(':scope > button')].every((one) => { const box = one.getBoundingClientRect();
    return box.left >= at.left - 0.5 && box.right <= at.right + 0.5 && one.scrollWidth <= one.clientWidth + 1; }); }"""


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def sized(request: pytest.FixtureRequest, desk_of: Objects) -> tuple[Objects, int, int]:
    width, height = request.param
    desk_of.page.set_viewport_size({"width": width, "height": height})
    return desk_of, width, height


@pytest.mark.parametrize("language", ["es", "it", "pt", "en"])
def test_nothing_is_cut_and_nothing_lies_over_the_image(
    sized: tuple[Objects, int, int], language: str
) -> None:
    page, width, height = sized
    page.show(*made.slices(12), language=language)
    page.until_pixels()
    page.page.wait_for_timeout(200)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.page.evaluate(INSIDE, ".p-vf__tools"), "a tool is cut"
    open_report = page.page.locator(".pv-btn--report").get_attribute("aria-pressed") == "true"
    if not open_report:
        page.page.locator(".pv-btn--report").click()
    page.page.wait_for_timeout(200)
    image = page.page.locator(".pv-stage").first.bounding_box()
    assert image is not None
    assert min(image["width"], image["height"]) >= 180, image
    for other in (".p-vf__side", ".p-vf__tools", ".p-vs__slide", ".p-v__bar", ".p-vf__ser"):
        box = page.page.locator(other).bounding_box()
        if box is None or not box["width"] or not box["height"]:
            continue  # not on screen: the series while the report is, on a phone
        apart = (
            box["x"] >= image["x"] + image["width"] - 1
            or box["x"] + box["width"] <= image["x"] + 1
            or box["y"] >= image["y"] + image["height"] - 1
            or box["y"] + box["height"] <= image["y"] + 1
        )
        assert apart, f"{other} lies over the image"
        assert box["x"] + box["width"] <= width + 1, other
        assert box["y"] + box["height"] <= height + 1, other


def test_every_tool_is_in_the_row_or_in_the_menu(sized: tuple[Objects, int, int]) -> None:
    page, width, height = sized
    page.show(*made.slices(12))
    page.until_pixels()
    page.page.wait_for_timeout(200)
    row = page.page.locator(".p-vf__tools > button")
    menu = page.page.locator(".p-vf__tools .pv-menu").last
    assert row.count() + menu.locator("button").count() == 33
    if width >= 1280:
        assert menu.locator("button").count() == 8, "all of them fit"
    page.page.get_by_role("button", name="More").click()
    box = menu.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height
    page.page.keyboard.press("Escape")


def test_a_tool_out_of_the_menu_works_and_its_button_says_so(phone_of: Objects) -> None:
    phone_of.show(*made.slices(2))
    phone_of.until_pixels()
    more = phone_of.page.get_by_role("button", name="More")
    phone_of.tap(more)
    phone_of.tap(phone_of.page.get_by_role("button", name="Ellipse"))
    assert phone_of.state()["tool"] == "ellipse"
    assert "is-on" in (more.get_attribute("class") or "")
    box = phone_of.page.locator(".pv-stage").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    phone_of.touch(*[[(x + 4 * step, y + 3 * step)] for step in range(12)])
    assert [one["tool"] for one in phone_of.state()["measurements"]] == ["ellipse"]
    phone_of.tap(more)
    phone_of.tap(phone_of.page.get_by_role("button", name="MPR"))
    phone_of.page.wait_for_timeout(300)
    assert "too few images" in phone_of.said()


def test_turning_the_phone_brings_the_tools_back(phone_of: Objects) -> None:
    phone_of.show(*made.slices(2))
    phone_of.until_pixels()
    phone_of.page.wait_for_timeout(200)
    row = phone_of.page.locator(".p-vf__tools > button")
    few = row.count()
    order = phone_of.page.locator(".p-vf__tools button:not(.pv-menu *)").all_inner_texts()
    phone_of.page.set_viewport_size({"width": 1920, "height": 1080})
    phone_of.page.wait_for_timeout(300)
    assert row.count() > few + 10
    names = [text.strip() for text in row.all_inner_texts()]
    assert names[:3] == ["Scroll", "Window", "Zoom"]
    assert names[-1] == "More"
    phone_of.page.set_viewport_size({"width": 360, "height": 780})
    phone_of.page.wait_for_timeout(300)
    assert phone_of.page.locator(".p-vf__tools button:not(.pv-menu *)").all_inner_texts() == order


def test_axe_finds_nothing_on_a_phone(chromium: Browser, phone_of: Objects) -> None:
    from axe_playwright_python.sync_playwright import Axe

    phone_of.show(*made.slices(10))
    phone_of.until_pixels()
    phone_of.page.locator(".p-vp").first.focus()
    phone_of.page.keyboard.press("u")
    phone_of.page.keyboard.press("5")
    phone_of.until("placaViewer.mpr === 'on'")
    phone_of.until_pixels()
    found = Axe().run(phone_of.page).response["violations"]
    assert [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in found] == []
