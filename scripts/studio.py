"""Where pictures of pages are taken, and how one gets there."""

import io
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from placa.demo.accounts import PASSWORD

HEIGHTS = {360: 780, 768: 1024, 1280: 900, 1920: 1080}
LOCALES = {"es": "es-DO", "en": "en-US", "it": "it-IT", "pt": "pt-BR"}
TALLEST = 1800  # px of a page that are kept
QUALITY = 40
WIDEST = 1280  # px that a picture has; a wider screen is shown smaller


@dataclass
class Studio:
    """Where pictures are taken: a browser, a portal, widths; `only` leaves out pages without one of these words."""

    browser: Browser
    url: str
    home: Path
    out: Path
    widths: list[int]
    only: str
    language: str = "es"
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    taken: int = 0

    def wants(self, *names: str) -> bool:
        """Whether one of these pages is asked for."""
        return any(word in name for word in self.only.split(",") for name in names)

    def page_of(self, username: str) -> Page:
        """A page of somebody signed in (the same session each time); "" is nobody."""
        if username not in self.contexts:
            context = self.browser.new_context(locale=LOCALES[self.language], base_url=self.url)
            context.set_default_timeout(60_000)
            self.contexts[username] = context
            if username:
                page = context.new_page()
                sign_in(page, username, PASSWORD)
                self._speak(page)
        context = self.contexts[username]
        return context.pages[0] if context.pages else context.new_page()

    def _speak(self, page: Page) -> None:
        """The people of the cast read Spanish; for other pictures they choose another language in the menu."""
        choice = page.locator(f"button[name=language][value={self.language}][aria-pressed=false]")
        if choice.count():
            with page.expect_navigation():
                choice.first.evaluate("button => button.click()")

    def shoot(
        self, name: str, page: Page, *, whole: bool = True, settle: int = 250, widths: Sequence[int] = ()
    ) -> None:
        """The page as it stands, at every width; `whole` with what lies below the screen."""
        if not self.wants(name):
            return
        for width in widths or self.widths:
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            page.wait_for_timeout(settle)
            if whole:  # a screen as tall as the page: what is fixed to its lower edge hides nothing
                tall = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": max(HEIGHTS[width], min(tall, TALLEST))})
                page.wait_for_timeout(100)
            taken = Image.open(io.BytesIO(page.screenshot(full_page=whole, animations="disabled")))
            picture = taken.convert("RGB")
            picture = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
            picture.thumbnail((WIDEST, TALLEST))
            picture.save(self.out / f"{name}-{width}.jpg", quality=QUALITY, optimize=True, progressive=True)
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                print(f"{name} is wider than {width} px")
            self.taken += 1

    def visit(self, name: str, username: str, path: str) -> None:
        """Open an address and take its picture."""
        if not self.wants(name):
            return
        page = self.page_of(username)
        page.goto(path)
        page.wait_for_load_state("networkidle")
        self.shoot(name, page)


def sign_in(page: Page, username: str, password: str) -> None:
    """Through the sign-in; the notice stays where it is asked for."""
    page.goto("/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    press(page, "form:has(input[name=password]) button[type=submit]")
    if page.url.endswith("/notice") and password == PASSWORD:
        press(page, "button[name=answer][value=accept]")


def press(page: Page, selector: str) -> None:
    """Click what leads to another page."""
    page.locator(f"{selector} >> visible=true").first.click()
    page.wait_for_load_state("networkidle")


def messages(page: Page, address: str) -> Iterator[str]:
    """Texts of the demo's mails to an address, newest first."""
    page.goto("/demo/outbox")
    links = page.locator("li", has_text=address).locator("a.p-list__t").all()
    for path in [link.get_attribute("href") or "" for link in links]:
        page.goto(path)
        yield page.locator(".p-prose").inner_text()


def found_in_mail(page: Page, address: str, pattern: str) -> re.Match[str]:
    """The first match of a pattern in somebody's mails."""
    for text in messages(page, address):
        if match := re.search(pattern, text):
            return match
    raise LookupError(f"no mail to {address} holds {pattern}")


def opened_anew(studio: Studio, name: str, username: str) -> Iterator[tuple[int, Page]]:
    """A fresh page at each width; none where the picture is not asked for."""
    for width in studio.widths if studio.wants(name) else ():
        page = studio.page_of(username).context.new_page()
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        yield width, page
        page.close()


def study_of(studio: Studio, username: str, key: str) -> str:
    """The StudyInstanceUID of a study of the cast: known without asking."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, 'placa/' + key).int}"
