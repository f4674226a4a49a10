"""What else a reader of images asks for: a value, a note, a magnifying glass, the file's own data, paper and files."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.viewer import phantom
from tests.viewer.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.peer]


def ready(driver: Driver) -> None:
    driver.open(look="full")
    driver.until_pixels()


def test_a_point_says_its_value(desk: Driver) -> None:
    ready(desk)
    desk.page.keyboard.press("p")
    desk.page.mouse.click(*desk.at(128, 128))
    desk.until("placaViewer.measurements[0] && placaViewer.measurements[0].lines.length")
    assert desk.state()["measurements"][0] == {
        "tool": "probe", "lines": [f"{phantom.SQUARE_HU} HU"], "instanceUid": desk.pane()["instanceUid"],
    }  # fmt: skip


def test_a_note_asks_for_its_words(desk: Driver) -> None:
    ready(desk)
    desk.page.keyboard.press("t")
    desk.drag(desk.at(128, 128), desk.at(170, 90))
    desk.page.get_by_role("textbox", name="Texto de la nota").fill("<b>control</b>")
    desk.page.keyboard.press("Enter")
    desk.until("placaViewer.measurements.length === 1")
    assert desk.state()["measurements"][0]["lines"] == ["<b>control</b>"]
    assert desk.page.locator(".svg-layer").first.get_by_text("<b>control</b>").count() == 1
    # whoever thinks better of it leaves nothing behind
    desk.drag(desk.at(60, 60), desk.at(80, 40))
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_timeout(300)
    assert len(desk.state()["measurements"]) == 1


def test_a_magnifying_glass_shows_the_stored_pixels_larger(desk: Driver) -> None:
    ready(desk)
    desk.page.keyboard.press("g")
    x, y = desk.at(108, 108)  # a corner of the square: a quarter of the glass is bright
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    lens = desk.page.locator(".pv-lens")
    desk.until("document.querySelector('.pv-lens canvas')")
    desk.page.wait_for_timeout(1500)
    box = lens.bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - x) <= 2
    assert abs(box["y"] + box["height"] / 2 - y) <= 2
    grey = np.asarray(Image.open(io.BytesIO(lens.screenshot())).convert("L")).astype(int)
    middle = grey[60:-60, 60:-60]  # inside the round frame
    size = middle.shape[0] // 2
    corner, others = middle[size + 8 :, size + 8 :], middle[: size - 8, : size - 8]
    assert corner.mean() - others.mean() > 60
    assert corner.std() < 5, "the glass shows another place"
    desk.page.mouse.up()
    assert lens.is_hidden()


def test_the_data_of_the_file_can_be_searched(desk: Driver) -> None:
    ready(desk)
    desk.page.get_by_role("button", name="Más").click()
    desk.page.get_by_role("button", name="Datos DICOM").click()
    desk.page.get_by_role("searchbox").fill("rescale intercept")
    rows = desk.page.locator(".pv-tags tbody tr")
    assert rows.count() == 1
    assert rows.first.locator("td, th").all_inner_texts() == [
        "(0028,1052)",
        "DS",
        "Rescale Intercept",
        "-1024",
    ]
    desk.page.get_by_role("searchbox").fill("")
    assert rows.count() > 20


def test_the_image_is_saved_as_it_is_seen(desk: Driver) -> None:
    ready(desk)
    desk.page.keyboard.press("l")
    desk.drag(desk.at(60, 180), desk.at(190, 180))
    seen = desk.grey()
    for name, kind in (("Guardar como PNG", "PNG"), ("Guardar como JPEG", "JPEG")):
        desk.page.keyboard.press("6")
        with desk.page.expect_download() as got:
            desk.page.get_by_role("button", name=name).click()
        path = got.value.path()
        assert re.fullmatch(r"imagen-[\d-]+-CT-\d+-\d+\.(png|jpg)", got.value.suggested_filename)
        with Image.open(path) as image:
            assert image.format == kind
            saved = np.asarray(image.convert("L")).astype(int)
        assert abs(saved.shape[0] - seen.shape[0]) <= 1
        rows, columns = min(saved.shape[0], seen.shape[0]), min(saved.shape[1], seen.shape[1])
        # the scale is in the file, and hidden from `grey`; text is drawn a little otherwise
        apart = np.abs(saved[:rows, : columns - 80] - seen[:rows, : columns - 80]) > 60
        assert apart.mean() < 0.01
    y = desk.at(125, 180)[1] - desk.at(0, 0)[1]
    box = desk.page.locator(".pv-stage").first.bounding_box()
    assert box is not None
    line = saved[int(desk.at(125, 180)[1] - box["y"]) - 2 : int(desk.at(125, 180)[1] - box["y"]) + 3]
    assert y > 0
    assert line.max() > 150, "the measurement is missing in the file"


def test_paper_says_whose_image_it_is(desk: Driver) -> None:
    desk.page.add_init_script(
        "window.print = () => { window.printed = document.querySelector('.pv-print').innerText; }"
    )
    ready(desk)
    desk.page.keyboard.press("7")
    desk.until("window.printed !== undefined")
    desk.page.emulate_media(media="print")
    sheet = desk.page.locator(".pv-print")
    assert sheet.is_visible()
    assert desk.page.locator("#viewer").is_hidden()
    words = sheet.inner_text()
    assert "Ana Morales Peralta" in words
    assert "TC de prueba" in words
    assert "12 nov 2026" in words
    desk.page.emulate_media(media="screen")
    desk.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert sheet.count() == 0


def test_who_may_not_take_images_along_saves_and_prints_nothing(desk: Driver) -> None:
    desk.page.add_init_script("window.print = () => { window.printed = true; }")
    desk.open(look="full", download="no")
    desk.until_pixels()
    for key in ("6", "7"):
        desk.page.keyboard.press(key)
        desk.until("document.querySelector('.pv-notice:not([hidden])')")
        assert "No tiene permiso" in desk.said()
    assert desk.page.locator("dialog").count() == 0
    assert desk.page.evaluate("window.printed") is None


def test_a_second_window_shows_the_same_study(desk: Driver) -> None:
    ready(desk)
    with desk.page.context.expect_page() as opened:
        desk.page.keyboard.press("9")
    assert opened.value.url == desk.page.url
    opened.value.close()


def test_menus_open_and_close_by_keyboard(desk: Driver) -> None:
    ready(desk)
    more = desk.page.get_by_role("button", name="Más")
    more.focus()
    desk.page.keyboard.press("Enter")
    desk.until("document.querySelector('[aria-expanded=true]')")
    assert more.get_attribute("aria-expanded") == "true"
    items = [text.strip() for text in desk.page.locator(".pv-menu:popover-open button").all_inner_texts()]
    desk.page.keyboard.press("ArrowDown")
    focused = desk.page.evaluate("document.activeElement.innerText").strip()
    assert focused == items[1]
    assert any(text.startswith("Voltear vertical") for text in items)
    desk.page.keyboard.press("Escape")
    desk.until("!document.querySelector('[aria-expanded=true]')")
    desk.page.keyboard.press("?")
    keys = desk.page.locator(".pv-keys").inner_text()
    for words in (
        "Lupa",
        "Punto",
        "Nota",
        "Localizar",
        "Enlazar",
        "Cruces",
        "MPR",
        "Comparar",
        "Datos DICOM",
    ):
        assert words in keys
