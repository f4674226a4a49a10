"""What goes into the ZIP is what the asker may have, no more: reports, their DICOM objects, whole studies."""

import io
import zipfile
from typing import Any

import pytest

from placa.common import clock
from placa.demo import lab, load, phantoms
from placa.domain.access.models import ShareGrant
from placa.domain.access.selectors import NotVisible
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.audit.models import AuditEvent
from placa.domain.downloads import package
from placa.domain.downloads.errors import NothingToDownloadError
from placa.domain.downloads.tests import world
from placa.domain.downloads.tests.world import CT, viewer
from placa.domain.institution.services import change_setting
from placa.domain.people.models import Agreement, Organization
from placa.domain.reports import services as reports
from placa.domain.reports.models import DiagnosticReport
from placa.domain.sharing import services as sharing
from placa.domain.sharing.selectors import viewer_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]
PDF_OBJECT = "1.2.840.10008.5.1.4.1.1.104.1"


def names(asker: Viewer, **how: Any) -> list[str]:
    made = package.open_package(asker, CT, **how)
    return zipfile.ZipFile(io.BytesIO(b"".join(made.zip.stream()))).namelist()


def has(found: list[str], folder: str) -> bool:
    return any(name.startswith(f"{folder}/") for name in found)


def pdf_object() -> str:
    """A signed PDF that came as DICOM into Ana's CT; the UID of its object."""
    identity, visit = load.identity_of(world.PLAN), load.visit_of(world.PLAN, clock.now() - world.PLAN.ago)
    load.arrive(phantoms.lab_pdf(identity, visit, lab.lab_report_pdf(identity, visit)), "LIS")
    return Instance.objects.get(sop_class_uid=PDF_OBJECT).sop_instance_uid


def dicom_objects(asker: Viewer, **how: Any) -> set[str]:
    choice = package.choose(asker, CT, **how)
    return {item.instance.sop_instance_uid for item in choice.items}


def share(**parts: Any) -> Viewer:
    made = sharing.create_share(
        viewer=viewer("ana"), study_uids=[CT], recipients=["hugo@medicos.example"], days=30, **parts
    )
    return viewer_of(made.keys[0].part)


@pytest.mark.parametrize("who", ["carla", "egea", "heras", "ines", "gomez"])
def test_who_may_not_download_learns_nothing(who: str) -> None:
    world.slices(1)
    with pytest.raises(NotVisible):
        package.open_package(viewer(who), CT)
    assert AuditEvent.objects.filter(study_uid=CT, action="open_download", outcome="refused").count() == 1


def test_a_doctor_downloads_by_setting() -> None:
    world.slices(1)
    assert has(names(viewer("diaz")), "DICOM")
    change_setting(key="doctor_download", value=False, by="test")
    with pytest.raises(NotVisible):
        names(viewer("diaz"))


def test_a_company_gets_what_its_agreement_says() -> None:
    world.slices(1)
    payer = Organization.objects.get(pk=viewer("gomez").subject)
    Agreement.objects.filter(organization=payer).update(download=True, images=False, report=True)
    found = names(viewer("gomez"))
    assert has(found, "REPORTS")
    assert not has(found, "DICOM")
    assert not has(found, "IHE_PDI")


def test_a_share_without_the_report_has_none_in_any_form() -> None:
    world.slices(1)
    secret = pdf_object()
    recipient = share(report=False)
    found = names(recipient)
    assert has(found, "DICOM")
    assert not has(found, "REPORTS")
    assert secret not in dicom_objects(recipient)
    assert secret in dicom_objects(viewer("ana"))
    with pytest.raises(NothingToDownloadError):
        names(recipient, parts="report")


def test_a_share_without_images_has_the_report_alone() -> None:
    world.slices(1)
    found = names(share(images=False))
    assert has(found, "REPORTS")
    assert not has(found, "DICOM")


def test_a_share_without_download_has_nothing() -> None:
    world.slices(1)
    with pytest.raises(NotVisible):
        names(share(download=False))


def test_a_corrected_reports_old_object_stays_out() -> None:
    """Case 24: the old bytes are gone from every door, in DICOM's clothes too."""
    world.slices(1)
    uid = pdf_object()
    report = DiagnosticReport.objects.get(source_instance_uid=uid)
    assert uid in dicom_objects(viewer("ana"))
    reports.add_version(report=report, status="final", source="hl7", by="test", text="Corregido.")
    assert uid not in dicom_objects(viewer("ana"))


def test_a_withdrawn_report_is_in_no_form() -> None:
    world.slices(1)
    uid = pdf_object()
    report = DiagnosticReport.objects.get(source_instance_uid=uid)
    before = names(viewer("ana"))
    reports.add_version(report=report, status="cancelled", source="hl7", by="test", text="Retirado.")
    after = names(viewer("ana"))
    assert sum(name.startswith("REPORTS/") for name in before) == 2
    assert sum(name.startswith("REPORTS/") for name in after) == 1
    assert uid not in dicom_objects(viewer("ana"))


def test_a_received_pdf_goes_as_it_came() -> None:
    world.slices(1)
    uid = pdf_object()
    version = DiagnosticReport.objects.get(source_instance_uid=uid).versions.get()
    made = package.open_package(viewer("ana"), CT)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(made.zip.stream())))
    with storage().open(version.storage_key) as file:
        assert archive.read("REPORTS/REPORT02.PDF") == file.read()


def test_before_release_there_is_nothing_to_take() -> None:
    world.slices(1)
    Study.objects.filter(study_instance_uid=CT).update(release="held")
    with pytest.raises(NotVisible):
        names(viewer("ana"))
    assert has(names(viewer("diaz")), "DICOM")


@pytest.mark.parametrize(
    "change",
    [
        lambda: Study.objects.filter(study_instance_uid=CT).update(release="held"),
        lambda: Study.objects.filter(study_instance_uid=CT).update(
            exclusive_to=Organization.objects.get(pk=viewer("heras").subject)
        ),
        lambda: DiagnosticReport.objects.filter(study__study_instance_uid=CT).update(status="cancelled"),
    ],
)
def test_what_ends_while_the_bytes_run_is_noticed(change) -> None:
    world.slices(1)
    made = package.open_package(viewer("ana"), CT)
    assert made.still_allowed()
    change()
    assert not made.still_allowed()


def test_a_share_that_loses_its_images_is_noticed() -> None:
    world.slices(1)
    made = package.open_package(share(), CT)
    ShareGrant.objects.update(images=False)
    assert not made.still_allowed()
