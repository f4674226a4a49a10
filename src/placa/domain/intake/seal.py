"""Proof that a stored file is whole: length and CRC-32 of its data set, in the note in its own header.

A file that was acknowledged but not renamed when the power went is known by it (`archive.storage.ahead`).
"""

import logging
from pathlib import Path

from isal import isal_zlib

from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.part10 import chunks, read_file_meta
from placa.standards.dicom.source import FileSource

log = logging.getLogger(__name__)


def sealed(note: str, length: int = 0, crc32: int = 0) -> str:
    """`note` behind a seal of fixed width, so that a header can be replaced once length and CRC are known."""
    return f"{length:012x}{crc32:08x}:{note}"


def note_in(own_note: str) -> str:
    """The note behind the seal; the whole of one that has none."""
    return own_note.rpartition(":")[2]


def is_whole(path: Path) -> bool:
    """Whether the file's seal is that of its bytes."""
    try:
        with FileSource(path) as source:
            meta = read_file_meta(source)
            seal, colon, _ = meta.own_note.partition(":")
            if not colon:
                return False
            crc = 0
            for part in chunks(source, meta.data_set_start):
                crc = isal_zlib.crc32(part, crc)
            return seal == f"{source.size - meta.data_set_start:012x}{crc:08x}"
    except InvalidObject:
        return False
