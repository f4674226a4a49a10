"""Whether two files hold the same object, though another archive wrote its lengths and paddings in another way."""

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

from placa.standards.dicom.metadata import locate_bulk_data, metadata_json, read_bulk_data

ROOT = "x:"
# whoever stores or sends writes these anew: where to retrieve it, and padding behind everything (PS3.10 7.2)
_OWN = frozenset({"00080056", "00080054", "00081190", "FFFCFFFC"})


def content_digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of what an object says: its elements as DICOM JSON, then the bytes of each bulk value, pixels too.

    The same for explicit and undefined lengths, group lengths, and paddings; not for another compression.
    Memory: the JSON and a MiB. Raises InvalidObject.
    """
    described = metadata_json(path, ROOT)
    said = {tag: value for tag, value in described.items() if not tag.endswith("0000") and tag not in _OWN}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    for pointer in sorted(_pointers(said)):
        digest.update(pointer.encode())
        found = locate_bulk_data(path, pointer)
        if found is None:
            continue
        last = b""
        for chunk in read_bulk_data(path, found):
            digest.update(last)
            last = chunk
        digest.update(last.rstrip(b"\0") if found.length % 2 == 0 else last)
    return digest.hexdigest()


def _pointers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        uri = value.get("BulkDataURI")
        if isinstance(uri, str):
            yield uri.removeprefix(ROOT).lstrip("/")
        for one in value.values():
            yield from _pointers(one)
    elif isinstance(value, list):
        for one in value:
            yield from _pointers(one)
