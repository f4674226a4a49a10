"""`make screenshots`: every page of the portal at four widths, into docs/screenshots, from a portal of its own.

    python -m scripts.screenshots [--home DIR] [--only WORDS] [--widths 360,1280] [--language it] [--out DIR]

Without --home the whole demo is loaded into a temporary home first, which takes a minute or two; a home
given is used as it is, and filled with the demo where it is empty.
"""

import argparse
import io
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright
from scripts import studio as places
from scripts.studio import Studio, found_in_mail, messages, opened_anew, press, sign_in, study_of
from tests.e2e.portal import Portal
from tests.viewer.driver import CHROMIUM, FLAGS, Driver

ROOT = Path(__file__).resolve().parents[1]
FIRST_PASSWORD = "Mariposa-clara-8"  # noqa: S105  of the demo's own Nuria
PIN_OF_SHARE = "394827"


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
    viewer(studio, "viewer-ecg", "ana", f"/viewer/{study_of(studio, 'ana', 'ana_ecg')}", with_trace)
    for name, key in (("x-ray", "ana_cr"), ("ultrasound", "ana_us")):
        viewer(studio, f"viewer-{name}", "ana", f"/viewer/{study_of(studio, 'ana', key)}")
    inside_the_zip(studio)
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


Ready = Callable[[Driver], None]


def with_pixels(driver: Driver) -> None:
    """Wait for diagnostic pixels."""
    driver.until_pixels()


def compared(driver: Driver) -> None:
    """Open the earlier study beside this one."""
    driver.until_pixels()
    driver.page.locator(".pv-btn--compare").click()
    several = driver.page.locator("dialog[open] .pv-item")
    driver.until("placaViewer.panes.length === 2 || document.querySelector('dialog[open] .pv-item')")
    if several.count():
        several.first.click()
    driver.until("placaViewer.panes.length === 2")
    driver.until_pixels(1)


def in_planes(driver: Driver) -> None:
    """Open the three planes."""
    driver.until_pixels()
    driver.page.locator(".p-vp").first.focus()
    driver.page.keyboard.press("5")
    driver.until("placaViewer.mpr === 'on'")
    driver.until_pixels(2)


def with_trace(driver: Driver) -> None:
    """Wait for an ECG."""
    driver.until("document.querySelector('.pv-ecg__trace')")


def viewer(studio: Studio, name: str, username: str, path: str, ready: Ready = with_pixels) -> None:
    """The viewer once it is `ready`; each width is opened anew, as people do."""
    for width, page in opened_anew(studio, name, username):
        page.goto(path)
        ready(Driver(page, page.url))
        studio.shoot(name, page, whole=False, settle=1500, widths=[width])


def inside_the_zip(studio: Studio) -> None:
    """Ana takes her CT along: the viewer as it opens from the unpacked folder."""
    if not studio.wants("viewer-zip"):
        return
    asked = studio.page_of("ana").context.request
    address = f"{studio.url}/files/{study_of(studio, 'ana', 'ana_ct')}/study.zip"
    for _again in range(60):  # what is not prepared yet is prepared now
        answer = asked.get(address)
        if answer.ok:
            break
        time.sleep(2)
    with tempfile.TemporaryDirectory(prefix="placa-zip-") as folder:
        zipfile.ZipFile(io.BytesIO(answer.body())).extractall(folder)
        for width, page in opened_anew(studio, "viewer-zip", "ana"):
            page.goto((Path(folder) / "INDEX.HTM").as_uri())
            page.wait_for_selector(".pv-stage canvas")
            studio.shoot("viewer-zip", page, whole=False, settle=1500, widths=[width])


def archive(studio: Studio) -> None:
    """Ana's mammogram is in the archive: asked for while the archive is away, then given up by staff."""
    if not studio.wants("patient-archive-preparing", "patient-archive-unavailable", "staff-study-recall"):
        return
    uid = study_of(studio, "ana", "ana_mg")
    page, staff_page = studio.page_of("ana"), studio.page_of("jefe")
    kept = studio.home / "demo-archive"
    hidden = kept.rename(studio.home / "demo-archive-away")
    try:
        page.goto(f"/patient/studies/{uid}/")
        press(page, "form[action$='/recall'] button[type=submit]")
        studio.visit("patient-archive-preparing", "ana", f"/patient/studies/{uid}/")
        studio.visit("staff-study-recall", "jefe", f"/staff/studies/{uid}/")
        staff_page.goto(f"/staff/studies/{uid}/")
        press(staff_page, "button[name=do][value=cancel]")
        studio.visit("patient-archive-unavailable", "ana", f"/patient/studies/{uid}/")
    finally:
        hidden.rename(kept)


def mammography(studio: Studio) -> None:
    """Ana's mammogram once staff had it back: beside each other for Díaz, one by one for Ana."""
    if not studio.wants("viewer-full-mammography", "viewer-mammography"):
        return
    uid = study_of(studio, "ana", "ana_mg")
    path, page = f"/viewer/{uid}", studio.page_of("jefe")
    page.goto(f"/staff/studies/{uid}/")
    press(page, "button[name=do][value=ask]")
    for _again in range(60):  # until then it leads back to the study's page
        page.goto(path)
        if path in page.url:
            break
        time.sleep(2)
    viewer(studio, "viewer-mammography", "ana", path)
    viewer(studio, "viewer-full-mammography", "diaz", path)


def doctor_and_company(studio: Studio) -> None:
    """Doctor Díaz and the insurer."""
    uid = study_of(studio, "ana", "ana_ct")
    studio.visit("doctor-home", "diaz", "/doctor/")
    studio.visit("doctor-study", "diaz", f"/doctor/studies/{uid}/")
    viewer(studio, "viewer-full", "diaz", f"/viewer/{uid}")
    for name, key in (("x-ray", "ana_cr"), ("ultrasound", "ana_us"), ("mr", "ana_mr")):
        viewer(studio, f"viewer-full-{name}", "diaz", f"/viewer/{study_of(studio, 'ana', key)}")
    viewer(studio, "viewer-full-ecg", "diaz", f"/viewer/{study_of(studio, 'ana', 'ana_ecg')}", with_trace)
    viewer(studio, "viewer-mpr", "diaz", f"/viewer/{uid}", in_planes)
    viewer(studio, "viewer-compare", "diaz", f"/viewer/{study_of(studio, 'ana', 'ana_us')}", compared)
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
        ("settings", "/staff/settings/"),
        ("settings-rules", "/staff/settings/rules/"),
        ("settings-delays", "/staff/settings/delays/"),
        ("settings-devices", "/staff/settings/devices/"),
        ("settings-device-new", "/staff/settings/devices/new/"),
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


ROUNDS: tuple[Callable[[Studio], None], ...] = (
    entry,
    recipient,
    patient,
    doctor_and_company,
    staff,
    first_entry,
    archive,
    mammography,
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
    parser.add_argument("--only", default="", help="only pages whose name holds one of these words (commas)")
    parser.add_argument("--widths", default=",".join(map(str, places.HEIGHTS)))
    parser.add_argument("--language", default="es", choices=places.LOCALES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    widths = [int(width) for width in options.widths.split(",")]
    failed = 0
    with portal_in(options.home and options.home.resolve()) as portal, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        studio = Studio(browser, portal.url, portal.home, options.out, widths, options.only, options.language)
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
