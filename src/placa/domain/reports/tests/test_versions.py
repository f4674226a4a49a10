"""Versions of a report: the newest is shown, a final is never undone by a late preliminary, history stays."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pypdf import PdfWriter

from placa.domain.archive.errors import RetriableError
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.rendering import RenderUnavailable
from placa.domain.archive.storage import storage
from placa.domain.archive.storage.local import LocalWriter
from placa.domain.audit.models import AuditEvent
from placa.domain.intake.models import InboxItem
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import STUDY, ct, received
from placa.domain.reports import pdf, selectors, services
from placa.domain.reports.hooks import report_final
from placa.domain.reports.models import DiagnosticReport, ReportVersion
from placa.domain.reports.pdf import REASONS, BadPdfError
from placa.standards.dicom import sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]

PDF_CLASS = "1.2.840.10008.5.1.4.1.1.104.1"
SR_CLASS = "1.2.840.10008.5.1.4.1.1.88.11"
Status = DiagnosticReport.Status


def _pdf(width: int = 200) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width, 200)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@pytest.fixture
def study() -> Study:
    process([received(ct())])
    return Study.objects.get(study_instance_uid=STUDY)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    monkeypatch.setattr(report_final, "_listeners", [calls.append])
    return calls


def test_an_uploaded_report_is_final_and_told(study: Study, told: list[int]) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5", title="Informe", signed_by="Dra. Ruiz")
    assert (report.status, report.signed_by) == (Status.FINAL, "Dra. Ruiz")
    assert report.final_at is not None
    version = selectors.current_version(report)
    assert version is not None
    assert selectors.pdf_of(version) == _pdf()
    assert version.storage_key.endswith(".pdf")
    assert told == [report.pk]


@pytest.mark.parametrize(("data", "reason"), [(b"%PDF-no", "broken"), (b"<html>", "not-pdf")])
def test_a_bad_pdf_adds_nothing_and_says_what_to_do(study: Study, data: bytes, reason: str) -> None:
    with pytest.raises(BadPdfError) as refused:
        services.upload(study=study, pdf=data, by="user:5")
    assert refused.value.message == str(REASONS[reason])
    assert not DiagnosticReport.objects.filter(study=study).exists()
    assert not _pdf_files()


def test_a_pdf_is_checked_and_stored_before_the_transaction_that_writes(
    study: Study, never_locked: Callable[[Any, str], list[str]]
) -> None:
    checked, stored = never_locked(pdf, "check"), never_locked(LocalWriter, "commit")
    services.upload(study=study, pdf=_pdf(), by="user:5")
    process([received(_wrapped(_pdf(300)))])
    assert (len(checked), len(stored)) == (2, 3)  # the DICOM object is stored too
    assert DiagnosticReport.objects.filter(study=study).count() == 2


def test_a_file_that_no_version_names_is_removed(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5")
    services.upload(study=study, pdf=_pdf(), by="user:5", report=report)
    process([received(_wrapped(_pdf(300)))])
    process([received(_wrapped(_pdf(300)))])
    assert len(_pdf_files()) == 2
    monkeypatch.setattr(services, "_follow", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.upload(study=study, pdf=_pdf(400), by="user:5")
    assert len(_pdf_files()) == 2


def test_a_pdf_that_cannot_be_checked_now_is_neither_kept_nor_refused(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bytes:
        raise RenderUnavailable("busy")

    monkeypatch.setattr(sandbox, "ask", busy)
    with pytest.raises(RetriableError):
        services.upload(study=study, pdf=_pdf(), by="user:5")
    with pytest.raises(RetriableError):
        process([received(_wrapped(_pdf()))])
    assert not _pdf_files()
    assert not InboxItem.objects.filter(study=study, kind=InboxItem.Kind.UNREADABLE).exists()


def _pdf_files() -> list[str]:
    return [key for day in storage().days() for key in storage().iterate(day) if key.endswith(".pdf")]


def test_a_new_version_replaces_and_the_old_stays_in_the_history(study: Study, told: list[int]) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5")
    again = services.upload(study=study, pdf=_pdf(300), by="user:5", report=report)
    assert (again.pk, again.status) == (report.pk, Status.AMENDED)
    assert again.final_at == report.final_at
    current = selectors.current_version(again)
    assert current is not None
    assert selectors.pdf_of(current) == _pdf(300)
    assert [version.number for version in selectors.history(again)] == [2, 1]
    assert told == [report.pk, report.pk]


def test_the_same_again_is_no_new_version(study: Study, told: list[int]) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5")
    services.upload(study=study, pdf=_pdf(), by="user:5", report=report)
    assert selectors.history(report).count() == 1
    assert told == [report.pk]


def test_a_final_follows_a_preliminary(study: Study, told: list[int]) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5", status=Status.PRELIMINARY)
    assert (report.status, report.final_at, told) == (Status.PRELIMINARY, None, [])
    report = services.upload(study=study, pdf=_pdf(), by="user:5", report=report)
    assert (report.status, told) == (Status.FINAL, [report.pk])


def test_a_late_preliminary_never_replaces_a_final(study: Study) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5")
    late = services.add_version(
        report=report, status=Status.PRELIMINARY, source=ReportVersion.Source.HL7, by="system", text="…"
    )
    report.refresh_from_db()
    assert late is None
    assert report.status == Status.FINAL
    current = selectors.current_version(report)
    assert current is not None
    assert selectors.pdf_of(current) == _pdf()


def test_whoever_uploads_a_late_preliminary_is_told_that_it_was_left_out(study: Study) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5")
    with pytest.raises(services.LatePreliminaryError):
        services.upload(study=study, pdf=_pdf(300), by="user:5", status=Status.PRELIMINARY, report=report)
    assert [version.status for version in selectors.history(report)] == [Status.FINAL]
    assert AuditEvent.objects.filter(action="report_late_preliminary", actor="user:5").exists()
    assert len(_pdf_files()) == 1


def test_a_withdrawn_report_shows_nothing_and_keeps_its_history(study: Study, told: list[int]) -> None:
    report = services.upload(study=study, pdf=_pdf(), by="user:5")
    services.withdraw(report=report, by="user:5")
    report.refresh_from_db()
    assert report.status == Status.CANCELLED
    assert selectors.current_version(report) is None
    assert selectors.history(report).count() == 2
    assert told == [report.pk, report.pk]


def test_another_studys_report_is_not_replaced(study: Study) -> None:
    other = DiagnosticReport.objects.create(study=None)
    with pytest.raises(ValueError, match="another study"):
        services.upload(study=study, pdf=_pdf(), by="user:5", report=other)


# --- from DICOM -------------------------------------------------------------------------------------------------


def _wrapped(pdf: bytes, number: int = 5) -> Dataset:
    data = ct(number, SOPClassUID=PDF_CLASS, Modality="DOC", SeriesInstanceUID=f"{STUDY}.9", PixelData=None)
    data.DocumentTitle = "Informe de TC"
    data.MIMETypeOfEncapsulatedDocument = "application/pdf"
    data.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    data.EncapsulatedDocumentLength = len(pdf)
    return data


def test_an_encapsulated_pdf_becomes_a_final_report_with_its_exact_bytes() -> None:
    odd = _pdf() if len(_pdf()) % 2 else _pdf() + b"\n"
    process([received(_wrapped(odd))])
    report = DiagnosticReport.objects.get(study__study_instance_uid=STUDY)
    assert (report.status, report.title) == (Status.FINAL, "Informe de TC")
    version = selectors.current_version(report)
    assert version is not None
    assert selectors.pdf_of(version) == odd
    assert Study.objects.get(study_instance_uid=STUDY).number_of_images == 0


def test_the_same_document_sent_again_makes_no_second_report() -> None:
    process([received(_wrapped(_pdf()))])
    process([received(_wrapped(_pdf()))])
    assert DiagnosticReport.objects.filter(study__study_instance_uid=STUDY).count() == 1


def test_a_wrapped_file_that_is_no_pdf_waits_in_the_inbox_and_is_kept() -> None:
    process([received(_wrapped(b"MZ not a PDF at all"))])
    assert not DiagnosticReport.objects.filter(study__study_instance_uid=STUDY).exists()
    instance = Instance.objects.get(study__study_instance_uid=STUDY)
    assert storage().exists(instance.storage_key)
    item = InboxItem.objects.get(instance=instance)
    assert (item.kind, item.detail) == (InboxItem.Kind.UNREADABLE, {"reason": "bad-pdf"})


@pytest.mark.parametrize(
    ("completion", "verification", "status"),
    [
        ("COMPLETE", "VERIFIED", Status.FINAL),
        ("COMPLETE", "UNVERIFIED", Status.PRELIMINARY),
        ("PARTIAL", "UNVERIFIED", Status.PARTIAL),
    ],
)
def test_a_structured_report_says_itself_how_final_it_is(
    completion: str, verification: str, status: str
) -> None:
    def code(meaning: str) -> Dataset:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "1", "99T", meaning
        return item

    data = ct(6, SOPClassUID=SR_CLASS, Modality="SR", SeriesInstanceUID=f"{STUDY}.8", PixelData=None)
    data.ValueType, data.ContinuityOfContent = "CONTAINER", "SEPARATE"
    data.ConceptNameCodeSequence = [code("Informe radiológico")]
    data.CompletionFlag, data.VerificationFlag = completion, verification
    text = Dataset()
    text.RelationshipType, text.ValueType, text.TextValue = "CONTAINS", "TEXT", "Sin hallazgos."
    text.ConceptNameCodeSequence = [code("Hallazgos")]
    data.ContentSequence = [text]
    process([received(data)])
    report = DiagnosticReport.objects.get(study__study_instance_uid=STUDY)
    assert (report.status, report.title) == (status, "Informe radiológico")
    version = selectors.current_version(report)
    assert version is not None
    assert "Sin hallazgos." in version.text
