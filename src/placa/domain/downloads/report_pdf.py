"""A report as PDF: the one received, or the text on the institution's paper (10.5)."""

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.template.loader import render_to_string

from placa.domain.access.selectors import NotVisible, openable_reports_of
from placa.domain.access.services import opened
from placa.domain.access.types import DiagnosticReport, ReportVersion, Study
from placa.domain.access.viewers import Viewer
from placa.domain.downloads import folder
from placa.domain.institution import selectors as institution
from placa.domain.people.models import Patient
from placa.domain.reports import selectors as reports
from placa.domain.reports.sections import sections


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report ready to hand out."""

    name: str
    content: bytes


def report_file(viewer: Viewer, study: Study, report_id: UUID, *, action: str = "view_report") -> ReportFile:
    """The newest version of one report of `study`, if `viewer` may open it; audited. Raises NotVisible."""
    for report in openable_reports_of(viewer, study):
        if report.public_id == report_id:
            opened(viewer, study, action, read=newest_of([report]), report=report.pk)
            return ReportFile(file_name(study, report), pdf_of(study, report))
    raise NotVisible("report")


def newest_of(found: Iterable[DiagnosticReport]) -> list[ReportVersion]:
    """The version of each report that a reader is given, of those that have one."""
    return [version for report in found if (version := reports.current_version(report)) is not None]


def file_name(study: Study, report: DiagnosticReport) -> str:
    """A plain name that says nothing clinical: the accession number, else the report's own id."""
    plain = "".join(c for c in study.accession_number if c.isascii() and (c.isalnum() or c in "-_"))
    return f"report-{plain or str(report.public_id)[:8]}.pdf"


def pdf_of(study: Study, report: DiagnosticReport) -> bytes:
    """The PDF of the newest version: as received, else drawn from its text. Raises NotVisible without one."""
    version = reports.current_version(report)
    if version is None:
        raise NotVisible("report")
    received = reports.pdf_of(version)
    return received if received is not None else drawn(study, report, version)


def drawn(study: Study, report: DiagnosticReport, version: ReportVersion) -> bytes:
    """A text version as PDF, in the language in use. The same page is drawn once: a download that is resumed later
    must find the same bytes."""
    page = _page(study, report, version)
    kept = folder.file_of(study, f"report-{hashlib.sha256(page.encode()).hexdigest()[:32]}.pdf")
    with contextlib.suppress(FileNotFoundError):
        return kept.read_bytes()
    from weasyprint import HTML  # slow to load, and its system libraries may be missing

    pdf: bytes = HTML(string=page, url_fetcher=_nothing_fetched).write_pdf()
    folder.keep(kept, [pdf])
    return pdf


def _page(study: Study, report: DiagnosticReport, version: ReportVersion) -> str:
    patient: Patient | None = study.patient
    return render_to_string(
        "downloads/report.html",
        {
            "institution": institution.current(),
            "zone": institution.zone(),
            "paper": "Letter" if institution.setting("letter_paper") else "A4",
            "study": study,
            "patient": patient,
            "identifiers": list(patient.identifiers.values_list("value", flat=True)) if patient else [],
            "report": report,
            "version": version,
            "sections": sections(version.text),
            "title": report.title or study.study_description,
        },
    )


def _nothing_fetched(url: str, *_args: object, **_options: object) -> dict[str, object]:
    """A report's text can name no file and no host."""
    raise ValueError(f"a report fetches nothing: {url[:40]}")
