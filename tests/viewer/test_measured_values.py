"""What is measured and projected: pixels alone, in their own unit and in the polarity of the file."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.viewer import object_files as made
from tests.viewer.object_page import Objects

pytestmark = [pytest.mark.browser]
NOTHING = -2000
DARK, BRIGHT = 100, -100  # in a picture whose lowest value is the brightest


def filled(one: Dataset, values: np.ndarray) -> Dataset:
    one.PixelData = values.astype("<i2").tobytes()
    return one


def volume() -> list[Dataset]:
    """Twelve slices of 0 HU, 2 mm apart, MONOCHROME1: at z = 8 to 14 mm a box of 100 HU and one of -100 HU; at the left
    edge of each slice there are no pixels."""
    slices = made.slices(
        12, PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=NOTHING, RescaleIntercept=0, RescaleSlope=1,
        RescaleType="HU",
    )  # fmt: skip
    for number, one in enumerate(slices):
        values = np.zeros((made.SIDE, made.SIDE))
        if 4 <= number <= 7:
            values[20:50, 40:90], values[70:100, 40:90] = DARK, BRIGHT
        values[:, :16] = NOTHING
        one.WindowWidth = 400
        filled(one, values)
    return slices


def greys(page: Objects) -> tuple[int, ...]:
    """On screen: no pixel, the middle of the window, and the places of the two boxes."""
    return tuple(int(page.colour(*at)[0]) for at in ((8, 64), (110, 60), (65, 35), (65, 85)))


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 2 for one, other in zip(found, wanted, strict=True))


def test_planes_of_an_inverse_volume_keep_polarity_and_what_is_no_pixel(desk_of: Objects) -> None:
    desk_of.show(*volume())
    desk_of.until_pixels()
    desk_of.page.get_by_role("slider", name="Image").fill("6")
    desk_of.until_pixels()
    as_it_came = greys(desk_of)
    assert near(as_it_came, (0, 127, 63, 191)), as_it_came
    desk_of.page.keyboard.press("5")
    desk_of.until("placaViewer.mpr === 'on'")
    desk_of.until_pixels()
    assert near(greys(desk_of), as_it_came), greys(desk_of)
    # the uppermost plane misses the boxes; 20 mm of it reach them
    desk_of.page.locator(".p-vp").first.focus()
    desk_of.page.keyboard.press("Home")
    desk_of.until_pixels()
    assert near(greys(desk_of), (0, 127, 127, 127)), greys(desk_of)
    desk_of.page.get_by_role("slider", name="Thickness").fill("20")
    for mode, button, wanted in (
        ("max5", "MIP", (0, 127, 63, 127)),
        ("min5", "MinIP", (0, 127, 127, 191)),
    ):
        desk_of.page.get_by_role("button", name=button, exact=True).click()
        desk_of.until(f"placaViewer.panes[0].seriesUid.endsWith('{mode}')")
        desk_of.until_pixels()
        assert near(greys(desk_of), wanted), (mode, greys(desk_of))
    desk_of.page.keyboard.press("q")
    desk_of.drag(desk_of.point(6, 72), desk_of.point(26, 92))
    (found,) = desk_of.state()["measurements"]
    assert found["lines"][:2] == ["0.0 ± 0.0 HU", "min 0.0 · max 0.0 HU"]
    assert abs(int(found["lines"][-1].partition("%")[0]) - 50) <= 5, found


def checked(unit: bool = True) -> list[Dataset]:
    """Three slices of 30 and 50 HU in turn, whose left halves hold no pixels (two values of a range): the second says
    nothing of how it is to be rescaled, the third is in percent."""
    slices = made.slices(3, PixelPaddingValue=NOTHING, PixelPaddingRangeLimit=NOTHING + 10)
    rows, columns = np.mgrid[: made.SIDE, : made.SIDE]
    for one, (intercept, kind) in zip(slices, ((-24, ""), (None, ""), (0, "PCT")), strict=True):
        values = np.where((rows + columns) % 2, 30, 50) - (intercept or 0)
        values[:, :64] = np.where(rows % 2, NOTHING, NOTHING + 5)[:, :64]
        if intercept is not None:
            one.RescaleIntercept, one.RescaleSlope = intercept, 1
        if kind:
            one.RescaleType = kind
        filled(one, values)
    return slices


def test_what_is_no_pixel_counts_for_nothing_and_is_said(desk_of: Objects) -> None:
    desk_of.show(*checked())
    desk_of.until_pixels()
    page = desk_of.page
    page.keyboard.press("q")
    desk_of.drag(desk_of.point(44, 20), desk_of.point(84, 60))
    page.keyboard.press("e")
    desk_of.drag(desk_of.point(64, 90), desk_of.point(84, 110))
    page.keyboard.press("p")
    for at in ((30, 60), (91, 60)):
        page.mouse.click(*desk_of.point(*(place + 0.5 for place in at)))
        page.wait_for_timeout(500)  # the engine takes quicker ones for a double click
    lines = [(one["tool"], one["lines"]) for one in desk_of.state()["measurements"]]
    for tool, said in lines[:2]:
        assert said[:2] == ["40 ± 10 HU", "min 30 · max 50 HU"], (tool, said)
        share = int(said[-1].removesuffix("% without pixels: not counted"))
        assert abs(share - 50) <= 4, (tool, said)
    assert lines[2:] == [("probe", ["no pixels here"]), ("probe", ["30 HU"])]


def test_values_have_the_unit_that_the_file_says(desk_of: Objects) -> None:
    desk_of.show(*checked())
    desk_of.until_pixels()
    for key, unit in (("ArrowDown", ""), ("ArrowDown", " %")):
        desk_of.page.locator(".p-vp").first.focus()
        desk_of.page.keyboard.press(key)
        desk_of.until_pixels()
        desk_of.page.keyboard.press("q")
        desk_of.drag(desk_of.point(80, 20), desk_of.point(110, 60))
        last = desk_of.state()["measurements"][-1]["lines"]
        assert last[:2] == [f"40 ± 10{unit}", f"min 30 · max 50{unit}"]
        assert len(last) == 3, "all of it is pixels"
