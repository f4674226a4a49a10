"""Presentation states by what is on screen: sizes, colours of covers and layers, and words for what is not done."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from tests.viewer import object_files as made
from tests.viewer.grey_cases import table
from tests.viewer.object_files import item
from tests.viewer.object_page import Objects

pytestmark = [pytest.mark.browser]
GREEN, RED = [57000, 11000, 54000], [34885, 53485, 50171]  # CIELab
PX_PER_MM = 96 / 25.4


def boxed(count: int) -> list[Dataset]:
    """Slices of 0 with a box of 100 in columns and rows 54 to 73."""
    slices = made.slices(count, RescaleIntercept=0, RescaleSlope=1)
    values = np.zeros((made.SIDE, made.SIDE), "<i2")
    values[54:74, 54:74] = 100
    for one in slices:
        one.PixelData = values.tobytes()
    return slices


def state(image: Dataset, name: str, **elements: object) -> Dataset:
    """A presentation of one image that only says this."""
    one = made.presentation(image)
    for keyword in ("GraphicAnnotationSequence", "ShutterShape", "ImageRotation", "SoftcopyVOILUTSequence"):
        delattr(one, keyword)
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = UID(f"2.25.33{name}")
    for keyword, value in elements.items():
        setattr(one, keyword, value)
    return one


def area(mode: str, **elements: object) -> Sequence:
    whole = {"DisplayedAreaTopLeftHandCorner": [1, 1], "DisplayedAreaBottomRightHandCorner": [128, 128]}
    return Sequence([item(PresentationSizeMode=mode, **whole, **elements)])


def overlay(image: Dataset, group: int, row: int) -> None:
    """A plane of 10 x 20 at this row, in columns 90 to 109."""
    image.add_new((group, 0x0010), "US", 10)
    image.add_new((group, 0x0011), "US", 20)
    image.add_new((group, 0x0040), "CS", "G")
    image.add_new((group, 0x0050), "SS", [row + 1, 91])
    image.add_new((group, 0x0100), "US", 1)
    image.add_new((group, 0x0102), "US", 0)
    image.add_new((group, 0x3000), "OW", np.packbits(np.ones(200, "uint8"), bitorder="little").tobytes())


def case() -> list[Dataset]:
    true, magnified, curved = boxed(3)
    overlay(magnified, 0x6000, 50)
    overlay(magnified, 0x6002, 70)
    rescaled = state(
        true, "1",
        DisplayedAreaSelectionSequence=area("TRUE SIZE", PresentationPixelSpacing=[2, 2]),
        RescaleIntercept=-1000, RescaleSlope=1, RescaleType="US",
        SoftcopyVOILUTSequence=Sequence([item(WindowCenter=-950, WindowWidth=200)]),
        ShutterShape="RECTANGULAR", ShutterPresentationColorCIELabValue=GREEN,
        ShutterLeftVerticalEdge=40, ShutterRightVerticalEdge=128,
    )  # fmt: skip
    layered = state(
        magnified, "2",
        DisplayedAreaSelectionSequence=area(
            "MAGNIFY", PresentationPixelMagnificationRatio=4.0, PresentationPixelAspectRatio=[1, 1]),
        GraphicLayerSequence=Sequence(
            [item(GraphicLayer="A", GraphicLayerOrder=1, GraphicLayerRecommendedDisplayCIELabValue=RED)]),
    )  # fmt: skip
    layered.add_new((0x6000, 0x1001), "CS", "A")
    bent = state(
        curved, "3", MaskSubtractionSequence=Sequence([item(MaskOperation="AVG_SUB")]),
        SoftcopyVOILUTSequence=Sequence([item(VOILUTSequence=Sequence([table(0, np.arange(256), 8)]))]),
    )  # fmt: skip
    return [true, magnified, curved, rescaled, layered, bent]


def test_sizes_colours_and_words(desk_of: Objects) -> None:
    desk_of.show(*case())
    desk_of.until_pixels()
    desk_of.until_drawn("presentation")
    box = desk_of.page.locator(".pv-stage").first.bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])

    def seen(right: float, down: float) -> list[int]:
        """The colour so many CSS pixels from the middle, where column and row 64 are."""
        there = made.SIDE / side
        return [int(one) for one in desk_of.colour(64 + right * there, 64 + down * there)]

    def corner() -> str:
        return desk_of.page.locator(".p-c--bl").first.inner_text()

    # a pixel is 2 mm across: ten of them to each side of the middle
    edge = 10 * 2 * PX_PER_MM
    desk_of.until("placaViewer.panes[0].window.center === 50")
    assert (desk_of.pane()["window"]["width"], min(seen(0, 0)) > 180) == (200, True)
    assert [seen(at, 0)[0] > 180 for at in (edge - 4, edge + 4)] == [True, False]
    assert [seen(-at, 0)[0] > 180 for at in (edge - 4, edge + 4)] == [True, False]
    red, green, blue = seen(-(64 - 39) * 2 * PX_PER_MM - 8, 0)
    assert green > red + 60
    assert green > blue + 60
    assert "Presented in true size for a screen of 96 pixels an inch" in corner()
    assert "without" not in corner()
    # four pixels of the screen a pixel; one of the two planes is in a layer, which is red
    desk_of.page.keyboard.press("ArrowDown")
    desk_of.until_pixels()
    desk_of.until_drawn("covers")
    assert [seen(at, 0)[0] > 250 for at in (36, 44)] == [True, False]
    red, green, blue = seen((100 - 64) * 4, (55 - 64) * 4)
    assert red > max(green, blue) + 100
    apart = seen((100 - 64) * 4, (75 - 64) * 4)
    assert max(apart) - min(apart) <= 2, "the other plane is not shown"
    assert "Presentation shown without: overlays of the image" in corner()
    # switched off, both are there, white
    desk_of.page.get_by_role("button", name="Marks").click()
    desk_of.mark("As it was presented: For the surgeon")
    assert [min(desk_of.colour(100, row)) > 250 for row in (55, 75)] == [True, True]
    assert "Presentation" not in corner()
    desk_of.mark("As it was presented: For the surgeon")
    desk_of.page.locator(".p-vp").first.focus()
    desk_of.page.keyboard.press("End")
    desk_of.until_pixels()
    desk_of.until_drawn("presentation")
    assert "Presentation shown without: subtraction, its grey curve" in corner()
