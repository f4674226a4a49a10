"""OHIF inside the portal: a doctor sees the images of whom they ordered for there, and nobody anything else."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from placa.demo import cast
from placa.interfaces.web.ohif import files
from tests.e2e import exams
from tests.e2e.conftest import Visit
from tests.e2e.portal import Portal
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.slow]
PIXELS = "document.querySelector('.viewport-element canvas')?.toDataURL('image/png').split(',')[1] ?? ''"


@pytest.fixture(scope="module")
def study(portal: Portal, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A CT of Ana's that Díaz ordered; its UID."""
    if not files.built():
        pytest.skip("OHIF is not built: run `npm run ohif` in viewer/")
    exam = exams.visit("ohif", cast.STUDIES["ana_us"].accession, "TC de abdomen")
    portal.store(tmp_path_factory.mktemp("sent") / "ct", exams.small_ct(exams.of_the_cast("ana"), exam))
    return exam.study_instance_uid


def test_diaz_opens_the_images_in_ohif(study: str, visit: Visit) -> None:
    doctor = visit()
    doctor.sign_in("diaz")
    doctor.until(lambda: doctor.status_of(f"/dicomweb/studies/{study}/metadata") == 200, "Ana's CT")
    doctor.go("/doctor/")
    link = f"a[href$='/ohif/viewer?StudyInstanceUIDs={study}']"
    assert doctor.find(f"tr {link}").is_visible()
    doctor.go(f"/doctor/studies/{study}/")
    asked: set[str] = set()
    doctor.context.on("request", lambda request: asked.add(request.url))
    with doctor.context.expect_page() as waiting:
        doctor.find(link).click()
    page = waiting.value
    page.get_by_text("Skip all").click()  # OHIF's tour lies over the image the first time
    first = drawn(doctor, page)
    assert len(np.unique(first)) > 60, "the picture has no shades"
    page.locator(".viewport-element canvas").first.hover()
    page.mouse.wheel(0, 600)
    doctor.until(lambda: differs(drawn(doctor, page), first), "another slice")
    page.goto("/ohif/")
    page.get_by_text("Morales Peralta, Ana").first.wait_for()
    assert [url for url in asked if not url.startswith((doctor.url, "blob:", "data:"))] == []
    page.close()


def test_nobody_else_sees_anything_of_it(study: str, visit: Visit) -> None:
    other = visit()
    other.sign_in("egea")
    for path in (f"/ohif/viewer?StudyInstanceUIDs={study}", f"/dicomweb/studies/{study}/metadata"):
        assert other.status_of(path) == 404, path
    assert other.page.locator("a[href*='/ohif/']").count() == 0
    other.page.goto("/ohif/")
    other.page.get_by_text("No studies available").wait_for()
    assert "Morales" not in other.text()
    # OHIF's own client warns where a search finds nothing (204, PS3.18 10.6.3.1)
    other.troubles[:] = [one for one in other.troubles if "empty response for request" not in one]

    patient = visit("phone")
    patient.sign_in("ana")
    for path in ("/ohif/", f"/ohif/viewer?StudyInstanceUIDs={study}", "/ohif/app-config.js"):
        assert patient.status_of(path) == 404, path


def drawn(doctor: Visitor, page: Page) -> np.ndarray:
    """OHIF's first image as levels of grey, once there is one that stays as it is."""
    found: list[np.ndarray] = []

    def there() -> bool:
        picture = base64.b64decode(page.evaluate(PIXELS))
        if picture:
            found.append(np.asarray(Image.open(io.BytesIO(picture)).convert("L")).astype(int))
        return len(found) > 1 and np.array_equal(found[-2], found[-1]) and found[-1].std() > 15

    doctor.until(there, "an image in OHIF")
    return found[-1]


def differs(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether these show two slices; OHIF makes its canvas (256 x 256) larger at a moment of its own."""
    sides = [Image.fromarray(picture.astype(np.uint8)).resize((256, 256)) for picture in (one, other)]
    return bool(np.abs(np.subtract(*(np.asarray(side).astype(int) for side in sides))).mean() > 1)
