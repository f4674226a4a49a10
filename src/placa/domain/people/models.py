"""The people and organizations that results belong to or are shown to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId, Timestamped
from placa.domain.accounts.models import User
from placa.domain.institution.models import Site


class Patient(PublicId, Timestamped):
    """A person with exams. Found by PatientID + issuer, never by name."""

    class Sex(models.TextChoices):
        FEMALE = "F", _("Female")
        MALE = "M", _("Male")
        OTHER = "O", _("Other")
        UNKNOWN = "", _("Not available")

    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.PROTECT, related_name="patient")
    family_name = models.CharField(max_length=120)
    given_name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=250, db_index=True)  # folded "family given", for search
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)
    email = models.EmailField(blank=True)
    mobile = models.CharField(max_length=20, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=200, blank=True)
    marital_status = models.CharField(max_length=40, blank=True)
    family_doctor = models.CharField(max_length=120, blank=True)
    contact_person = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, default="es")
    portal_enabled = models.BooleanField(default=False)
    marketing_consent = models.BooleanField(default=False)
    # no index of its own: nearly all have none, and SQLite would take it for a way to the few
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="patients_merged"
            )
        ]

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def __str__(self) -> str:
        return self.full_name


class PatientIdentifier(models.Model):
    """PatientID (0010,0020) with IssuerOfPatientID (0010,0021): names one patient, once."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="identifiers")
    value = models.CharField(max_length=64)
    issuer = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=40, blank=True)  # "MR", "NI" … (HL7 table 0203)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["value", "issuer"], name="patient_id_names_one_patient")
        ]


class Guardianship(PublicId, Timestamped):
    """A guardian of a child; it ends by itself at the age the institution sets (2.9)."""

    class Kind(models.TextChoices):
        MOTHER = "mother", _("Mother")
        FATHER = "father", _("Father")
        TUTOR = "tutor", _("Guardian")

    guardian = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="wards")
    child = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="guardians")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    proof = models.CharField(max_length=120, blank=True)  # the document that proves it
    linked_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["guardian", "child"], condition=models.Q(ended_at=None), name="guardian_once_a_child"
            )
        ]


class Consent(models.Model):
    """A patient's consent, given or withdrawn; the newest of a kind counts."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=30, default="online_results")
    given = models.BooleanField()
    at = models.DateTimeField()


class Practitioner(PublicId, Timestamped):
    """A doctor. Matched to orders by licence number or identifier, never by name."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for approval")
        ENABLED = "enabled", _("Enabled")
        REFUSED = "refused", _("Refused")
        DISABLED = "disabled", _("Disabled")

    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="practitioner"
    )
    family_name = models.CharField(max_length=120)
    given_name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=250, db_index=True)
    title = models.CharField(max_length=20, blank=True)
    licence = models.CharField(max_length=40, unique=True, null=True, blank=True)
    specialty = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    state_reason = models.CharField(max_length=200, blank=True)
    notify_ready = models.BooleanField(default=True)

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.title, self.given_name, self.family_name) if part)

    def __str__(self) -> str:
        return self.full_name


class PractitionerIdentifier(models.Model):
    """Another identifier of a doctor (HL7 XCN-1 with its authority)."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="identifiers")
    value = models.CharField(max_length=64)
    issuer = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["value", "issuer"], name="practitioner_id_names_one_practitioner")
        ]


class PracticeGroup(PublicId):
    """Doctors who work together and see each other's results (3.5)."""

    name = models.CharField(max_length=120)
    members = models.ManyToManyField(Practitioner, related_name="groups", blank=True)


class StandIn(models.Model):
    """`stand_in` sees what `absent` sees, between two days, both included."""

    absent = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="stand_ins")
    stand_in = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="standing_in_for")
    starts_on = models.DateField()
    ends_on = models.DateField()


class Organization(PublicId, Timestamped):
    """A company: employer, insurer, workers' compensation insurer."""

    class Kind(models.TextChoices):
        EMPLOYER = "employer", _("Employer")
        INSURER = "insurer", _("Insurer")
        WORKERS_COMPENSATION = "workers_compensation", _("Workers' compensation insurer")

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    identifier = models.CharField(max_length=64, blank=True, db_index=True)  # IN1-3
    enabled = models.BooleanField(default=True)
    exclusive = models.BooleanField(null=True, blank=True)  # None: by kind (4.3)

    @property
    def is_exclusive(self) -> bool:
        """Whether studies it pays for are its own alone."""
        by_kind = self.kind == self.Kind.WORKERS_COMPENSATION
        return by_kind if self.exclusive is None else self.exclusive

    def __str__(self) -> str:
        return self.name


# `is_exclusive`, for queries
EXCLUSIVE = models.Q(exclusive=True) | models.Q(
    exclusive=None, kind=Organization.Kind.WORKERS_COMPENSATION
)  # fmt: skip


class OrganizationMember(models.Model):
    """A user of a company."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="members")
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="company_membership")
    active = models.BooleanField(default=True)


class Agreement(models.Model):
    """What a company may see of the studies it pays for, and between which days (4.5)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="agreements")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    verdict = models.BooleanField(default=False)
    report = models.BooleanField(default=True)
    images = models.BooleanField(default=True)
    download = models.BooleanField(default=False)


class Permission(models.TextChoices):
    """What a member of staff may do, tab by tab (9.1)."""

    INBOX = "inbox", _("Inbox")
    PATIENTS = "patients", _("Patients")
    ORDERS = "orders", _("Orders and worklist")
    STUDIES = "studies", _("Studies: open, release, withhold")
    UPLOAD = "upload", _("Upload")
    DOCTORS = "doctors", _("Doctors and approvals")
    COMPANIES = "companies", _("Companies")
    EXCLUSIVE = "exclusive", _("Studies exclusive to a company")
    OUTBOX = "outbox", _("Mails and SMS")
    AUDIT = "audit", _("Audit log")
    SETTINGS = "settings", _("Settings")


class StaffMember(Timestamped):
    """A user who runs the portal. No sites listed: all sites."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="staff")
    is_super = models.BooleanField(default=False)
    permissions = models.JSONField(default=list)  # values of Permission
    sites = models.ManyToManyField(Site, related_name="+", blank=True)

    def may(self, permission: str) -> bool:
        """Whether this member has `permission`; the super-user has all."""
        return self.is_super or permission in self.permissions
