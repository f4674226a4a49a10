"""The pixels of the viewer inside a ZIP: each image a script, since a page from a folder may load nothing else and read it.

Made once, one after another in one file a study, as the JPEGs are; dropped again sooner, for they are large.
"""

import json
import math
import secrets
import time
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from placa.common import clock
from placa.domain.archive import rendering
from placa.domain.archive.preparing import WHOLE_SLIDE
from placa.domain.archive.rendering import RenderFailed, RenderRefused, RenderUnavailable
from placa.domain.archive.storage import DamagedError, StorageError
from placa.domain.downloads import folder
from placa.domain.downloads.directory import Contents, Item
from placa.domain.downloads.errors import NotReadyError
from placa.domain.downloads.pictures import AGAIN_SECONDS, AT_ONCE, row_of
from placa.standards.dicom.exact import unpacked
from placa.standards.zipstream import Entry, FileSpan

MOST_BYTES = 1024**3  # of one study; what does not fit is shown as JPEG
UNUSED_SECONDS = 7 * 86_400
_ESCAPES = ((b"\\", b"\\\\"), (b"'", b"\\'"), (b"\n", b"\\n"), (b"\r", b"\\r"))
_LEFT_OUT = (RenderRefused, IndexError, FileNotFoundError, DamagedError)


class Script(NamedTuple):
    """The pixels of one frame (from 1) in the file of the study."""

    item: Item
    frame: int
    size: int
    crc32: int
    place: FileSpan

    @property
    def name(self) -> str:
        """Its path in the ZIP."""
        return f"VIEWER/{key_of(self.item, self.frame)}.JS"


def key_of(item: Item, frame: int) -> str:
    """What the viewer calls a frame; frames of one object lie in a folder."""
    _dicom, series, file = item.file_id
    return f"{series}/{file}" + (f"/F{frame:05}" if item.instance.number_of_frames > 1 else "")


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


def is_prepared(contents: Contents) -> bool:
    """Whether the scripts of this state of the study are there; what went wrong is tried again after a while."""
    try:
        kept = json.loads(_list(contents).read_bytes())
    except FileNotFoundError:
        return False
    return clock.now().timestamp() < (kept["again_at"] or math.inf)


def prepare(contents: Contents, *, seconds: float | None = None) -> None:
    """Make and keep what `contents` has. Raises NotReadyError when `seconds` are over or the pool is away."""
    if is_prepared(contents):
        return
    limit = None if seconds is None else time.monotonic() + seconds
    pack = folder.file_of(contents.study, f"pixels-{contents.key}-{secrets.token_hex(4)}")
    pack.parent.mkdir(parents=True, exist_ok=True)
    rows, failed = [], False
    try:
        with pack.open("xb") as file:
            for item, frame, made in _all_made(exactable(contents.items), limit):
                failed |= made is None
                if file.tell() + len(made or b"") > MOST_BYTES:
                    break
                if made:
                    rows.append((item.instance.pk, frame, file.tell(), len(made), zlib.crc32(made)))
                    file.write(made)
    except BaseException:
        pack.unlink(missing_ok=True)
        raise
    again_at = clock.now().timestamp() + AGAIN_SECONDS if failed else None
    folder.keep(
        _list(contents), [json.dumps({"pack": pack.name, "rows": rows, "again_at": again_at}).encode()]
    )
    folder.drop_replaced(contents.study, "pixels-", pack.name)
    folder.drop_replaced(contents.study, "pixels.", _list(contents).name)


def scripts_of(contents: Contents, items: Sequence[Item]) -> list[Script]:
    """The prepared scripts of `items`, in their order. Raises FileNotFoundError before `prepare`."""
    by_pk = {item.instance.pk: item for item in items}
    kept = json.loads(_list(contents).read_bytes())
    folder.used(_list(contents))
    pack = folder.file_of(contents.study, kept["pack"])
    return [
        Script(by_pk[pk], frame, size, crc32, FileSpan(pack, offset))
        for pk, frame, offset, size, crc32 in kept["rows"]
        if pk in by_pk
    ]


def script_entries(scripts: Sequence[Script]) -> Iterator[Entry]:
    """The scripts as entries of the ZIP."""
    for script in scripts:
        yield Entry(script.name, script.size, script.crc32, script.place)


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


Made = bytes | None  # empty: there can be none; None: it went wrong, and may go right another time


def _all_made(items: Sequence[Item], limit: float | None) -> Iterator[tuple[Item, int, Made]]:
    """The scripts of all frames in order; few ahead of the reader, so that memory stays flat."""
    pool = ThreadPoolExecutor(AT_ONCE)
    lane = "background" if limit is None else "front"
    waiting: deque[tuple[Item, int, Future[Made]]] = deque()
    try:
        for item in items:
            for frame in range(1, item.instance.number_of_frames + 1):
                if limit is not None and time.monotonic() > limit:
                    raise NotReadyError
                waiting.append((item, frame, pool.submit(_made, item, frame, lane)))
                if len(waiting) > AT_ONCE:
                    first, number, future = waiting.popleft()
                    yield first, number, future.result()
        for first, number, future in waiting:
            yield first, number, future.result()
    except (RenderUnavailable, StorageError) as error:
        raise NotReadyError from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _made(item: Item, frame: int, lane: str) -> Made:
    try:
        return script_of(key_of(item, frame), rendering.exact_frame(row_of(item.instance), frame, lane=lane))
    except RenderFailed:
        return None
    except _LEFT_OUT:
        return b""


def _list(contents: Contents) -> Path:
    return folder.file_of(contents.study, f"pixels.{contents.key}")
