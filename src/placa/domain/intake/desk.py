"""What staff decide about one thing in the inbox, besides giving a study to its patient. All undoable and logged."""

from django.db import transaction

from placa.common import clock
from placa.domain.audit import services as audit
from placa.domain.intake.models import InboxItem

DECISIONS = ("kept", "rejected")


@transaction.atomic
def close_item(*, item: InboxItem, decision: str, by: str) -> bool:
    """Take an item off the inbox: `kept` (as it is, it is right), `rejected` (it will not be used).

    Nothing is deleted: a rejected study stays in the archive, nobody's, and staff can put it back. False where the
    item was closed already. Raises ValueError for another decision.
    """
    if decision not in DECISIONS:
        raise ValueError(decision)
    waiting = InboxItem.objects.filter(pk=item.pk, resolved_at=None)
    changed = waiting.update(resolved_at=clock.now(), resolved_by=by[:80], resolution=decision)
    if changed:
        _audit(f"inbox_{decision}", item, by)
    return bool(changed)


@transaction.atomic
def reopen_item(*, item: InboxItem, by: str) -> bool:
    """Put an item that staff kept or rejected back; False where it waits, or another one waits in its place."""
    row = InboxItem.objects.select_for_update().get(pk=item.pk)
    same = InboxItem.objects.filter(study=row.study, kind=row.kind, resolved_at=None, instance=row.instance)
    if row.resolution not in DECISIONS or same.exists():
        return False
    InboxItem.objects.filter(pk=row.pk).update(resolved_at=None, resolved_by="", resolution="")
    _audit("inbox_reopened", row, by)
    return True


def _audit(action: str, item: InboxItem, by: str) -> None:
    study = item.study
    audit.record(
        action=action, actor=by, study_uid=study.study_instance_uid if study else "",
        detail={"item": item.pk, "kind": item.kind},
    )  # fmt: skip
