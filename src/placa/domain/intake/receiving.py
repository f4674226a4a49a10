"""The first step: bytes to disk, checked and durable, before anybody says Success."""

import hashlib
import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from isal import isal_zlib

from placa.common import clock
from placa.domain.archive import metadata
from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.archive.records import Received, Record, Sender, frame_offsets
from placa.domain.archive.storage import StorageError, Writer, storage
from placa.domain.intake.seal import sealed
from placa.domain.intake.senders import note_of
from placa.standards.dicom import part10
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader, Scan, header_of_scan, scan
from placa.standards.dicom.part10 import FileDigest
from placa.standards.dicom.source import FileSource, JoinedSource

log = logging.getLogger(__name__)

MISMATCH = "uid-mismatch"
_Whole = tuple[bytes | memoryview, Scan]  # a data set that came in one piece, and the walk over it


@dataclass(frozen=True, slots=True)
class Announced:
    """What the sender says it sends: the command set's UIDs and the negotiated transfer syntax."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


def _anything(header: InstanceHeader) -> None:
    pass


def receive(
    data_set: Iterable[bytes | memoryview],
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
    with Incoming(storage().new, announced, sender, look) as incoming:
        for part in data_set:
            incoming.write(part)
        return incoming.finish().received


class Incoming:
    """One object on its way to disk: `write` what comes, `finish` with the last of it. Leaving without that drops it.

    Both raise PermanentError for an object that must be refused, RetriableError where the storage fails; then nothing
    is kept. What comes in one piece goes to disk in one write.
    """

    def __init__(
        self,
        new: Callable[[], Writer],
        announced: Announced,
        sender: Sender,
        look: Callable[[InstanceHeader], None] = _anything,
    ) -> None:
        self.announced, self.sender = announced, sender
        self._new, self._look = new, look
        self._note = note_of(sender, announced.sop_instance_uid)
        self._head = self._header(0, 0)
        self._sha = hashlib.sha256()
        self._crc = self._length = 0
        self._writer: Writer | None = None
        self._open = ExitStack()

    def __enter__(self) -> "Incoming":
        return self

    def __exit__(self, *raised: object) -> None:
        self._open.close()

    def write(self, part: bytes | memoryview) -> None:
        """Take the next bytes of the data set."""
        try:
            if self._writer is None:
                self._writer = self._open.enter_context(self._new())
                self._writer.write(self._head)
            self._writer.write(part)
        except StorageError as error:
            raise RetriableError(str(error)) from error
        self._sha.update(part)
        self._count(part)

    def finish(self, last: bytes | memoryview = b"") -> "Kept":
        """Check the object and make it durable. `last` must stay as it is until `Kept.record` was asked for."""
        if self._writer is None:
            return self.examine(last).keep()
        if last:
            self.write(last)
        try:
            return self._in_pieces(self._writer)
        except InvalidObject as error:
            raise PermanentError(error.reason, error.detail) from error
        except StorageError as error:
            raise RetriableError(str(error)) from error

    def examine(self, data_set: bytes | memoryview) -> "Examined":
        """Check an object that came in one piece; `Examined.keep` makes it durable, in any thread.

        `data_set` must stay as it is until `Kept.record` was asked for. Raises PermanentError.
        """
        self._count(data_set)
        head = self._header(self._length, self._crc)
        try:
            meta = part10.meta_of(head, data_set, self.announced.transfer_syntax_uid)
            scanned = scan(JoinedSource(head, data_set), meta)
            header = self._checked(scanned)
        except InvalidObject as error:
            raise PermanentError(error.reason, error.detail) from error
        return Examined(self._new, self.sender, head, data_set, scanned, header, self._crc)

    def _in_pieces(self, writer: Writer) -> "Kept":
        with FileSource(writer.path) as source:
            header = self._checked(scan(source))
        head = self._header(self._length, self._crc)
        try:
            with writer.path.open("r+b") as file:
                file.write(head)
        except OSError as error:
            raise StorageError(f"cannot write: {error.strerror}") from error
        crc, size = _joined(head, self._crc, self._length)
        return Kept(Received(writer.commit(), self.sender), header, None, self._sha, crc, size)

    def _header(self, length: int, crc: int) -> bytes:
        announced = self.announced
        try:
            return part10.file_header(
                sop_class_uid=announced.sop_class_uid,
                sop_instance_uid=announced.sop_instance_uid,
                transfer_syntax_uid=announced.transfer_syntax_uid,
                source_application_entity_title=self.sender.ae_title,
                note=sealed(self._note, length, crc),
            )
        except InvalidObject as error:
            raise PermanentError(error.reason, error.detail) from error

    def _count(self, part: bytes | memoryview) -> None:
        self._crc = isal_zlib.crc32(part, self._crc)
        self._length += len(part)

    def _checked(self, scanned: Scan) -> InstanceHeader:
        """Command and data set must name the same instance: a row is made of the one, the answer of the other."""
        header = header_of_scan(scanned)
        if header.sop_instance_uid != self.announced.sop_instance_uid:
            raise PermanentError(MISMATCH, "SOP Instance UID of command and data set differ")
        if header.sop_class_uid != self.announced.sop_class_uid:
            raise PermanentError(MISMATCH, "SOP Class UID of command and data set differ")
        self._look(header)
        return header


def _joined(head: bytes, crc: int, length: int) -> tuple[int, int]:
    """CRC-32 and size of a file, of its header and of what is known of its data set."""
    return isal_zlib.crc32_combine(isal_zlib.crc32(head), crc, length), len(head) + length


@dataclass(frozen=True, slots=True)
class Examined:
    """An object in memory that may be kept. What is left to do waits for the disk, not for Python."""

    new: Callable[[], Writer]
    sender: Sender
    head: bytes
    data_set: bytes | memoryview
    scanned: Scan
    header: InstanceHeader
    crc32: int  # of the data set

    def keep(self) -> "Kept":
        """Make it durable. Raises RetriableError; then nothing is kept."""
        try:
            with self.new() as writer:
                writer.write(self.head)
                writer.write(self.data_set)
                received = Received(writer.commit(), self.sender)
        except StorageError as error:
            raise RetriableError(str(error)) from error
        crc, size = _joined(self.head, self.crc32, len(self.data_set))
        whole = (self.data_set, self.scanned)
        return Kept(received, self.header, whole, hashlib.sha256(), crc, size)


class Kept:
    """An object that is on disk. What the index wants to know of it is found out only when nobody waits any more."""

    def __init__(
        self, received: Received, header: InstanceHeader, whole: _Whole | None, sha: "hashlib._Hash", crc32: int,
        size: int,
    ) -> None:  # fmt: skip
        self.received, self.header = received, header
        self._whole = whole
        self._sha, self._crc32, self._size = sha, crc32, size

    def described(self) -> Received:
        """What the indexer is told; without a record where none can be made, which it then finds out itself."""
        try:
            return replace(self.received, record=self.record())
        except Exception as error:  # it is on disk, and may be acknowledged: staff are told
            log.error("%s: no record: %s", self.received.key, type(error).__name__)
            return self.received

    def record(self) -> Record:
        """The record for the index, from the bytes while they are at hand. Raises InvalidObject, OSError."""
        if self._whole is not None:
            data_set, scanned = self._whole
            self._sha.update(data_set)
            return self._record(metadata.describe_scan(scanned, self.header))
        with FileSource(storage().path(self.received.key)) as source:
            return self._record(metadata.describe(source, self.header))

    def _record(self, described: bytes) -> Record:
        return Record(
            key=self.received.key,
            header=self.header,
            digest=FileDigest(self._sha.hexdigest(), self._crc32, self._size),
            metadata=described,
            frame_offsets=frame_offsets(self.header),
            received_at=clock.now(),
            sender=self.received.sender,
        )
