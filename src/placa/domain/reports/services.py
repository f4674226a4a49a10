"""Reports come in: uploaded, as DICOM PDF or structured report, by HL7. Every version stays in the history."""

import datetime as dt
import hashlib

from django.db import transaction

from placa.common import clock
from placa.domain.archive.models import Instance, Study
from placa.domain.audit import services as audit
from placa.domain.orders.models import ServiceRequest
from placa.domain.reports import pdf as pdf_files
from placa.domain.reports.dicom import Content
from placa.domain.reports.hooks import report_final
from placa.domain.reports.models import DiagnosticReport, ReadReceipt, ReportReading, ReportVersion
from placa.domain.reports.pdf import StoredPdf

Status = DiagnosticReport.Status
Source = ReportVersion.Source
FINAL_STATES = DiagnosticReport.FINAL_STATES


class LatePreliminaryError(Exception):
    """A preliminary report came after the final one: it was left out, and what is shown stays."""


@transaction.atomic
def add_version(
    *,
    report: DiagnosticReport,
    status: str,
    source: str,
    by: str,
    text: str = "",
    pdf: StoredPdf | None = None,
    signed_by: str = "",
    signed_at: dt.datetime | None = None,
    reason: str = "",
) -> ReportVersion | None:
    """Add a version and let the report follow it. The same content with the same status adds nothing.

    A late preliminary never replaces a final: it is left out, audited, and None comes back. A final after a final is
    a correction (amended). Whoever stored `pdf` removes it where no version came of it (`pdf.discard_unused`).
    """
    report = DiagnosticReport.objects.select_for_update().get(pk=report.pk)
    final = status in FINAL_STATES
    if report.status in FINAL_STATES and not final and status != Status.CANCELLED:
        _audit("report_late_preliminary", report, by)
        return None
    digest = pdf.digest if pdf else hashlib.sha256(text.encode()).hexdigest()
    last = ReportVersion.objects.filter(report=report).order_by("-number").first()
    if (
        last is not None
        and last.digest == digest
        and (last.status == status or (final and last.status in FINAL_STATES))
    ):
        return last
    was_final = report.final_at is not None
    shown = Status.AMENDED if final and was_final else status
    version = ReportVersion.objects.create(
        report=report,
        number=last.number + 1 if last else 1,
        status=shown,
        source=source,
        text=text,
        storage_key=pdf.key if pdf else "",
        digest=digest,
        signed_by=signed_by[:120],
        signed_at=signed_at,
        received_at=clock.now(),
        reason=reason[:200],
    )
    _follow(report, version)
    if shown != Status.CANCELLED:
        _new_to_doctors(report)
    action = "report_withdrawn" if shown == Status.CANCELLED else "report_version"
    _audit(action, report, by, number=version.number, status=shown)
    if was_final or report.status in FINAL_STATES:
        report_final.send(report.pk)
    return version


def _follow(report: DiagnosticReport, version: ReportVersion) -> None:
    report.status = version.status
    report.signed_by = version.signed_by or report.signed_by
    if version.status in FINAL_STATES and report.final_at is None:
        report.final_at = version.received_at
    report.save()


def _new_to_doctors(report: DiagnosticReport) -> None:
    """No doctor has read the study any more. The lock lets none who reads it meanwhile keep an older version as read."""
    if report.study_id is not None:
        Study.objects.select_for_update().values_list("pk").get(pk=report.study_id)
        ReadReceipt.objects.filter(study=report.study_id).delete()


def forget_readings(study_id: int) -> None:
    """A study is no longer the person's whose it was: whoever read it read somebody else's result."""
    ReadReceipt.objects.filter(study=study_id).delete()
    ReportReading.objects.filter(version__report__study=study_id).delete()


def _audit(action: str, report: DiagnosticReport, by: str, **detail: object) -> None:
    study = report.study
    audit.record(
        action=action,
        actor=by,
        study_uid=study.study_instance_uid if study else "",
        patient=str(study.patient_id or "") if study else "",
        detail={"report": report.pk, **detail},
    )


def upload(
    *,
    study: Study,
    pdf: bytes,
    by: str,
    status: str = Status.FINAL,
    title: str = "",
    signed_by: str = "",
    report: DiagnosticReport | None = None,
) -> DiagnosticReport:
    """Add a report's PDF to a study, or with `report` a new version of that one.

    Raises BadPdfError (its `message` says what is wrong and what to do), StorageError, RetriableError where the PDF
    cannot be checked now, LatePreliminaryError, ValueError where `report` is another study's.
    """
    if report is not None and report.study_id != study.pk:
        raise ValueError("the report belongs to another study")
    stored = pdf_files.store(pdf)
    try:
        with transaction.atomic():
            if report is None:
                report = DiagnosticReport.objects.create(study=study, order=study.order, title=title[:200])
            version = add_version(
                report=report, status=status, source=Source.UPLOAD, by=by, pdf=stored, signed_by=signed_by
            )
    finally:
        pdf_files.discard_unused([stored.key])
    if version is None:
        raise LatePreliminaryError
    report.refresh_from_db()
    return report


@transaction.atomic
def add_from_dicom(*, instance: Instance, content: Content) -> DiagnosticReport:
    """What `dicom.content_of` read from a stored instance becomes a report of its study; once an instance."""
    report, made = DiagnosticReport.objects.get_or_create(
        source_instance_uid=instance.sop_instance_uid,
        defaults={"study": instance.study, "order": instance.study.order, "title": content.title[:200]},
    )
    if made:
        add_version(
            report=report,
            status=content.status,
            source=content.source,
            by="system",
            text=content.text,
            pdf=content.pdf,
            signed_by=content.signed_by,
        )
    return report


@transaction.atomic
def withdraw(*, report: DiagnosticReport, by: str, reason: str = "") -> ReportVersion | None:
    """Withdraw a report: a version without content; readers are told where it was final.

    `reason` is for staff, in the report's history; readers are told that it was withdrawn, not why (11.1).
    """
    return add_version(report=report, status=Status.CANCELLED, source=Source.UPLOAD, by=by, reason=reason)


def follow_study(*, study: Study, order: ServiceRequest | None) -> int:
    """Give the reports of a study its order; returns how many there are."""
    return DiagnosticReport.objects.filter(study=study).update(order=order)
