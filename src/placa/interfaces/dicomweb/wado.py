"""WADO-RS: objects, metadata, frames, bulk data, rendered and thumbnails (PS3.18 10.4)."""

import gzip
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from placa.domain.access import images
from placa.domain.access.images import OpenStudy, open_images
from placa.domain.access.selectors import NotVisible
from placa.domain.access.types import Instance, Series
from placa.domain.access.viewers import Viewer
from placa.interfaces.dicomweb import multipart
from placa.interfaces.dicomweb.door import BadQuery, door, gzipped_json

EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
MOST_FRAMES = 64
LARGEST_SIDE = 8192


@door
def study_metadata(request: HttpRequest, viewer: Viewer, study: str) -> HttpResponseBase:
    """DICOM JSON of every instance of a study."""
    return gzipped_json(request, open_images(viewer, study).metadata(), gzip.decompress)


@door
def series_metadata(request: HttpRequest, viewer: Viewer, study: str, series: str) -> HttpResponseBase:
    """DICOM JSON of every instance of a series."""
    return gzipped_json(request, open_images(viewer, study).metadata_of_series(series), gzip.decompress)


@door
def instance_metadata(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str
) -> HttpResponseBase:
    """DICOM JSON of one instance."""
    opened = open_images(viewer, study)
    found = opened.instance(series, instance)
    return gzipped_json(request, opened.metadata_of_instance(found), gzip.decompress)


@door
def study_objects(request: HttpRequest, viewer: Viewer, study: str) -> HttpResponseBase:
    """All Part 10 files of a study, as multipart."""
    return _objects(open_images(viewer, study, action="download", download=True).instances())


@door
def series_objects(request: HttpRequest, viewer: Viewer, study: str, series: str) -> HttpResponseBase:
    """All Part 10 files of a series, as multipart."""
    opened = open_images(viewer, study, action="download", download=True)
    return _objects(opened.instances_of(opened.one_series(series)))


@door
def instance_object(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str
) -> HttpResponseBase:
    """One Part 10 file, as multipart or, where asked so, alone."""
    found = open_images(viewer, study, action="download", download=True).instance(series, instance)
    accept = request.headers.get("Accept", "")
    if accept.split(";")[0].strip() == "application/dicom":
        answer = StreamingHttpResponse(_chunks(images.file_path(found)), content_type="application/dicom")
        answer["Content-Length"] = str(found.bytes)
        return answer
    return _objects([found])


def _objects(instances: list[Instance]) -> StreamingHttpResponse:
    for one in instances:
        images.must_be_online(one)  # a stream that has begun can say so no more
    parts = (
        (f"application/dicom; transfer-syntax={one.transfer_syntax_uid}", _chunks(images.file_path(one)))
        for one in instances
    )
    return multipart.many(parts, "application/dicom")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(256 * 1024):
            yield chunk


@door
def frames(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, frames: str
) -> HttpResponseBase:
    """Frames as they are stored, with the stored transfer syntax named."""
    found = open_images(viewer, study).instance(series, instance)
    numbers = _frame_numbers(frames)
    # all are looked for before the first is sent: a stream that has begun can say 404 no more
    headers = [_frame_header(found, number) for number in numbers]
    if len(numbers) == 1:
        return multipart.single(images.frame_bytes(found, numbers[0]), "application/octet-stream", headers[0])
    sent = zip(headers, numbers, strict=True)
    return multipart.many(
        ((header, [images.frame_bytes(found, number)]) for header, number in sent), "application/octet-stream"
    )


def _frame_header(found: Instance, frame: int) -> str:
    computed = images.frame_is_computed(found, frame)
    syntax = EXPLICIT_LITTLE_ENDIAN if computed else found.transfer_syntax_uid
    return f"application/octet-stream; transfer-syntax={syntax}"


def _frame_numbers(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) > MOST_FRAMES or not all(part.isdecimal() and 0 < len(part) < 8 for part in parts):
        raise BadQuery(f"frames must be 1 to {MOST_FRAMES} whole numbers")
    return [int(part) for part in parts]


@door
def bulk_data(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, pointer: str
) -> HttpResponseBase:
    """The bytes of one value, as the metadata's BulkDataURI names it."""
    found = open_images(viewer, study).instance(series, instance)
    chunks = images.bulk_data(found, pointer)
    if chunks is None:
        raise NotVisible("bulk data")
    return multipart.many([("application/octet-stream", chunks)], "application/octet-stream")


@door
def rendered(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, frame: int = 1
) -> HttpResponseBase:
    """One frame as JPEG or PNG; an encapsulated PDF as PDF (PS3.18 10.4.1.1.3)."""
    found = open_images(viewer, study).instance(series, instance)
    draw = {"pdf": _document, "sr": _structured_report, "ecg": _ecg, "video": _video}.get(found.kind)
    return draw(found) if draw else _picture(request, found, frame)


def _document(found: Instance) -> HttpResponseBase:
    return _framed(HttpResponse(images.document(found), content_type="application/pdf"))


def _structured_report(found: Instance) -> HttpResponseBase:
    page = f"<!doctype html><meta charset=utf-8><title>SR</title><body>{images.structured_report(found)}"
    return _framed(HttpResponse(page, content_type="text/html; charset=utf-8"))


def _ecg(found: Instance) -> HttpResponse:
    return _framed(HttpResponse(images.ecg_drawing(found), content_type="image/svg+xml"))


def _video(found: Instance) -> HttpResponseBase:
    stream = images.video(found)
    first = next(stream)
    return StreamingHttpResponse(chain([first], stream), content_type="video/mp4")


def _framed(answer: HttpResponse) -> HttpResponse:
    """Somebody else's document: shown in our own frame, without scripts, origin or network (case 18)."""
    answer["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Content-Disposition"] = "inline"
    return answer


@door
def study_thumbnail(request: HttpRequest, viewer: Viewer, study: str) -> HttpResponseBase:
    """The picture that stands for a study."""
    return _thumbnail(request, open_images(viewer, study, action="preview"), None)


@door
def series_thumbnail(request: HttpRequest, viewer: Viewer, study: str, series: str) -> HttpResponseBase:
    """The picture that stands for a series."""
    opened = open_images(viewer, study, action="preview")
    return _thumbnail(request, opened, opened.one_series(series))


@door
def instance_thumbnail(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str
) -> HttpResponseBase:
    """A small picture of one instance."""
    found = open_images(viewer, study, action="preview").instance(series, instance)
    return _picture(request, found, 1, viewport=(256, 256), quality=80)


def _thumbnail(request: HttpRequest, opened: OpenStudy, series: Series | None) -> HttpResponse:
    preview = opened.preview(series)
    if preview is None:
        raise NotVisible("thumbnail")
    return _picture(request, *preview, viewport=(256, 256), quality=80)


def _picture(
    request: HttpRequest,
    found: Instance,
    frame: int,
    *,
    viewport: tuple[int, int] | None = None,
    quality: int = 85,
) -> HttpResponse:
    if found.kind == "ecg":  # a drawing, whatever its size: browsers show it as a picture
        return _ecg(found)
    kind: Literal["jpeg", "png"] = (
        "png" if request.headers.get("Accept", "").startswith("image/png") else "jpeg"
    )
    body = images.rendered(
        found,
        frame,
        window=_window(request.GET.get("window", "")),
        viewport=_viewport(request.GET.get("viewport", "")) or viewport,
        quality=_quality(request.GET.get("quality", ""), quality),
        kind=kind,
    )
    answer = HttpResponse(body, content_type=f"image/{kind}")
    answer["Vary"] = "Accept, Cookie, Authorization"
    return answer


def _window(text: str) -> tuple[float, float, str] | None:
    if not text:
        return None
    parts = text.split(",")
    names = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
    try:
        center, width, function = (
            float(parts[0]),
            float(parts[1]),
            names[(parts[2:] or ["linear"])[0].lower()],
        )
    except (IndexError, KeyError, ValueError) as error:
        raise BadQuery("window must be center,width,function") from error
    if not (abs(center) < 1e9 and 0 < width < 1e9):
        raise BadQuery("window is out of bounds")
    return center, width, function


def _viewport(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    parts = text.split(",")
    if len(parts) < 2 or not all(part.isdecimal() and len(part) < 6 for part in parts[:2]):
        raise BadQuery("viewport must be width,height in pixels")
    width, height = int(parts[0]), int(parts[1])
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise BadQuery(f"viewport is at most {LARGEST_SIDE} pixels a side")
    return width, height


def _quality(text: str, default: int) -> int:
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise BadQuery("quality must be 1 to 100")
    return int(text)
