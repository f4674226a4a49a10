"""Pictures of stored frames: drawn in the render pool, kept on disk, served from there.

Nothing is decoded in this process: the pool (`placa render`) is asked over a socket, and its children have limits of
memory and time. `picture_cache` keeps them, and remembers what could not be drawn.
"""

import atexit
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

from placa.domain.archive import integrity
from placa.domain.archive import picture_cache as cache
from placa.domain.archive.models import Instance
from placa.domain.archive.storage import storage
from placa.standards.dicom import sandbox
from placa.standards.dicom.sandbox import RenderFailed, RenderRefused, RenderUnavailable, messages
from placa.standards.dicom.shell import Shell

__all__ = [
    "Format",
    "RenderFailed",
    "RenderRefused",
    "RenderUnavailable",
    "decoded_frame",
    "ecg_drawing",
    "exact_frame",
    "forget",
    "prepare_picture",
    "prepare_preview",
    "rendered",
    "serve",
    "shell",
    "thumbnail",
]

Format = Literal["jpeg", "png"]
Wanted = tuple[str, dict[str, Any]]  # a kind of `picture_cache`, and what the pool is asked
Window = tuple[float, float] | tuple[float, float, str]  # center, width, VOI LUT function

WORKERS = 2
SIDE_MAX = 8192  # pixels; a viewport beyond that is nobody's screen
THUMBNAIL_SIDE = 256
PREVIEW_SIDES = (THUMBNAIL_SIDE, 480)  # of a series in the viewer, of a study in a row
VIEWER_SIZE = (768, 768)  # of the viewer's first picture
KEPT_SIDES = frozenset({*PREVIEW_SIDES, *VIEWER_SIZE})
QUALITY = 85  # of a picture of which nobody says it
KEPT_QUALITIES = frozenset({80, QUALITY})
_PREVIEW_SIZES = [[side, side] for side in PREVIEW_SIDES]
_SUFFIX: dict[Format, str] = {"jpeg": ".jpg", "png": ".png"}
_OF_THE_FILE = frozenset({"no-file", "outside-root"})  # not of what is in it


def rendered(
    instance: Instance,
    frame: int = 1,
    window: Window | None = None,
    viewport: tuple[int, int] | None = None,
    quality: int = QUALITY,
    fmt: Format = "jpeg",
    region: tuple[int, int, int, int] | None = None,
) -> bytes:
    """Frame `frame` (from 1) as a picture, within `viewport` (width, height); in its own window unless one is given.
    `region`: (x, y, width, height) of the frame, and no more of it.

    Raises IndexError for a frame that is not there, RenderRefused where it cannot be drawn (`reason`; RenderFailed
    where it only went wrong this time), RenderUnavailable where the pool is not there now, DamagedError, StorageError.
    """
    request = _request(instance, frame, viewport=viewport, quality=quality, fmt=fmt)
    if window is not None:
        request["window"] = list(window)
    if region is not None:
        request["region"] = list(region)
    return _kept(instance, request, _SUFFIX[fmt])


def _request(
    instance: Instance,
    frame: int,
    *,
    viewport: tuple[int, int] | None,
    quality: int = 80,
    fmt: Format = "jpeg",
) -> dict[str, Any]:
    if not 1 <= frame <= instance.number_of_frames:
        raise IndexError(frame)
    request: dict[str, Any] = {"op": fmt, "frame": frame - 1}
    if viewport is not None:
        request["viewport"] = [max(1, min(side, SIDE_MAX)) for side in viewport]
    if fmt == "jpeg":
        request["quality"] = max(1, min(quality, 100))
    return request


def prepare_preview(instance: Instance, frame: int) -> None:
    """Draw, where it is missing, what pages show for a study or series, and what the viewer opens it with. These stay.

    Raises as `rendered`.
    """
    if instance.kind == "ecg":
        prepare_picture(instance, frame)
        return
    previews = [_request(instance, frame, viewport=(side, side)) for side in PREVIEW_SIDES]
    _prepare(instance, frame, [*((cache.PREVIEWS, one) for one in previews), *_opening(instance, frame)])


def prepare_picture(instance: Instance, frame: int) -> bool:
    """Draw, where it is missing, what the viewer shows first of a frame, and the whole of it as ZIPs and programs ask;
    whether it was drawn. Raises as `rendered`."""
    if instance.kind != "ecg":
        return _prepare(instance, frame, _opening(instance, frame))
    if cache.has(instance.storage_key, _name({"op": "ecg_svg"}, ".svg")):
        return False
    _kept(instance, {"op": "ecg_svg"}, ".svg", lane="background")
    return True


def _opening(instance: Instance, frame: int) -> list[Wanted]:
    first = _request(instance, frame, viewport=VIEWER_SIZE)
    whole = _request(instance, frame, viewport=None, quality=QUALITY)
    return [(cache.PICTURES, first), (cache.PICTURES, whole)]


def _prepare(instance: Instance, frame: int, wanted: list[Wanted]) -> bool:
    """Draw what is missing of several pictures of one frame, which is decoded once; whether anything was."""
    key = instance.storage_key
    named = [(kind, _name(request, ".jpg"), request) for kind, request in wanted]
    missing = [one for one in named if not cache.has(key, one[1], one[0])]
    if not missing:
        return False
    sizes = [[request.get("viewport"), request["quality"]] for _kind, _file, request in missing]
    packed = _drawn(instance, {"op": "jpegs", "frame": frame - 1, "sizes": sizes}, lane="background")
    pictures = messages.unpacked(packed)
    if len(pictures) != len(missing):
        raise RenderFailed("failed-answer")
    for (kind, name, _asked), picture in zip(missing, pictures, strict=True):
        cache.keep(key, name, picture, kind=kind)
    return True


def thumbnail(instance: Instance, frame: int | None = None, size: int = THUMBNAIL_SIDE) -> bytes:
    """A JPEG of at most `size` pixels a side: of the middle frame, or of `frame` (from 1). Raises as `rendered`."""
    if frame is not None:
        return rendered(instance, frame, viewport=(size, size), quality=80)
    return _kept(instance, {"op": "thumbnail", "size": size}, ".jpg")


def decoded_frame(instance: Instance, frame: int = 1) -> bytes:
    """Frame `frame` (from 1) decoded: stored values, little endian, in 8, 16 or 32 bits. Not kept. Raises as
    `rendered`."""
    if not 1 <= frame <= instance.number_of_frames:
        raise IndexError(frame)
    return _ask({"op": "raw", "frame": frame - 1, "path": str(integrity.path_of(instance))})


def exact_frame(instance: Instance, frame: int = 1, *, lane: str = "front") -> bytes:
    """Frame `frame` (from 1) packed for the viewer inside the ZIP (`standards.dicom.exact`). Not kept here. Raises as
    `rendered`."""
    if not 1 <= frame <= instance.number_of_frames:
        raise IndexError(frame)
    cache.raise_trouble(instance.storage_key, f"{frame - 1}")
    return _ask({"op": "exact", "frame": frame - 1, "path": str(integrity.path_of(instance)), "lane": lane})


def shell(instance: Instance) -> Shell:
    """An instance without its pixels, in Explicit VR Little Endian. Not kept. Raises RenderRefused, RenderUnavailable."""
    return Shell.unpacked(_ask({"op": "shell", "path": str(integrity.path_of(instance))}))


def ecg_drawing(instance: Instance) -> bytes:
    """A 12-lead ECG drawn to scale, as SVG. Raises RenderRefused, RenderUnavailable."""
    return _kept(instance, {"op": "ecg_svg"}, ".svg")


def forget(storage_key: str) -> None:
    """Drop the pictures of a file that is removed."""
    cache.forget(storage_key)


def serve() -> None:
    """Run the render pool until SIGTERM or SIGINT (`placa render`)."""
    path = socket_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    sandbox.serve(str(path), WORKERS, [storage().root], background=1)


def socket_path() -> Path:
    """Where the pool is asked."""
    return Path(settings.ENVIRONMENT.home) / "run" / "render.sock"


def _kept(instance: Instance, request: dict[str, Any], suffix: str, *, lane: str = "front") -> bytes:
    integrity.refuse_damaged([instance])
    name, key = _name(request, suffix), instance.storage_key
    picture = cache.read(key, name, preview=request.get("viewport") in _PREVIEW_SIZES)
    if picture is None:
        picture = _drawn(instance, request, lane=lane)
        if _is_usual(request):
            cache.keep(key, name, picture)
    return picture


def _drawn(instance: Instance, request: dict[str, Any], *, lane: str) -> bytes:
    """What the pool makes of a request; what could not be drawn is remembered. Raises as `rendered`."""
    # a picture that cannot be decoded cannot be drawn in any size: one note a frame, however many sizes are asked for
    what = f"{request['frame']}" if "frame" in request else str(request["op"])
    cache.raise_trouble(instance.storage_key, what)
    try:
        return _ask({**request, "path": str(integrity.path_of(instance)), "lane": lane})
    except RenderRefused as error:
        if error.reason not in _OF_THE_FILE and (_is_usual(request) or not isinstance(error, RenderFailed)):
            cache.note_trouble(instance.storage_key, what, error)
        raise


def _name(request: dict[str, Any], suffix: str) -> str:
    drawn = json.dumps([cache.GENERATION, request], sort_keys=True)
    return hashlib.sha256(drawn.encode()).hexdigest()[:24] + suffix


def _is_usual(request: dict[str, Any]) -> bool:
    """Whether pages and downloads ask for it. Only that is kept: windows, sizes and qualities are without number, and
    whoever holds a share could fill the disk with them."""
    sides = request.get("viewport")
    usual_size = sides is None or (sides[0] == sides[1] and sides[0] in KEPT_SIDES)
    return (
        "window" not in request
        and "region" not in request
        and usual_size
        and request.get("quality", 80) in KEPT_QUALITIES
    )


def _ask(request: dict[str, Any]) -> bytes:
    if settings.ENVIRONMENT.mode == "test" and not socket_path().exists():
        return _ask_own_pool(request)
    return sandbox.ask(str(socket_path()), request)


def _ask_own_pool(request: dict[str, Any]) -> bytes:
    return messages.result(*_own_pool().answer(messages.encoded(request)))


@lru_cache(maxsize=1)
def _own_pool() -> sandbox.RenderPool:
    """A pool of this process, for tests: the same children with the same limits, without the socket."""
    pool = sandbox.RenderPool(1, ["/"])
    atexit.register(pool.close)
    return pool
