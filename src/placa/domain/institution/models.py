"""The institution: one per installation, with sites, settings, texts, exam types and DICOM peers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId, Timestamped


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
        NOTICE_DOCTOR = "notice_doctor", _("Notice for doctors")
        NOTICE_COMPANY = "notice_company", _("Notice for companies")
        NOTICE_STAFF = "notice_staff", _("Notice for staff")
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

    @property
    def mark(self) -> str:
        """Which text it is, in whatever language: what a session keeps of the notice that was accepted."""
        return f"{self.kind}:{self.version}"


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


class ExternalArchive(PublicId, Timestamped):
    """A PACS or archive that keeps studies whose images may leave the portal (7.4, 10.1)."""

    class Kind(models.TextChoices):
        DIMSE = "dimse", _("DICOM (DIMSE)")
        DICOMWEB = "dicomweb", _("DICOMweb")
        FOLDER = "folder", _("A folder of this machine")  # the demo's; no page offers it

    class Retrieval(models.TextChoices):
        GET = "get", _("C-GET: over our own connection")
        MOVE = "move", _("C-MOVE: it sends to our DICOM listener")

    class Proof(models.TextChoices):
        CONTENT = "content", _("Read everything back and compare it")
        COMMITMENT = "commitment", _("Storage commitment")
        LIST = "list", _("Compare the list of objects")

    class Auth(models.TextChoices):
        NONE = "none", _("None")
        BASIC = "basic", _("User and password")
        BEARER = "bearer", _("Token")

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.DIMSE)
    enabled = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(
        default=10
    )  # the lowest is asked first, and gets what is sent away
    # DIMSE
    ae_title = models.CharField(max_length=16, blank=True)
    host = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True)
    own_ae_title = models.CharField(
        max_length=16, blank=True
    )  # what we call ourselves there; else the listener's
    retrieval = models.CharField(max_length=4, choices=Retrieval.choices, default=Retrieval.GET)
    tls = models.BooleanField(default=False)
    report_port = models.PositiveIntegerField(null=True, blank=True)  # where it reports its commitment to us
    peer = models.ForeignKey(  # a C-MOVE comes to our listener, which admits peers only
        DicomPeer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # DICOMweb; a folder's path
    url = models.CharField(max_length=300, blank=True)
    auth = models.CharField(max_length=6, choices=Auth.choices, default=Auth.NONE)
    user = models.CharField(max_length=80, blank=True)
    secret_sealed = models.TextField(blank=True)  # sealed with the server key, never shown again
    ca_pem = models.TextField(blank=True)  # whom to trust besides the system's authorities
    proof = models.CharField(max_length=10, choices=Proof.choices, default=Proof.CONTENT)
    answer_seconds = models.PositiveSmallIntegerField(default=60)

    class Meta:
        ordering = ["priority", "id"]

    def identity(self) -> tuple[str, str, int | None, str, str, str]:
        """Which archive the entry means, and what proves that it keeps something."""
        return (self.kind, self.host, self.port, self.ae_title, self.url, self.proof)
