"""Grants that a person makes: shares and visit codes."""

from django.db import models

from placa.common.models import PublicId, Timestamped
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.people.models import Guardianship, Patient


class ShareGrant(PublicId, Timestamped):
    """A share: which studies of one patient, which parts, until when. Its parts hold the keys."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    studies = models.ManyToManyField(Study, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    guardianship = models.ForeignKey(
        Guardianship, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    images = models.BooleanField(default=True)
    report = models.BooleanField(default=True)
    download = models.BooleanField(default=True)
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    openings_maximum = models.PositiveIntegerField(null=True, blank=True)
    message = models.TextField(blank=True, max_length=1000)
    shows_contact = models.BooleanField(default=True)  # the patient's phone and e-mail go along
    tells_openings = models.BooleanField(default=True)  # whoever shares is told each time it is opened
    language = models.CharField(max_length=5, default="es")


class SharePart(PublicId):
    """One key of a share: a recipient's, or the printed sheet's. Each has a token, a PIN and a lock.

    The token is an HMAC of server key, `public_id` and `version`: raising the version kills the link.
    """

    MAIL, SHEET = "mail", "sheet"
    PIN_TRIES = 5
    PIN_BY = [("mail", "mail"), ("sms", "sms"), ("person", "person")]

    grant = models.ForeignKey(ShareGrant, on_delete=models.CASCADE, related_name="parts")
    kind = models.CharField(max_length=5, choices=[(MAIL, "mail"), (SHEET, "sheet")])
    email = models.EmailField(blank=True)
    mobile = models.CharField(max_length=20, blank=True)
    pin_by = models.CharField(max_length=6, choices=PIN_BY, default="mail")  # how the PIN travels
    version = models.PositiveIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True)
    pin_hash = models.CharField(max_length=200)
    pin_sealed = models.TextField(blank=True)  # only for the sheet, so that it can be printed again
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    openings = models.PositiveIntegerField(default=0)
    last_opened_at = models.DateTimeField(null=True, blank=True)


class VisitCode(PublicId):
    """A code on an exam's receipt, opening that one study for its adult patient (1.12)."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
