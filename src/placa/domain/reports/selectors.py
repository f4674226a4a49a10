"""Reads of reports, for `access` and the rooms above it."""

import datetime as dt
import hashlib

from django.db.models import QuerySet

from placa.domain.archive.models import Study
from placa.domain.archive.storage import DamagedError, storage
from placa.domain.reports.models import DiagnosticReport, ReportVersion


def reports_of(study: Study) -> QuerySet[DiagnosticReport]:
    """All reports of a study, in the order in which they came, withdrawn ones too."""
    return DiagnosticReport.objects.filter(study=study).order_by("id")


def current_version(report: DiagnosticReport) -> ReportVersion | None:
    """The version that is shown: the newest; None where nothing came yet or the report was withdrawn."""
    newest = ReportVersion.objects.filter(report=report).order_by("-number").first()
    return None if newest is None or newest.status == DiagnosticReport.Status.CANCELLED else newest


def history(report: DiagnosticReport) -> QuerySet[ReportVersion]:
    """Every version, newest first."""
    return ReportVersion.objects.filter(report=report).order_by("-number")


def versions_with_pdf(since: dt.date | None = None) -> QuerySet[ReportVersion]:
    """Versions whose PDF is in the storage, those that came on or after `since` (UTC)."""
    found = ReportVersion.objects.exclude(storage_key="").order_by("pk")
    if since is not None:
        found = found.filter(received_at__gte=dt.datetime.combine(since, dt.time(), dt.UTC))
    return found


def pdf_of(version: ReportVersion) -> bytes | None:
    """The PDF as received; None for a version that is text. Raises DamagedError where it is gone or other bytes."""
    if not version.storage_key:
        return None
    try:
        with storage().open(version.storage_key) as file:
            content = file.read()
    except FileNotFoundError as error:
        raise DamagedError("missing") from error
    if hashlib.sha256(content).hexdigest() != version.digest:
        raise DamagedError("crc")
    return content
