"""What the index wants to know of one stored file, read without touching the database."""

import datetime as dt
from dataclasses import dataclass

from placa.domain.archive import metadata
from placa.domain.archive.storage import storage
from placa.standards.dicom.header import InstanceHeader, header_of_scan, scan
from placa.standards.dicom.part10 import FileDigest, digest_source
from placa.standards.dicom.source import FileSource


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent an object, as far as the index cares."""

    ae_title: str = ""
    address: str = ""
    default_issuer: str = ""  # IssuerOfPatientID where the object names none
    site_id: int | None = None
    peer_id: int | None = None
    is_archive: bool = False  # what it sends was asked for: a recall

    @property
    def name(self) -> str:
        """For the inbox and the audit log."""
        return f"peer:{self.ae_title}" if self.ae_title else "import"


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was stored and acknowledged, and now wants its rows."""

    key: str
    sender: Sender
    record: "Record | None" = None  # where whoever received it has read it already


@dataclass(frozen=True, slots=True)
class Record:
    """One stored file, read."""

    key: str
    header: InstanceHeader
    digest: FileDigest
    metadata: bytes  # DICOM JSON, deflated
    frame_offsets: list[list[int]]
    received_at: dt.datetime
    sender: Sender


def read_record(received: Received) -> Record:
    """Read header, digest and metadata of a stored file. Raises InvalidObject, FileNotFoundError."""
    store, key = storage(), received.key
    with FileSource(store.path(key)) as source:
        scanned = scan(source)
        header = header_of_scan(scanned)
        digest = digest_source(source, header.data_set_start)
        described = metadata.describe_scan(scanned, header)
    return Record(
        key=key,
        header=header,
        digest=digest,
        metadata=described,
        frame_offsets=frame_offsets(header),
        received_at=store.stored_at(key),
        sender=received.sender,
    )


def frame_offsets(header: InstanceHeader) -> list[list[int]]:
    """[offset, length, …] a frame; empty where a frame is no plain range of bytes."""
    table = header.frames
    if table.inflated or not table.byte_aligned:
        return []
    return [[number for span in frame for number in span] for frame in table]
