"""What arrives by DICOM is found by whom it concerns, and by nobody else: doctor, company, patient."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from placa.demo import cast, phantoms
from tests.e2e import exams
from tests.e2e.conftest import Visit
from tests.e2e.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.slow]

CHEST = cast.STUDIES["carla_cr"]
EXCLUSIVE = cast.STUDIES["carla_wc"]


@pytest.fixture(scope="module")
def sent(portal: Portal, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Carla's two studies, sent by a modality with the accession numbers of her orders; their UIDs."""
    carla, uids = exams.of_the_cast("carla"), {}
    for plan, draw in ((CHEST, phantoms.cr_chest), (EXCLUSIVE, phantoms.lumbar_xray)):
        exam = exams.visit(f"peers/{plan.key}", plan.accession, plan.description)
        portal.store(tmp_path_factory.mktemp("sent") / plan.key, draw(carla, exam))
        uids[plan.key] = exam.study_instance_uid
    return uids


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_doctor_who_ordered_finds_the_study(sent: dict[str, str], visit: Visit, size: str) -> None:
    doctor = visit(size)
    doctor.sign_in("diaz")
    link = f"a[href*='/doctor/studies/{sent['carla_cr']}']"

    def listed() -> bool:
        doctor.page.goto("/doctor/?q=N%C3%BA%C3%B1ez")
        return doctor.page.locator(link).count() > 0

    doctor.until(listed, "Carla's study in the list of the doctor who ordered it")
    doctor.check()
    doctor.press(link)
    assert doctor.status_of(f"/dicomweb/studies/{sent['carla_cr']}/metadata") == 200
    doctor.go("/doctor/")
    assert doctor.page.locator(f"a[href*='{sent['carla_wc']}']").count() == 0


def test_what_is_exclusive_to_a_company_is_hers_alone(sent: dict[str, str], visit: Visit) -> None:
    company, uid = visit(), sent["carla_wc"]
    company.sign_in("heras")

    def listed() -> bool:
        company.page.goto("/company/")
        return company.page.locator(f"a[href*='{uid}']").count() > 0

    company.until(listed, "the exclusive study in the list of its company")
    company.check()
    company.go(f"/company/studies/{uid}/")
    assert company.status_of(f"/dicomweb/studies/{uid}/metadata") == 200

    for name, home in (("carla", "/patient/"), ("diaz", "/doctor/"), ("gomez", "/company/")):
        other = visit()
        other.sign_in(name)
        assert other.path == home
        assert other.page.locator(f"a[href*='{uid}']").count() == 0, name
        for path in (f"{home}studies/{uid}/", f"/viewer/{uid}", f"/dicomweb/studies/{uid}/metadata"):
            assert other.status_of(path) == 404, (name, path)


def test_a_modality_that_knows_nobody_reaches_no_patient(
    portal: Portal, visit: Visit, tmp_path: Path
) -> None:
    stranger = phantoms.Identity(
        "Desconocida^Rosa", "", "", cast.PATIENTS["carla"].birth_date(exams.today()), "F"
    )
    exam = exams.visit("peers/stranger", "", "Radiografía de tórax")
    portal.store(tmp_path / "stranger", phantoms.cr_chest(stranger, exam))
    staff = visit()
    staff.sign_in("jefe")

    def waits() -> bool:
        staff.page.goto("/staff/inbox/")
        return staff.page.locator(".p-inbox a", has_text="Desconocida").count() > 0

    staff.until(waits, "the stranger's study in the inbox")
    patient = visit()
    patient.sign_in("carla")
    assert patient.status_of(f"/patient/studies/{exam.study_instance_uid}/") == 404
