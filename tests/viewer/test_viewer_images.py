"""The viewer shows what is in the file: first the picture, then the pixels, in the right place, grey, size."""

import re

import numpy as np
import pytest
from playwright.sync_api import Route

from tests.viewer import phantom
from tests.viewer.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.peer]


def level_of(hounsfield: float, center: float, width: float) -> int:
    """Grey level of PS3.3 C.11.2.1.2.1 (linear)."""
    share = (hounsfield - (center - 0.5)) / (width - 1) + 0.5
    return round(255 * min(1, max(0, share)))


def test_the_first_picture_is_on_screen_before_the_engine(phone: Driver) -> None:
    phone.page.route("**/assets/pixels-*.js", lambda route: route.abort())
    phone.open(look="simple")
    phone.until("window.placaViewer && placaViewer.panes[0].shownIndex >= 0")
    assert phone.pane()["diagnostic"] is False
    assert phone.grey().max() > 200
    phone.page.wait_for_timeout(500)
    phone.errors.clear()  # the engine was kept away on purpose


def test_the_first_pixels_do_not_wait_for_the_engine(desk: Driver) -> None:
    desk.page.route("**/assets/pixels-*.js", lambda route: route.abort())
    desk.open(look="full")
    desk.until("window.placaViewer && placaViewer.panes[0].exact")
    assert desk.pane()["diagnostic"] is False
    early = desk.grey()
    for row, column, value in ((128, 128, phantom.SQUARE_HU), (60, 128, phantom.BODY_HU)):
        assert abs(desk.level(column, row) - level_of(value, 50, 400)) <= 1
    desk.page.unroute("**/assets/pixels-*.js")
    desk.errors.clear()  # the engine was kept away on purpose
    desk.page.reload()
    desk.until_pixels()
    # above the notice about the engine; edges differ, since the engine interpolates before it windows
    apart = np.abs(desk.grey() - early)[:620] > 8
    assert apart.mean() < 0.01, "the engine draws another image, or elsewhere"


def test_another_window_before_the_engine_is_no_diagnostic_image(desk: Driver) -> None:
    desk.page.route("**/assets/pixels-*.js", lambda route: route.abort())
    desk.open(look="full")
    desk.until("window.placaViewer && placaViewer.panes[0].exact")
    desk.page.get_by_role("button", name="Ventanas").click()
    desk.page.get_by_role("button", name="Hueso", exact=True).click()
    assert desk.pane()["exact"] is False
    desk.page.wait_for_timeout(800)
    assert abs(desk.level(128, 128) - level_of(phantom.SQUARE_HU, 480, 2500)) <= 6, "the server's picture"
    assert desk.pane()["exact"] is False
    desk.errors.clear()  # the engine was kept away on purpose


def test_first_pixels_that_do_not_come_are_left_to_the_engine(desk: Driver) -> None:
    frames: list[str] = []

    def once(route: Route) -> None:
        frames.append(route.request.url)
        if len(frames) == 1:
            route.abort()
        else:
            route.continue_()

    desk.page.route("**/frames/1", once)
    desk.open(look="full")
    desk.until_pixels()
    assert len(frames) > 1
    assert desk.said() == ""
    desk.errors.clear()  # the first frame was kept away on purpose


def test_pixels_take_the_place_of_the_picture(phone: Driver) -> None:
    phone.open(look="simple")
    phone.until_pixels()
    pane = phone.pane()
    assert (pane["count"], pane["window"]) == (phantom.SLICES, {"center": 50, "width": 400})
    assert phone.grey().std() > 20


@pytest.mark.parametrize(
    ("row", "column", "value"), [(128, 128, phantom.SQUARE_HU), (60, 128, phantom.BODY_HU)]
)
def test_grey_levels_follow_the_window(desk: Driver, row: int, column: int, value: int) -> None:
    desk.open(look="full")
    desk.until_pixels()
    assert abs(desk.level(column, row) - level_of(value, 50, 400)) <= 1
    desk.page.get_by_role("button", name="Ventanas").click()
    desk.page.get_by_role("button", name="Hueso", exact=True).click()
    desk.page.wait_for_timeout(300)
    assert desk.pane()["window"] == {"center": 480, "width": 2500}
    assert abs(desk.level(column, row) - level_of(value, 480, 2500)) <= 1


def test_the_right_side_of_the_patient_is_where_its_letter_is(desk: Driver) -> None:
    desk.open(look="full")
    desk.until_pixels()

    def mark() -> tuple[float, float]:
        """Centre of the bright mark's half of the screen: -1 left or top, 1 right or bottom."""
        grey = desk.grey()
        height, width = grey.shape
        side = min(height, width)
        middle = grey[(height - side) // 2 : (height + side) // 2, (width - side) // 2 : (width + side) // 2]
        lines = {"x": middle[side // 2, :], "y": middle[:, side // 2]}
        found = {
            name: line.argmax() / side * 2 - 1 if line.max() > 250 else 0.0 for name, line in lines.items()
        }
        return round(found["x"], 1), round(found["y"], 1)

    assert (mark()[0] < 0, desk.pane()["edges"]) == (True, "R|L|A|P")
    desk.page.keyboard.press("h")
    desk.page.wait_for_timeout(300)
    assert (mark()[0] > 0, desk.pane()["edges"]) == (True, "L|R|A|P")
    desk.page.keyboard.press("h")
    desk.page.keyboard.press("r")
    desk.page.wait_for_timeout(300)
    assert (mark()[1] < 0, desk.pane()["edges"]) == (True, "P|A|R|L")


@pytest.mark.parametrize(
    ("language", "sides"),
    [
        ("es", "derecha|izquierda"),
        ("it", "destra|sinistra"),
        ("pt", "direita|esquerda"),
        ("en", "right|left"),
    ],
)
def test_patients_read_a_word_and_professionals_the_letters_of_dicom(
    phone: Driver, language: str, sides: str
) -> None:
    phone.open(look="simple", lang=language)
    phone.until_pixels()
    assert phone.pane()["edges"].split("|")[:2] == sides.split("|")
    assert [phone.page.locator(f".p-c--{side}").is_visible() for side in "lrtb"] == [True, True, False, False]
    phone.open(look="full", lang=language)
    phone.until_pixels()
    assert phone.pane()["edges"] == "R|L|A|P"
    assert phone.page.locator(".p-c--l").get_attribute("title") == sides.split("|")[0]


@pytest.mark.parametrize("keys", ["", "r", "rh", "rv", "hv", "++", "i", "r+h"])
def test_pixels_cover_the_picture_exactly(desk: Driver, keys: str) -> None:
    """Both layers have the marks in the same place, however the image is turned."""
    desk.open(look="full")
    desk.until_pixels()
    for key in keys:
        desk.page.keyboard.press(key)
    desk.page.wait_for_timeout(300)
    # Orthanc stretches its picture over all values, the pixels have their window: both end at the metal marks.
    ends = (lambda grey: grey < 15) if "i" in keys else (lambda grey: grey > 240)
    pixels = ends(desk.grey())
    desk.page.evaluate("document.querySelector('.pv-stage').classList.remove('is-pixels')")
    picture = ends(desk.grey())
    assert pixels.sum() > 500
    assert (pixels != picture).mean() < 0.006


def test_a_length_is_measured_in_millimetres(desk: Driver) -> None:
    desk.open(look="full")
    desk.until_pixels()
    desk.page.keyboard.press("l")
    desk.drag(desk.at(108, 128), desk.at(148, 128))
    (found,) = desk.state()["measurements"]
    value = re.fullmatch(r"(\d+\.\d) mm", found["lines"][0])
    assert value is not None
    assert abs(float(value[1]) - phantom.SQUARE_MM) <= 0.5
    assert desk.page.locator(".p-roi td").first.inner_text() == found["lines"][0]


@pytest.mark.parametrize(
    ("key", "tool", "start"), [("e", "ellipse", (128, 128)), ("q", "rectangle", (115, 115))]
)
def test_a_region_gives_mean_and_deviation_in_hounsfield_units(
    desk: Driver, key: str, tool: str, start: tuple[int, int]
) -> None:
    desk.open(look="full")
    desk.until_pixels()
    desk.page.keyboard.press(key)
    desk.drag(desk.at(*start), desk.at(140, 140))
    (found,) = desk.state()["measurements"]
    assert (found["tool"], found["lines"][0]) == (tool, f"{phantom.SQUARE_HU} ± 0 HU")
    assert found["lines"][1] == f"mín {phantom.SQUARE_HU} · máx {phantom.SQUARE_HU} HU"
    assert re.fullmatch(r"\d+\.\d cm²", found["lines"][2])


def test_an_angle_is_measured_and_measurements_can_be_removed(desk: Driver) -> None:
    desk.open(look="full")
    desk.until_pixels()
    desk.page.keyboard.press("a")
    desk.drag(desk.at(60, 180), desk.at(120, 180))
    desk.page.mouse.move(*desk.at(120, 120))
    desk.page.mouse.down()
    desk.page.mouse.up()
    desk.page.wait_for_timeout(400)
    (found,) = desk.state()["measurements"]
    assert abs(float(found["lines"][0].rstrip("°")) - 90) < 1
    desk.page.get_by_role("button", name="Borrar la medición 1").click()
    assert desk.state()["measurements"] == []
