"""What arrived and did not find its place: nothing is dropped, nothing is guessed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId
from placa.domain.archive.models import Instance, Study


class InboxItem(PublicId):
    """One thing that waits for staff."""

    class Kind(models.TextChoices):
        UNKNOWN_PATIENT = "unknown_patient", _("Unknown patient")
        NO_PATIENT_ID = "no_patient_id", _("No patient ID")
        DEMOGRAPHICS = "demographics", _("Name, birth date or sex differ")
        TWO_CANDIDATES = "two_candidates", _("Two candidates")
        OTHER_CONTENT = "other_content", _("Same object, other content")
        OTHER_PATIENT = "other_patient", _("Same study, other patient")
        UNREADABLE = "unreadable", _("Object that cannot be read")
        DAMAGED = "damaged", _("Damaged file")
        PUT_BACK = "put_back", _("Put back by staff")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    instance = models.ForeignKey(Instance, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    storage_key = models.CharField(max_length=120, blank=True)  # a file that has no Instance
    sender = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=80, blank=True)
    resolution = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "kind"],
                condition=models.Q(resolved_at=None, instance=None, storage_key=""),
                name="inbox_one_open_a_study_and_kind",
            ),
            models.UniqueConstraint(
                fields=["storage_key"], condition=~models.Q(storage_key=""), name="inbox_one_a_file"
            ),
        ]


class ScrubMark(models.Model):
    """How far the nightly check of stored files is: the next instance to look at, and when a round began and ended."""

    position = models.PositiveBigIntegerField(default=0)  # primary key of the last instance looked at
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)  # of the last whole round


class IndexMark(models.Model):
    """Every file stored before `day` (UTC) has its row: where the search for files without rows may begin."""

    day = models.DateField()
