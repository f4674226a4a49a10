"""The institution: one per installation, with sites, settings, texts, exam types and DICOM peers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import Timestamped


class Institution(Timestamped):
    """The hospital or centre itself (one row)."""

    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    hours = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=60, default="America/Santo_Domingo")
    language = models.CharField(max_length=5, default="es")
    accent = models.CharField(max_length=7, blank=True)
    logo = models.BinaryField(blank=True, default=b"")
    logo_type = models.CharField(max_length=20, blank=True)
    default_issuer = models.CharField(max_length=64, blank=True)  # IssuerOfPatientID where a peer names none

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A place of the institution where exams are done."""

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    release_delay_hours = models.PositiveIntegerField(null=True, blank=True)  # else the institution's

    def __str__(self) -> str:
        return self.name


class Setting(Timestamped):
    """What the institution chose, where it differs from the default in `definitions.py`."""

    key = models.CharField(max_length=60, unique=True)
    value = models.JSONField()
    changed_by = models.CharField(max_length=80, blank=True)


class Text(models.Model):
    """A text of the institution in one language; a change makes a new version, old ones stay."""

    class Kind(models.TextChoices):
        NOTICE = "notice", _("Notice on the use of information")
        COMPLIANCE = "compliance", _("Compliance text of the share sheet")
        DISCLAIMER = "disclaimer", _("Disclaimer shown when sharing")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=5)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "version", "language"], name="text_one_a_version")
        ]


class ExamType(models.Model):
    """An entry of the exam catalogue."""

    class Kind(models.TextChoices):
        RADIOLOGY = "radiology", _("Radiology")
        LABORATORY = "laboratory", _("Laboratory")
        ECG = "ecg", _("ECG")
        EEG = "eeg", _("EEG")
        OTHER = "other", _("Other diagnostics")

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.RADIOLOGY)
    modality = models.CharField(max_length=16, blank=True)
    release_delay_hours = models.PositiveIntegerField(null=True, blank=True)  # else the site's
    hand_delivery = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class ReleaseDelay(models.Model):
    """The release delay of one type of exam at one site, before the type's and the site's own (2.4)."""

    exam_type = models.ForeignKey(ExamType, on_delete=models.CASCADE, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    hours = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exam_type", "site"], name="delay_once_a_type_and_site")
        ]


class DicomPeer(Timestamped):
    """A modality, PACS or workstation that may speak DICOM with us."""

    name = models.CharField(max_length=80)
    ae_title = models.CharField(max_length=16)
    address = models.GenericIPAddressField()
    port = models.PositiveIntegerField(null=True, blank=True)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT)
    default_issuer = models.CharField(max_length=64, blank=True)
    may_store = models.BooleanField(default=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ae_title", "address"], name="peer_one_an_aet_and_address")
        ]
