"""The gallery and the sample pages in a real Chromium: readable, reachable by keyboard, no sideways scroll.

The pages are drawn by Django's test client beforehand and handed to the browser by interception, headers included,
so that the content security policy is the real one and no server is needed.
"""

import mimetypes
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Route, sync_playwright

from placa.interfaces.web.ui import views

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
HOST = "http://localhost"  # as https, a trustworthy origin
FLAGS = ["--headless", "--no-sandbox", "--disable-background-networking", "--no-first-run"]
PAGES = ["patient-home", "study", "sign-in", "first-password", "pin", "doctor", "staff", "404"]


@dataclass
class Site:
    """Pages drawn once, asked addresses, and what the browser complained of."""

    pages: dict[str, tuple[bytes, dict[str, str]]]
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def answer(self, route: Route) -> None:
        address = route.request.url.removeprefix(HOST)
        self.asked.append(f"{route.request.method} {address}")
        if address.startswith("/static/"):
            path = finders.find(urlsplit(address).path.removeprefix("/static/"))
            assert path, f"{address} is missing: run `npm run build` in viewer/"
            route.fulfill(
                path=str(path), content_type=mimetypes.guess_type(str(path))[0] or "text/javascript"
            )
        elif route.request.method == "POST":
            route.fulfill(status=204)
        else:
            body, headers = self.pages.get(address) or self.pages[urlsplit(address).path]
            route.fulfill(body=body, headers=headers)

    def listen(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def crash(self, error: Error) -> None:
        self.complaints.append(str(error))

    def open(self, context: BrowserContext, address: str) -> Page:
        page = context.new_page()
        page.on("console", self.listen)
        page.on("pageerror", self.crash)
        page.goto(HOST + address, wait_until="load")
        return page


@pytest.fixture(scope="module")
def drawn(django_db_setup: None, django_db_blocker: Any) -> dict[str, tuple[bytes, dict[str, str]]]:
    """Every page, drawn once."""
    addresses = ["/demo/ui", *(f"/demo/ui?theme={theme}" for theme in views.THEMES)]
    addresses += [f"/demo/ui/{name}" for name in PAGES]
    demo = replace(settings.ENVIRONMENT, mode="demo")
    with django_db_blocker.unblock(), override_settings(ENVIRONMENT=demo):
        answers = {address: Client().get(address) for address in addresses}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {address: (answer.content, dict(answer.headers)) for address, answer in answers.items()}


@pytest.fixture(scope="module")
def browser(drawn: dict[str, tuple[bytes, dict[str, str]]]) -> Iterator[Browser]:
    # each test opens and rolls back its transaction in the thread where Playwright's loop runs: nothing is shared
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(drawn: dict[str, tuple[bytes, dict[str, str]]]) -> Site:
    return Site(drawn)


def screen(browser: Browser, site: Site, width: int, scheme: Any = "light") -> BrowserContext:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    context.route("**/*", site.answer)
    return context


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Browser, site: Site) -> None:
    found: dict[str, Any] = {}
    looks: list[tuple[str, int, str]] = [(f"/demo/ui/{name}", 360, "light") for name in PAGES]
    looks += [("/demo/ui?theme=recipient", 1280, "light"), ("/demo/ui?theme=staff", 360, "dark")]
    for address, width, scheme in looks:
        with screen(browser, site, width, scheme) as context:
            page = site.open(context, address)
            found[address] = violations(page)
            for wide in (360, 768, 1280, 1920):
                page.set_viewport_size({"width": wide, "height": 800})
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found[address].append(f"scrolls sideways at {wide}")
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert site.complaints == []


def test_targets_are_large_enough_for_a_thumb(browser: Browser, site: Site) -> None:
    small = """[...document.querySelectorAll('main button, main a.btn, header button, header a, .p-tabs a, .p-pair > *')]
        .filter(e => e.offsetParent && !e.closest('.p-seg, .visually-hidden'))
        .filter(e => { const r = e.getBoundingClientRect(); return r.height < 43.5 || r.width < 43.5 })
        .map(e => e.outerHTML.slice(0, 120))"""
    with screen(browser, site, 360) as context:
        for name in ("patient-home", "study", "pin", "doctor"):
            assert site.open(context, f"/demo/ui/{name}").evaluate(small) == [], name


def test_a_phone_reads_the_word_share(browser: Browser, site: Site) -> None:
    clipped = "e => e.scrollWidth > e.clientWidth || e.getBoundingClientRect().right > innerWidth"
    with screen(browser, site, 360) as context:
        page = site.open(context, "/demo/ui/patient-home")
        words = page.locator(".p-share > span")
        assert words.count() >= 3
        for place in range(words.count()):
            assert words.nth(place).is_visible()
            assert not page.locator(".p-share").nth(place).evaluate(clipped)
        dock = site.open(context, "/demo/ui/study").locator(".p-dock .btn")
        assert "Share" in dock.all_inner_texts()
        for place in range(dock.count()):
            dock.nth(place).evaluate(
                "e => { e.lastChild.textContent = 'Compartilhar' }"
            )  # the longest of ours
            assert not dock.nth(place).evaluate(clipped)


def test_long_words_stay_within_the_tiles_of_a_phone(browser: Browser, site: Site) -> None:
    fill = """document.querySelectorAll('.p-stat__l, .p-todo strong, .p-delta')
        .forEach(e => { e.append(' Compartilhamentos') })"""
    wide = """[...document.querySelectorAll('main .p-stat, main .p-todo')]
        .filter(e => e.scrollWidth > e.clientWidth || e.getBoundingClientRect().right > innerWidth).length"""
    with screen(browser, site, 360) as context:
        page = site.open(context, "/demo/ui/staff")
        assert page.locator(".p-stat__l").count() >= 2
        page.evaluate(fill)
        assert page.evaluate(wide) == 0
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_pin_boxes_take_typing_pasting_and_mistakes(browser: Browser, site: Site) -> None:
    with screen(browser, site, 360) as context:
        page = site.open(context, "/demo/ui/pin")
        boxes = page.locator(".p-pin input:not([type=hidden])")
        sent = page.locator("input[name=pin]")
        assert boxes.count() == 6
        boxes.first.click()
        page.keyboard.type("73x92")
        assert sent.input_value() == "7392"
        page.keyboard.press("Backspace")
        assert sent.input_value() == "739"
        page.keyboard.type("415")
        assert sent.input_value() == "739415"
        assert boxes.nth(5).evaluate("e => e === document.activeElement")
        boxes.first.evaluate(
            "e => { const d = new DataTransfer(); d.setData('text', 'PIN: 482 913');"
            "e.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})) }"
        )
        assert sent.input_value() == "482913"
    assert site.complaints == []


def test_menu_opens_beside_its_button_and_closes(browser: Browser, site: Site) -> None:
    for width in (360, 1280):
        with screen(browser, site, width) as context:
            page = site.open(context, "/demo/ui/patient-home")
            button = page.get_by_role("button", name="TC de abdomen").first
            button.click()
            panel = page.locator("[data-menu]:popover-open")
            box, at = panel.bounding_box(), button.bounding_box()
            assert box is not None
            assert at is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert min(abs(box["y"] - at["y"] - at["height"]), abs(at["y"] - box["y"] - box["height"])) < 12
            button.press("ArrowDown")
            assert panel.locator(":focus").count() == 1
            page.keyboard.press("Escape")
            assert panel.count() == 0


def test_dialog_and_help_open_and_close(browser: Browser, site: Site) -> None:
    with screen(browser, site, 1280) as context:
        page = site.open(context, "/demo/ui")
        page.locator("[data-dialog-open=demo-dialog]").click()
        assert page.locator("#demo-dialog").is_visible()
        page.keyboard.press("Escape")
        assert page.locator("#demo-dialog").is_hidden()
        page.locator("[data-dialog-open=help]").first.click()
        assert page.get_by_text("809-555-0142").last.is_visible()
        page.locator("#help [data-dialog-close]").click()
        assert page.locator("#help").is_hidden()


def test_password_checklist_follows_what_is_typed(browser: Browser, site: Site) -> None:
    with screen(browser, site, 360) as context:
        page = site.open(context, "/demo/ui/first-password")
        done = page.locator(".p-check .is-ok")
        assert done.count() == 0
        page.locator("#id_new").fill("morales1")
        rules = done.evaluate_all("all => all.map(e => e.dataset.rule)")
        assert rules == ["len", "low", "num"]  # it holds the person's name
        page.locator("#id_new").fill("Guayacan7!")
        page.locator("#id_again").fill("Guayacan7!")
        assert done.count() == 7
        page.locator("[data-reveal=id_new]").click()
        assert page.locator("#id_new").get_attribute("type") == "text"


def test_typing_searches_and_the_address_can_be_shared(browser: Browser, site: Site) -> None:
    with screen(browser, site, 1280) as context:
        page = site.open(context, "/demo/ui/patient-home")
        page.keyboard.press("/")
        page.keyboard.type("tórax")
        page.wait_for_url("**/demo/ui/patient-home?q=t%C3%B3rax")
        assert [each for each in site.asked if "?q" in each] == ["GET /demo/ui/patient-home?q=t%C3%B3rax"]
        assert page.locator("#results .p-study").count() == 6
        assert page.locator("[data-search]").evaluate("e => e === document.activeElement")
    assert site.complaints == []


def test_a_minute_before_the_end_the_session_can_be_kept(browser: Browser, site: Site) -> None:
    with screen(browser, site, 360) as context:
        context.clock.install()
        page = site.open(context, "/demo/ui/study")
        question = page.locator("#idle")
        context.clock.run_for(13 * 60_000)
        assert question.is_hidden()
        context.clock.run_for(65_000)
        assert question.is_visible()
        question.locator("form[data-alive] button").click()
        question.wait_for(state="hidden")
        assert site.asked[-1].startswith("POST ")
        context.clock.run_for(14 * 60_000 - 10_000)
        assert question.is_hidden()
        context.clock.run_for(20_000)
        assert question.is_visible()
        with page.expect_navigation(url="**/demo/ui"):  # nobody answered: the start, which asks to sign in
            context.clock.fast_forward(60_000)


def test_the_tour_shows_once_and_again_when_asked(browser: Browser, site: Site) -> None:
    with screen(browser, site, 1280) as context:
        page = site.open(context, "/demo/ui/patient-home")
        card = page.locator("#tour")
        assert card.is_visible()
        card.get_by_role("button").last.click()
        card.get_by_role("button").last.click()
        assert card.is_hidden()
        page.reload()
        assert card.is_hidden()
        page.locator("header [data-dialog-open=help]").click()
        page.locator("#help [data-tour-start]").click()
        assert card.is_visible()


def test_light_and_dark_are_kept(browser: Browser, site: Site) -> None:
    with screen(browser, site, 1280) as context:
        page = site.open(context, "/demo/ui")
        page.locator("main [data-scheme=dark]").click()
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        page.reload()
        assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
        assert page.locator("main [data-scheme=dark]").get_attribute("aria-pressed") == "true"


def test_fonts_icons_and_styles_are_our_own(browser: Browser, site: Site) -> None:
    with screen(browser, site, 1280) as context:
        page = site.open(context, "/demo/ui/patient-home")
        assert page.evaluate("document.fonts.check('16px \"Figtree Variable\"')")
        assert page.evaluate("document.querySelector('.p-pair .bi').getBoundingClientRect().width") > 10
        # an icon's edge may fall between two pixels: nothing may cut it there, neither its box nor its symbol
        assert page.evaluate("getComputedStyle(document.querySelector('.p-pair .bi')).overflow") == "visible"
        sprite = Path(str(finders.find("build/vendor/icons.svg"))).read_text()
        assert sprite.count("<symbol ") == sprite.count('overflow="visible"') > 100
    assert all(address.startswith(("GET /static/", "GET /demo/")) for address in site.asked)
