"""What tells two contents of one SOP Instance UID apart: for staff, who decide which one is right.

Compared is what the index keeps of both, element by element of the top level; of the pixels only whether they are the same.
"""

import json
import zlib
from collections.abc import Sequence
from typing import Any, Literal

from placa.domain.archive.models import Instance, InstanceMetadata
from placa.domain.archive.records import Record
from placa.domain.archive.storage import DamagedError, StorageError, storage
from placa.standards.dicom import uids

SHOWN = 10
TEXT_MAX = 64  # characters of a value
PIXELS_MAX = 64 * 1024**2  # bytes that are compared at most
_PIXELS = frozenset({"7FE00008", "7FE00009", "7FE00010"})
# pixels are written alike in these
_PLAIN = frozenset({uids.IMPLICIT_VR_LITTLE_ENDIAN, uids.EXPLICIT_VR_LITTLE_ENDIAN})

Pixels = Literal["same", "differ", "unknown"]


def between(known: Instance, record: Record) -> dict[str, Any]:
    """`differs`: at most ten [tag, before, after], None where an element is not there and "" where its value is no text;
    `more`: how many others differ; `pixels`."""
    before = _described(
        InstanceMetadata.objects.filter(instance=known).values_list("deflated", flat=True).first()
    )
    after = _described(record.metadata)
    tags = sorted(tag for tag in before.keys() | after.keys() if _value(before, tag) != _value(after, tag))
    return {
        "differs": [[tag, _text(before.get(tag)), _text(after.get(tag))] for tag in tags[:SHOWN]],
        "more": max(0, len(tags) - SHOWN),
        "pixels": _pixels(known, record),
    }


def _described(deflated: bytes | memoryview | None) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(zlib.decompress(deflated)) if deflated else {}
    return {tag: element for tag, element in described.items() if tag not in _PIXELS}


def _value(described: dict[str, Any], tag: str) -> object:
    """An element without its VR and the address of its value, which another way of writing it may change."""
    element = described.get(tag)
    return (
        None
        if element is None
        else (element.get("Value"), element.get("InlineBinary"), "BulkDataURI" in element)
    )


def _text(element: dict[str, Any] | None) -> str | None:
    if element is None:
        return None
    values = element.get("Value", [])
    if element.get("vr") == "SQ":
        return ""
    words = (
        "=".join(one.values()) if isinstance(one, dict) else str(one) for one in values if one is not None
    )
    return "\\".join(words)[:TEXT_MAX]


def _pixels(known: Instance, record: Record) -> Pixels:
    syntaxes = {known.transfer_syntax_uid, record.header.transfer_syntax_uid}
    if len(syntaxes) > 1 and not syntaxes <= _PLAIN:
        return "unknown"
    ours, theirs = _spans(known.frame_offsets), _spans(record.frame_offsets)
    if [length for _, length in ours] != [length for _, length in theirs]:
        return "differ" if ours and theirs else "unknown"
    if not ours or sum(length for _, length in ours) > PIXELS_MAX:
        return "unknown"
    store = storage()
    try:
        for (here, length), (there, _) in zip(ours, theirs, strict=True):
            if store.read(known.storage_key, here, length) != store.read(record.key, there, length):
                return "differ"
    except (OSError, DamagedError, StorageError):
        return "unknown"
    return "same"


def _spans(frames: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    return [span for frame in frames for span in zip(frame[::2], frame[1::2], strict=True)]
