"""Sending a study to the archive, and making sure that it is kept there: what eviction rests on."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction
from django.db.models import F

from placa.common import clock
from placa.domain.archive import integrity
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import DamagedError
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExternalArchive
from placa.domain.recall.models import Copy
from placa.domain.recall.peers import peer_of, spool
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import header_of
from placa.standards.dicom.peers.base import (
    ArchivePeer,
    Outgoing,
    PeerError,
    PermanentPeerError,
    RetriablePeerError,
    Wanted,
)
from placa.standards.dicom.peers.content import content_digest
from placa.standards.dicom.source import FileSource

Proof = ExternalArchive.Proof
NOT_KEPT = "not-kept"  # the archive does not have, or has otherwise, what was sent


def served(study: Study) -> list[Instance]:
    """The instances that count: not those held in the inbox, which never leave."""
    rows = Instance.objects.filter(study=study, held=False).select_related("series")
    return list(rows.order_by("sop_instance_uid"))


def fingerprint(instances: Sequence[Instance]) -> str:
    """SHA-256 over which instances there are and what is in them: another one after any change."""
    lines = [f"{one.sop_instance_uid} {one.digest}" for one in instances]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def confirmed(study: Study) -> Copy | None:
    """The copy that an enabled archive confirmed of the study as it is now; it may have purged it since (`keep`)."""
    now = fingerprint(served(study))
    kept = Copy.objects.filter(
        study=study, archive__enabled=True, confirmed_at__isnull=False, fingerprint=now
    )
    return kept.order_by("archive__priority", "archive_id").first()


def keep(study: Study) -> Copy:
    """Have the first archive keep the study as it is now: sent if it is not there, then proved.

    What an archive confirmed before counts if it still lists every instance: months may have gone by.
    Raises RetriablePeerError, PermanentPeerError (also where there is no archive, or it keeps something else).
    """
    while (known := confirmed(study)) is not None:
        if _is_still_there(known, study):
            return known
        # the fingerprint stays: it says that the archive had it once
        Copy.objects.filter(pk=known.pk).update(confirmed_at=None)
    archive = next(iter(institution.archives()), None)
    if archive is None:
        raise PermanentPeerError("no-archive")
    copy, _made = Copy.objects.get_or_create(study=study, archive=archive)
    with _failure_noted(copy):
        _send_and_prove(copy, study, archive)
    return copy


def on_archive_changed(archive_id: int) -> None:
    """The entry means another archive now: nothing is confirmed there, and what failed may be tried at once."""
    Copy.objects.filter(archive=archive_id).update(confirmed_at=None, failed_at=None, trouble="", tries=0)


@contextmanager
def _failure_noted(copy: Copy) -> Iterator[None]:
    try:
        yield
    except PeerError as error:
        Copy.objects.filter(pk=copy.pk).update(
            failed_at=clock.now(), trouble=error.reason[:40], tries=F("tries") + 1
        )
        raise


def _is_still_there(known: Copy, study: Study) -> bool:
    """Whether the archive lists all that is served; not where it lets us no more. Raises RetriablePeerError."""
    with _failure_noted(known):
        try:
            there = peer_of(known.archive, study).instances(study.study_instance_uid)
        except PermanentPeerError:
            return False
    if any(one.sop_instance_uid not in there for one in served(study)):
        return False
    Copy.objects.filter(pk=known.pk).update(failed_at=None, trouble="", tries=0)  # it answers again
    return True


def _send_and_prove(copy: Copy, study: Study, archive: ExternalArchive) -> None:
    instances, peer = served(study), peer_of(archive, study)
    _must_be_whole(instances)
    there = peer.instances(study.study_instance_uid)
    missing = [one for one in instances if one.sop_instance_uid not in there]
    if missing:
        peer.store(_outgoing(one) for one in missing)
        copy.sent_at = clock.now()
        copy.save(update_fields=["sent_at"])
    _prove(peer, study, instances, archive.proof)
    with transaction.atomic():
        _must_mean_the_same(archive)
        copy.fingerprint, copy.proof = fingerprint(instances), archive.proof
        copy.confirmed_at, copy.failed_at, copy.trouble, copy.tries = clock.now(), None, "", 0
        copy.save()
        audit.record(
            action="archive_confirmed", actor="system", study_uid=study.study_instance_uid,
            patient=str(study.patient_id or ""), detail={"archive": archive.pk, "proof": archive.proof},
        )  # fmt: skip


def _must_mean_the_same(archive: ExternalArchive) -> None:
    """Staff may have pointed the entry elsewhere, or removed it, while it was proved. Raises RetriablePeerError."""
    now = ExternalArchive.objects.select_for_update().filter(pk=archive.pk).first()
    if now is None or now.identity() != archive.identity():
        raise RetriablePeerError("changed")


def _must_be_whole(instances: Sequence[Instance]) -> None:
    """What is damaged here must not pass for what came. Raises PermanentPeerError; StorageError where it is away."""
    if any([integrity.examine(one) for one in instances]):  # a list: each is looked at, and noted
        raise PermanentPeerError(NOT_KEPT, "damaged here")


def _whole(instance: Instance) -> Path:
    """The stored file, summed: it is sent, or compared with. Raises PermanentPeerError where it is damaged."""
    try:
        return integrity.path_of(instance)
    except DamagedError as error:
        raise PermanentPeerError(NOT_KEPT, "damaged here") from error


def _outgoing(instance: Instance) -> Outgoing:
    path = _whole(instance)
    return Outgoing(path, instance.sop_class_uid, instance.sop_instance_uid, instance.transfer_syntax_uid)


def _prove(peer: ArchivePeer, study: Study, instances: Sequence[Instance], proof: str) -> None:
    """Every instance is in the archive's list; and it promises to keep each, or each came back and says the same."""
    ours = {one.sop_instance_uid: one for one in instances}
    if set(ours) - set(peer.instances(study.study_instance_uid)):
        raise PermanentPeerError(NOT_KEPT, "not in its list")
    if proof == Proof.COMMITMENT:
        if set(ours) - peer.commit({uid: one.sop_class_uid for uid, one in ours.items()}):
            raise PermanentPeerError(NOT_KEPT, "not promised")
    elif proof == Proof.CONTENT and set(ours) - _read_back(peer, study, ours):
        raise PermanentPeerError(NOT_KEPT, "what came back is not what was sent")


def _read_back(peer: ArchivePeer, study: Study, ours: dict[str, Instance]) -> set[str]:
    """UIDs of the instances that came back and say the same as ours."""
    if peer.delivers_itself:
        raise PermanentPeerError(NOT_KEPT, "a C-MOVE cannot be compared: choose another proof")
    same: set[str] = set()

    def compare(path: Path) -> None:
        try:
            with FileSource(path) as source:
                uid = header_of(source).sop_instance_uid
            known = ours.get(uid)
            if known is not None and content_digest(path) == content_digest(_whole(known)):
                same.add(uid)
        except InvalidObject:
            return

    spool()
    peer.fetch(Wanted(study.study_instance_uid), compare, lambda: None)
    return same
