"""Planes through a volume: the right values in the right place, as thick as asked, and a word why where there is none."""

import numpy as np
import pytest

from tests.viewer import space
from tests.viewer.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.peer]
PLANES = ("axial", "coronal", "sagittal")


def begin(driver: Driver, image: int = 25) -> None:
    driver.open(str(space.NOW), look="full")
    driver.until_pixels()
    driver.page.get_by_role("slider", name="Imagen").fill(str(image + 1))
    driver.page.get_by_role("button", name="MPR", exact=True).click()
    driver.until("placaViewer.mpr === 'on'")
    for number in range(4):
        driver.until_pixels(number)


def place(driver: Driver, number: int) -> tuple[float, float, float, float]:
    """Of a pane: left and top of its stage on the page, its middle, as (x, y, width, height)."""
    box = driver.page.locator(".pv-stage").nth(number).bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def point(driver: Driver, number: int, right_mm: float, down_mm: float) -> tuple[float, float]:
    """Where a point lies on the page, in millimetres from the middle of a plane of 96 x 96 mm."""
    x, y, width, height = place(driver, number)
    scale = min(width, height) / space.SIDE
    return x + width / 2 + right_mm * scale, y + height / 2 + down_mm * scale


def locate_the_ball(driver: Driver) -> None:
    """Point at the ball's middle in the axial plane."""
    left, back, _head = space.BALL
    driver.page.mouse.click(*point(driver, 0, left + 0.5, back + 0.5))
    for number in range(4):
        driver.until_pixels(number)


def bright(driver: Driver, number: int) -> np.ndarray:
    return driver.grey(number) > 200


def test_three_planes_meet_in_the_point_that_somebody_points_at(desk: Driver) -> None:
    begin(desk)
    assert [one["seriesUid"].split("-")[2] for one in desk.state()["panes"][:3]] == list(PLANES)
    assert desk.pane(3)["seriesUid"] == space.AXIAL.uid, "the series as it came stays beside them"
    locate_the_ball(desk)
    for number, plane in enumerate(PLANES):
        _x, _y, width, height = place(desk, number)
        rows, columns = np.nonzero(bright(desk, number))
        scale = min(width, height) / space.SIDE
        diameter = (rows.max() - rows.min() + 1) / scale, (columns.max() - columns.min() + 1) / scale
        assert all(abs(one - 2 * space.RADIUS) <= 3 for one in diameter), (plane, diameter)
        # the two other planes are drawn through the ball's middle
        lines = desk.page.locator(".p-vp").nth(number).locator(".pv-cut")
        across = [line.bounding_box() for line in lines.all()]
        upright = [
            b["x"] + b["width"] / 2 - place(desk, number)[0] for b in across if b and b["height"] > b["width"]
        ]
        level = [
            b["y"] + b["height"] / 2 - place(desk, number)[1]
            for b in across
            if b and b["width"] > b["height"]
        ]
        assert any(abs(one - columns.mean()) <= 6 for one in upright), (plane, upright, columns.mean())
        assert any(abs(one - rows.mean()) <= 6 for one in level), (plane, level, rows.mean())
    edges = [desk.pane(number)["edges"] for number in range(3)]
    assert edges == ["R|L|A|P", "R|L|H|F", "A|P|H|F"]


def test_a_thick_slab_shows_what_lies_before_and_behind(desk: Driver) -> None:
    begin(
        desk, 0
    )  # the bottom: the axial plane misses the ball by 50 mm, the coronal one goes through the middle
    assert not bright(desk, 0).any()
    desk.page.get_by_role("slider", name="Grosor").fill("60")
    desk.page.wait_for_timeout(400)
    desk.until_pixels(0)
    desk.until("placaViewer.panes[0].seriesUid.endsWith('max15')")
    desk.page.locator(".p-vp").first.focus()
    for _ in range(13):
        desk.page.keyboard.press("ArrowUp")
    desk.until_pixels(0)
    assert bright(desk, 0).sum() > 500, "the most along 60 mm is the ball"
    desk.page.get_by_role("button", name="MinIP").click()
    desk.until("placaViewer.panes[0].seriesUid.endsWith('min15')")
    desk.until_pixels(0)
    desk.page.wait_for_timeout(400)
    assert not bright(desk, 0).any(), "the least is the background"
    desk.page.get_by_role("button", name="Media", exact=True).click()
    desk.until("placaViewer.panes[0].seriesUid.endsWith('mean15')")
    desk.page.wait_for_timeout(400)
    desk.until_pixels(0)
    grey = desk.grey(0)
    assert 20 < grey.max() < 200, "the mean lies between"


def test_window_is_one_and_measures_are_millimetres_and_hounsfield(desk: Driver) -> None:
    begin(desk)
    locate_the_ball(desk)
    desk.page.keyboard.press("Alt+ArrowRight")
    windows = [desk.pane(number)["window"] for number in range(3)]
    assert windows[0]["width"] > 600
    assert windows[0] == windows[1] == windows[2]
    # across the ball in the coronal plane: the head is up, z = 27 mm is the middle of the volume
    left, _back, head = space.BALL
    middle = space.CORNER[2] + (space.AXIAL.count - 1)
    desk.page.keyboard.press("l")
    desk.drag(
        point(desk, 1, left + 0.5 - 15, middle - head),
        point(desk, 1, left + 0.5 + 15, middle - head),
    )
    desk.page.keyboard.press("e")
    desk.drag(point(desk, 1, left, middle - head + 5), point(desk, 1, left + 3, middle - head + 8))
    found = {one["tool"]: one["lines"] for one in desk.state()["measurements"]}
    assert abs(float(found["length"][0].split()[0]) - 30) <= 1
    assert found["ellipse"][0] == f"{space.BALL_HU} ± 0 HU"


@pytest.mark.parametrize(
    ("title", "why"),
    [("Axial con hueco", "no están a distancias iguales"), ("Topograma", "muy pocas imágenes")],
)
def test_no_volume_and_a_word_why(desk: Driver, title: str, why: str) -> None:
    desk.open(str(space.NOW), look="full")
    desk.until_pixels()
    desk.page.get_by_role("button", name=title).click()
    desk.until_pixels()
    desk.page.keyboard.press("5")
    desk.until("placaViewer.mpr === 'off' && !document.querySelector('.pv-notice').hidden")
    assert why in desk.said()
    assert len(desk.state()["panes"]) == 1


def test_it_ends_where_it_began(desk: Driver) -> None:
    begin(desk)
    desk.page.locator(".p-vp").nth(3).focus()
    desk.page.keyboard.press("ArrowDown")
    desk.until_pixels(3)
    desk.page.get_by_role("button", name="MPR", exact=True).click()
    desk.until("placaViewer.mpr === 'off'")
    desk.until_pixels()
    state = desk.state()
    assert (state["layout"], state["panes"][0]["seriesUid"]) == ("1x1", space.AXIAL.uid)
    assert state["panes"][0]["shownIndex"] == 26


def test_its_code_comes_when_it_is_asked_for(desk: Driver) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open(str(space.NOW), look="full")
    desk.until_pixels()
    assert not [url for url in asked if "/assets/load-" in url]
    desk.page.keyboard.press("5")
    desk.until("placaViewer.mpr === 'on'")
    assert [url for url in asked if "/assets/load-" in url]
