"""Writes of the institution."""

from typing import Any

from django.db import transaction
from django.db.models import JSONField, Value

from placa.common import colours
from placa.common.tokens import seal
from placa.domain.audit import services as audit
from placa.domain.institution import definitions, selectors
from placa.domain.institution.accent import Scheme, roles
from placa.domain.institution.hooks import archive_changed
from placa.domain.institution.models import DicomPeer, ExternalArchive, Institution, Setting, Text


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
