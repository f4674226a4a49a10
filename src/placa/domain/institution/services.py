"""Writes of the institution."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import JSONField, Value

from placa.common import colours
from placa.common.tokens import seal
from placa.domain.audit import services as audit
from placa.domain.institution import definitions, selectors
from placa.domain.institution.accent import Scheme, roles
from placa.domain.institution.hooks import archive_changed
from placa.domain.institution.models import (
    DicomPeer,
    ExamType,
    ExternalArchive,
    Institution,
    ReleaseDelay,
    Setting,
    Site,
    Text,
)


@transaction.atomic
def change_setting(*, key: str, value: Any, by: str) -> None:
    """Set one setting; raises KeyError for an unknown key, ValueError for a value that does not fit.

    None, which only an optional setting takes, is kept as JSON's null: the column itself is never empty.
    """
    kept = definitions.checked(key, value)
    Setting.objects.update_or_create(
        key=key, defaults={"value": Value(None, JSONField()) if kept is None else kept, "changed_by": by}
    )
    selectors.forget()


@transaction.atomic
def change_settings(*, values: Mapping[str, Any], by: str) -> list[str]:
    """Set those of `values` that are not what holds now; their keys. Raises as `change_setting`, then nothing is set."""
    changed = []
    for key, value in values.items():
        before = selectors.setting(key)
        if definitions.checked(key, value) != before:
            change_setting(key=key, value=value, by=by)
            audit.record(action="change_setting", actor=by, detail={"key": key, "from": before, "to": value})
            changed.append(key)
    return changed


@transaction.atomic
def set_delay(*, exam_type: ExamType | None, site: Site | None, hours: int | None, by: str) -> None:
    """Set the release delay of a type of exam, of a site, or of a type at a site; None takes it away (2.4).

    Raises ValueError for neither of them, and for hours beyond the limits of the institution's own delay.
    """
    if hours is not None:
        definitions.checked("release_delay_hours", hours)
    if exam_type is not None and site is not None:
        pair = ReleaseDelay.objects.filter(exam_type=exam_type, site=site)
        if hours is None:
            pair.delete()
        elif not pair.update(hours=hours):
            ReleaseDelay.objects.create(exam_type=exam_type, site=site, hours=hours)
    elif exam_type is not None:
        ExamType.objects.filter(pk=exam_type.pk).update(release_delay_hours=hours)
    elif site is not None:
        Site.objects.filter(pk=site.pk).update(release_delay_hours=hours)
    else:
        raise ValueError("the delay of which exam, or of which site?")
    audit.record(
        action="set_delay", actor=by,
        detail={
            "exam_type": exam_type.pk if exam_type else None, "site": site.pk if site else None, "hours": hours,
        },
    )  # fmt: skip
    selectors.forget()


@transaction.atomic
def save_institution(*, institution: Institution, changed: Sequence[str], by: str) -> frozenset[Scheme]:
    """Keep who the institution is; `changed` names the fields. The schemes in which its accent is worn, as `set_accent`."""
    colour = institution.accent
    institution.save()
    audit.record(action="save_institution", actor=by, detail={"fields": sorted(changed)})
    return set_accent(accent=colour)


@transaction.atomic
def save_peer(*, peer: DicomPeer, by: str) -> DicomPeer:
    """Keep a device that may speak DICOM with us; the listener knows a second later."""
    peer.save()
    audit.record(
        action="save_peer", actor=by,
        detail={"peer": peer.pk, "ae_title": peer.ae_title, "address": peer.address, "enabled": peer.enabled},
    )  # fmt: skip
    selectors.forget()
    return peer


def set_accent(*, accent: str) -> frozenset[Scheme]:
    """Set the accent colour (`#rrggbb`, empty for none); the schemes in which its contrast is enough.

    In the others the theme keeps its own colours. Raises ValueError for what is no colour.
    """
    colour = colours.checked(accent) if accent else ""
    Institution.objects.update(accent=colour)
    selectors.forget()
    return frozenset(roles(colour)) if colour else frozenset()


@transaction.atomic
def publish_text(*, kind: str, bodies: dict[str, str]) -> int:
    """Publish a new version of a text; `bodies` by language. Returns its version."""
    newest = Text.objects.filter(kind=kind).order_by("-version").values_list("version", flat=True).first()
    version = (newest or 0) + 1
    Text.objects.bulk_create(
        [Text(kind=kind, version=version, language=language, body=body) for language, body in bodies.items()]
    )
    return version


def _admit_no_longer(archive: ExternalArchive, *, moves: bool) -> None:
    """Close our listener to an archive that sends us nothing any more, unless another entry means the same peer."""
    if archive.peer is None or (moves and archive.enabled):
        return
    moving = ExternalArchive.objects.filter(
        peer=archive.peer, enabled=True, retrieval=ExternalArchive.Retrieval.MOVE
    )
    if not moving.exclude(pk=archive.pk).exists():
        DicomPeer.objects.filter(pk=archive.peer.pk).update(enabled=False)


@transaction.atomic
def save_archive(*, archive: ExternalArchive, secret: str | None = None, by: str) -> ExternalArchive:
    """Keep an external archive as it is now; `secret` (password or token) replaces the one it has, None leaves it.

    One that answers a C-MOVE gets its entry among the peers that our listener admits, and loses it with the rest.
    Sends `archive_changed` where the entry means another archive than before.
    """
    before = ExternalArchive.objects.select_for_update().filter(pk=archive.pk).first()
    if archive.auth == ExternalArchive.Auth.NONE:
        archive.user = archive.secret_sealed = ""
    elif secret is not None:
        archive.secret_sealed = seal(secret)
    moves = archive.kind == ExternalArchive.Kind.DIMSE and archive.retrieval == ExternalArchive.Retrieval.MOVE
    if moves:
        archive.peer, _made = DicomPeer.objects.update_or_create(
            ae_title=archive.ae_title,
            address=archive.host,
            defaults={"name": archive.name, "enabled": True},
        )
    archive.save()
    if before is not None and before.identity() != archive.identity():
        archive_changed.send(archive.pk)
    _admit_no_longer(archive, moves=moves)
    audit.record(action="save_archive", actor=by, detail={"archive": archive.pk, "enabled": archive.enabled})
    selectors.forget()
    return archive


@transaction.atomic
def remove_archive(*, archive: ExternalArchive, by: str) -> None:
    """Remove an external archive that nothing refers to any more (`recall.archives` sees to that)."""
    audit.record(action="remove_archive", actor=by, detail={"archive": archive.pk, "name": archive.name})
    _admit_no_longer(archive, moves=False)
    archive.delete()
    selectors.forget()
