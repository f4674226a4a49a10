"""The full look inside the portal: an earlier study of the same patient beside this one, and planes through one."""

import dataclasses
import datetime as dt

import pytest
from playwright.sync_api import Browser

from placa.demo import cast
from tests.e2e import exams
from tests.e2e.conftest import Visit
from tests.e2e.portal import Portal
from tests.viewer.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.slow]


@pytest.fixture(scope="module")
def studies(portal: Portal, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """UIDs of two CTs of Ana's that Díaz ordered: this one, and one of a year ago."""
    now = exams.visit("compare/now", cast.STUDIES["ana_us"].accession, "TC de abdomen")
    then = exams.visit("compare/then", cast.STUDIES["ana_cr"].accession, "TC de abdomen, control")
    then = dataclasses.replace(then, study_datetime=then.study_datetime - dt.timedelta(days=365))
    for name, exam in (("then", then), ("now", now)):
        portal.store(tmp_path_factory.mktemp(name) / "ct", exams.small_ct(exams.of_the_cast("ana"), exam))
    return now.study_instance_uid, then.study_instance_uid


def test_diaz_compares_two_studies_and_looks_through_one(studies: tuple[str, str], visit: Visit) -> None:
    now, _then = studies
    doctor = visit()
    doctor.sign_in("diaz")
    paths = [f"/dicomweb/studies/{uid}/metadata" for uid in studies]
    doctor.until(lambda: all(doctor.status_of(path) == 200 for path in paths), "both of Ana's CTs")
    doctor.page.goto(f"/viewer/{now}")
    driver = Driver(doctor.page, doctor.page.url)
    driver.until_pixels()
    doctor.page.locator(".pv-btn--compare").click()
    driver.until("placaViewer.panes.length === 2")
    for number, uid in enumerate(studies):
        driver.until_pixels(number)
        assert driver.pane(number)["study"] == uid
        assert driver.grey(number).std() > 15, "the picture is blank"
    labels = doctor.page.locator(".p-c--tl > div:first-child").all_inner_texts()
    assert [one.rpartition(" · ")[2] for one in labels] == ["actual", "anterior"]
    assert labels[0][-20:] != labels[1][-20:]
    doctor.ask_axe(doctor.page)
    doctor.page.locator(".p-vp").first.focus()
    doctor.page.keyboard.press("5")
    driver.until("placaViewer.mpr === 'on'")
    for number in range(3):
        driver.until_pixels(number)
        assert driver.grey(number).std() > 15, "a plane is blank"
    doctor.ask_axe(doctor.page)
    assert driver.errors == []


def test_the_first_image_is_asked_for_once(studies: tuple[str, str], visit: Visit) -> None:
    """The page asks for its picture and the first pixels ahead; the viewer takes over both."""
    asked: list[str] = []
    doctor = visit()
    doctor.sign_in("diaz")
    doctor.page.on(
        "request", lambda request: asked.append(request.url.partition("/dicomweb/")[2] or request.url)
    )
    doctor.page.goto(f"/viewer/{studies[0]}")
    driver = Driver(doctor.page, doctor.page.url)
    driver.until_pixels()
    shown = driver.pane()["instanceUid"]
    engine = next(at for at, url in enumerate(asked) if "/assets/pixels-" in url)
    before = [url for url in asked[:engine] if shown in url]
    assert sum(url.endswith("/frames/1") for url in before) == 1
    assert sum("/rendered" in url for url in before) == 1, "the picture was fetched again"
    assert sum(url.endswith("/metadata") for url in asked) == 1


def test_on_a_phone_the_bar_says_what_its_buttons_do(studies: tuple[str, str], visit: Visit) -> None:
    """Compare, OHIF and Report were icons without a name."""
    now, _then = studies
    doctor = visit("phone")
    doctor.sign_in("diaz")
    doctor.page.goto(f"/viewer/{now}")
    Driver(doctor.page, doctor.page.url).until_pixels()
    bar = doctor.page.locator(".p-vf > .p-v__bar")
    for name in ("Comparar", "OHIF", "Informe"):
        label = bar.get_by_text(name, exact=True)
        box = label.locator("..").bounding_box()
        assert label.is_visible()
        assert box is not None
        assert box["width"] >= 44
        assert box["height"] >= 44
        assert 0 <= box["x"] <= 360 - box["width"]
        assert label.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth"), f"{name} is cut"
    title = bar.locator("h1").bounding_box()
    assert title is not None
    assert title["width"] > 90, "no room for the patient's name"
    doctor.ask_axe(doctor.page)


def test_nobody_else_is_told_of_the_earlier_one(studies: tuple[str, str], visit: Visit) -> None:
    now, then = studies
    other = visit()
    other.sign_in("egea")
    for path in (f"/viewer/{now}", f"/viewer/{now}/series", f"/viewer/{then}/series"):
        assert other.status_of(path) == 404, path
