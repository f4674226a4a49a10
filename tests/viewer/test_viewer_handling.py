"""Moving through images with wheel, keys, slider and fingers; looks, layouts, languages."""

import pytest
from playwright.sync_api import Browser

from tests.viewer import phantom
from tests.viewer.driver import CHROMIUM, FLAGS, Driver

pytestmark = [pytest.mark.browser, pytest.mark.peer]


def bar_length(driver: Driver) -> float:
    """Share of the width that the bar takes which tells the slices apart."""
    box = driver.page.locator(".pv-stage").first.bounding_box()
    assert box is not None
    _, y = driver.at(0, 225)
    row = driver.grey()[int(y - box["y"])]
    return float((row > 250).mean())


def test_wheel_keys_and_slider_go_through_the_stack(desk: Driver) -> None:
    desk.open(look="full")
    desk.until_pixels()
    desk.page.keyboard.press("Home")
    desk.until_pixels()
    first = bar_length(desk)
    desk.page.mouse.move(*desk.at(128, 128))
    desk.page.mouse.wheel(0, 100)
    desk.until_pixels()
    assert desk.pane()["shownIndex"] == 1
    assert bar_length(desk) > first
    desk.page.keyboard.press("End")
    desk.until_pixels()
    assert desk.pane()["shownIndex"] == phantom.SLICES - 1
    desk.page.get_by_role("slider", name="Imagen").fill("4")
    desk.until_pixels()
    assert desk.pane()["shownIndex"] == 3
    assert desk.page.locator(".p-vs__slide output").inner_text() == f"4 de {phantom.SLICES}"


def test_a_finger_swipes_and_two_fingers_zoom_and_move(phone: Driver) -> None:
    phone.open(look="simple")
    phone.until_pixels()
    start = phone.pane()["index"]
    phone.touch(*[[(180, 300 + 12 * step)] for step in range(8)])
    assert phone.pane()["index"] > start
    phone.touch([(150, 400)], *[[(150 - 8 * step, 400), (210 + 8 * step, 400)] for step in range(6)])
    view = phone.pane()["view"]
    assert view["zoom"] > 1.5
    assert phone.state()["tool"] == "scroll"


def test_a_finger_measures(phone: Driver) -> None:
    phone.open(look="simple")
    phone.until_pixels()
    phone.tap(phone.page.get_by_role("button", name="Más"))
    phone.tap(phone.page.get_by_role("button", name="Medir una distancia"))
    (x, y), (end, _) = phone.at(108, 128), phone.at(148, 128)
    phone.touch(*[[(x + (end - x) * step / 10, y)] for step in range(11)])
    (found,) = phone.state()["measurements"]
    assert abs(float(found["lines"][0].split()[0]) - phantom.SQUARE_MM) <= 1.5


def test_brightness_works_without_dragging(phone: Driver) -> None:
    phone.open(look="simple")
    phone.until_pixels()
    phone.tap(phone.page.get_by_role("button", name="Brillo"))
    phone.tap(phone.page.get_by_role("button", name="Huesos"))
    assert phone.pane()["window"] == {"center": 480, "width": 2500}
    phone.page.get_by_role("slider", name="Contraste").fill("33")
    assert phone.pane()["window"]["width"] == 200
    phone.tap(phone.page.get_by_role("button", name="Reiniciar"))
    assert phone.pane()["window"] == {"center": 50, "width": 400}


def test_cine_plays_and_stops(phone: Driver) -> None:
    phone.open(look="simple")
    phone.until_pixels()
    start = phone.pane()["shownIndex"]
    phone.tap(phone.page.get_by_role("button", name="Video"))
    phone.until(f"placaViewer.panes[0].shownIndex !== {start}")
    assert phone.state()["playing"] is True
    phone.tap(phone.page.get_by_role("button", name="Pausa"))
    assert phone.state()["playing"] is False


def test_four_panes_each_with_pixels_and_tab_goes_through_them(desk: Driver) -> None:
    desk.open(look="full")
    desk.until_pixels()
    desk.page.keyboard.press("4")
    for number in range(4):
        desk.until_pixels(number)
        assert desk.grey(number).std() > 10
    assert desk.pane(1)["seriesUid"] == phantom.SECOND
    desk.page.locator(".p-vp").first.focus()
    desk.page.keyboard.press("Tab")
    assert desk.page.evaluate("[...document.querySelectorAll('.p-vp')].indexOf(document.activeElement)") == 1


def test_the_report_opens_beside_the_images(phone: Driver) -> None:
    phone.open(look="simple")
    phone.until_pixels()
    phone.tap(phone.page.get_by_role("button", name="Informe"))
    assert phone.page.get_by_role("heading", name="Hallazgos").is_visible()
    phone.tap(phone.page.get_by_role("button", name="Cerrar el informe"))
    assert phone.page.get_by_role("heading", name="Hallazgos").is_hidden()


@pytest.mark.parametrize(
    ("language", "button"), [("es", "Brillo"), ("en", "Brightness"), ("it", "Luce"), ("pt", "Brilho")]
)
def test_every_language_fits_a_phone(phone: Driver, language: str, button: str) -> None:
    phone.open(look="simple", lang=language)
    phone.until_pixels()
    assert phone.page.get_by_role("button", name=button).is_visible()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 360


def test_every_control_has_a_name(desk: Driver) -> None:
    for look in ("simple", "full"):
        desk.open(look=look)
        desk.until_pixels()
        nameless = desk.page.evaluate(
            "[...document.querySelectorAll('button, a, input, iframe')].filter((one) => !(one.textContent.trim() || "
            "one.getAttribute('aria-label') || one.title || one.closest('label'))).map((one) => one.outerHTML)"
        )
        assert nameless == []


@pytest.mark.parametrize(
    ("status", "title"),
    [(404, "Esta imagen no está disponible"), (401, "La sesión terminó"), (0, "Sin conexión")],
)
def test_failures_are_told_in_plain_words(phone: Driver, status: int, title: str) -> None:
    phone.page.route(
        "**/dicomweb/**", lambda route: route.fulfill(status=status, body="") if status else route.abort()
    )
    phone.open(look="simple")
    phone.until(
        f"[...document.querySelectorAll('.pv-message h2')].some((one) => one.textContent === '{title}')"
    )
    phone.page.wait_for_timeout(300)
    phone.errors.clear()  # the browser itself notes each refused request


def test_a_study_without_images_says_so(phone: Driver) -> None:
    phone.open(look="simple", empty="1")
    phone.until("document.querySelector('.pv-message')")
    assert phone.said() == "Este estudio no tiene imágenes"


def test_without_webgl_the_server_draws(chromium: Browser, page_address: str) -> None:
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-3d-apis"])
    try:
        desk = Driver(browser.new_page(viewport={"width": 1280, "height": 860}), page_address)
        asked: list[str] = []
        desk.page.on("request", lambda request: asked.append(request.url))
        desk.open(look="full")
        desk.until(
            "window.placaViewer && placaViewer.panes[0].shownIndex >= 0 && placaViewer.panes[0].window"
        )
        desk.until("placaViewer.pixelState === 'impossible'")
        desk.page.keyboard.press("Home")
        desk.page.keyboard.press("ArrowDown")
        desk.until("placaViewer.panes[0].shownIndex === 1")
        desk.page.keyboard.press("w")
        desk.drag(desk.at(128, 128), desk.at(150, 128))
        window = desk.pane()["window"]
        assert window["width"] > 400
        wanted = f"window={window['center']:g},"
        desk.until("placaViewer.panes[0].shownIndex === 1")
        desk.page.wait_for_timeout(600)
        assert [url for url in asked if wanted in url]
        assert not [url for url in asked if "/pixels-" in url]
        assert desk.errors == []
    finally:
        browser.close()
