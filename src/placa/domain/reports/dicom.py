"""What a DICOM object says as a report (PS3.3 A.45.1 Encapsulated PDF, A.35 SR documents)."""

from dataclasses import dataclass

from placa.domain.archive.storage import storage
from placa.domain.reports import pdf
from placa.domain.reports.models import DiagnosticReport, ReportVersion
from placa.domain.reports.pdf import BadPdfError, StoredPdf
from placa.standards.dicom import errors, sr
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader
from placa.standards.dicom.pdf import extract_pdf

Status = DiagnosticReport.Status


@dataclass(frozen=True, slots=True)
class Content:
    """A report as DICOM brought it: text or a PDF that was checked and stored."""

    status: str
    source: str
    title: str = ""
    text: str = ""
    pdf: StoredPdf | None = None
    signed_by: str = ""


def content_of(storage_key: str, header: InstanceHeader) -> Content:
    """The report in a stored instance of kind "pdf" or "sr"; to be read before any transaction.

    Raises InvalidObject where there is nothing to show in it, RetriableError.
    """
    path = str(storage().path(storage_key))
    if header.kind == "pdf":
        return Content(
            status=Status.FINAL,
            source=ReportVersion.Source.DICOM_PDF,
            title=header.document_title or header.series_description,
            pdf=_stored_pdf(path),
        )
    document = sr.read_file(path)
    return Content(
        status=sr_status(header),
        source=ReportVersion.Source.DICOM_SR,
        title=document.title,
        text=document.text,
        signed_by=document.verified_by,
    )


def is_report(header: InstanceHeader) -> bool:
    """Whether an instance is a document that becomes a report."""
    return header.kind in ("pdf", "sr")


def sr_status(header: InstanceHeader) -> str:
    """Completion Flag (0040,A491) and Verification Flag (0040,A493) as a report's status."""
    if header.completion_flag == "PARTIAL":
        return Status.PARTIAL
    return Status.PRELIMINARY if header.verification_flag == "UNVERIFIED" else Status.FINAL


def _stored_pdf(path: str) -> StoredPdf:
    try:
        return pdf.store(extract_pdf(path).data)
    except BadPdfError as error:
        raise InvalidObject(errors.BAD_PDF, error.reason) from error
