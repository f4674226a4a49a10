"""The outbox of mails and SMS, and the bell inside the portal."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId


class OutboxMessage(PublicId):
    """One mail or SMS, written in the transaction of what caused it, sent by a job.

    `sealed` holds subject and bodies, encrypted with the server key; it is wiped once sent.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", _("Mail")
        SMS = "sms", _("SMS")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    channel = models.CharField(max_length=4, choices=Channel.choices)
    address = models.CharField(max_length=254)
    language = models.CharField(max_length=5)
    template = models.CharField(max_length=60)
    recipient = models.CharField(max_length=80, blank=True)  # opaque: user:17, patient:3, share:<uuid>
    dedupe_key = models.CharField(max_length=160, unique=True)
    sealed = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)  # since when a worker holds it
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "not_before"])]


class BellNotice(PublicId):
    """A notice inside the portal. `key` names the text, `parameters` fill it: nothing clinical."""

    recipient = models.CharField(max_length=80, db_index=True)  # user:17
    role = models.CharField(max_length=10)
    key = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)
    dedupe_key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
