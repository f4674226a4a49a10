"""Orders (ServiceRequest) and the steps scheduled for them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId, Timestamped
from placa.domain.institution.models import ExamType, Site
from placa.domain.people.models import Organization, Patient, Practitioner


class ServiceRequest(PublicId, Timestamped):
    """An order: one AccessionNumber, one patient, who asked for it and who pays."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Ordered")
        COMPLETED = "completed", _("Done")
        REVOKED = "revoked", _("Cancelled")

    class Verdict(models.TextChoices):
        NONE = "", _("Not given")
        FIT = "fit", _("Fit")
        FIT_WITH_LIMITS = "fit_with_limits", _("Fit with limits")
        UNFIT = "unfit", _("Not fit")

    accession_number = models.CharField(max_length=16)
    accession_issuer = models.CharField(max_length=64, blank=True)
    order_number = models.CharField(max_length=64, blank=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    requester = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    copies_to = models.ManyToManyField(Practitioner, related_name="+", blank=True)
    payer = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    exam_type = models.ForeignKey(ExamType, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    description = models.CharField(max_length=200)
    modality = models.CharField(max_length=16, blank=True)
    ordered_at = models.DateTimeField()
    urgent = models.BooleanField(default=False)
    hand_delivery = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    fitness_verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)
    study_uid = models.CharField(max_length=64, blank=True)  # from ZDS-1 or IPC-3, where the RIS gives one

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["accession_number", "accession_issuer"], name="accession_names_one_order"
            )
        ]
        indexes = [
            models.Index(fields=["-ordered_at", "-id"], name="orders_newest"),
            models.Index(fields=["status", "-ordered_at", "-id"], name="orders_newest_by_status"),
            models.Index(
                fields=["-ordered_at", "-id"], condition=models.Q(urgent=True), name="orders_urgent"
            ),
            models.Index(fields=["site", "-ordered_at", "-id"], name="orders_newest_of_site"),
            models.Index(
                fields=["-ordered_at", "-id"], condition=models.Q(site=None), name="orders_newest_of_no_site"
            ),
            models.Index(
                fields=["-ordered_at", "-id"],
                condition=models.Q(urgent=True, status="active"),
                name="orders_urgent_waiting",
            ),
        ]

    def __str__(self) -> str:
        return self.accession_number


class ScheduledProcedureStep(models.Model):
    """What the worklist tells a modality (PS3.3 C.4.10)."""

    order = models.ForeignKey(ServiceRequest, on_delete=models.CASCADE, related_name="steps")
    station_ae_title = models.CharField(max_length=16, blank=True)
    start = models.DateTimeField()
    modality = models.CharField(max_length=16)
    description = models.CharField(max_length=64, blank=True)
    performing_physician_name = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=12, default="SCHEDULED")
