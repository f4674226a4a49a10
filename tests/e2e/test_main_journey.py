"""The main job, end to end: from an image that a modality sends to a doctor outside who looks at it, and back.

One journey a width, in Spanish. Nothing is simulated: services, mails, DICOM and browser are the real ones.
"""

import datetime as dt
import re
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from placa.demo import phantoms
from tests.e2e import exams
from tests.e2e.conftest import Visit
from tests.e2e.portal import Portal
from tests.e2e.visitor import Visitor, mail

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.slow]

PIN = "394827"
PASSWORD = "Girasol-azul-7"
SENTENCE = "Sin hallazgos de significado."


@dataclass(frozen=True)
class Case:
    """Who is examined and what with; each width has its own, so that they cannot help each other."""

    size: str
    family_name: str
    given_name: str
    number: str

    @property
    def email(self) -> str:
        return f"{self.size}@correo.example"

    @property
    def outside(self) -> str:
        """The doctor outside who gets the share."""
        return f"hugo.{self.size}@consulta.example"

    @property
    def identity(self) -> phantoms.Identity:
        name = f"{self.family_name}^{self.given_name}"
        return phantoms.Identity(name, self.number, "ALBORADA", dt.date(1979, 2, 14), "F")

    @property
    def ct(self) -> phantoms.Visit:
        return exams.visit(f"{self.size}/ct", f"E26-{self.number[-4:]}", "TC de abdomen")

    @property
    def chest(self) -> phantoms.Visit:
        """A second study of the same person, which is not shared."""
        return exams.visit(f"{self.size}/cr", "", "Radiografía de tórax")


CASES = [Case("desk", "Ureña Peña", "Salomé", "402-7001"), Case("phone", "Vargas Muñoz", "Belén", "402-7002")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.size)
def test_from_the_modality_to_a_doctor_outside_and_back(
    case: Case, portal: Portal, visit: Visit, tmp_path: Path
) -> None:
    portal.store(tmp_path / "ct", exams.small_ct(case.identity, case.ct))
    staff = visit(case.size)
    staff.sign_in("jefe")
    create_patient(staff, case)
    write_order(staff, case)
    portal.store(tmp_path / "cr", phantoms.cr_chest(case.identity, case.chest))
    release(staff, case, tmp_path)

    patient = visit(case.size)
    come_in(patient, case)
    look(patient, case)
    open_report(patient, case)
    check_zip(patient, case, tmp_path)
    link = share(patient, case)

    doctor = visit(case.size)
    open_share(doctor, case, link)
    see_that_study_only(doctor, case, link)
    end_share(patient)
    meet_nothing(doctor, case, link)


# --- staff ----------------------------------------------------------------------------------------


def create_patient(staff: Visitor, case: Case) -> None:
    """The study waits in the inbox; the patient is made from it, with an e-mail, which enables the portal."""

    def waits() -> bool:
        staff.page.goto("/staff/inbox/")
        return staff.page.locator(".p-inbox a", has_text=case.family_name).count() > 0

    staff.until(waits, "the study in the inbox")
    staff.check()
    staff.page.locator(".p-inbox a", has_text=case.family_name).first.click()
    staff.page.wait_for_load_state("load")
    staff.check()
    staff.press("a[href*='/staff/patients/new/?study=']")
    assert staff.page.input_value("[name=family_name]") == case.family_name
    assert staff.page.input_value("[name=given_name]") == case.given_name
    assert staff.page.input_value("[name=birth_date]") == "1979-02-14"
    assert staff.page.input_value("[name=identifier]") == case.number
    staff.page.fill("[name=email]", case.email)
    staff.press("form[action$='/staff/patients/new/'] button[type=submit]")
    assert re.fullmatch(r"/staff/patients/[0-9a-f-]{36}/", staff.path), staff.text()


def write_order(staff: Visitor, case: Case) -> None:
    """An order with the accession number that the modality sent: the study joins it by itself."""
    staff.go(f"/staff/studies/{case.ct.study_instance_uid}/")
    staff.press("a[href*='/staff/orders/new/?patient=']")
    form = staff.page.locator("form[action$='/staff/orders/new/']")
    form.locator("[name=accession_number]").fill(case.ct.accession_number)
    form.locator("[name=description]").fill(case.ct.description)
    form.locator("[name=modality]").select_option("CT")
    requester = form.locator("[name=requester] option", has_text="Díaz").get_attribute("value")
    form.locator("[name=requester]").select_option(requester)
    staff.press("form[action$='/staff/orders/new/'] button[type=submit]")
    assert re.fullmatch(r"/staff/orders/[0-9a-f-]{36}/", staff.path), staff.text()
    assert staff.page.locator(f"a[href*='{case.ct.study_instance_uid}']").count(), "the order has no study"
    staff.go(f"/staff/studies/{case.ct.study_instance_uid}/")
    assert (
        staff.page.locator("#order a[href*='/staff/orders/']", has_text=case.ct.accession_number).count() == 1
    )


def release(staff: Visitor, case: Case, folder: Path) -> None:
    """A signed report as PDF, then the release."""
    uid = case.ct.study_instance_uid
    pdf = folder / "informe.pdf"
    pdf.write_bytes(exams.report_pdf(SENTENCE))
    staff.go(f"/staff/studies/{uid}/")
    form = f"form[action$='{uid}/report/']"
    staff.page.set_input_files(f"{form} [name=pdf]", pdf)
    staff.page.select_option(f"{form} [name=status]", "final")
    staff.page.fill(f"{form} [name=signed_by]", "Dra. Milagros Peña")
    staff.press(f"{form} button[type=submit]")
    assert staff.page.locator("#report a[href*='/report/']").count() == 1, staff.text()
    staff.press(f"form[action$='{uid}/release/'] button[value=now]")
    assert staff.page.locator(f"form[action$='{uid}/release/'] button[value=now]").count() == 0


# --- patient --------------------------------------------------------------------------------------


def come_in(patient: Visitor, case: Case) -> None:
    """Mail, one-time password, a password of one's own with its checklist, the notice."""
    welcome = mail(patient, case.email, r": (\S+)\n[^\n]*: (\S+)\s+(http\S+)")
    username, once, link = welcome.groups()
    assert link.startswith(patient.url)
    patient.go(link)
    patient.page.fill("input[name=username]", username)
    patient.page.fill("input[name=password]", once)
    patient.press("form:has(input[name=password]) button[type=submit]")
    assert patient.path == "/first-password"
    choose_password(patient)
    assert patient.path == "/notice"
    patient.press("button[name=answer][value=accept]")
    assert patient.path == "/patient/"


def choose_password(patient: Visitor) -> None:
    """The checklist follows what is typed; a weak password stays outside."""
    page, open_rules = patient.page, patient.page.locator("[data-checklist] li:not(.is-ok)")
    assert open_rules.count() == page.locator("[data-checklist] li").count() > 3
    page.fill("input[name=new]", "corta")
    page.fill("input[name=again]", "corta")
    assert open_rules.count() > 0
    patient.press("form:has(input[name=again]) button[type=submit]")
    assert patient.path == "/first-password", "a weak password was taken"
    page.fill("input[name=new]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    assert open_rules.count() == 0
    patient.press("form:has(input[name=again]) button[type=submit]")


def look(patient: Visitor, case: Case) -> None:
    """The list shows the study with images and report; the viewer shows its pixels."""
    uid = case.ct.study_instance_uid
    row = f"#results li:has(a[href*='{uid}'])"
    assert patient.page.locator(f"{row} a[href*='/viewer/{uid}']").count() > 0, patient.text()
    assert patient.page.locator(f"{row} a[href*='report']").count() > 0, patient.text()
    other = f"a[href*='/viewer/{case.chest.study_instance_uid}']"
    assert patient.page.locator(other).count() == 0, "what is not released opens"
    assert patient.status_of(f"/dicomweb/studies/{case.chest.study_instance_uid}/metadata") == 404
    patient.press(f"#results a[href$='/patient/studies/{uid}/']")
    patient.see_images(f"a[href*='/viewer/{uid}']", exams.SLICES)


def open_report(patient: Visitor, case: Case) -> None:
    """The report is the PDF that was uploaded."""
    saved = patient.download("#report a[href*='download=1']").path()
    assert saved.read_bytes().startswith(b"%PDF-")
    words = subprocess.run(["pdftotext", saved, "-"], capture_output=True, text=True, check=False).stdout
    assert not words or SENTENCE in words
    address = patient.page.locator("a[href*='/files/'][href*='/report/']").first.get_attribute("href") or ""
    answer = patient.context.request.get(address.partition("?")[0])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")


def check_zip(patient: Visitor, case: Case, folder: Path) -> None:
    """The ZIP holds what its DICOMDIR names, as dcmtk reads it."""
    ready = patient.page.locator("#zip-panel details a[href*='study.zip']")
    patient.until(lambda: ready.count() > 0, "the ZIP")
    patient.check()
    saved = patient.download("#zip-panel a[href$='study.zip']").path()
    with zipfile.ZipFile(saved) as packed:
        assert packed.testzip() is None
        packed.extractall(folder / "zip")
    [directory] = (folder / "zip").rglob("DICOMDIR")
    dumped = subprocess.run(
        ["/usr/bin/dcmdump", directory], capture_output=True, text=True, check=True
    ).stdout
    named = re.findall(r"\(0004,1500\) CS \[([^\]]+)\]", dumped)
    assert len(named) >= exams.SLICES
    files = [directory.parent.joinpath(*name.strip().split("\\")) for name in named]
    assert [file for file in files if not file.is_file()] == []
    assert re.search(rf"\(0020,000d\) UI \[{re.escape(case.ct.study_instance_uid)}\]", dumped)
    beside = {file.name.upper() for file in directory.parent.rglob("*")}
    assert "INDEX.HTM" in beside
    assert any(name.endswith(".PDF") for name in beside)
    assert any(name.endswith((".JPG", ".JPEG")) for name in beside)


def share(patient: Visitor, case: Case) -> str:
    """The four steps; returns the link that the mail brings."""
    page = patient.page
    patient.press("a[href*='/patient/share/']")
    page.fill("[name=email]", case.outside)
    page.fill("[name=again]", case.outside)
    patient.press("#step button[type=submit]:not([name])")
    assert patient.path == "/patient/share/how/", patient.text()
    patient.press("form:has([name=days]) button.btn-primary[type=submit]")
    assert patient.path == "/patient/share/pin/", patient.text()
    patient.press("a[href='?mode=own']")
    patient.type_pin(PIN)
    patient.press("form:has([name=sealed]) button.btn-primary[type=submit]")
    assert patient.path == "/patient/share/review/", patient.text()
    patient.press("button[name=action][value=share]")
    assert patient.path == "/patient/share/done/", patient.text()
    link_mail = mail(patient, case.outside, r"http\S+/s/\S+")
    pin_mail = mail(patient, case.outside, PIN)
    assert PIN not in link_mail.string
    assert "http" not in pin_mail.string
    return link_mail.group()


# --- the doctor outside ---------------------------------------------------------------------------


def open_share(doctor: Visitor, case: Case, link: str) -> None:
    """PIN page without anything personal, a wrong PIN, the right one, the notice."""
    doctor.go(link)
    for word in (case.family_name, case.given_name, case.ct.description, case.number):
        assert word not in doctor.page.content()
    doctor.type_pin("815263")
    doctor.find("form:has([data-pin]) button[type=submit]").click()
    doctor.page.wait_for_load_state("load")
    doctor.forgive(422)
    assert "4" in doctor.page.locator(".p-tries").inner_text()
    assert doctor.page.locator(".p-tries .is-used").count() == 1
    doctor.type_pin(PIN)
    doctor.press("form:has([data-pin]) button[type=submit]")
    assert doctor.path.endswith("/notice")
    doctor.press("button[name=answer][value=accept]")
    assert doctor.page.url == f"{link}/studies/{case.ct.study_instance_uid}"


def see_that_study_only(doctor: Visitor, case: Case, link: str) -> None:
    """Pixels and report of the shared study, and nothing else of that person or of the portal."""
    uid, other = case.ct.study_instance_uid, case.chest.study_instance_uid
    base = link.removeprefix(doctor.url)
    assert case.family_name in doctor.text()
    doctor.see_images(f"a[href*='{base}/viewer/{uid}']", exams.SLICES)
    report = doctor.page.locator(f"#report a[href*='{base}/files/']").first.get_attribute("href") or ""
    assert doctor.context.request.get(report).body().startswith(b"%PDF-")
    assert doctor.status_of(f"{base}/dicomweb/studies/{uid}/metadata") == 200
    listed = doctor.context.request.get(
        f"{base}/dicomweb/studies", headers={"accept": "application/dicom+json"}
    )
    assert [Dataset.from_json(one).StudyInstanceUID for one in listed.json()] == [uid]
    for path in (f"studies/{other}", f"viewer/{other}", f"dicomweb/studies/{other}/metadata"):
        assert doctor.status_of(f"{base}/{path}") == 404, path
    assert doctor.status_of(f"/dicomweb/studies/{uid}/metadata") in (401, 404)
    assert doctor.status_of("/patient/") == 302


def end_share(patient: Visitor) -> None:
    """The patient ends it in their list."""
    patient.go("/patient/shares/")
    patient.find("[data-dialog-open^='end-']").click()
    patient.press("dialog[open] form[action*='/patient/shares/'] button.btn-danger[type=submit]")
    assert patient.page.locator("[data-dialog-open^='end-']").count() == 0


def meet_nothing(doctor: Visitor, case: Case, link: str) -> None:
    """From the next request on every address of the share says the same nothing."""
    base, uid = link.removeprefix(doctor.url), case.ct.study_instance_uid
    doctor.go(f"{base}/studies/{uid}", refused=404)
    assert case.family_name not in doctor.page.content()
    assert doctor.page.locator("[data-pin]").count() == 0
    for path in ("", f"/viewer/{uid}", f"/dicomweb/studies/{uid}/metadata", "/dicomweb/studies"):
        assert doctor.status_of(f"{base}{path}") == 404, path
