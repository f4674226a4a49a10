"""What a child process of the sandbox can be asked for, one function a kind of request.

A new kind is one function and one line of `OPERATIONS`. It gets the request as it was sent (everything in it is a
stranger's, `path` apart, which the pool has checked), raises InvalidObject for what can never be done, and returns
bytes. What came with the request beside its JSON is under `data`. `lane: background` in a request sends it to the
children of low priority.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np

from placa.standards import passive_pdf
from placa.standards.dicom import ecg, errors, exact, render, transcode, uids
from placa.standards.dicom.build import InstanceAttributes, secondary_capture
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import decode_frame
from placa.standards.dicom.header import read_header
from placa.standards.dicom.render import Window
from placa.standards.dicom.sandbox.messages import packed

Request = dict[str, Any]
_UPLOAD_LIMIT: Final = 64 * 1024 * 1024


def render_request(request: Request) -> bytes:
    """Answer one request.

    `op`: jpeg, png, jpegs (several `sizes` of one frame, each [viewport or null, quality], as `messages.packed`),
    thumbnail (also of an ECG), raw (decoded stored values, little endian), exact (those packed for the viewer inside the
    ZIP), shell (all but the pixels in Explicit VR Little Endian), ecg_svg, ecg_png, secondary_capture (a DICOM file of
    the JPEG or PNG at `path`, with `attributes`), pdf (the number of pages of the harmless PDF in `data`; `passive_pdf`
    has the reasons against one). Further keys: `path`, and where of use `offset` and `length` (of the object in the
    file), `frame` (from 0), `window` [center, width, function], `viewport` [width, height], `region` [x, y, width,
    height] (of the source, negative to flip), `quality`, `invert`, `size`. Raises InvalidObject with a reason code.
    """
    operation = OPERATIONS.get(str(request.get("op", "")))
    if operation is None:
        raise InvalidObject(errors.NOT_RENDERABLE, "no such operation")
    try:
        return operation(request)
    except IndexError:
        raise InvalidObject(errors.NOT_RENDERABLE, "no such frame") from None


def _place(request: Request) -> dict[str, Any]:
    return {"offset": request.get("offset", 0), "length": request.get("length")}


def _picture(request: Request) -> bytes:
    window = request.get("window")
    viewport, region = request.get("viewport"), request.get("region")
    options: dict[str, Any] = {
        "window": Window(float(window[0]), float(window[1]), *map(str, window[2:3])) if window else None,
        "viewport": (int(viewport[0]), int(viewport[1])) if viewport else None,
        "region": (int(region[0]), int(region[1]), int(region[2]), int(region[3])) if region else None,
        "invert": bool(request.get("invert", False)),
        **_place(request),
    }
    frame = int(request.get("frame", 0))
    if request["op"] == "png":
        return render.render_png(request["path"], frame, **options)
    return render.render_jpeg(request["path"], frame, quality=int(request.get("quality", 85)), **options)


def _jpegs(request: Request) -> bytes:
    picture = render.render_frame(request["path"], int(request.get("frame", 0)), **_place(request))
    sizes = [((int(size[0]), int(size[1])) if size else None, int(q)) for size, q in request["sizes"]]
    return packed(render.encode_jpeg(render.fit(picture, size), quality) for size, quality in sizes)


def _thumbnail(request: Request) -> bytes:
    size = max(16, min(1024, int(request.get("size", 256))))
    header = read_header(request["path"], **_place(request))
    if uids.kind_of(header.sop_class_uid, header.modality) == "ecg":
        return ecg.render_png(request["path"], size, **_place(request))
    return render.thumbnail_jpeg(request["path"], size, **_place(request))


def _raw(request: Request) -> bytes:
    decoded = decode_frame(request["path"], int(request.get("frame", 0)), **_place(request)).samples
    return np.ascontiguousarray(decoded.astype(decoded.dtype.newbyteorder("<"), copy=False)).tobytes()


def _exact(request: Request) -> bytes:
    return exact.exact_frame(request["path"], int(request.get("frame", 0)))


def _shell(request: Request) -> bytes:
    return transcode.shell_of(request["path"]).packed()


def _ecg_svg(request: Request) -> bytes:
    return ecg.render_svg(request["path"], **_place(request))


def _ecg_png(request: Request) -> bytes:
    return ecg.render_png(request["path"], int(request.get("size", 1600)), **_place(request))


_DATES: Final = {
    "patient_birth_date": date.fromisoformat,
    "study_date": date.fromisoformat,
    "study_time": time.fromisoformat,
    "content": datetime.fromisoformat,
}


def _secondary_capture(request: Request) -> bytes:
    path = Path(request["path"])
    if path.stat().st_size > _UPLOAD_LIMIT:
        raise InvalidObject(errors.TOO_LARGE, "the picture's file")
    given: dict[str, Any] = {
        name: _DATES[name](value) if name in _DATES and value else value
        for name, value in request["attributes"].items()
    }
    return secondary_capture(path.read_bytes(), InstanceAttributes(**given))


def _pdf(request: Request) -> bytes:
    try:
        return str(passive_pdf.pages_of(request["data"])).encode()
    except passive_pdf.NotPassive as refusal:
        raise InvalidObject(refusal.reason) from refusal


OPERATIONS: Final[dict[str, Callable[[Request], bytes]]] = {
    "jpeg": _picture,
    "png": _picture,
    "jpegs": _jpegs,
    "thumbnail": _thumbnail,
    "raw": _raw,
    "exact": _exact,
    "shell": _shell,
    "ecg_svg": _ecg_svg,
    "ecg_png": _ecg_png,
    "secondary_capture": _secondary_capture,
    "pdf": _pdf,
}


def warm_up() -> None:
    """Load the codecs, which imagecodecs does one by one: a request's memory is counted from here."""
    for name in ("jpeg8", "jpegsof3", "jpegls", "jpeg2k", "htj2k", "jpegxl", "packbits"):
        getattr(imagecodecs, f"{name}_decode")
