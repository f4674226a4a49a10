"""Who sent a file: known from the association, and after a crash from a note in the file's own header.

The note names the peer's entry, or the site of whoever stored it by STOW-RS, and is signed for this one object, so that
a file that another installation wrote, or that somebody made, brings no default issuer and no site along.
"""

import hmac

from placa.common.tokens import derived_token
from placa.domain.archive.records import Sender
from placa.domain.archive.storage import DamagedError, storage
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import DicomPeer, Site
from placa.domain.intake.seal import note_in
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.part10 import FileMeta, read_file_meta
from placa.standards.dicom.source import FileSource

_SITE = "site"  # before the number of one, in a note


def sender_at(ae_title: str, address: str) -> Sender:
    """The sender with this AE title at this address, with what its peer entry says."""
    peer = institution.storing_peer(ae_title, address)
    if peer is None:
        return Sender(ae_title=ae_title, address=address)
    return _of_peer(peer)


def storing_senders() -> list[Sender]:
    """All enabled peers that may store."""
    return [_of_peer(peer) for peer in DicomPeer.objects.filter(enabled=True, may_store=True)]


def note_of(sender: Sender, sop_instance_uid: str) -> str:
    """What is written into a stored file's header, so that `sender_of` knows `sender` again."""
    if sender.peer_id is not None:
        who = str(sender.peer_id)
    elif sender.site_id is not None:
        who = f"{_SITE}{sender.site_id}"
    else:
        return ""
    return f"{who}.{derived_token('sender', sop_instance_uid, who)}"


def sender_of(key: str) -> Sender:
    """Who sent the stored file at `key`, as its header says."""
    try:
        with FileSource(storage().path(key)) as source:
            meta = read_file_meta(source)
    except (InvalidObject, FileNotFoundError, DamagedError):
        return Sender()
    return _noted(meta) or Sender(ae_title=meta.source_application_entity_title)


def _noted(meta: FileMeta) -> Sender | None:
    who, _, signature = note_in(meta.own_note).partition(".")
    number = who.removeprefix(_SITE)
    if not number.isdecimal():
        return None
    expected = derived_token("sender", meta.media_storage_sop_instance_uid, who)
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        return None
    if who != number:
        site = Site.objects.filter(pk=int(number)).first()
        return Sender(site_id=site.pk) if site else None
    peer = DicomPeer.objects.filter(pk=int(number)).first()
    return _of_peer(peer) if peer else None


def _of_peer(peer: DicomPeer) -> Sender:
    return Sender(peer.ae_title, str(peer.address), peer.default_issuer, peer.site_id, peer.pk)
