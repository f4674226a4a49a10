"""What is no plain image: marks over images, traces to scale, reports, documents, films, and measurements that stay."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from tests.viewer import object_files as made
from tests.viewer.filedoor import FileDoor
from tests.viewer.object_page import Objects

pytestmark = [pytest.mark.browser]
DATA = Path(os.environ.get("PLACA_TESTDATA", "/nonexistent"))
PX_PER_MM = 96 / 25.4


# --- over images


@pytest.mark.parametrize("in_pixels", [False, True])
def test_overlay_planes_lie_where_the_file_says(desk_of: Objects, in_pixels: bool) -> None:
    desk_of.show(made.with_overlay(made.slices(1)[0], in_pixels=in_pixels))
    desk_of.until_pixels()
    desk_of.until_drawn("covers")
    assert [int(desk_of.colour(column, row)[0]) > 250 for column, row in ((51, 31), (69, 39), (60, 35))] == [
        True
    ] * 3
    outside = [desk_of.colour(column, row) for column, row in ((48, 35), (72, 35), (60, 28), (60, 42))]
    assert all(abs(one[0] - (62 if in_pixels else 128)) <= 3 for one in outside), outside
    desk_of.page.get_by_role("button", name="Marks").click()
    desk_of.mark("Overlays and covered edges")
    assert desk_of.colour(60, 35)[0] < 140


def test_a_presentation_is_applied_to_its_image_alone_and_taken_back(desk_of: Objects) -> None:
    first, second = made.slices(2)
    desk_of.show(first, second, made.presentation(second))
    desk_of.until_pixels()
    before = desk_of.pane()
    assert (before["window"], before["view"]["rotation"]) == ({"center": 0, "width": 200}, 0)
    desk_of.page.keyboard.press("End")
    desk_of.until_pixels()
    desk_of.until_drawn("presentation")
    shown = desk_of.pane()
    assert (shown["window"], shown["view"]["rotation"]) == ({"center": -50, "width": 200}, 90)
    # turned clockwise, column 40 row 64 of the image lies in column 64 and row 40 of what is seen
    red, green, blue = desk_of.colour(made.SIDE - 64, 40)
    assert red > blue + 40, "the filled circle"
    assert green > blue + 30
    assert int(desk_of.colour(3, 64)[0]) <= 2, "behind the shutter"
    assert abs(int(desk_of.colour(100, 100)[0]) - 191) <= 2, "its own window"
    desk_of.page.keyboard.press("Home")
    desk_of.until_pixels()
    assert desk_of.pane()["view"]["rotation"] == 0
    assert abs(int(desk_of.colour(100, 100)[0]) - 128) <= 2
    desk_of.page.keyboard.press("End")
    desk_of.until_pixels()
    desk_of.page.get_by_role("button", name="Marks").click()
    desk_of.mark("As it was presented: For the surgeon")
    assert desk_of.pane()["view"]["rotation"] == 0


def test_a_presentation_of_two_images_has_for_each_what_it_says_of_it(desk_of: Objects) -> None:
    first, second = made.slices(2)
    desk_of.show(first, second, made.presentation_of_both(first, second))
    desk_of.until_pixels()
    desk_of.until_drawn("presentation")
    desk_of.until("placaViewer.panes[0].window.center === -50")
    assert desk_of.pane()["view"]["zoom"] == 1
    assert abs(int(desk_of.colour(110, 120)[0]) - 191) <= 2, "its own window"
    assert abs(int(desk_of.colour(16, 64)[0]) - 128) <= 2, "the plane that covers, in its grey"
    assert min(desk_of.colour(70, 90)) > 250, "the filled box"
    assert min(desk_of.colour(80, 30)) > 250, "the shaft of the arrow"
    assert min(desk_of.colour(48, 34)) > 200, "its head, at the first point"
    assert desk_of.colour(92, 34)[0] < 200, "no head at the other end"
    desk_of.page.keyboard.press("End")
    desk_of.until_pixels()
    desk_of.until("placaViewer.panes[0].window.center === 50")
    assert abs(desk_of.pane()["view"]["zoom"] - 2) < 0.02, "its own area"
    # the box lies at columns 60 to 80, rows 80 to 100 of an area that begins at 32 and 64
    assert min(desk_of.colour(2 * (70 - 32), 2 * (90 - 64))) > 250
    assert abs(int(desk_of.colour(2 * (90 - 32), 2 * (90 - 64))[0]) - 64) <= 2
    desk_of.page.keyboard.press("Home")
    desk_of.until_pixels()
    desk_of.until("placaViewer.panes[0].window.center === -50")
    assert desk_of.pane()["view"]["zoom"] == 1


def test_marks_in_the_strip_open_the_image_that_they_belong_to(desk_of: Objects) -> None:
    first, second = made.slices(2)
    desk_of.show(first, second, made.presentation(second))
    desk_of.until_pixels()
    desk_of.page.locator(".p-vf__ser button", has_text="Presentation").click()
    desk_of.until_drawn("presentation")
    assert desk_of.pane()["instanceUid"] == second.SOPInstanceUID


def test_segments_are_coloured_named_and_switched(desk_of: Objects) -> None:
    images = made.slices(2)
    desk_of.show(*images, made.segmentation(images))
    desk_of.until_pixels()
    grey = desk_of.colour(20, 20)
    assert max(grey) - min(grey) <= 2, "nothing is coloured unasked"
    desk_of.page.locator(".p-vf__ser button", has_text="AI").click()
    desk_of.until_drawn("covers")
    desk_of.until_pixels()
    inside, outside = desk_of.colour(20, 20), desk_of.colour(100, 20)
    assert inside[0] > inside[2] + 30
    assert max(outside) - min(outside) <= 2
    desk_of.page.get_by_role("button", name="Marks").click()
    assert desk_of.page.locator(".pv-markspanel label").all_inner_texts()[-2:] == ["Liver", "Cyst"]
    desk_of.mark("Liver")
    off = desk_of.colour(20, 20)
    assert max(off) - min(off) <= 2
    desk_of.page.locator(".p-vp").first.focus()
    desk_of.page.keyboard.press("End")
    desk_of.until_pixels()
    desk_of.until_drawn("covers")
    cyst = desk_of.colour(64, 64)
    assert cyst[1] > cyst[0] + 20, "the second segment has a colour of its own"


def test_patients_see_the_image_and_nobodys_notes(phone_of: Objects) -> None:
    images = made.slices(2)
    phone_of.show(*images, made.presentation(images[1]), made.segmentation(images), look="simple")
    phone_of.until_pixels()
    phone_of.page.wait_for_timeout(500)
    assert phone_of.page.locator(".pv-marks").get_attribute("data-drawn", timeout=1000) == ""
    assert phone_of.page.get_by_role("button", name="Marks").count() == 0


# --- lengths


def test_ultrasound_is_measured_by_its_region_and_in_pixels_outside(desk_of: Objects) -> None:
    desk_of.show(made.ultrasound())
    desk_of.until_pixels()
    desk_of.page.keyboard.press("l")
    desk_of.drag(desk_of.point(10, 20), desk_of.point(50, 20))
    desk_of.drag(desk_of.point(74, 60), desk_of.point(114, 60))
    inside, outside = (one["lines"][0] for one in desk_of.state()["measurements"])
    assert abs(float(inside.removesuffix(" mm")) - 20) <= 0.5
    assert abs(float(outside.removesuffix(" px")) - 40) <= 1


def test_without_a_scale_lengths_are_pixels_and_it_is_said(desk_of: Objects) -> None:
    (one,) = made.slices(1)
    del one.PixelSpacing
    desk_of.show(one)
    desk_of.until_pixels()
    desk_of.page.keyboard.press("l")
    desk_of.drag(desk_of.point(20, 20), desk_of.point(60, 20))
    (found,) = desk_of.state()["measurements"]
    assert abs(float(found["lines"][0].removesuffix(" px")) - 40) <= 1
    assert "No scale: lengths in pixels" in desk_of.page.locator(".p-c--br").inner_text()


def test_lossy_compression_is_marked(desk_of: Objects) -> None:
    desk_of.show(*made.slices(1, LossyImageCompression="01"))
    desk_of.until_pixels()
    assert "Lossy compression" in desk_of.page.locator(".p-c--br").inner_text()


# --- measurements that stay


def test_measurements_are_kept_and_come_back(desk_of: Objects, door: FileDoor) -> None:
    images = made.slices(2)
    desk_of.show(*images)
    desk_of.until_pixels()
    desk_of.page.keyboard.press("l")
    desk_of.drag(desk_of.point(20, 30), desk_of.point(60, 30))
    desk_of.page.wait_for_timeout(1200)
    (kept,) = json.loads(door.kept["case"])
    assert (kept["tool"], kept["instance"]) == ("length", images[0].SOPInstanceUID)
    assert abs(kept["values"][0]["number"] - 40) <= 0.6
    assert np.abs(np.array(kept["image"]) - [[20, 30], [60, 30]]).max() <= 0.7
    line = desk_of.state()["measurements"][0]["lines"]
    desk_of.page.reload()
    desk_of.until("window.placaViewer && placaViewer.measurements.length === 1")
    desk_of.until_pixels()
    (back,) = desk_of.state()["measurements"]
    assert (back["lines"], back["instanceUid"]) == (line, images[0].SOPInstanceUID)
    desk_of.until("document.querySelector('.pv-gl svg line, .pv-gl svg path')")
    desk_of.page.get_by_role("button", name="Remove measurement 1").click()
    desk_of.page.wait_for_timeout(1200)
    assert json.loads(door.kept["case"]) == []


# --- traces


def test_an_ecg_is_drawn_to_scale_and_measured_with_the_mouse(desk_of: Objects) -> None:
    desk_of.show(made.ecg())
    desk_of.until("document.querySelectorAll('.pv-ecg__trace').length === 13")
    labels = desk_of.page.locator(".pv-ecg__lead").all_text_contents()
    assert labels == ["I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6", "II"]
    box = desk_of.page.locator(".pv-ecg__trace").last.bounding_box()
    assert box is not None
    assert abs(box["width"] - 249.95 * PX_PER_MM) <= 3, "ten seconds are 250 mm"
    assert abs(box["height"] - 10 * PX_PER_MM) <= 2, "a millivolt is 10 mm"
    assert "25 mm/s · 10 mm/mV" in desk_of.page.locator(".pv-ecg__note").inner_text()
    assert "0.05–150 Hz" in desk_of.page.locator(".pv-ecg__note").inner_text()
    foot, top = box["y"] + box["height"] - 1, box["y"] + 1
    start = box["x"] + 0.4 * 25 * PX_PER_MM
    desk_of.drag((start, foot), (start + 0.2 * 25 * PX_PER_MM, top))
    said = desk_of.page.locator(".pv-ecg__out").inner_text()
    found = re.fullmatch(r"(\d+) ms(?: \(\d+/min\))? · (-?[\d.]+) mV", said)
    assert found is not None, said
    assert abs(int(found[1]) - 200) <= 12
    assert abs(float(found[2]) - 1) <= 0.06


def test_calipers_work_with_keys_and_fingers(desk_of: Objects, phone_of: Objects) -> None:
    desk_of.show(made.ecg(leads=3))
    desk_of.until("document.querySelectorAll('.pv-ecg__trace').length === 3")
    desk_of.page.locator(".pv-ecg svg").first.focus()
    desk_of.page.locator(".pv-ecg__scroll svg").focus()
    desk_of.page.keyboard.press("Enter")
    for _ in range(2):
        desk_of.page.keyboard.press("Shift+ArrowRight")
    desk_of.page.keyboard.press("Shift+ArrowUp")
    assert desk_of.page.locator(".pv-ecg__out").inner_text() == "400 ms (150/min) · 0.50 mV"
    desk_of.page.keyboard.press("Escape")
    assert "Drag over the trace" in desk_of.page.locator(".pv-ecg__out").inner_text()
    phone_of.show(made.ecg(), look="simple")
    phone_of.until("document.querySelectorAll('.pv-ecg__trace').length === 13")
    phone_of.page.get_by_role("button", name="Calipers").tap()
    phone_of.touch(*[[(60 + 10 * step, 320)] for step in range(11)])
    said = phone_of.page.locator(".pv-ecg__out").inner_text()
    assert abs(int(said.split()[0]) - 100 / PX_PER_MM / 25 * 1000) <= 15, said
    assert phone_of.page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_trace_that_makes_no_sense_is_told(desk_of: Objects) -> None:
    desk_of.show(made.ecg(broken=True))
    desk_of.until("document.querySelector('.pv-message')")
    assert desk_of.said() == "This recording cannot be drawn"


# --- documents


@pytest.mark.skipif(not DATA.exists(), reason="PLACA_TESTDATA names no files")
def test_a_structured_report_reads_as_text(desk_of: Objects) -> None:
    desk_of.show(files=[DATA / "special/sr_document.dcm"])
    frame = desk_of.page.frame_locator(".pv-document iframe")
    frame.get_by_role("heading", name="Imaging Measurement Report").wait_for()
    assert frame.get_by_role("heading", name="Measurement Group").count() == 1
    assert "Area of defined region" in frame.locator("body").inner_text()
    assert "1.7 cm2" in frame.locator("body").inner_text()
    assert frame.locator("style").count() == 1


@pytest.mark.skipif(not DATA.exists(), reason="PLACA_TESTDATA names no files")
def test_a_film_plays_in_place_and_another_stream_is_offered(desk_of: Objects) -> None:
    desk_of.show(files=[DATA / "transfer-syntax/mpeg4-avc-high41.dcm"])
    desk_of.until("document.querySelector('.pv-video, .pv-message')")
    desk_of.page.wait_for_timeout(1500)
    played = desk_of.page.evaluate("(document.querySelector('.pv-video') || {}).readyState >= 1")
    # a Chromium without H.264 says so, and where the file is to be had
    assert played or desk_of.page.get_by_role("link", name="Go to the study").is_visible()
