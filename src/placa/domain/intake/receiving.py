"""The first step: bytes to disk, checked and durable, before anybody says Success."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.archive.records import Received, Sender
from placa.domain.archive.storage import StorageError, Writer, storage
from placa.domain.intake.senders import note_of
from placa.standards.dicom import part10
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader, header_of
from placa.standards.dicom.source import FileSource

MISMATCH = "uid-mismatch"


@dataclass(frozen=True, slots=True)
class Announced:
    """What the sender says it sends: the command set's UIDs and the negotiated transfer syntax."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


def _anything(header: InstanceHeader) -> None:
    pass


def receive(
    data_set: Iterable[bytes],
    announced: Announced,
    sender: Sender,
    *,
    look: Callable[[InstanceHeader], None] = _anything,
) -> Received:
    """Keep one object as a Part 10 file: the data set's bytes as they came, under a preamble of zeros.

    When this returns the file, its name and its folder are on disk. Raises PermanentError for an object that must be
    refused, RetriableError where the storage fails; then nothing is kept. `look` sees the header before anything is
    durable, and may refuse by raising PermanentError.
    """
    try:
        prefix = part10.file_header(
            sop_class_uid=announced.sop_class_uid,
            sop_instance_uid=announced.sop_instance_uid,
            transfer_syntax_uid=announced.transfer_syntax_uid,
            source_application_entity_title=sender.ae_title,
            note=note_of(sender, announced.sop_instance_uid),
        )
        with storage().new() as writer:
            writer.write(prefix)
            for part in data_set:
                writer.write(part)
            header = _look(writer)
            _must_be(announced, header)
            look(header)
            return Received(writer.commit(), sender)
    except InvalidObject as error:
        raise PermanentError(error.reason, error.detail) from error
    except StorageError as error:
        raise RetriableError(str(error)) from error


def _look(writer: Writer) -> InstanceHeader:
    with FileSource(writer.path) as source:
        return header_of(source)


def _must_be(announced: Announced, header: InstanceHeader) -> None:
    """Command and data set must name the same instance: a row is made of the one, the answer of the other."""
    if header.sop_instance_uid != announced.sop_instance_uid:
        raise PermanentError(MISMATCH, "SOP Instance UID of command and data set differ")
    if header.sop_class_uid != announced.sop_class_uid:
        raise PermanentError(MISMATCH, "SOP Class UID of command and data set differ")
