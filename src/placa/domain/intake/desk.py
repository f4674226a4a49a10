"""What staff decide about one thing in the inbox, besides giving a study to its patient. All undoable and logged."""

from django.db import transaction

from placa.common import clock
from placa.domain.audit import services as audit
from placa.domain.intake import inbox
from placa.domain.intake.matching import match
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
    """Put an item that staff kept or rejected back; False where it waits, another one waits in its place, or its study has
    found its patient since. Whose a study is, is asked for the reason that holds now."""
    row = InboxItem.objects.select_for_update().get(pk=item.pk)
    if row.resolution not in DECISIONS:
        return False
    if row.kind in inbox.MATCHING and row.study is not None:
        if row.study.patient is not None:
            return False
        kept = {"by": row.detail["by"]} if row.detail.get("by") == "staff" else {}
        row.kind, row.detail = inbox.question(match(row.study))
        row.detail |= kept
    same = InboxItem.objects.filter(study=row.study, kind=row.kind, resolved_at=None, instance=row.instance)
    if same.exists():
        return False
    row.resolved_at, row.resolved_by, row.resolution = None, "", ""
    row.save()
    _audit("inbox_reopened", row, by)
    return True


def _audit(action: str, item: InboxItem, by: str) -> None:
    study = item.study
    audit.record(
        action=action, actor=by, study_uid=study.study_instance_uid if study else "",
        detail={"item": item.pk, "kind": item.kind},
    )  # fmt: skip
