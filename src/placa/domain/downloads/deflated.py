"""The DICOM files of a ZIP that is to be small: deflated once, one after another in one file a study.

Kept, because only so the length of the ZIP is known before its first byte and an interrupted download goes on.
"""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from isal import isal_zlib

from placa.domain.archive.storage import DamagedError, StorageError, storage
from placa.domain.archive.storage.files import chunks
from placa.domain.downloads import folder
from placa.domain.downloads.directory import Contents, Item, look_again
from placa.domain.downloads.errors import MissingFileError, NotReadyError
from placa.standards.zipstream import Entry, FileSpan

LEVEL: Final = 1  # of isal: 5 % larger than zlib's 6, fifteen times faster
RAW: Final = -15  # window bits without a header (RFC 1951)


def is_prepared(contents: Contents) -> bool:
    """Whether this state of the study is deflated."""
    return _list(contents).exists()


def prepare(contents: Contents, *, seconds: float | None = None) -> None:
    """Deflate what `contents` has. Raises NotReadyError when `seconds` are over, MissingFileError, StorageError."""
    if is_prepared(contents):
        return
    limit = None if seconds is None else time.monotonic() + seconds
    pack = folder.file_of(contents.study, f"deflated-{contents.key}-{secrets.token_hex(4)}")
    try:
        pack.parent.mkdir(parents=True, exist_ok=True)
        with pack.open("xb") as file:
            rows = []
            for item in contents.items:
                if limit is not None and time.monotonic() > limit:
                    raise NotReadyError
                rows.append((item.instance.pk, file.tell(), _deflated(item, file)))
        folder.keep(_list(contents), [json.dumps({"pack": pack.name, "files": rows}).encode()])
    except OSError as error:
        pack.unlink(missing_ok=True)
        raise StorageError(f"cannot keep a deflated study: {error.strerror}") from error
    except BaseException:
        pack.unlink(missing_ok=True)
        raise
    folder.drop_replaced(contents.study, "deflated-", pack.name)
    folder.drop_replaced(contents.study, "deflated.", _list(contents).name)


def file_entries(contents: Contents, items: Sequence[Item]) -> Iterator[Entry]:
    """The deflated files of `items`, which are all or a part of `contents`."""
    kept = json.loads(_list(contents).read_bytes())
    folder.used(_list(contents))
    pack = folder.file_of(contents.study, kept["pack"])
    places = {pk: (offset, length) for pk, offset, length in kept["files"]}
    for item in items:
        offset, length = places[item.instance.pk]
        yield Entry(item.name, item.instance.bytes, item.instance.crc32, FileSpan(pack, offset), length)


def _deflated(item: Item, out: BinaryIO) -> int:
    """Deflate one stored file into `out`; returns its deflated bytes. Raises MissingFileError."""
    size = crc = length = 0
    squeeze = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
    try:
        with storage().open(item.instance.storage_key) as file:
            for part in chunks(file):
                size, crc = size + len(part), isal_zlib.crc32(part, crc)
                length += out.write(squeeze.compress(part))
    except (FileNotFoundError, DamagedError):
        look_again(item.instance)
        raise
    if (size, crc) != (item.instance.bytes, item.instance.crc32):
        look_again(item.instance)
        raise MissingFileError(item.instance.storage_key)  # read wrong once, right the second time
    return length + out.write(squeeze.flush())


def _list(contents: Contents) -> Path:
    return folder.file_of(contents.study, f"deflated.{contents.key}")
