"""What the external archive keeps for us, and what is being brought back from it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId
from placa.domain.archive.models import Study
from placa.domain.institution.models import ExternalArchive


class Copy(models.Model):
    """A study at an archive. It counts as kept while `fingerprint` is that of the study's instances now."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    archive = models.ForeignKey(ExternalArchive, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64, blank=True)  # of what was confirmed
    proof = models.CharField(max_length=10, blank=True)  # how: content, commitment, list
    confirmed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=40, blank=True)  # reason of the last failure, a code
    tries = models.PositiveSmallIntegerField(default=0)  # that failed one after the other

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "archive"], name="copy_one_a_study_and_archive")
        ]


class Recall(PublicId):
    """One bringing back of one study, however many ask for it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being brought back")
        DONE = "done", _("Brought back")
        FAILED = "failed", _("Not available")

    class Why(models.TextChoices):
        NONE = "", ""
        NO_ARCHIVE = "no_archive", _("No archive is set up")
        UNKNOWN = "unknown", _("No archive knows the study")
        WITHDRAWN = "withdrawn", _("The archive had the study and has it no longer")
        INCOMPLETE = "incomplete", _("The archive has only a part of the study")
        REFUSED = "refused", _("The archive does not let us")
        CANCELLED = "cancelled", _("Cancelled")
        UNANSWERED = "unanswered", _("The archive did not answer in time")

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    why = models.CharField(max_length=12, choices=Why.choices, blank=True, default=Why.NONE)
    asked_at = models.DateTimeField()
    moved_at = models.DateTimeField()  # when something last came, or it was asked for
    due_at = models.DateTimeField(db_index=True)  # when it is tried (again)
    claimed_until = models.DateTimeField(
        null=True, blank=True
    )  # a worker has it until then, and prolongs that
    finished_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)  # instances that were missing when it began
    received = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=40, blank=True)  # reason of the last failed try, a code

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study"], condition=models.Q(finished_at=None), name="recall_one_running_a_study"
            )
        ]


class Asker(models.Model):
    """Who asked for a recall: told once, when it is done and they may still open the images."""

    recall = models.ForeignKey(Recall, on_delete=models.CASCADE, related_name="askers")
    actor = models.CharField(max_length=80)  # user:17, share:4, system
    role = models.CharField(max_length=10, blank=True)
    user_id = models.PositiveBigIntegerField(null=True, blank=True)
    subject = models.PositiveBigIntegerField(default=0)  # of a share: its part
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # closed the panel of this recall
    folded = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recall", "actor", "role"], name="asker_once_a_recall")
        ]
        indexes = [models.Index(fields=["actor", "role"])]
