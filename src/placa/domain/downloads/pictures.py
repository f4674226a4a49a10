"""The JPEGs of a ZIP: drawn once and kept as a pack.

A picture that cannot be drawn is left out and named in the pages; it never fails the rest.
"""

import io
import time
from collections.abc import Iterator, Sequence
from functools import partial

from PIL import Image

from placa.domain.archive import rendering
from placa.domain.archive.models import Instance
from placa.domain.archive.rendering import RenderFailed, RenderRefused
from placa.domain.archive.storage import DamagedError
from placa.domain.downloads.directory import Contents, Item, Kept
from placa.domain.downloads.errors import NotReadyError
from placa.domain.downloads.packs import Made, Pack, Part, in_order

FRAMES_MAX = 60  # of one object; more of them are taken evenly over the whole loop
ECG_SIDE = 1024
DRAWN = frozenset({"image", "video", "ecg"})
PACK = Pack("pictures")


def drawable(items: Sequence[Item]) -> list[Item]:
    """The objects that have a picture."""
    return [item for item in items if item.instance.kind in DRAWN]


def name_of(item: Item, frame: int) -> str:
    """Path of a picture in the ZIP; frames of one object lie in a folder."""
    _dicom, series, file = item.file_id
    several = item.instance.number_of_frames > 1
    return f"IHE_PDI/{series}/{file}" + (f"/F{frame:05}.JPG" if several else ".JPG")


def prepare(contents: Contents, *, seconds: float | None = None) -> None:
    """Draw what is not drawn yet and keep it. Raises NotReadyError when `seconds` are over or the pool is away.

    What was drawn until then is kept by the archive's own cache, so that the next try goes on there.
    """
    if not PACK.is_prepared(contents):
        limit = None if seconds is None else time.monotonic() + seconds
        PACK.write(contents, _all_drawn(drawable(contents.items), limit))


def pictures_of(contents: Contents, items: Sequence[Item]) -> list[Part]:
    """The prepared pictures of `items`, in their order. Raises FileNotFoundError before `prepare`."""
    return PACK.parts(contents, items, name_of)


def frames_taken(count: int) -> list[int]:
    """Which frames (from 1) of an object with `count` of them become pictures."""
    if count <= FRAMES_MAX:
        return list(range(1, count + 1))
    return [1 + number * (count - 1) // (FRAMES_MAX - 1) for number in range(FRAMES_MAX)]


def _all_drawn(items: Sequence[Item], limit: float | None) -> Iterator[tuple[Item, int, Made]]:
    jobs = ((item, partial(_drawn, item.instance, limit)) for item in items)
    for item, drawn in in_order(jobs):
        for frame, picture in drawn:
            yield item, frame, picture


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


def _drawn(kept: Kept, limit: float | None) -> list[tuple[int, Made]]:
    """The pictures of one object by frame, until one cannot be drawn: the others would fail one by one."""
    instance = row_of(kept)
    drawn: list[tuple[int, Made]] = []
    for frame in frames_taken(instance.number_of_frames):
        if limit is not None and time.monotonic() > limit:
            raise NotReadyError
        try:
            drawn.append((frame, _jpeg(instance, frame)))
        except RenderFailed:
            return [*drawn, (frame, None)]
        except (RenderRefused, IndexError, FileNotFoundError, DamagedError):
            return drawn
    return drawn


def _jpeg(instance: Instance, frame: int) -> bytes:
    if instance.kind != "ecg":
        return rendering.rendered(instance, frame)
    out = io.BytesIO()  # a trace is drawn as PNG by our own code
    with Image.open(io.BytesIO(rendering.thumbnail(instance, size=ECG_SIDE))) as drawing:
        drawing.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()
