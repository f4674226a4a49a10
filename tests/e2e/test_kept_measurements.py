"""What a doctor measures and marks in the portal is there again, for that doctor alone, and leaves as DICOM."""

import io
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from placa.demo import cast
from tests.e2e import exams
from tests.e2e.conftest import Visit
from tests.e2e.portal import Portal
from tests.e2e.visitor import Visitor
from tests.viewer.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.slow]
LENGTH_PX = 200  # on screen


@pytest.fixture(scope="module")
def study(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> str:
    """UID of a CT of Ana's that Díaz ordered."""
    exam = exams.visit("kept", cast.STUDIES["ana_mr"].accession, "TC de abdomen")
    portal.store(tmp_path_factory.mktemp("kept") / "ct", exams.small_ct(exams.of_the_cast("ana"), exam))
    return exam.study_instance_uid


def opened(visitor: Visitor, study: str) -> Driver:
    """The viewer of somebody who may see the study."""
    visitor.until(lambda: visitor.status_of(f"/dicomweb/studies/{study}/metadata") == 200, "the CT")
    visitor.page.goto(f"/viewer/{study}")
    driver = Driver(visitor.page, visitor.page.url)
    driver.until_pixels()
    return driver


def taken(visitor: Visitor, which: int) -> Dataset:
    """What a *Download as DICOM* beside the report gives."""
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="Descargar como DICOM").nth(which).click()
    return dcmread(io.BytesIO(Path(waiting.value.path()).read_bytes()))


def measured(driver: Driver) -> float:
    """Draw a level line of so many pixels, and say how many millimetres it must be."""
    box = driver.page.locator(".pv-stage").first.bounding_box()
    assert box is not None
    plane = driver.pane()["plane"]
    across, down = plane["spacing"]
    fit = min(box["width"] / (plane["columns"] * across), box["height"] / (plane["rows"] * down))
    x, y = box["x"] + box["width"] / 2 - LENGTH_PX / 2, box["y"] + box["height"] / 2
    driver.page.keyboard.press("l")
    driver.drag((x, y), (x + LENGTH_PX, y))
    return float(LENGTH_PX / fit)


def test_they_are_there_again_and_say_the_same_millimetres(study: str, visit: Visit) -> None:
    doctor = visit()
    doctor.sign_in("diaz")
    driver = opened(doctor, study)
    doctor.page.locator(".p-vp").first.focus()
    doctor.page.keyboard.press("End")
    driver.until_pixels()
    with doctor.page.expect_response(
        lambda answer: answer.request.method == "POST" and "/measurements/" in answer.url
    ):
        doctor.page.keyboard.press("u")
        truth = measured(driver)
    (line,) = driver.state()["measurements"]
    shown = float(line["lines"][0].removesuffix(" mm").replace(",", "."))
    assert abs(shown - truth) <= 0.02 * truth
    marked = driver.state()["keys"]
    assert [one["instance"] for one in marked] == [driver.pane()["instanceUid"]]

    # away, and back
    doctor.go("/")
    driver = opened(doctor, study)
    driver.until("placaViewer.measurements.length === 1 && placaViewer.keys.length === 1")
    (again,) = driver.state()["measurements"]
    assert again == line
    assert driver.state()["keys"] == marked
    doctor.page.locator(".p-vp").first.focus()
    doctor.page.keyboard.press(".")
    driver.until(f"placaViewer.panes[0].instanceUid === '{marked[0]['instance']}'")
    driver.until_pixels()
    driver.until("document.querySelector('.pv-gl svg line, .pv-gl svg path')")

    report = taken(doctor, 0)
    assert (report.Modality, report.StudyInstanceUID) == ("SR", study)
    (group,) = report.ContentSequence[-1].ContentSequence
    (number,) = [one for one in group.ContentSequence if one.ValueType == "NUM"]
    value = number.MeasuredValueSequence[0]
    assert value.MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert abs(float(value.NumericValue) - shown) <= 0.06, "another length than on screen"
    place = number.ContentSequence[0]
    (x1, y1, x2, y2), spacing = place.GraphicData, driver.pane()["plane"]["spacing"]
    assert abs(((x2 - x1) ** 2 * spacing[0] ** 2 + (y2 - y1) ** 2 * spacing[1] ** 2) ** 0.5 - shown) <= 0.06
    named = place.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    assert named == marked[0]["instance"]
    selection = taken(doctor, 1)
    assert selection.Modality == "KO"
    (image,) = [one for one in selection.ContentSequence if one.ValueType == "IMAGE"]
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == named
    doctor.ask_axe(doctor.page)
    assert driver.errors == []


def test_nobody_else_sees_them(study: str, visit: Visit) -> None:
    """After the doctor's test above: who may see the study finds nothing kept, who may not finds no study."""
    colleague = visit()
    colleague.sign_in("jefe")
    driver = opened(colleague, study)
    driver.until("placaViewer.pixelState === 'ready'")
    colleague.page.wait_for_timeout(800)
    state = driver.state()
    assert (state["measurements"], state["keys"]) == ([], [])
    assert colleague.context.request.get(f"/measurements/{study}").json() == []
    assert colleague.status_of(f"/measurements/{study}/report.dcm") == 404
    other = visit()
    other.sign_in("egea")
    for path in ("", "/report.dcm", "/key-images.dcm"):
        assert other.status_of(f"/measurements/{study}{path}") == 404
    patient = visit("phone")
    patient.sign_in("ana")
    assert patient.status_of(f"/measurements/{study}") == 404
