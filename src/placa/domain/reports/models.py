"""Reports on studies, and every version they had."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId, Timestamped
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Practitioner


class DiagnosticReport(PublicId, Timestamped):
    """A report (FHIR DiagnosticReport). The newest version is the one that is shown."""

    class Status(models.TextChoices):
        REGISTERED = "registered", _("Awaits review")
        PARTIAL = "partial", _("Awaits signature")
        PRELIMINARY = "preliminary", _("Preliminary")
        FINAL = "final", _("Signed")
        AMENDED = "amended", _("Corrected")
        CANCELLED = "cancelled", _("Withdrawn")

    FINAL_STATES = ("final", "amended")

    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    order = models.ForeignKey(
        ServiceRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REGISTERED)
    final_at = models.DateTimeField(null=True, blank=True)  # when a version first became final
    signed_by = models.CharField(max_length=120, blank=True)
    source_instance_uid = models.CharField(max_length=64, blank=True, db_index=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["study", "status"])]


class ReportVersion(models.Model):
    """One version of a report: text, or a PDF in storage, or both."""

    class Source(models.TextChoices):
        UPLOAD = "upload", _("Uploaded")
        DICOM_PDF = "dicom_pdf", _("DICOM PDF")
        DICOM_SR = "dicom_sr", _("DICOM structured report")
        HL7 = "hl7", _("HL7")

    report = models.ForeignKey(DiagnosticReport, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=DiagnosticReport.Status.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    text = models.TextField(blank=True)
    storage_key = models.CharField(max_length=120, blank=True)  # PDF as received
    digest = models.CharField(max_length=64)
    signed_by = models.CharField(max_length=120, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)  # why it was withdrawn; for staff alone

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="report_version_once")]


class ReportReading(models.Model):
    """That an account opened a version of a report, for patients and doctors: what is new to them is the newest version
    that they have not."""

    version = models.ForeignKey(ReportVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "user"], name="reading_once")]


class ReadReceipt(models.Model):
    """That a doctor opened a study, and every report in it as it is now: a newer version takes it away."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "practitioner"], name="receipt_once")]
        # what a doctor has read is told by the index alone
        indexes = [models.Index(fields=["practitioner", "study"], name="read_by_practitioner")]
