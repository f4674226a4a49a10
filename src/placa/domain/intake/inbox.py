"""What waits for staff. Every function can be called again for the same thing and makes one item."""

from collections.abc import Iterable

from placa.common import clock
from placa.domain.archive.indexing import Indexed, identifier
from placa.domain.archive.models import Study
from placa.domain.archive.records import Received
from placa.domain.archive.selectors import damaged_of
from placa.domain.intake import differences
from placa.domain.intake.matching import Match
from placa.domain.intake.models import InboxItem

Kind = InboxItem.Kind
BATCH = 500  # studies asked for at once
NOT_READABLE, NOT_INDEXABLE = (
    "not-readable",
    "not-indexable",
)  # reasons, besides those of `standards.dicom.errors`
# why a study is nobody's
MATCHING = (Kind.UNKNOWN_PATIENT, Kind.NO_PATIENT_ID, Kind.DEMOGRAPHICS, Kind.TWO_CANDIDATES, Kind.PUT_BACK)


def unreadable(received: Received, reason: str) -> InboxItem:
    """A stored file that cannot be indexed: kept, and shown to staff with the reason."""
    item, _ = InboxItem.objects.get_or_create(
        storage_key=received.key,
        defaults={
            "kind": Kind.UNREADABLE,
            "sender": received.sender.name,
            "detail": {"reason": reason},
            "created_at": clock.now(),
        },
    )
    return item


def unreadable_report(item: Indexed, reason: str) -> InboxItem:
    """An instance that should be a report and cannot be shown as one."""
    made, _ = InboxItem.objects.get_or_create(
        kind=Kind.UNREADABLE,
        instance=item.instance,
        defaults={
            "study": item.study,
            "sender": item.record.sender.name,
            "detail": {"reason": reason},
            "created_at": clock.now(),
        },
    )
    return made


def other_content(item: Indexed) -> bool:
    """Keep a second content of a known UID for staff; False where that very content waits already."""
    digest = item.record.digest.data_set_sha256
    waiting = InboxItem.objects.filter(kind=Kind.OTHER_CONTENT, instance=item.instance, detail__digest=digest)
    if waiting.exclude(storage_key=item.record.key).exists():
        return False
    InboxItem.objects.get_or_create(
        storage_key=item.record.key,
        defaults={
            "kind": Kind.OTHER_CONTENT,
            "study": item.study,
            "instance": item.instance,
            "sender": item.record.sender.name,
            "detail": {
                "digest": digest,
                "bytes": item.record.digest.size,
                **differences.between(item.instance, item.record),
            },
            "created_at": clock.now(),
        },
    )
    return True


def other_patient(item: Indexed) -> None:
    """An instance whose PatientID is not its study's: one item a study and PatientID, counting the instances."""
    header = item.record.header
    named = {
        "patient_id": identifier(header.patient_id),
        "issuer": identifier(header.issuer_of_patient_id) or item.record.sender.default_issuer,
    }
    waiting = InboxItem.objects.select_for_update().filter(
        kind=Kind.OTHER_PATIENT, study=item.study, resolved_at=None,
        detail__patient_id=named["patient_id"], detail__issuer=named["issuer"],
    ).first()  # fmt: skip
    if waiting is None:
        waiting = InboxItem(
            kind=Kind.OTHER_PATIENT,
            study=item.study,
            instance=item.instance,
            sender=item.record.sender.name,
            detail={**named, "patient_name": header.patient_name[:325], "instances": []},
            created_at=clock.now(),
        )
    if item.instance.pk not in waiting.detail["instances"]:
        waiting.detail["instances"].append(item.instance.pk)
    waiting.save()


def unmatched(study: Study, kind: InboxItem.Kind, detail: dict[str, object]) -> InboxItem:
    """A study without patient: one open item, of the kind that holds now."""
    resolve(study, resolution="superseded", by="system", but=kind)
    item, made = InboxItem.objects.get_or_create(
        study=study,
        kind=kind,
        resolved_at=None,
        instance=None,
        storage_key="",
        defaults={
            "sender": f"peer:{study.sending_ae_title}" if study.sending_ae_title else "import",
            "detail": detail,
            "created_at": clock.now(),
        },
    )
    if not made and item.detail != detail:
        item.detail = detail
        item.save(update_fields=["detail"])
    return item


def damaged(study_id: int) -> None:
    """Keep one open item for a study some of whose files are damaged; it closes by itself when none is any more."""
    broken = dict(damaged_of(study_id).values_list("pk", "damage"))
    detail = {"instances": sorted(broken), "damage": sorted(set(broken.values()))}
    waiting = InboxItem.objects.filter(study_id=study_id, kind=Kind.DAMAGED, resolved_at=None)
    if not broken:
        waiting.update(resolved_at=clock.now(), resolved_by="system", resolution="whole again")
    elif not waiting.update(detail=detail):
        InboxItem.objects.get_or_create(
            study_id=study_id, kind=Kind.DAMAGED, resolved_at=None, instance=None, storage_key="",
            defaults={"detail": detail, "created_at": clock.now()},
        )  # fmt: skip


def waiting_for_patient(study_instance_uids: Iterable[str]) -> int:
    """How many of these studies wait here for staff to say whose they are."""
    items, uids = InboxItem.objects.filter(kind__in=MATCHING, resolved_at=None), list(study_instance_uids)
    some = (uids[start : start + BATCH] for start in range(0, len(uids), BATCH))
    counts = (
        items.filter(study__study_instance_uid__in=one).values("study").distinct().count() for one in some
    )
    return sum(counts)


def question(found: Match) -> tuple[InboxItem.Kind, dict[str, object]]:
    """Why a study waits that nobody gets by itself: what matching finds wrong, or that staff put it back; whom it means."""
    if found.problem is not None:
        return found.problem, found.detail
    return Kind.PUT_BACK, {"patient": found.patient.pk} if found.patient else {}


def waits(study: Study) -> bool:
    """Whether staff are asked whose this study is."""
    return InboxItem.objects.filter(study=study, kind__in=MATCHING, resolved_at=None).exists()


def is_decided_by_staff(study: Study) -> bool:
    """Whether staff took this study, which is nobody's, away from its patient, or rejected it."""
    items = InboxItem.objects.filter(study=study, kind__in=MATCHING)
    if items.filter(resolved_at=None).exists():
        return items.filter(resolved_at=None, detail__by="staff").exists()
    newest = items.order_by("-resolved_at").first()
    return newest is not None and newest.resolution == "rejected"


def resolve(study: Study, *, resolution: str, by: str, but: InboxItem.Kind | None = None) -> int:
    """Close the open questions of whose `study` is; returns how many there were."""
    kinds = [kind for kind in MATCHING if kind != but]
    waiting = InboxItem.objects.filter(study=study, kind__in=kinds, resolved_at=None)
    return waiting.update(resolved_at=clock.now(), resolved_by=by[:80], resolution=resolution[:80])
