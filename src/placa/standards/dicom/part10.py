"""DICOM files (PS3.10 chapter 7): read the File Meta Information, write files, clean imported ones.

Files are kept as received; only the preamble, in which executables and web pages hide, becomes zeros.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from struct import pack
from typing import Final, Protocol

from isal import isal_zlib

from placa.standards.dicom import errors, uids
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.source import ByteSource, FileSource, MemorySource
from placa.standards.dicom.walk import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Encoding,
    Walker,
    implicit_vr,
)

PREAMBLE: Final = bytes(128) + b"DICM"
INFLATE_LIMIT: Final = 96 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_META_LIMIT: Final = 64 * 1024
NOTE_MAX: Final = 128  # characters of the note in our own headers
_META_TAGS: Final = {
    0x00020002: "media_storage_sop_class_uid",
    0x00020003: "media_storage_sop_instance_uid",
    0x00020010: "transfer_syntax_uid",
    0x00020016: "source_application_entity_title",
    0x00020100: "private_information_creator_uid",
    0x00020102: "private_information",
}


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What stands before the data set. UIDs are empty where the file does not say.

    `meta_start` is where group 0002 begins, `data_set_start` where the data set does (equal when there is no
    group 0002); `encoding` is how the data set is laid out in truth, whatever the transfer syntax claims.
    """

    has_preamble: bool
    meta_start: int
    data_set_start: int
    encoding: Encoding
    media_storage_sop_class_uid: str = ""
    media_storage_sop_instance_uid: str = ""
    transfer_syntax_uid: str = ""
    source_application_entity_title: str = ""
    private_information_creator_uid: str = ""
    private_information: str = ""

    @property
    def own_note(self) -> str:
        """What `file_header` was given as `note`; nothing where another implementation wrote the header."""
        ours = self.private_information_creator_uid == uids.IMPLEMENTATION_CLASS_UID
        return self.private_information if ours else ""

    @property
    def is_deflated(self) -> bool:
        """True where the data set is one deflate stream (PS3.5 A.5)."""
        return self.transfer_syntax_uid == uids.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN


def read_file_meta(source: ByteSource) -> FileMeta:
    """Read the File Meta Information; a file without preamble or without group 0002 is met by looking at its
    bytes.

    Raises InvalidObject(not-dicom) for anything that is no data set.
    """
    head = source.read(0, 140)
    has_preamble = head[128:132] == b"DICM"
    start = 132 if has_preamble else 0
    values, position = _group_2(source, start)
    syntax = values.get("transfer_syntax_uid", "")
    if syntax == uids.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        encoding = EXPLICIT_LITTLE
    else:
        encoding = _sniff(source.read(position, 8), source.size - position)
    return FileMeta(has_preamble, start, position, encoding, **values)


def meta_of(header: bytes, data_set: bytes | memoryview, transfer_syntax_uid: str) -> FileMeta:
    """What `read_file_meta` says of our own `header` before `data_set`. Raises InvalidObject."""
    encoding = EXPLICIT_LITTLE
    if transfer_syntax_uid != uids.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        encoding = _sniff(bytes(data_set[:8]), len(data_set))
    return FileMeta(True, len(PREAMBLE), len(header), encoding, transfer_syntax_uid=transfer_syntax_uid)


def _group_2(source: ByteSource, position: int) -> tuple[dict[str, str], int]:
    values: dict[str, str] = {}
    walker, start = Walker(source), position
    while source.read(position, 2) == b"\x02\x00":
        element = walker.element_at(position, source.size, EXPLICIT_LITTLE)
        if element.end - start > _META_LIMIT:
            raise InvalidObject(errors.BAD_STRUCTURE, "File Meta Information is too long")
        name = _META_TAGS.get(element.tag)
        if name:
            raw = source.read(element.start, min(element.length, NOTE_MAX))
            values[name] = raw.decode("ascii", "replace").strip(" \0")
        position = element.end
    return values, position


def _sniff(first: bytes, available: int) -> Encoding:
    """The layout of a data set by its first element, which real files do not always announce rightly."""
    if available < 8:
        raise InvalidObject(errors.NOT_DICOM if available == 0 else errors.TRUNCATED, "no data set")
    little, big = int.from_bytes(first[:2], "little"), int.from_bytes(first[:2], "big")
    vr_like = first[4:6].isalpha() and first[4:6].isupper()
    if vr_like and 0 < little < 0x100:
        return EXPLICIT_LITTLE
    if vr_like and 0 < big < 0x100:
        return EXPLICIT_BIG
    tag = little << 16 | int.from_bytes(first[2:4], "little")
    known = implicit_vr(tag) != "UN"
    if known and 0 < little < 0x7FE1 and int.from_bytes(first[4:8], "little") <= available:
        return IMPLICIT_LITTLE
    raise InvalidObject(errors.NOT_DICOM, "neither a DICOM prefix nor a data set")


def assumed_transfer_syntax(meta: FileMeta) -> str:
    """The transfer syntax that the file claims, or the uncompressed one its bytes show."""
    if meta.transfer_syntax_uid:
        return meta.transfer_syntax_uid
    if not meta.encoding.explicit:
        return uids.IMPLICIT_VR_LITTLE_ENDIAN
    return uids.EXPLICIT_VR_LITTLE_ENDIAN if meta.encoding.little else uids.EXPLICIT_VR_BIG_ENDIAN


def inflate(source: ByteSource, start: int, limit: int = INFLATE_LIMIT) -> bytes:
    """Inflate the raw deflate stream from `start`, at most to `limit` bytes.

    Raises InvalidObject(too-large) past the limit and (bad-deflate) for a broken or cut stream.
    """
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    parts, total, position = [], 0, start
    try:
        while not engine.eof:
            chunk = engine.unconsumed_tail or source.read(position, _CHUNK)
            if not engine.unconsumed_tail:
                position += len(chunk)
            if not chunk:
                raise InvalidObject(errors.BAD_DEFLATE, "the stream is cut")
            part = engine.decompress(chunk, _CHUNK)
            total += len(part)
            if total > limit:
                raise InvalidObject(errors.TOO_LARGE, f"inflates to more than {limit} bytes")
            parts.append(part)
    except zlib.error as problem:
        raise InvalidObject(errors.BAD_DEFLATE, str(problem)) from None
    return b"".join(parts)


def data_set_source(source: ByteSource, meta: FileMeta) -> tuple[ByteSource, int]:
    """Where the plain data set is: (source, position). A deflated one is inflated into memory, with the
    cap."""
    if not meta.is_deflated:
        return source, meta.data_set_start
    return MemorySource(inflate(source, meta.data_set_start)), 0


# --- Writing
# --------------------------------------------------------------------------------------------------------


class Sink(Protocol):
    """Where bytes go: a file, or a writer of the archive."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""


def _meta_element(number: int, vr: bytes, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB") else b" "
    if vr == b"OB":
        return pack("<HH2sHI", 2, number, vr, 0, len(value)) + value
    return pack("<HH2sH", 2, number, vr, len(value)) + value


def file_header(
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    source_application_entity_title: str = "",
    note: str = "",
) -> bytes:
    """Preamble of zeros, prefix and File Meta Information (PS3.10 7.1) for a data set that follows.

    `note` is up to 128 ASCII characters, kept as Private Information (0002,0102) under our own creator UID.
    Raises InvalidObject(invalid-uid) for a UID that is none.
    """
    for uid in (sop_class_uid, sop_instance_uid, transfer_syntax_uid):
        if not uids.is_acceptable_uid(uid):
            raise InvalidObject(errors.INVALID_UID)
    aet = source_application_entity_title.strip().encode("ascii", "replace")[:16]
    body = (
        _meta_element(0x01, b"OB", b"\0\1")
        + _meta_element(0x02, b"UI", sop_class_uid.encode())
        + _meta_element(0x03, b"UI", sop_instance_uid.encode())
        + _meta_element(0x10, b"UI", transfer_syntax_uid.encode())
        + _meta_element(0x12, b"UI", uids.IMPLEMENTATION_CLASS_UID.encode())
        + _meta_element(0x13, b"SH", uids.IMPLEMENTATION_VERSION_NAME.encode())
        + (_meta_element(0x16, b"AE", aet) if aet else b"")
    )
    if note:
        body += _meta_element(0x100, b"UI", uids.IMPLEMENTATION_CLASS_UID.encode())
        body += _meta_element(0x102, b"OB", note.encode("ascii")[:NOTE_MAX])
    return PREAMBLE + _meta_element(0x00, b"UL", pack("<I", len(body))) + body


def write_part10(
    out: Sink,
    data_set: Iterable[bytes],
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    source_application_entity_title: str = "",
) -> int:
    """Write a DICOM file: header, then the data set's bytes as they came on the wire. Returns the bytes
    written."""
    header = file_header(
        sop_class_uid=sop_class_uid,
        sop_instance_uid=sop_instance_uid,
        transfer_syntax_uid=transfer_syntax_uid,
        source_application_entity_title=source_application_entity_title,
    )
    out.write(header)
    total = len(header)
    for part in data_set:
        out.write(part)
        total += len(part)
    return total


def copy_clean(path: str | os.PathLike[str], out: Sink) -> int:
    """Copy an imported file with its preamble zeroed and the rest as it is; returns the bytes written.

    A missing preamble is added; missing File Meta Information (or one without class, instance or transfer
    syntax) is built from the data set. Raises InvalidObject where the file is no DICOM object.
    """
    with FileSource(path) as source:
        meta = read_file_meta(source)
        complete = (
            meta.transfer_syntax_uid
            and meta.media_storage_sop_class_uid
            and meta.media_storage_sop_instance_uid
        )
        if complete:
            header, start = PREAMBLE, meta.meta_start
        else:
            header, start = _built_header(source, meta), meta.data_set_start
        out.write(header)
        total = len(header)
        for chunk in chunks(source, start):
            out.write(chunk)
            total += len(chunk)
        return total


def _built_header(source: ByteSource, meta: FileMeta) -> bytes:
    sop_class, sop_instance = _stated_uids(source, meta)
    return file_header(
        sop_class_uid=sop_class,
        sop_instance_uid=sop_instance,
        transfer_syntax_uid=assumed_transfer_syntax(meta),
        source_application_entity_title=meta.source_application_entity_title,
    )


def _stated_uids(source: ByteSource, meta: FileMeta) -> tuple[str, str]:
    """SOP Class and Instance UID as the data set says, else as group 0002 does."""
    data, position = data_set_source(source, meta)
    found: dict[int, str] = {}
    for element in Walker(data).elements(position, data.size, meta.encoding):
        if element.tag in (0x00080016, 0x00080018):
            found[element.tag] = (
                data.read(element.start, element.length).decode("ascii", "replace").strip(" \0")
            )
        if element.tag >= 0x00080018:
            break
    sop_class = found.get(0x00080016) or meta.media_storage_sop_class_uid
    sop_instance = found.get(0x00080018) or meta.media_storage_sop_instance_uid
    if not sop_class or not sop_instance:
        raise InvalidObject(errors.MISSING_UID, "SOP Class UID or SOP Instance UID")
    return sop_class, sop_instance


def stated_meta(beginning: bytes) -> FileMeta:
    """The File Meta Information of an object of which only the beginning is here, UIDs as the data set has them.

    Real files carry another instance's UID in group 0002: what is stored is the data set.

    Raises InvalidObject as `read_file_meta`, and (missing-uid).
    """
    source = MemorySource(beginning)
    meta = read_file_meta(source)
    complete = bool(meta.media_storage_sop_class_uid and meta.media_storage_sop_instance_uid)
    if complete and meta.is_deflated:
        return meta  # the beginning of a stream cannot be inflated by itself
    sop_class, sop_instance = _stated_uids(source, meta)
    return replace(
        meta,
        media_storage_sop_class_uid=sop_class,
        media_storage_sop_instance_uid=sop_instance,
        transfer_syntax_uid=assumed_transfer_syntax(meta),
    )


# --- Digest
# ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileDigest:
    """Of one stored object: SHA-256 (hex) of the data set without preamble and group 0002, CRC-32 and size of
    all."""

    data_set_sha256: str
    crc32: int
    size: int


def chunks(source: ByteSource, start: int = 0) -> Iterator[bytes]:
    """The bytes from `start` to the end, a MiB at a time."""
    while start < source.size:
        part = source.read(start, _CHUNK)
        if not part:
            raise InvalidObject(errors.TRUNCATED, "the file became shorter while it was read")
        yield part
        start += len(part)


def digest_source(source: ByteSource, data_set_start: int) -> FileDigest:
    """Digest of an open object whose data set begins at `data_set_start`; one pass, memory bounded."""
    head = source.read(0, data_set_start)
    crc, sha = isal_zlib.crc32(head), hashlib.sha256()
    for part in chunks(source, data_set_start):
        crc = isal_zlib.crc32(part, crc)
        sha.update(part)
    return FileDigest(sha.hexdigest(), crc & 0xFFFFFFFF, source.size)


def digest_file(path: str | os.PathLike[str], offset: int = 0, length: int | None = None) -> FileDigest:
    """Digest of the object in a file, or in `length` bytes of it from `offset`."""
    with FileSource(path, offset, length) as source:
        return digest_source(source, read_file_meta(source).data_set_start)
