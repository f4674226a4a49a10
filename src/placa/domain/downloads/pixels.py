"""The pixels of the viewer inside a ZIP: each image a script, since a page from a folder may load nothing else and read it.

Kept as a pack, as the JPEGs are; dropped again sooner, for they are large.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from placa.common import clock
from placa.domain.archive import rendering
from placa.domain.archive.preparing import WHOLE_SLIDE
from placa.domain.archive.rendering import RenderFailed, RenderRefused
from placa.domain.archive.storage import DamagedError
from placa.domain.downloads import folder
from placa.domain.downloads.directory import Contents, Item
from placa.domain.downloads.errors import NotReadyError
from placa.domain.downloads.packs import Made, Pack, Part, in_order
from placa.domain.downloads.pictures import row_of
from placa.standards.dicom.exact import unpacked

MOST_BYTES = 1024**3  # of one study; what does not fit is shown as JPEG
UNUSED_SECONDS = 7 * 86_400
_ESCAPES = ((b"\\", b"\\\\"), (b"'", b"\\'"), (b"\n", b"\\n"), (b"\r", b"\\r"))
_LEFT_OUT = (RenderRefused, IndexError, FileNotFoundError, DamagedError)
PACK = Pack("pixels", MOST_BYTES)


def key_of(item: Item, frame: int) -> str:
    """What the viewer calls a frame; frames of one object lie in a folder."""
    _dicom, series, file = item.file_id
    return f"{series}/{file}" + (f"/F{frame:05}" if item.instance.number_of_frames > 1 else "")


def name_of(item: Item, frame: int) -> str:
    """Path of a script in the ZIP."""
    return f"VIEWER/{key_of(item, frame)}.JS"


def script_of(key: str, packed: bytes) -> bytes:
    """A packed frame as a classic script. Its bytes stand in a string: read as x-user-defined, as the viewer's tags say,
    each is one character, where base64 would take a third more."""
    header, payload = unpacked(packed)
    for plain, escaped in _ESCAPES:
        payload = payload.replace(plain, escaped)
    return b"placaFrame('%b',%b,'%b');\n" % (
        key.encode(),
        json.dumps(header, separators=(",", ":")).encode(),
        payload,
    )


def exactable(items: Sequence[Item]) -> list[Item]:
    """The objects whose stored values the viewer can show; the thousand tiles of a slide stay with their JPEGs."""
    return [
        item
        for item in items
        if item.instance.kind == "image" and not item.instance.sop_class_uid.startswith(WHOLE_SLIDE)
    ]


def prepare(contents: Contents, *, seconds: float | None = None) -> None:
    """Make and keep what `contents` has. Raises NotReadyError when `seconds` are over or the pool is away."""
    if not PACK.is_prepared(contents):
        limit = None if seconds is None else time.monotonic() + seconds
        PACK.write(contents, _all_made(exactable(contents.items), limit))


def scripts_of(contents: Contents, items: Sequence[Item]) -> list[Part]:
    """The prepared scripts of `items`, in their order. Raises FileNotFoundError before `prepare`."""
    return PACK.parts(contents, items, name_of)


def drop_unused() -> int:
    """Remove the scripts of studies that nobody took along for a week; returns of how many."""
    before, removed = clock.now().timestamp() - UNUSED_SECONDS, 0
    for kept in folder.root().glob("*/*/pixels.*"):
        with suppress(OSError, ValueError):
            if kept.stat().st_mtime < before:
                pack = kept.with_name(json.loads(kept.read_bytes())["pack"])
                kept.unlink()
                pack.unlink()
                removed += 1
    return removed


def _all_made(items: Sequence[Item], limit: float | None) -> Iterator[tuple[Item, int, Made]]:
    """The scripts of all frames, in order."""
    for (item, frame), made in in_order(_jobs(items, limit)):
        yield item, frame, made


def _jobs(
    items: Sequence[Item], limit: float | None
) -> Iterator[tuple[tuple[Item, int], Callable[[], Made]]]:
    lane = "background" if limit is None else "front"
    for item in items:
        for frame in range(1, item.instance.number_of_frames + 1):
            if limit is not None and time.monotonic() > limit:
                raise NotReadyError
            yield (item, frame), partial(_made, item, frame, lane)


def _made(item: Item, frame: int, lane: str) -> Made:
    try:
        return script_of(key_of(item, frame), rendering.exact_frame(row_of(item.instance), frame, lane=lane))
    except RenderFailed:
        return None
    except _LEFT_OUT:
        return b""
