"""Studies, series and instances as they lie in the archive.

Nothing above `access` names these models: a door gets its study from `access` (see architecture).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from placa.common.models import PublicId, Timestamped
from placa.domain.institution.models import Site
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization, Patient, Practitioner


class Study(PublicId, Timestamped):
    """A study. `patient` is set by matching or by staff, never by a name."""

    # what its asker may do; only on rows that `access.selectors` hands out
    may_images: bool
    may_report: bool
    asked_by: object = None  # whom `access` gave it to: of that viewer the flags above speak
    may_download: bool
    may_share: bool

    class Release(models.TextChoices):
        AUTO = "auto", _("By itself, after the delay")
        NOW = "now", _("Released by staff")
        HELD = "held", _("Withheld by staff")

    class Availability(models.TextChoices):
        ONLINE = "online", _("Online")
        OFFLINE = "offline", _("In the archive")
        RECALLING = "recalling", _("Being brought back")
        UNAVAILABLE = "unavailable", _("Not available")

    study_instance_uid = models.CharField(max_length=64, unique=True)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(
        ServiceRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # orders that staff took it away from: none of them is linked again by itself
    refused_orders = models.ManyToManyField(ServiceRequest, blank=True, related_name="+")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # as the modality sent them (the first instance's)
    dicom_patient_id = models.CharField(max_length=64, blank=True)
    issuer_of_patient_id = models.CharField(max_length=64, blank=True)
    default_issuer = models.CharField(max_length=64, blank=True)  # the sending peer's, for an absent issuer
    patient_name = models.CharField(max_length=325, blank=True)
    patient_birth_date = models.DateField(null=True, blank=True)
    patient_sex = models.CharField(max_length=16, blank=True)
    accession_number = models.CharField(max_length=64, blank=True, db_index=True)
    issuer_of_accession_number = models.CharField(max_length=64, blank=True)
    study_id = models.CharField(max_length=16, blank=True)
    study_description = models.CharField(max_length=200, blank=True)
    referring_physician_name = models.CharField(max_length=325, blank=True)
    modalities_in_study = models.JSONField(default=list)
    study_date = models.DateField(null=True, blank=True)
    study_time = models.CharField(max_length=16, blank=True)
    exam_at = models.DateTimeField(
        db_index=True
    )  # study date and time in the institution's zone, else arrival
    name_key = models.CharField(max_length=250, blank=True, db_index=True)
    search_key = models.TextField(blank=True)  # folded description, accession, site and doctor
    number_of_series = models.PositiveIntegerField(default=0)
    number_of_instances = models.PositiveIntegerField(default=0)
    number_of_images = models.PositiveIntegerField(default=0)  # instances that show as pictures or video
    bytes = models.PositiveBigIntegerField(default=0)
    sending_ae_title = models.CharField(max_length=16, blank=True)
    first_received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    metadata_version = models.PositiveIntegerField(default=0)
    prepared_version = models.PositiveIntegerField(default=0)  # the version whose pictures were all drawn
    # who may see it
    clock_start = models.DateTimeField(db_index=True)  # later of exam_at and first_received_at
    release = models.CharField(max_length=4, choices=Release.choices, default=Release.AUTO)
    released_at = models.DateTimeField(null=True, blank=True)  # when staff released it
    hand_delivery = models.BooleanField(default=False)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    handed_over_to = models.CharField(max_length=120, blank=True)
    # no index of its own: nearly all have none, and SQLite would take it for a way to the few
    exclusive_to = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # copies of the order's, by whose indexes lists are walked (`services.copied`); who may see is asked of the order
    requester = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    payer = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ordered_modality = models.CharField(max_length=16, blank=True)
    ordered_urgent = models.BooleanField(default=False)
    hidden_by_patient = models.BooleanField(default=False)
    doctor_read_at = models.DateTimeField(null=True, blank=True)
    availability = models.CharField(max_length=12, choices=Availability.choices, default=Availability.ONLINE)

    class Meta:
        ordering = ["-exam_at", "-id"]
        indexes = [
            models.Index(fields=["patient", "-exam_at"]),
            models.Index(fields=["order"]),
            models.Index(fields=["name_key", "exam_at"]),
            models.Index(
                fields=["last_received_at"],
                name="study_to_prepare",
                condition=models.Q(metadata_version__gt=models.F("prepared_version")),
            ),
            models.Index(fields=["-exam_at", "-id"], name="studies_newest"),
            models.Index(fields=["site", "-exam_at", "-id"], name="studies_newest_of_site"),
            models.Index(fields=["dicom_patient_id", "-exam_at"], name="studies_of_dicom_patient"),
            models.Index(fields=["study_date", "-exam_at"], name="studies_of_day"),
            models.Index(fields=["requester", "-exam_at", "-id"], name="studies_of_requester"),
            models.Index(fields=["payer", "-exam_at", "-id"], name="studies_of_payer"),
            models.Index(fields=["ordered_modality", "-exam_at", "-id"], name="studies_of_modality"),
            models.Index(
                fields=["-exam_at", "-id"], condition=models.Q(site=None), name="studies_newest_of_no_site"
            ),
            models.Index(fields=["first_received_at"], name="studies_by_arrival"),
            # few of many: what doctors and staff look after
            models.Index(
                fields=["requester", "-exam_at", "-id"],
                condition=models.Q(ordered_urgent=True),
                name="studies_urgent_of_requester",
            ),
            models.Index(fields=["-exam_at"], condition=models.Q(release="held"), name="studies_held"),
            models.Index(fields=["-exam_at"], condition=models.Q(order=None), name="studies_without_order"),
            models.Index(
                fields=["-exam_at"], condition=models.Q(patient=None), name="studies_without_patient"
            ),
            models.Index(fields=["-exam_at"], condition=models.Q(hand_delivery=True), name="studies_by_hand"),
            models.Index(
                fields=["-exam_at"], condition=models.Q(exclusive_to__isnull=False), name="studies_exclusive"
            ),
            models.Index(
                fields=["-exam_at"],
                condition=~models.Q(availability="online"),
                name="studies_away",
            ),
        ]

    def __str__(self) -> str:
        return self.study_instance_uid


class Series(models.Model):
    """A series of one study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    series_instance_uid = models.CharField(max_length=64)
    modality = models.CharField(max_length=16)
    series_number = models.IntegerField(null=True, blank=True)
    series_description = models.CharField(max_length=200, blank=True)
    body_part_examined = models.CharField(max_length=64, blank=True)
    laterality = models.CharField(max_length=16, blank=True)
    number_of_instances = models.PositiveIntegerField(default=0)
    number_of_images = models.PositiveIntegerField(default=0)  # frames counted

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "series_instance_uid"], name="series_once_a_study")
        ]
        indexes = [models.Index(fields=["series_instance_uid"], name="series_by_uid")]


class Instance(models.Model):
    """One stored SOP instance: where its file is, and where its frames lie in it."""

    class Damage(models.TextChoices):
        MISSING = "missing", _("The file is gone")
        SIZE = "size", _("The file has another length")
        CRC = "crc", _("The file has other bytes")
        UNREADABLE = "unreadable", _("The disk cannot read the file")

    NO_PICTURES = ("other", "pdf", "sr")  # kinds, among which reports are

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="+")
    sop_instance_uid = models.CharField(max_length=64, unique=True)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)  # image, video, ecg, pdf, sr, presentation, other
    instance_number = models.IntegerField(null=True, blank=True)
    rows = models.PositiveIntegerField(null=True)
    columns = models.PositiveIntegerField(null=True)
    number_of_frames = models.PositiveIntegerField(default=1)
    # a frame an entry: [offset, length, offset, length …] of its parts in the file. Empty where frames are no plain
    # ranges of bytes (deflated data set, single-bit frames): those are read by the render pool.
    frame_offsets = models.JSONField(default=list)
    storage_key = models.CharField(max_length=120, unique=True)
    bytes = models.PositiveBigIntegerField()
    crc32 = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)  # SHA-256 of the data set, without group 0002
    received_at = models.DateTimeField()
    held = models.BooleanField(default=False)  # waits in the inbox: served by no door
    # what was found wrong with the file, and when; empty while nothing is known to be (integrity.py)
    damage = models.CharField(max_length=10, blank=True, default="", choices=Damage.choices)
    damaged_at = models.DateTimeField(null=True, blank=True)
    # its file left for the external archive: said here before the file is removed, and until it is back
    evicted = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["series", "instance_number", "id"]),
            models.Index(fields=["study"], name="instances_damaged", condition=~models.Q(damage="")),
            models.Index(
                fields=["study"],
                name="instances_no_pictures",
                condition=models.Q(kind__in=("other", "pdf", "sr")),
            ),
        ]


class InstanceMetadata(models.Model):
    """The DICOM JSON of one instance (PS3.18 F.2), deflated: what a study's metadata is put together from."""

    instance = models.OneToOneField(Instance, on_delete=models.CASCADE, related_name="+")
    deflated = models.BinaryField()


class StudyMetadata(models.Model):
    """The DICOM JSON of a study's instances, as one gzip stream; good while `version` is the study's."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    gzipped = models.BinaryField()
