"""Pictures of stored frames: drawn in the render pool, kept on disk, served from there.

Nothing is decoded in this process: the pool (`placa render`) is asked over a socket, and its children have limits of
memory and time. Kept pictures lie under the storage key's own id, so that they end with the file.
"""

import atexit
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

from placa.domain.archive.models import Instance
from placa.domain.archive.storage import LocalStorage, storage
from placa.standards.dicom import sandbox
from placa.standards.dicom.sandbox import RenderRefused, RenderUnavailable
from placa.standards.dicom.shell import Shell

__all__ = [
    "Format",
    "RenderRefused",
    "RenderUnavailable",
    "decoded_frame",
    "ecg_drawing",
    "forget",
    "rendered",
    "serve",
    "shell",
    "thumbnail",
]

Format = Literal["jpeg", "png"]
Window = tuple[float, float] | tuple[float, float, str]  # center, width, VOI LUT function

WORKERS = 2
SIDE_MAX = 8192  # pixels; a viewport beyond that is nobody's screen
THUMBNAIL_SIDE = 256
KEPT_SIDES = frozenset({THUMBNAIL_SIDE, 480, 768})  # preview, row, the viewer's first picture
KEPT_QUALITIES = frozenset({80, 85})
_REFUSED = ".refused"


def rendered(
    instance: Instance,
    frame: int = 1,
    window: Window | None = None,
    viewport: tuple[int, int] | None = None,
    quality: int = 85,
    fmt: Format = "jpeg",
    region: tuple[int, int, int, int] | None = None,
) -> bytes:
    """Frame `frame` (from 1) as a picture, within `viewport` (width, height); in its own window unless one is given.
    `region`: (x, y, width, height) of the frame, and no more of it.

    Raises IndexError for a frame that is not there, RenderRefused where it cannot be drawn (`reason`),
    RenderUnavailable where the pool is not there now.
    """
    if not 1 <= frame <= instance.number_of_frames:
        raise IndexError(frame)
    request: dict[str, Any] = {"op": fmt, "frame": frame - 1}
    if window is not None:
        request["window"] = list(window)
    if viewport is not None:
        request["viewport"] = [max(1, min(side, SIDE_MAX)) for side in viewport]
    if region is not None:
        request["region"] = list(region)
    if fmt == "jpeg":
        request["quality"] = max(1, min(quality, 100))
    return _kept(instance, request, ".jpg" if fmt == "jpeg" else ".png")


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
    return _ask({"op": "raw", "frame": frame - 1, "path": str(storage().path(instance.storage_key))})


def shell(instance: Instance) -> Shell:
    """An instance without its pixels, in Explicit VR Little Endian. Not kept. Raises RenderRefused, RenderUnavailable."""
    return Shell.unpacked(_ask({"op": "shell", "path": str(storage().path(instance.storage_key))}))


def ecg_drawing(instance: Instance) -> bytes:
    """A 12-lead ECG drawn to scale, as SVG. Raises RenderRefused, RenderUnavailable."""
    return _kept(instance, {"op": "ecg_svg"}, ".svg")


def forget(storage_key: str) -> None:
    """Drop the pictures of a file that is removed."""
    shutil.rmtree(_folder(storage_key), ignore_errors=True)


def serve() -> None:
    """Run the render pool until SIGTERM or SIGINT (`placa render`)."""
    path = socket_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    sandbox.serve(str(path), WORKERS, _roots())


def socket_path() -> Path:
    """Where the pool is asked."""
    return Path(settings.ENVIRONMENT.home) / "run" / "render.sock"


def _folder(storage_key: str) -> Path:
    name = Path(storage_key).stem
    return Path(settings.ENVIRONMENT.home) / "cache" / "rendered" / name[:2] / name


def _kept(instance: Instance, request: dict[str, Any], suffix: str) -> bytes:
    name = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:24]
    path = _folder(instance.storage_key) / f"{name}{suffix}"
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    refused = path.with_suffix(_REFUSED)
    with contextlib.suppress(FileNotFoundError):
        raise RenderRefused(refused.read_text())
    try:
        picture = _ask({**request, "path": str(storage().path(instance.storage_key))})
    except RenderRefused as error:
        if error.reason not in ("no-file", "outside-root"):
            _keep(refused, error.reason.encode())
        raise
    if _is_usual(request):
        _keep(path, picture)
    return picture


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


def _keep(path: Path, content: bytes) -> None:
    """Write whole or not at all; that a picture cannot be kept (disk full) is no reason not to show it."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(content)
            os.replace(name, path)
        except OSError:
            os.unlink(name)


def _ask(request: dict[str, Any]) -> bytes:
    if settings.ENVIRONMENT.mode == "test" and not socket_path().exists():
        return _ask_own_pool(request)
    return sandbox.ask(str(socket_path()), request)


def _ask_own_pool(request: dict[str, Any]) -> bytes:
    status, body = _own_pool().answer(json.dumps(request).encode())
    if status == b"0":
        return body
    if status == b"1":
        raise RenderRefused(json.loads(body)["reason"])
    raise RenderUnavailable("busy")


@lru_cache(maxsize=1)
def _own_pool() -> sandbox.RenderPool:
    """A pool of this process, for tests: the same children with the same limits, without the socket."""
    pool = sandbox.RenderPool(1, ["/"])
    atexit.register(pool.close)
    return pool


def _roots() -> list[Path]:
    store = storage()
    return [store.root] if isinstance(store, LocalStorage) else []
