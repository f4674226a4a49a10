"""Planes that are turned in a volume, and slabs through one that has no pixels everywhere: by phantoms of known places."""

import math

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.viewer import object_files as made
from tests.viewer.grey_cases import phantom
from tests.viewer.object_page import Objects

pytestmark = [pytest.mark.browser]
SIDE, COUNT = 96, 48  # pixels of 1 mm, slices 2 mm apart: a cube
TILT = 30.0  # degrees about the head-foot axis
PLATE = (60.0, 40.0)  # its width and height in its own plane, in millimetres
AIR, METAL, PADDING = -500, 500, -2000


def _places(index: int) -> np.ndarray:
    """Millimetres (left, back, head) of each pixel of a slice from the middle of the volume."""
    steps = np.arange(SIDE) - (SIDE - 1) / 2
    across, down = np.meshgrid(steps, steps)
    return np.stack([across, down, np.full_like(across, 2 * (index - (COUNT - 1) / 2))], axis=-1)


def _stack(values: "list[np.ndarray]", name: str, **elements: object) -> list[Dataset]:
    slices = []
    for index, image in enumerate(values):
        one = phantom(f"{name} {index}", image.astype("int16"), WindowCenter=0, WindowWidth=1000, **elements)
        one.SeriesInstanceUID, one.FrameOfReferenceUID = made.SERIES, made.SPACE
        one.SeriesDescription = name
        one.ImagePositionPatient = [-(SIDE - 1) / 2, -(SIDE - 1) / 2, 2 * (index - (COUNT - 1) / 2)]
        one.InstanceNumber = index + 1
        slices.append(one)
    return slices


def plate() -> list[Dataset]:
    """A plate 4 mm thick that stands upright, turned by TILT from the coronal plane about the middle, its upper left
    quarter (seen from the front, the patient's right and head) missing."""
    across = np.array([math.cos(math.radians(TILT)), math.sin(math.radians(TILT)), 0])
    normal = np.array([-math.sin(math.radians(TILT)), math.cos(math.radians(TILT)), 0])
    values = []
    for index in range(COUNT):
        places = _places(index)
        u, n, z = places @ across, places @ normal, places[..., 2]
        solid = (np.abs(n) <= 2) & (np.abs(u) <= PLATE[0] / 2) & (np.abs(z) <= PLATE[1] / 2)
        values.append(np.where(solid & ~((u < 0) & (z > 0)), METAL, AIR))
    return _stack(values, "plate")


def begin(desk: Objects, slices: list[Dataset]) -> None:
    desk.show(*slices)
    desk.until_pixels()
    desk.page.get_by_role("slider", name="Image").fill(str(COUNT // 2))
    desk.until_pixels()
    desk.page.keyboard.press("5")
    desk.until("placaViewer.mpr === 'on'")
    for number in range(4):
        desk.until_pixels(number)


def settled(desk: Objects) -> None:
    """Wait until planes that were turned are complete."""
    desk.page.wait_for_timeout(900)
    for number in range(3):
        desk.until_pixels(number)


def quarters(desk: Objects, number: int) -> list[float]:
    """Share of bright pixels in the plate's quarters: upper left, upper right, lower left, lower right."""
    grey = desk.grey(number)
    height, width = grey.shape
    scale = min(height, width) / SIDE
    half_width, half_height = int(PLATE[0] / 2 * scale), int(PLATE[1] / 2 * scale)
    y, x, edge = height // 2, width // 2, int(3 * scale)
    parts = [
        grey[y - half_height + edge : y - edge, x - half_width + edge : x - edge],
        grey[y - half_height + edge : y - edge, x + edge : x + half_width - edge],
        grey[y + edge : y + half_height - edge, x - half_width + edge : x - edge],
        grey[y + edge : y + half_height - edge, x + edge : x + half_width - edge],
    ]
    return [float((part > 200).mean()) for part in parts]


def test_a_plane_turned_by_keys_lies_in_a_plate_that_is_turned_as_much(desk_of: Objects) -> None:
    begin(desk_of, plate())
    assert max(quarters(desk_of, 1)) < 0.6, "the coronal plane cuts the plate in a strip"
    handle = desk_of.page.locator(".p-vp").first.get_by_role("slider", name="Turn: Coronal")
    handle.focus()
    assert handle.get_attribute("aria-valuetext") == "0°"
    for _ in range(6):
        desk_of.page.keyboard.press("Shift+ArrowRight")
    settled(desk_of)
    plane = desk_of.pane(1)["plane"]
    assert np.allclose(
        plane["row"], [math.cos(math.radians(TILT)), math.sin(math.radians(TILT)), 0], atol=1e-6
    )
    assert np.allclose(plane["column"], [0, 0, -1], atol=1e-6)
    left, *others = quarters(desk_of, 1)
    assert left < 0.02, "the quarter that is missing lies at the patient's right and head"
    assert min(others) > 0.98, others
    # the sagittal plane went along and cuts the plate at a right angle: a strip 4 mm wide
    bright = (desk_of.grey(2) > 200).any(axis=0).sum()
    scale = min(desk_of.grey(2).shape) / SIDE
    assert abs(bright / scale - 4) <= 2
    # and the axial one, about whose normal they were turned, stayed
    assert np.allclose(desk_of.pane(0)["plane"]["row"], [1, 0, 0])
    assert handle.get_attribute("aria-valuetext") == "150°", "of the line, counterclockwise from level"


def test_a_handle_is_dragged_and_the_planes_are_straightened(desk_of: Objects) -> None:
    begin(desk_of, plate())
    before = desk_of.grey(1)
    box = desk_of.page.locator(".pv-stage").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    at = desk_of.page.locator(".p-vp").first.get_by_role("slider", name="Turn: Coronal").bounding_box()
    assert at is not None
    far = at["x"] + at["width"] / 2 - x
    mouse = desk_of.page.mouse
    mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    mouse.down()
    for step in range(1, 11):
        # clockwise on screen, wherever the handle stands
        angle = math.radians(TILT) * step / 10
        mouse.move(x + far * math.cos(angle), y + far * math.sin(angle))
        desk_of.page.wait_for_timeout(40)
    mouse.up()
    settled(desk_of)
    assert np.allclose(
        desk_of.pane(1)["plane"]["row"],
        [math.cos(math.radians(TILT)), math.sin(math.radians(TILT)), 0],
        atol=0.03,
    )
    left, *others = quarters(desk_of, 1)
    assert (left < 0.1, min(others) > 0.9) == (True, True)
    # lengths in it are millimetres: across the whole plate
    desk_of.page.keyboard.press("l")
    second = desk_of.page.locator(".pv-stage").nth(1).bounding_box()
    assert second is not None
    scale = min(second["width"], second["height"]) / SIDE
    middle = second["x"] + second["width"] / 2, second["y"] + second["height"] / 2 + 5 * scale
    desk_of.drag((middle[0] - 30 * scale, middle[1]), (middle[0] + 30 * scale, middle[1]))
    (length,) = desk_of.state()["measurements"]
    assert abs(float(length["lines"][0].split()[0]) - 60) <= 1.5
    desk_of.page.get_by_role("button", name="Straighten").click()
    settled(desk_of)
    assert np.allclose(desk_of.pane(1)["plane"]["row"], [1, 0, 0])
    assert np.abs(desk_of.grey(1) - before)[20:-20, 20:-20].mean() < 3, "it shows what it showed before"


def test_where_there_is_no_pixel_a_slab_takes_what_there_is(desk_of: Objects) -> None:
    """The upper (anterior) half of every other slice is padding: the least and the mean are those of the rest."""
    values = []
    for index in range(COUNT):
        image = np.where(_places(index)[..., 1] < 0, 100, 300)
        if index % 2:
            image[: SIDE // 2] = PADDING
        values.append(image)
    begin(desk_of, _stack(values, "padded", PixelPaddingValue=PADDING))
    desk_of.page.get_by_role("slider", name="Thickness").fill("20")
    for mode, name in (("min", "MinIP"), ("mean", "Mean"), ("max", "MIP")):
        desk_of.page.wait_for_timeout(300)
        desk_of.page.get_by_role("button", name=name, exact=True).click()
        desk_of.until(f"placaViewer.panes[0].seriesUid.includes('-{mode}')")
        settled(desk_of)
        grey = desk_of.grey(0)
        height, width = grey.shape
        for part, value in ((grey[height // 4, width // 2], 100), (grey[3 * height // 4, width // 2], 300)):
            assert abs(int(part) - (value + 500) / 1000 * 255) <= 3, (mode, value, int(part))
