"""Names of what access hands out, for the annotations of doors: none of them queries these classes."""

from placa.domain.archive.models import Instance, Series, Study
from placa.domain.reports.models import DiagnosticReport, ReportVersion

__all__ = ["DiagnosticReport", "Instance", "ReportVersion", "Series", "Study"]
