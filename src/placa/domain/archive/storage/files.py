"""What both adapters share: keys, sums, reads by offset, unfinished files."""

import contextlib
import datetime as dt
import fcntl
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from placa.common import clock
from placa.domain.archive.storage.base import Sum

PART = ".part"
_CHUNK = 1024 * 1024
_KEY = re.compile(r"\d{4}/\d{2}/\d{2}/[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{1,5}")


def is_key(key: str) -> bool:
    """Whether `key` is one that we make."""
    return _KEY.fullmatch(key) is not None


def must_be_key(key: str) -> str:
    """`key`, if it is one of ours. Raises ValueError."""
    if not is_key(key):
        raise ValueError("not a storage key")
    return key


def new_key(suffix: str) -> str:
    """The key of a new file of today (UTC). Raises ValueError for a suffix that is none."""
    name = uuid.uuid4().hex
    key = f"{clock.now().astimezone(dt.UTC):%Y/%m/%d}/{name[:2]}/{name}{suffix}"
    if not is_key(key):
        raise ValueError(f"not a suffix: {suffix!r}")
    return key


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, a MiB at a time."""
    while part := file.read(_CHUNK):
        yield part


def sum_of(parts: Iterable[bytes]) -> Sum:
    """Size and CRC-32 of bytes that come in parts."""
    size = crc = 0
    for part in parts:
        size, crc = size + len(part), isal_zlib.crc32(part, crc)
    return Sum(size, crc)


def pread(file: BinaryIO, offset: int, length: int) -> bytes:
    """`length` bytes of an open file from `offset`; fewer where it ends."""
    parts = []
    while length > 0 and (part := os.pread(file.fileno(), length, offset)):
        parts.append(part)
        offset += len(part)
        length -= len(part)
    return b"".join(parts)


def remove_dead(parts: Iterable[Path]) -> int:
    """Remove those of these unfinished files whose writer is dead: which nobody holds locked. Returns how many."""
    removed = 0
    for path in parts:
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            removed += 1
    return removed
