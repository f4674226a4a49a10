"""Who did what to whose data: ids only, no foreign keys, each row chained to the one before."""

from django.db import models


class AuditEvent(models.Model):
    """One event. `digest` covers the row and the digest of the row before it (case 31)."""

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=40)  # view_images, view_report, download, share, sign_in …
    outcome = models.CharField(max_length=10, default="success")  # success | refused | failure
    actor = models.CharField(max_length=80, blank=True)  # user:17, share:<uuid>, system, peer:AET
    role = models.CharField(max_length=10, blank=True)
    session = models.CharField(max_length=64, blank=True)  # hash of the session's key
    address = models.CharField(max_length=45, blank=True)
    study_uid = models.CharField(max_length=64, blank=True, db_index=True)
    patient = models.CharField(max_length=20, blank=True, db_index=True)  # id of Patient, as text
    detail = models.JSONField(default=dict)
    window = models.CharField(max_length=64, blank=True)  # one event a viewer, study, action and 5 minutes
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["study_uid", "at"]), models.Index(fields=["actor", "at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["window"], condition=~models.Q(window=""), name="audit_one_a_window"
            )
        ]


class ChainHead(models.Model):
    """The digest of the newest event; locked while the next one is written."""

    digest = models.CharField(max_length=64, blank=True)
    events = models.PositiveBigIntegerField(default=0)
