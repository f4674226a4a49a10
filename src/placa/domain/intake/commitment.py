"""Storage commitment (PS3.4 Annex J): which of the instances that a modality asks about are safe here."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DatabaseError, connections

from placa.domain.archive.models import Instance
from placa.domain.archive.records import Sender
from placa.domain.archive.storage import storage
from placa.domain.institution.models import DicomPeer

NO_SUCH_INSTANCE, CLASS_INSTANCE_CONFLICT, PROCESSING_FAILURE = 0x0112, 0x0119, 0x0110  # PS3.3 C.14.1.1
PATIENCE_SECONDS = 5.0  # for what was acknowledged just now to get its rows
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Reference:
    """One instance that is asked about."""

    sop_class_uid: str
    sop_instance_uid: str


def failures(asked: Sequence[Reference]) -> dict[Reference, int]:
    """The references that are not durable and indexed here, each with its Failure Reason. Waits a moment for what has
    just come. While the database is away nothing is promised.
    """
    limit = time.monotonic() + PATIENCE_SECONDS
    try:
        while (found := _failures(asked)) and time.monotonic() < limit:
            if NO_SUCH_INSTANCE not in found.values():
                break
            time.sleep(0.25)
        return found
    except DatabaseError:
        return dict.fromkeys(asked, PROCESSING_FAILURE)
    finally:
        connections.close_all()


def _failures(asked: Sequence[Reference]) -> dict[Reference, int]:
    kept: dict[str, str] = {}
    uids = [reference.sop_instance_uid for reference in asked]
    for at in range(0, len(uids), _SLICE):
        # what was found damaged, or is shorter than it was, is promised to nobody: theirs may be the only good copy
        rows = list(
            Instance.objects.filter(sop_instance_uid__in=uids[at : at + _SLICE], damage="", evicted=False)
        )
        lengths = storage().sizes([row.storage_key for row in rows])
        whole = (row for row, length in zip(rows, lengths, strict=True) if length == row.bytes)
        kept |= {row.sop_instance_uid: row.sop_class_uid for row in whole}
    found = {}
    for reference in asked:
        sop_class = kept.get(reference.sop_instance_uid)
        if sop_class is None:
            found[reference] = NO_SUCH_INSTANCE
        elif sop_class != reference.sop_class_uid:
            found[reference] = CLASS_INSTANCE_CONFLICT
    return found


def port_of(sender: Sender) -> int | None:
    """Where the peer listens, if its entry says so. Raises DatabaseError."""
    if sender.peer_id is None:
        return None
    try:
        return DicomPeer.objects.filter(pk=sender.peer_id).values_list("port", flat=True).first()
    finally:
        connections.close_all()
