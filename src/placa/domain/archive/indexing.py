"""Rows of arrived objects: one transaction a batch, repeatable without harm.

The first study-level attributes are kept as they first came; a later instance that names another patient is held.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import F, Q

from placa.domain.archive import integrity
from placa.domain.archive.hooks import damage_changed
from placa.domain.archive.models import Instance, InstanceMetadata, Series, Study
from placa.domain.archive.records import Record
from placa.domain.institution import selectors as institution
from placa.standards.dicom.header import InstanceHeader
from placa.standards.dicom.names import fold, name_key

SHOWN = frozenset({"image", "video", "ecg"})


class Outcome(StrEnum):
    """What became of an object."""

    NEW = "new"
    KNOWN = "known"  # this very file has its row already
    DUPLICATE = "duplicate"  # the same object was stored before: this file is not needed
    RESTORED = "restored"  # the same object, whose file was gone or damaged: this file takes its place
    OTHER_CONTENT = "other_content"  # the same UID with other bytes: the first is kept
    OTHER_PATIENT = "other_patient"  # stored, but held: its study belongs to another PatientID


@dataclass(slots=True)
class Indexed:
    """An object and its place."""

    record: Record
    outcome: Outcome
    study: Study
    instance: Instance
    replaced: str = ""  # key of the lost or damaged file whose place this one took


def text(value: str, limit: int) -> str:
    """`value` as the database takes it: without NUL, cut at `limit` characters."""
    return value.replace("\0", "")[:limit]


def identifier(value: str, limit: int = 64) -> str:
    """An identifier, or nothing where it is too long: a cut one could name somebody else."""
    clean = value.replace("\0", "").strip()
    return clean if len(clean) <= limit else ""


def effective_issuer(issuer: str, peer_default: str) -> str:
    """The issuer that a PatientID counts under: its own, else the peer's default, else the institution's."""
    return issuer or peer_default or institution.current().default_issuer


@transaction.atomic
def index(records: Iterable[Record]) -> list[Indexed]:
    """Make or find the rows of `records`. Raises DatabaseError as it comes."""
    ordered = sorted(
        records, key=lambda record: record.header.study_instance_uid
    )  # one order of locks: no deadlock
    batch = _Batch(ordered)
    found = [batch.add(record) for record in ordered]
    batch.save()
    return found


class _Batch:
    """The rows that one batch touches, read once and written once."""

    def __init__(self, records: list[Record]) -> None:
        uids = [record.header.sop_instance_uid for record in records]
        keys = [record.key for record in records]
        known = Instance.objects.select_related("study", "series").filter(
            Q(sop_instance_uid__in=uids) | Q(storage_key__in=keys)
        )
        self._instances = {instance.sop_instance_uid: instance for instance in known}
        self._studies: dict[str, Study] = {}
        self._series: dict[tuple[int, str], Series] = {}
        self._new: list[tuple[Instance, Record]] = []
        self._changed: set[str] = set()

    def add(self, record: Record) -> Indexed:
        known = self._instances.get(record.header.sop_instance_uid)
        if known is not None:
            outcome = _of_known(known, record)
            replaced = known.storage_key if outcome is Outcome.RESTORED else ""
            if replaced:
                _give_file(known, record)
            return Indexed(record, outcome, known.study, known, replaced)
        study = self._study(record)
        series = self._one_series(study, record.header)
        held = not _same_patient(study, record)
        instance = _instance(study, series, record, held=held)
        self._instances[instance.sop_instance_uid] = instance
        self._new.append((instance, record))
        if not held:
            _count(study, series, instance)
            self._changed.add(study.study_instance_uid)
        return Indexed(record, Outcome.OTHER_PATIENT if held else Outcome.NEW, study, instance)

    def save(self) -> None:
        Instance.objects.bulk_create([instance for instance, _ in self._new], batch_size=200)
        InstanceMetadata.objects.bulk_create(
            [InstanceMetadata(instance=instance, deflated=record.metadata) for instance, record in self._new],
            batch_size=200,
        )
        for series in self._series.values():
            series.save()
        for uid in sorted(self._changed):
            self._studies[uid].metadata_version += 1
            self._studies[uid].save()

    def _study(self, record: Record) -> Study:
        uid = record.header.study_instance_uid
        if uid not in self._studies:
            Study.objects.get_or_create(study_instance_uid=uid, defaults=_study_fields(record))
            self._studies[uid] = Study.objects.select_for_update().get(study_instance_uid=uid)
        return self._studies[uid]

    def _one_series(self, study: Study, header: InstanceHeader) -> Series:
        key = (study.pk, header.series_instance_uid)
        if key not in self._series:
            self._series[key], _ = Series.objects.get_or_create(
                study=study, series_instance_uid=header.series_instance_uid, defaults=_series_fields(header)
            )
        return self._series[key]


def _of_known(known: Instance, record: Record) -> Outcome:
    if known.storage_key == record.key:
        return Outcome.KNOWN
    if known.evicted and _comes_back(known, record):
        return Outcome.RESTORED
    if known.digest != record.digest.data_set_sha256:
        return Outcome.OTHER_CONTENT
    # what is at hand takes the place of a file that is no longer what it was, found out or not
    return Outcome.DUPLICATE if integrity.is_whole(known) else Outcome.RESTORED


def _comes_back(known: Instance, record: Record) -> bool:
    """Whether this is the evicted object: the same bytes, or the same place in the archive that we recall it from.

    An archive may write an object anew (lengths, paddings): its bytes are others, and a recall is never a conflict.
    """
    if known.digest == record.digest.data_set_sha256:
        return True
    header, study = record.header, known.study
    asked = study.availability == Study.Availability.RECALLING and _is_archive(record)
    ours = (
        study.study_instance_uid,
        known.series.series_instance_uid,
        known.sop_class_uid,
        study.dicom_patient_id,
    )
    return asked and ours == (
        header.study_instance_uid, header.series_instance_uid, header.sop_class_uid, identifier(header.patient_id),
    )  # fmt: skip


def _is_archive(record: Record) -> bool:
    sender = record.sender
    return sender.is_archive or institution.is_archive(sender.ae_title, sender.address)


def _give_file(known: Instance, record: Record) -> None:
    """The object came back after its file was evicted, lost or damaged (a recall is never a conflict)."""
    was_damaged = bool(known.damage)
    known.storage_key = record.key
    known.frame_offsets = record.frame_offsets
    known.bytes = record.digest.size
    known.crc32 = record.digest.crc32
    if known.digest != record.digest.data_set_sha256:  # written anew by the archive: described anew, too
        known.digest = record.digest.data_set_sha256
        InstanceMetadata.objects.filter(instance=known).update(deflated=record.metadata)
        Study.objects.filter(pk=known.study_id).update(metadata_version=F("metadata_version") + 1)
    known.transfer_syntax_uid = record.header.transfer_syntax_uid
    known.damage, known.damaged_at = "", None
    known.evicted = False
    known.save(
        update_fields=[
            "storage_key", "frame_offsets", "bytes", "crc32", "digest", "transfer_syntax_uid", "damage", "damaged_at",
            "evicted",
        ]
    )  # fmt: skip
    if was_damaged:
        damage_changed.send(known.study_id)


def _same_patient(study: Study, record: Record) -> bool:
    header = record.header
    ours = (study.dicom_patient_id, effective_issuer(study.issuer_of_patient_id, study.default_issuer))
    issuer = effective_issuer(identifier(header.issuer_of_patient_id), record.sender.default_issuer)
    return ours == (identifier(header.patient_id), issuer)


def exam_moment(header: InstanceHeader, received_at: dt.datetime) -> dt.datetime:
    """Study Date and Time in the institution's zone; else when it arrived."""
    if header.study_date is None:
        return received_at
    local = dt.datetime.combine(header.study_date, header.study_time or dt.time(), institution.zone())
    try:
        return local.astimezone(dt.UTC)
    except (OverflowError, ValueError):  # the years 1 and 9999 have no place in another zone
        return received_at


def search_key(study: Study, *, site: str = "", doctor: str = "") -> str:
    """Folded words by which a study is searched: description, accession number, site, doctor."""
    words = (study.study_description, study.accession_number, site, doctor or study.referring_physician_name)
    return " ".join(folded for word in words if (folded := fold(word)))


def _study_fields(record: Record) -> dict[str, object]:
    header, sender = record.header, record.sender
    exam_at = exam_moment(header, record.received_at)
    draft = Study(
        site_id=sender.site_id,
        dicom_patient_id=identifier(header.patient_id),
        issuer_of_patient_id=identifier(header.issuer_of_patient_id),
        default_issuer=sender.default_issuer,
        patient_name=text(header.patient_name, 325),
        patient_birth_date=header.patient_birth_date,
        patient_sex=text(header.patient_sex, 16),
        accession_number=identifier(header.accession_number),
        issuer_of_accession_number=identifier(header.issuer_of_accession_number),
        study_id=text(header.study_id, 16),
        study_description=text(header.study_description, 200),
        referring_physician_name=text(header.referring_physician_name, 325),
        study_date=header.study_date,
        study_time=header.study_time.isoformat("seconds") if header.study_time else "",
        exam_at=exam_at,
        name_key=name_key(header.patient_name)[:250],
        sending_ae_title=text(sender.ae_title, 16),
        first_received_at=record.received_at,
        last_received_at=record.received_at,
        clock_start=max(exam_at, record.received_at),
    )
    draft.search_key = search_key(draft)
    taken = ("id", "study_instance_uid", "created_at", "updated_at")
    return {f.attname: getattr(draft, f.attname) for f in Study._meta.concrete_fields if f.name not in taken}


def _series_fields(header: InstanceHeader) -> dict[str, object]:
    return {
        "modality": text(header.modality, 16),
        "series_number": header.series_number,
        "series_description": text(header.series_description, 200),
        "body_part_examined": text(header.body_part_examined, 64),
        "laterality": text(header.laterality, 16),
    }


def _instance(study: Study, series: Series, record: Record, *, held: bool) -> Instance:
    header = record.header
    return Instance(
        study=study,
        series=series,
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        transfer_syntax_uid=header.transfer_syntax_uid,
        kind=header.kind,
        instance_number=header.instance_number,
        rows=header.rows or None,
        columns=header.columns or None,
        number_of_frames=header.number_of_frames,
        frame_offsets=record.frame_offsets,
        storage_key=record.key,
        bytes=record.digest.size,
        crc32=record.digest.crc32,
        digest=record.digest.data_set_sha256,
        received_at=record.received_at,
        held=held,
    )


def _count(study: Study, series: Series, instance: Instance) -> None:
    if series.number_of_instances == 0:
        study.number_of_series += 1
    series.number_of_instances += 1
    study.number_of_instances += 1
    study.bytes += instance.bytes
    study.first_received_at = min(study.first_received_at, instance.received_at)
    study.last_received_at = max(study.last_received_at, instance.received_at)
    study.clock_start = max(study.exam_at, study.first_received_at)
    if instance.kind in SHOWN:
        study.number_of_images += 1
        series.number_of_images += instance.number_of_frames
    if series.modality and series.modality not in study.modalities_in_study:
        study.modalities_in_study = sorted([*study.modalities_in_study, series.modality])
