"""A person in front of a browser: goes to pages, and everything that is wrong with a page is noted.

Elements are found by address, name and data attributes, never by wording: the same journey runs in each language.
"""

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Download, Locator, Page
from playwright.sync_api import Error as PlaywrightError

from placa.demo.accounts import PASSWORD
from tests.viewer.driver import Driver

PATIENCE = 60.0  # seconds until something that a worker does must have happened
SIZES: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True},
}
LOCALES = {"es": "es-DO", "it": "it-IT", "en": "en-US", "pt": "pt-BR"}


class Visitor:
    """One browser context: cookies, a screen of `size`, a language. `troubles` must be empty in the end."""

    def __init__(self, browser: Browser, url: str, size: str, language: str = "es") -> None:
        self.url, self.size = url, size
        self.context: BrowserContext = browser.new_context(
            **SIZES[size], locale=LOCALES[language], base_url=url, accept_downloads=True
        )
        self.context.set_default_timeout(30_000)
        self.troubles: list[str] = []
        self.seen: set[str] = set()
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.troubles.append(f"script: {error.error}"))
        self.context.on("response", self._response)
        self.page: Page = self.context.new_page()

    def _console(self, message: Any) -> None:
        status_line = re.search(r"responded with a status of (\d+)", message.text)
        if message.type in ("error", "warning") and not status_line:  # statuses are told of by `_response`
            self.troubles.append(f"console {message.type} on {message.page.url}: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} {response.url}")

    def close(self) -> None:
        """Close the browser context; fails with everything that was wrong on the way."""
        self.context.close()
        assert self.troubles == []

    # --- moving ---------------------------------------------------------------------------------

    def go(self, path: str, refused: int = 0) -> Page:
        """Open an address; with `refused` it must answer with that status, and that is no trouble."""
        answer = self.page.goto(path)
        assert answer is not None
        if refused:
            assert answer.status == refused, path
            self.forgive(refused)
        self.check()
        return self.page

    def forgive(self, status: int) -> None:
        """Strike out refused requests that the test provoked; there must have been one."""
        left = [trouble for trouble in self.troubles if not trouble.startswith(f"{status} ")]
        assert left != self.troubles, f"nothing answered {status}: {self.troubles}"
        self.troubles[:] = left

    def find(self, selector: str) -> Locator:
        """The first element that is to be seen: phone and desk have some things twice."""
        return self.page.locator(f"{selector} >> visible=true").first

    def press(self, selector: str) -> None:
        """Click what leads to another page, then look at that page."""
        before = self.page.url
        self.find(selector).click()
        self.page.wait_for_load_state("load")
        self.check()
        assert self.page.url, before

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """From the sign-in to the portal; the notice is accepted where it is asked for."""
        self.go("/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", password)
        self.press("form:has(input[name=password]) button[type=submit]")
        if self.path == "/notice":
            self.press("button[name=answer][value=accept]")

    @property
    def path(self) -> str:
        """The path of the page one is on."""
        return self.page.url.removeprefix(self.url).partition("?")[0]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for what another process does."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}"
            self.page.wait_for_timeout(300)

    def status_of(self, path: str) -> int:
        """How an address answers this person's cookies, asked for beside the page."""
        return self.context.request.get(path, max_redirects=0).status

    # --- looking --------------------------------------------------------------------------------

    def _asked(self, script: str) -> Any:
        """What a script says; again where the page was left for another meanwhile."""
        for _ in range(3):  # a page that is being left may have no document yet
            with contextlib.suppress(PlaywrightError):
                return self.page.evaluate(script)
            self.page.wait_for_timeout(300)
            self.page.wait_for_load_state("networkidle")
        return self.page.evaluate(script)

    def check(self) -> None:
        """Nothing sticks out sideways; axe finds nothing (once a kind of page)."""
        page = self.page
        page.wait_for_load_state("networkidle")
        wide = self._asked("document.documentElement.scrollWidth")
        width = page.viewport_size["width"] if page.viewport_size else 0
        if wide > width:
            self.troubles.append(f"{page.url} is {wide} px wide on {width}")
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9.]{12,}|(?<=/s/)[^/]+", "*", self.path)
        if kind not in self.seen:
            self.seen.add(kind)
            self.ask_axe(page)

    def ask_axe(self, page: Page) -> None:
        """Note each violation of accessibility with the elements it is about."""
        for found in Axe().run(page).response["violations"]:
            nodes = "; ".join(node["html"][:200] for node in found["nodes"][:3])
            self.troubles.append(f"axe {found['id']} on {page.url}: {nodes}")

    def text(self) -> str:
        """The words of the page."""
        return self.page.locator("body").inner_text()

    def type_pin(self, pin: str) -> None:
        """Write six digits into the boxes of the page."""
        self.page.locator("[data-pin] input:not([type=hidden])").first.click()
        self.page.keyboard.type(pin)

    def download(self, selector: str) -> Download:
        """Click a link that gives a file."""
        with self.page.expect_download() as waiting:
            self.find(selector).click()
        return waiting.value

    def see_images(self, selector: str, slices: int) -> None:
        """Follow a link to the viewer's own tab; its picture must be the study's, and another one further down."""
        with self.context.expect_page() as waiting:
            self.find(selector).click()
        page = waiting.value
        driver = Driver(page, page.url)
        driver.until_pixels()
        assert driver.pane()["count"] == slices
        first = driver.grey()
        assert first.std() > 15, "the picture is blank"
        assert len(np.unique(first)) > 60, "the picture has no shades"
        page.keyboard.press("End")
        driver.until(f"placaViewer.panes[0].shownIndex === {slices - 1}")
        driver.until_pixels()
        assert np.abs(driver.grey() - first).mean() > 1, "the last slice looks like the first"
        self.ask_axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert driver.errors == []
        page.close()


def mail(reader: Visitor, address: str, pattern: str) -> re.Match[str]:
    """The newest mail to `address` whose text the pattern finds, as `/demo/outbox` shows it."""
    tried: set[str] = set()
    found: list[re.Match[str]] = []

    def arrived() -> bool:
        reader.page.goto("/demo/outbox")
        lines = reader.page.locator("li", has_text=address).locator("a.p-list__t")
        for path in [line.get_attribute("href") or "" for line in lines.all()]:
            if path in tried:
                continue
            tried.add(path)
            reader.go(path)
            if match := re.search(pattern, reader.page.locator(".p-prose").inner_text()):
                found.append(match)
                return True
        return False

    reader.until(arrived, f"a mail to {address} with {pattern!r}")
    return found[0]
