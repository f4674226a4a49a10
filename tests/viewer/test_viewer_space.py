"""Panes that know where their images lie: they follow, cut and find one another by millimetres."""

import numpy as np
import pytest

from tests.viewer import space
from tests.viewer.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.peer]


def centroid(driver: Driver, number: int) -> tuple[float, float]:
    """Middle of the bright ball in a pane, in pixels of its stage."""
    rows, columns = np.nonzero(driver.grey(number) > 200)
    assert len(rows) > 50, "no ball on screen"
    return float(columns.mean()), float(rows.mean())


def open_at(driver: Driver, number: int, title: str, index: int) -> None:
    """Open a series in a pane, from the strip, at an image."""
    driver.page.locator(".p-vp").nth(number).focus()
    driver.page.get_by_role("button", name=title).click()
    driver.page.get_by_role("slider", name="Imagen").fill(str(index + 1))
    driver.until_pixels(number)


def two(desk: Driver, left: tuple[str, int], right: tuple[str, int]) -> None:
    desk.open(str(space.NOW), look="full")
    desk.until_pixels()
    desk.page.keyboard.press("2")
    desk.until("placaViewer.panes.length === 2")
    open_at(desk, 1, *right)
    open_at(desk, 0, *left)


def test_a_study_opens_with_its_first_real_series(desk: Driver) -> None:
    desk.open(str(space.NOW), look="full")
    desk.until_pixels()
    assert desk.pane()["seriesUid"] == space.AXIAL.uid


def test_linked_panes_meet_at_the_same_millimetre(desk: Driver) -> None:
    two(desk, ("Axial 2 mm", 0), ("Axial 5 mm", 0))
    desk.page.get_by_role("button", name="Enlazar", exact=True).click()
    desk.page.get_by_role("slider", name="Imagen").fill("26")  # z = 30 mm, 5 mm slices at 72, 67, ... 32, 27
    desk.until_pixels(1)
    assert desk.pane(1)["shownIndex"] == 8
    assert abs(centroid(desk, 0)[0] - centroid(desk, 1)[0]) < 3
    # and back: the other pane leads when it is scrolled
    desk.page.locator(".p-vp").nth(1).focus()
    desk.page.keyboard.press("ArrowDown")
    desk.until_pixels(0)
    assert desk.pane(0)["shownIndex"] in (23, 24)
    desk.page.keyboard.press("k")
    desk.page.keyboard.press("ArrowDown")
    desk.until_pixels(1)
    assert desk.pane(0)["shownIndex"] in (23, 24), "not linked any more"


def test_the_active_image_is_drawn_where_it_cuts_the_other(desk: Driver) -> None:
    """The axial image through the middle of the ball cuts the coronal one through the middle of the ball."""
    two(desk, ("Axial 2 mm", 25), ("Coronal 4 mm", 9))
    stage = desk.page.locator(".pv-stage").nth(1).bounding_box()
    line = desk.page.locator(".p-vp").nth(1).locator(".pv-cut")
    assert line.count() == 1
    box = line.bounding_box()
    assert stage is not None
    assert box is not None
    assert (
        abs(box["y"] + box["height"] / 2 - stage["y"] - centroid(desk, 1)[1]) <= 3
    )  # half a slice, and its edge
    assert abs(box["width"] - min(stage["width"], stage["height"])) <= 3
    assert desk.page.locator(".p-vp").nth(0).locator(".pv-cut").count() == 0
    desk.page.keyboard.press("y")
    desk.drawn()
    assert line.count() == 0


def test_a_point_in_one_image_is_found_in_the_others(desk: Driver) -> None:
    two(desk, ("Axial 2 mm", 25), ("Coronal 4 mm", 0))
    desk.page.keyboard.press("x")
    stage = desk.page.locator(".pv-stage").first.bounding_box()
    assert stage is not None
    column, row = centroid(desk, 0)
    desk.page.mouse.click(stage["x"] + column, stage["y"] + row)
    desk.until_pixels(1)
    assert desk.pane(1)["shownIndex"] == 9, "the coronal image at y = -10 mm"
    assert desk.page.locator(".pv-located").count() == 2


def test_window_and_zoom_go_along_when_asked(desk: Driver) -> None:
    two(desk, ("Axial 2 mm", 25), ("Axial 5 mm", 8))
    desk.page.keyboard.press("+")
    assert desk.pane(1)["view"]["zoom"] == 1
    desk.page.keyboard.press("j")
    desk.page.locator(".p-vp").nth(0).focus()
    desk.page.keyboard.press("+")
    assert desk.pane(1)["view"]["zoom"] == pytest.approx(desk.pane(0)["view"]["zoom"])
    desk.page.keyboard.press("Alt+ArrowRight")
    assert desk.pane(1)["window"] == desk.pane(0)["window"]
    assert desk.pane(1)["window"]["width"] > 600


def test_layouts_and_a_series_dragged_into_a_pane(desk: Driver) -> None:
    desk.open(str(space.NOW), look="full")
    desk.until_pixels()
    for key, layout, panes in (("3", "2x1", 2), ("4", "2x2", 4), ("2", "1x2", 2)):
        desk.page.keyboard.press(key)
        assert (desk.state()["layout"], len(desk.state()["panes"])) == (layout, panes)
    button = desk.page.get_by_role("button", name="Axial con hueco")
    button.drag_to(desk.page.locator(".p-vp").nth(1))
    desk.until_pixels(1)
    assert desk.pane(1)["seriesUid"] == space.UNEVEN.uid
    assert desk.pane(0)["seriesUid"] == space.AXIAL.uid
    desk.page.get_by_role("button", name="Disposición").click()
    desk.page.get_by_role("button", name="1×1").click()
    assert desk.state()["layout"] == "1x1"


def test_the_scale_is_as_long_as_it_says(desk: Driver) -> None:
    desk.open(str(space.NOW), look="full")
    desk.until_pixels()
    stage = desk.page.locator(".pv-stage").first.bounding_box()
    bar = float(desk.page.evaluate("document.querySelector('.pv-scale').getBBox().height"))
    assert stage is not None
    per_mm = min(stage["width"], stage["height"]) / space.SIDE
    label = desk.page.locator(".pv-scale__text").text_content() or ""
    length = float(label.split()[0]) * {"cm": 10, "mm": 1}[label.split()[1]]
    assert abs(bar - length * per_mm) <= 1


def test_an_earlier_study_opens_beside_this_one(desk: Driver) -> None:
    desk.open(str(space.NOW), look="full")
    desk.until_pixels()
    desk.page.get_by_role("slider", name="Imagen").fill("25")
    desk.until_pixels()
    desk.page.get_by_role("button", name="Comparar con 3 feb 2025").click()
    desk.until("placaViewer.panes.length === 2")
    desk.until_pixels(1)
    assert desk.pane(0)["shownIndex"] == 24
    assert (desk.pane(1)["seriesUid"], desk.pane(1)["study"]) == (space.EARLIER.uid, str(space.PRIOR))
    corners = desk.page.locator(".p-c--tl > div:first-child").all_inner_texts()
    assert corners == ["12 nov 2026 · actual", "3 feb 2025 · anterior"]
    # two frames of reference: as many millimetres from where they were put side by side
    start = desk.pane(1)["shownIndex"]
    desk.page.get_by_role("slider", name="Imagen").fill("35")  # 20 mm on, five of the earlier slices
    desk.until_pixels(1)
    assert desk.pane(1)["shownIndex"] == start + 5
    desk.page.get_by_role("button", name="Dejar de comparar").click()
    desk.until("placaViewer.panes.length === 1")
    desk.until_pixels()
    assert (desk.pane()["study"], desk.pane()["shownIndex"]) == (str(space.NOW), 34)


def test_mammograms_hang_with_their_chest_walls_in_the_middle(desk: Driver) -> None:
    desk.open(str(space.MAMMO), look="full")
    desk.until("window.placaViewer && placaViewer.layout === '2x2'")
    wanted = [4, 3, 2, 1]  # R CC, L CC, R MLO, L MLO by their series numbers
    assert [one["seriesUid"] for one in desk.state()["panes"]] == [f"{space.MAMMO}.{n}" for n in wanted]
    for number in range(4):
        desk.until_pixels(number)
        middle = desk.grey(number)[desk.grey(number).shape[0] // 2]
        wall, far = (middle[-25:-5], middle[5:25]) if number % 2 == 0 else (middle[5:25], middle[-25:-5])
        assert wall.mean() > 200, f"pane {number}: the chest wall is not in the middle"
        assert far.mean() < 30
    assert desk.pane(0)["view"]["flipH"] is True, "this file lies the other way round"
    assert desk.pane(2)["view"]["flipH"] is False
    assert desk.pane(0)["edges"].startswith("A|P")
