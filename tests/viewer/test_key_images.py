"""Key images: marked, kept, found again, and those that came with the study."""

import json

import numpy as np
import pytest
from pydicom.uid import generate_uid

from tests.viewer import object_files as made
from tests.viewer.filedoor import FileDoor
from tests.viewer.grey_cases import phantom
from tests.viewer.object_page import Objects

pytestmark = [pytest.mark.browser]
STAR = "★ Key image"


def corner(page: Objects) -> str:
    return page.page.locator(".p-c--tl").first.inner_text()


def kept(door: FileDoor) -> list[dict[str, object]]:
    return [one for one in json.loads(door.kept.get("case", b"[]")) if one["tool"] == "key"]


def test_an_image_is_marked_kept_and_found_again(desk_of: Objects, door: FileDoor) -> None:
    first, second, third = made.slices(3)
    desk_of.show(first, second, third)
    desk_of.until_pixels()
    desk_of.page.keyboard.press("End")
    desk_of.until_pixels()
    assert STAR not in corner(desk_of)
    desk_of.page.get_by_role("button", name="Key image", exact=True).click()
    assert STAR in corner(desk_of)
    assert (
        desk_of.page.get_by_role("button", name="Key image", exact=True).get_attribute("aria-pressed")
        == "true"
    )
    assert desk_of.page.locator(".pv-keyentry em").inner_text() == "1"
    assert desk_of.page.locator(".pv-keyed").inner_text() == "1"
    desk_of.page.wait_for_timeout(1200)
    (item,) = kept(door)
    assert (item["instance"], item["frame"], item["points"]) == (third.SOPInstanceUID, 1, [])
    # it is there again, and the key leads to it; the rest of what was kept is not touched
    desk_of.page.reload()
    desk_of.until("window.placaViewer && placaViewer.keys.length === 1")
    desk_of.until_pixels()
    assert desk_of.pane()["index"] == 0
    desk_of.page.locator(".p-vp").first.focus()
    desk_of.page.keyboard.press(".")
    desk_of.until_pixels()
    assert desk_of.pane()["instanceUid"] == third.SOPInstanceUID
    assert STAR in corner(desk_of)
    desk_of.page.keyboard.press("u")
    assert STAR not in corner(desk_of)
    assert desk_of.page.locator(".pv-keyentry, .pv-keyed").count() == 0
    desk_of.page.wait_for_timeout(1200)
    assert kept(door) == []


def test_marks_and_measurements_are_kept_side_by_side(desk_of: Objects, door: FileDoor) -> None:
    desk_of.show(*made.slices(2))
    desk_of.until_pixels()
    desk_of.page.keyboard.press("u")
    desk_of.page.keyboard.press("l")
    desk_of.drag(desk_of.point(20, 30), desk_of.point(60, 30))
    desk_of.page.wait_for_timeout(1200)
    assert sorted(one["tool"] for one in json.loads(door.kept["case"])) == ["key", "length"]
    desk_of.page.reload()
    desk_of.until(
        "window.placaViewer && placaViewer.measurements.length === 1 && placaViewer.keys.length === 1"
    )
    desk_of.page.get_by_role("button", name="Remove key image 1").click()
    desk_of.page.wait_for_timeout(1200)
    assert [one["tool"] for one in json.loads(door.kept["case"])] == ["length"]


def test_the_list_beside_the_report_opens_them(desk_of: Objects) -> None:
    desk_of.show(*made.slices(3))
    desk_of.until_pixels()
    for _ in range(2):
        desk_of.page.keyboard.press("ArrowDown")
        desk_of.until_pixels()
        desk_of.page.keyboard.press("u")
    rows = desk_of.page.locator(".p-roi .pv-link")
    assert rows.all_inner_texts() == ["Se 1 · Im 2/3", "Se 1 · Im 3/3"]
    rows.first.click()
    desk_of.until_pixels()
    assert desk_of.pane()["index"] == 1
    desk_of.page.wait_for_timeout(1200)  # kept by now: later, the next test would find it


def test_a_selection_that_came_with_the_study_is_shown(desk_of: Objects, door: FileDoor) -> None:
    images = made.slices(3)
    film = phantom("film", np.zeros((4, made.SIDE, made.SIDE), "uint8"), NumberOfFrames=4, SeriesNumber=5)
    film.Rows = film.Columns = made.SIDE
    selection, of_frames = made.key_objects(images[1]), made.key_objects(film, frames=(3,))
    of_frames.SOPInstanceUID = generate_uid(entropy_srcs=["selection", "of frames"])
    of_frames.file_meta.MediaStorageSOPInstanceUID = of_frames.SOPInstanceUID
    of_frames.SeriesInstanceUID = generate_uid(entropy_srcs=["series", "of frames"])
    of_frames.SeriesDescription = "Frames"
    desk_of.show(*images, film, selection, of_frames)
    desk_of.until_pixels()
    assert desk_of.page.locator(".pv-keyed").all_inner_texts() == ["1", "1"], "each series says how many"
    assert STAR not in corner(desk_of)
    desk_of.page.locator(".p-vf__ser button", has_text="Selection").click()
    desk_of.until("placaViewer.panes[0].shownIndex === 1")
    assert STAR in corner(desk_of)
    desk_of.page.locator(".p-vf__ser button", has_text="Frames").click()
    desk_of.until("placaViewer.panes[0].shownIndex === 2 && placaViewer.panes[0].count === 4")
    assert STAR in corner(desk_of)
    desk_of.page.wait_for_timeout(900)
    assert kept(door) == [], "what others chose is not one's own"
    desk_of.page.locator(".p-vp").first.focus()
    desk_of.page.keyboard.press(".")
    desk_of.until("placaViewer.panes[0].count === 3 && placaViewer.panes[0].shownIndex === 1")


def test_where_nothing_is_marked_the_key_says_so(desk_of: Objects) -> None:
    desk_of.show(*made.slices(1))
    desk_of.until_pixels()
    desk_of.page.keyboard.press(".")
    assert "No key images yet" in desk_of.said()


def test_a_computed_plane_cannot_be_marked(desk_of: Objects) -> None:
    desk_of.show(*made.slices(10))
    desk_of.until_pixels()
    desk_of.page.keyboard.press("5")
    desk_of.until("placaViewer.mpr === 'on'")
    desk_of.until_pixels()
    desk_of.page.keyboard.press("u")
    assert "Only images of this study can be marked." in desk_of.said()
    assert desk_of.state()["keys"] == []


def test_patients_have_no_key_images(phone_of: Objects) -> None:
    phone_of.show(*made.slices(2), look="simple")
    phone_of.until_pixels()
    phone_of.page.keyboard.press("u")
    phone_of.page.wait_for_timeout(300)
    assert phone_of.state()["keys"] == []
