"""The JPEGs of a ZIP: drawn once, one after another in one file a study, with their sizes and CRCs beside it.

A picture that cannot be drawn is left out and named in the pages; it never fails the rest.
"""

import io
import json
import math
import secrets
import time
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from placa.common import clock
from placa.domain.archive import rendering
from placa.domain.archive.models import Instance
from placa.domain.archive.rendering import RenderFailed, RenderRefused, RenderUnavailable
from placa.domain.archive.storage import DamagedError, StorageError
from placa.domain.downloads import folder
from placa.domain.downloads.directory import Contents, Item, Kept
from placa.domain.downloads.errors import NotReadyError
from placa.standards.zipstream import Entry, FileSpan

FRAMES_MAX = 60  # of one object; more of them are taken evenly over the whole loop
AT_ONCE = 2  # the render pool's workers
ECG_SIDE = 1024
AGAIN_SECONDS = 3600.0  # after which a picture that failed, and was not refused, is tried again
DRAWN = frozenset({"image", "video", "ecg"})


class Picture(NamedTuple):
    """A JPEG in the file of the study. `frame` counts from 1."""

    item: Item
    frame: int
    size: int
    crc32: int
    place: FileSpan

    @property
    def name(self) -> str:
        """Its path in the ZIP; frames of one object lie in a folder."""
        _dicom, series, file = self.item.file_id
        several = self.item.instance.number_of_frames > 1
        return f"IHE_PDI/{series}/{file}" + (f"/F{self.frame:05}.JPG" if several else ".JPG")


def drawable(items: Sequence[Item]) -> list[Item]:
    """The objects that have a picture."""
    return [item for item in items if item.instance.kind in DRAWN]


def is_prepared(contents: Contents) -> bool:
    """Whether the pictures of this state of the study are there; what went wrong is tried again after a while."""
    try:
        kept = json.loads(_list(contents).read_bytes())
    except FileNotFoundError:
        return False
    return clock.now().timestamp() < (kept.get("again_at") or math.inf)


def prepare(contents: Contents, *, seconds: float | None = None) -> None:
    """Draw what is not drawn yet and keep it. Raises NotReadyError when `seconds` are over or the pool is away.

    What was drawn until then is kept by the archive's own cache, so that the next try goes on there.
    """
    if is_prepared(contents):
        return
    limit = None if seconds is None else time.monotonic() + seconds
    # a name of its own: two that prepare at once must not mix their lists with the other's file
    pack = folder.file_of(contents.study, f"pictures-{contents.key}-{secrets.token_hex(4)}")
    pack.parent.mkdir(parents=True, exist_ok=True)
    rows, offset, failed = [], 0, False
    try:
        with pack.open("xb") as file:
            for item, drawn in _all_drawn(drawable(contents.items), limit):
                failed |= drawn.failed
                for frame, picture in drawn.pictures:
                    rows.append((item.instance.pk, frame, offset, len(picture), zlib.crc32(picture)))
                    file.write(picture)
                    offset += len(picture)
    except BaseException:
        pack.unlink(missing_ok=True)
        raise
    again_at = clock.now().timestamp() + AGAIN_SECONDS if failed else None
    kept = {"pack": pack.name, "pictures": rows, "again_at": again_at}
    folder.keep(_list(contents), [json.dumps(kept).encode()])
    folder.drop_replaced(contents.study, "pictures-", pack.name)
    folder.drop_replaced(contents.study, "places-", _list(contents).name)


def pictures_of(contents: Contents, items: Sequence[Item]) -> list[Picture]:
    """The prepared pictures of `items`, in their order. Raises FileNotFoundError before `prepare`."""
    by_pk = {item.instance.pk: item for item in items}
    kept = json.loads(_list(contents).read_bytes())
    folder.used(_list(contents))
    pack = folder.file_of(contents.study, kept["pack"])
    return [
        Picture(by_pk[pk], frame, size, crc32, FileSpan(pack, offset))
        for pk, frame, offset, size, crc32 in kept["pictures"]
        if pk in by_pk
    ]


def picture_entries(pictures: Sequence[Picture]) -> Iterator[Entry]:
    """The pictures as entries of the ZIP."""
    for picture in pictures:
        yield Entry(picture.name, picture.size, picture.crc32, picture.place)


def frames_taken(count: int) -> list[int]:
    """Which frames (from 1) of an object with `count` of them become pictures."""
    if count <= FRAMES_MAX:
        return list(range(1, count + 1))
    return [1 + number * (count - 1) // (FRAMES_MAX - 1) for number in range(FRAMES_MAX)]


@dataclass(slots=True)
class Drawn:
    """The pictures of one object by frame, and whether something went wrong that may go right another time."""

    pictures: list[tuple[int, bytes]]
    failed: bool = False


def _all_drawn(items: Sequence[Item], limit: float | None) -> Iterator[tuple[Item, Drawn]]:
    """Each item with its pictures, in order; few ahead of the reader, so that memory stays flat."""
    pool = ThreadPoolExecutor(AT_ONCE)
    waiting: deque[tuple[Item, Future[Drawn]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(_drawn, item.instance, limit)))
            if len(waiting) > AT_ONCE:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
    except (RenderUnavailable, StorageError) as error:
        raise NotReadyError from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def row_of(kept: Kept) -> Instance:
    """Enough of a row for the renderer, which asks the database for nothing."""
    return Instance(
        pk=kept.pk,
        kind=kept.kind,
        storage_key=kept.storage_key,
        number_of_frames=kept.number_of_frames,
        bytes=kept.bytes,
        crc32=kept.crc32,
        damage=kept.damage,
    )


def _drawn(kept: Kept, limit: float | None) -> Drawn:
    instance = row_of(kept)
    drawn = Drawn([])
    try:
        for frame in frames_taken(instance.number_of_frames):
            if limit is not None and time.monotonic() > limit:
                raise NotReadyError
            drawn.pictures.append((frame, _jpeg(instance, frame)))
    except (RenderRefused, IndexError, FileNotFoundError, DamagedError) as error:
        # the pages say that it could not be drawn; its frames would fail one by one
        drawn.failed = isinstance(error, RenderFailed)
    return drawn


def _jpeg(instance: Instance, frame: int) -> bytes:
    if instance.kind != "ecg":
        return rendering.rendered(instance, frame)
    out = io.BytesIO()  # a trace is drawn as PNG by our own code
    with Image.open(io.BytesIO(rendering.thumbnail(instance, size=ECG_SIDE))) as drawing:
        drawing.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def _list(contents: Contents) -> Path:
    return folder.file_of(contents.study, f"places-{contents.key}")
