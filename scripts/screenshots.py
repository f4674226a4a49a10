"""`make screenshots`: every page of the portal at four widths, into docs/screenshots, from a portal of its own.

    scripts/screenshots.py [--home DIR] [--only WORD] [--widths 360,1280] [--out DIR]

Without --home the whole demo is loaded into a temporary home first, which takes a minute or two; a home
given is used as it is, and filled with the demo where it is empty.
"""

import argparse
import io
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.e2e.portal import Portal  # noqa: E402 - found by the path above
from tests.viewer.driver import CHROMIUM, FLAGS, Driver  # noqa: E402 - found by the path above

from placa.demo.accounts import PASSWORD  # noqa: E402 - found by the path above

HEIGHTS = {360: 780, 768: 1024, 1280: 900, 1920: 1080}
TALLEST = 1800  # px of a page that are kept
QUALITY = 40
WIDEST = 1280  # px that a picture has; a wider screen is shown smaller
FIRST_PASSWORD = "Mariposa-clara-8"  # noqa: S105  of the demo's own Nuria
PIN_OF_SHARE = "394827"


@dataclass
class Studio:
    """Where pictures are taken: a browser, a portal, widths; `only` leaves out pages without this word."""

    browser: Browser
    url: str
    out: Path
    widths: list[int]
    only: str
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    taken: int = 0

    def wants(self, *names: str) -> bool:
        """Whether one of these pages is asked for."""
        return any(self.only in name for name in names)

    def page_of(self, username: str) -> Page:
        """A page of somebody signed in (the same session each time); "" is nobody."""
        if username not in self.contexts:
            context = self.browser.new_context(locale="es-DO", base_url=self.url)
            context.set_default_timeout(60_000)
            self.contexts[username] = context
            if username:
                sign_in(context.new_page(), username, PASSWORD)
        context = self.contexts[username]
        return context.pages[0] if context.pages else context.new_page()

    def shoot(self, name: str, page: Page, *, whole: bool = True, settle: int = 250) -> None:
        """The page as it stands, at every width; `whole` with what lies below the screen."""
        if not self.wants(name):
            return
        for width in self.widths:
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            page.wait_for_timeout(settle)
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


# --- the pages ------------------------------------------------------------------------------------


def entry(studio: Studio) -> None:
    """What nobody is signed in for, and the demo's own outbox."""
    studio.visit("sign-in", "", "/")
    studio.visit("recover-password", "", "/recover")
    studio.visit("recover-name", "", "/recover-name")
    studio.visit("session-ended", "", "/session-ended")
    studio.visit("error-not-found", "", "/patient/nothing-here/")
    studio.visit("demo-outbox", "", "/demo/outbox")
    if studio.wants("demo-mail"):
        page = studio.page_of("")
        next(messages(page, "@"))
        page.wait_for_load_state("networkidle")
        studio.shoot("demo-mail", page)


def first_entry(studio: Studio) -> None:
    """Nuria comes in for the first time."""
    if not studio.wants("first-password", "notice"):
        return
    page = studio.page_of("")
    welcome = found_in_mail(page, "nuria@", r": (\S+)\n[^\n]*: (\S+)\s+http")
    sign_in(page, welcome[1], welcome[2])
    if "first-password" not in page.url:
        print("Nuria came in before: no picture of the first password")
        return
    page.fill("input[name=new]", "Mariposa")
    studio.shoot("first-password", page)
    page.fill("input[name=new]", FIRST_PASSWORD)
    page.fill("input[name=again]", FIRST_PASSWORD)
    press(page, "form:has(input[name=again]) button[type=submit]")
    studio.shoot("notice", page)
    studio.contexts.pop("").close()


def patient(studio: Studio) -> None:
    """Ana's portal."""
    uid = study_of(studio, "ana", "ana_ct")
    studio.visit("patient-home", "ana", "/patient/")
    studio.visit("patient-search", "ana", "/patient/?q=rodilla")
    studio.visit("patient-study", "ana", f"/patient/studies/{uid}/")
    studio.visit("patient-study-pending", "ana", f"/patient/studies/{study_of(studio, 'ana', 'ana_mr')}/")
    studio.visit("patient-study-away", "ana", f"/patient/studies/{study_of(studio, 'ana', 'ana_mg')}/")
    studio.visit("patient-shares", "ana", "/patient/shares/")
    studio.visit("patient-data", "ana", "/patient/data/")
    studio.visit("patient-accesses", "ana", "/patient/accesses/")
    studio.visit("notices", "ana", "/account/notices")
    studio.visit("change-password", "ana", "/account/password")
    studio.visit("patient-child", "ana", "/patient/")
    if studio.wants("help-panel"):
        page = studio.page_of("ana")
        page.goto("/patient/")
        page.locator("[data-dialog-open=help] >> visible=true").first.click()
        studio.shoot("help-panel", page, whole=False)
        page.keyboard.press("Escape")
    viewer(studio, "viewer-simple", "ana", f"/viewer/{uid}")
    if studio.wants("share-who", "share-how", "share-pin", "share-review", "share-done"):
        share_steps(studio, uid)


def share_steps(studio: Studio, uid: str) -> None:
    """The four steps of sharing, and what is said in the end."""
    page = studio.page_of("ana")
    page.goto(f"/patient/studies/{uid}/")
    press(page, "a[href*='/patient/share/']")
    for name in ("email", "again"):
        page.fill(f"[name={name}]", "consulta@medicos.example")
    studio.shoot("share-who", page)
    press(page, "#step button[type=submit]:not([name])")
    studio.shoot("share-how", page)
    press(page, "form:has([name=days]) button.btn-primary[type=submit]")
    studio.shoot("share-pin", page)
    press(page, "a[href='?mode=own']")
    page.locator("[data-pin] input:not([type=hidden])").first.click()
    page.keyboard.type(PIN_OF_SHARE)
    studio.shoot("share-own-pin", page)
    press(page, "form:has([name=sealed]) button.btn-primary[type=submit]")
    studio.shoot("share-review", page)
    press(page, "button[name=action][value=share]")
    studio.shoot("share-done", page)


def viewer(studio: Studio, name: str, username: str, path: str) -> None:
    """The viewer with its diagnostic pixels; each width is opened anew, as people do."""
    if not studio.wants(name):
        return
    widths = studio.widths
    for width in widths:
        page = studio.page_of(username).context.new_page()
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.goto(path)
        Driver(page, page.url).until_pixels()
        studio.widths = [width]
        studio.shoot(name, page, whole=False, settle=1500)
        page.close()
    studio.widths = widths


def doctor_and_company(studio: Studio) -> None:
    """Doctor Díaz and the insurer."""
    uid = study_of(studio, "ana", "ana_ct")
    studio.visit("doctor-home", "diaz", "/doctor/")
    studio.visit("doctor-study", "diaz", f"/doctor/studies/{uid}/")
    viewer(studio, "viewer-full", "diaz", f"/viewer/{uid}")
    studio.visit("company-home", "gomez", "/company/")
    studio.visit("company-study", "gomez", f"/company/studies/{uid}/")
    studio.visit("company-agreement", "gomez", "/company/agreement/")


def staff(studio: Studio) -> None:
    """The super-user's portal: lists, and the first row of each."""
    uid = study_of(studio, "ana", "ana_ct")
    studio.visit("staff-home", "jefe", "/staff/")
    for name, path, row in (
        ("inbox", "/staff/inbox/", ".p-inbox a"),
        ("patients", "/staff/patients/", "td a[href*='/staff/patients/']"),
        ("orders", "/staff/orders/", "td a[href*='/staff/orders/']"),
    ):
        studio.visit(f"staff-{name}", "jefe", path)
        if studio.wants(f"staff-{name}-one"):
            page = studio.page_of("jefe")
            page.goto(path)
            press(page, row)
            studio.shoot(f"staff-{name}-one", page)
    for name, path in (
        ("patient-new", "/staff/patients/new/"),
        ("order-new", "/staff/orders/new/"),
        ("studies", "/staff/studies/"),
        ("study", f"/staff/studies/{uid}/"),
        ("upload", "/staff/upload/"),
        ("approvals", "/staff/approvals/"),
        ("messages", "/staff/messages/"),
        ("archives", "/staff/archives/"),
        ("archive-new", "/staff/archives/new/"),
    ):
        studio.visit(f"staff-{name}", "jefe", path)


def recipient(studio: Studio) -> None:
    """Hugo opens what Ana shared with him."""
    if not studio.wants("recipient"):
        return
    page = studio.page_of("")
    link = found_in_mail(page, "hugo@", r"http\S+(/s/\S+)")[1]
    pin = found_in_mail(page, "hugo@", r"(?m)^(\d{6})$")[1]
    page.goto(link)
    studio.shoot("recipient-pin", page)
    page.locator("[data-pin] input:not([type=hidden])").first.click()
    page.keyboard.type(pin)
    press(page, "form:has([data-pin]) button[type=submit]")
    studio.shoot("recipient-notice", page)
    press(page, "button[name=answer][value=accept]")
    studio.shoot("recipient-study", page)
    page.goto("/s/nothing-is-here")
    studio.shoot("recipient-gone", page)


def study_of(studio: Studio, username: str, key: str) -> str:
    """The StudyInstanceUID of a study of the cast: known without asking."""
    import uuid

    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, 'placa/' + key).int}"


ROUNDS: tuple[Callable[[Studio], None], ...] = (
    entry,
    recipient,
    patient,
    doctor_and_company,
    staff,
    first_entry,
)


@contextmanager
def portal_in(home: Path | None) -> Iterator[Portal]:
    """A running portal with the whole demo."""
    with tempfile.TemporaryDirectory(prefix="placa-screenshots-") as folder:
        portal = Portal(home or Path(folder))
        print("Loading the demo ...", flush=True)
        portal.set_up(whole_demo=True)
        try:
            portal.start()
            yield portal
        finally:
            portal.stop()


def main() -> int:
    """Take the pictures; returns 1 where a round failed, after the others."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, help="a PLACA_HOME to use (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--only", default="", help="only pages whose name holds this word")
    parser.add_argument("--widths", default=",".join(map(str, HEIGHTS)))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    widths = [int(width) for width in options.widths.split(",")]
    failed = 0
    with portal_in(options.home and options.home.resolve()) as portal, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        studio = Studio(browser, portal.url, options.out, widths, options.only)
        for take in ROUNDS:
            try:
                take(studio)
            except Exception as error:  # a page that fails must not cost the others their pictures
                print(f"{take.__name__}: {error}", file=sys.stderr)
                failed = 1
        browser.close()
    size = sum(file.stat().st_size for file in options.out.glob("*.jpg"))
    print(f"{studio.taken} pictures taken; {options.out.name} holds {size / 1e6:.1f} MB")
    return failed


if __name__ == "__main__":
    sys.exit(main())
