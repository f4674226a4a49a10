"""WADO-RS rendered resources and thumbnails (PS3.18 10.4.1.1.3, .6): pictures, and documents as browsers show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from isal import isal_zlib

from placa.domain.access import images
from placa.domain.access.images import OpenStudy, open_images
from placa.domain.access.selectors import NotVisible
from placa.domain.access.types import Instance, Series
from placa.domain.access.viewers import Viewer
from placa.domain.archive.errors import NotOnline
from placa.domain.archive.rendering import RenderRefused, RenderUnavailable
from placa.interfaces.dicomweb import multipart, permits, placeholder
from placa.interfaces.dicomweb.accept import chosen
from placa.interfaces.dicomweb.answers import answered
from placa.interfaces.dicomweb.door import BadQuery, door

LARGEST_SIDE: Final = 8192
THUMBNAIL: Final = (256, 256)
JPEG, PNG, SVG = "image/jpeg", "image/png", "image/svg+xml"
PICTURES: Final = [(JPEG, False), (PNG, False)]
MANY_PICTURES: Final = [(JPEG, True), (PNG, True)]
_FUNCTIONS: Final = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


@dataclass(frozen=True, slots=True)
class How:
    """How a picture is asked for (PS3.18 8.3.5.1). `annotation` is taken and leaves nothing: pictures have no text."""

    window: tuple[float, float, str] | None
    viewport: tuple[int, int] | None
    region: tuple[int, int, int, int] | None
    quality: int

    @classmethod
    def asked(
        cls, request: HttpRequest, *, viewport: tuple[int, int] | None = None, quality: int = 85
    ) -> "How":
        """What the query says, over these defaults. Raises BadQuery."""
        size, region = viewport_of(request.GET.get("viewport", ""))
        return cls(
            window_of(request.GET.get("window", "")), size or viewport, region,
            quality_of(request.GET.get("quality", ""), quality),
        )  # fmt: skip


@door
def instance(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, frame: int = 1
) -> HttpResponseBase:
    """One frame as JPEG or PNG; an encapsulated PDF as PDF, an SR as page, an ECG as drawing, a video as it is."""
    opened, found = permits.instance(request, viewer, study, series, instance)
    return rendered_of(request, opened, found, frame)


@door
def frames(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, frames: str
) -> HttpResponseBase:
    """One frame rendered; several as multipart."""
    opened, found = permits.instance(request, viewer, study, series, instance)
    return frames_of(request, opened, found, frames)


def frames_of(request: HttpRequest, opened: OpenStudy, found: Instance, frames: str) -> HttpResponseBase:
    """The frames that `frames` lists, drawn."""
    numbers = frame_numbers(frames)
    if len(numbers) == 1:
        return rendered_of(request, opened, found, numbers[0])
    for number in numbers:
        images.frame_spans(found, number)
    return _several(request, opened, [(found, number) for number in numbers])


@door
def series(request: HttpRequest, viewer: Viewer, study: str, series: str) -> HttpResponseBase:
    """Every picture of a series, as multipart."""
    opened = open_images(viewer, study)
    return _several(request, opened, _pictures(opened.instances_of(opened.one_series(series))))


@door
def study(request: HttpRequest, viewer: Viewer, study: str) -> HttpResponseBase:
    """Every picture of a study, as multipart."""
    opened = open_images(viewer, study)
    return _several(request, opened, _pictures(opened.instances()))


def _pictures(instances: list[Instance]) -> list[tuple[Instance, int]]:
    """The first frame of each image."""
    return [(one, 1) for one in instances if one.kind == "image"]


def _several(request: HttpRequest, opened: OpenStudy, wanted: list[tuple[Instance, int]]) -> HttpResponseBase:
    media, _related, _range = chosen(request, MANY_PICTURES)
    how = How.asked(request)
    drawn = _drawn(opened, wanted, how, media)
    first = next(drawn, None)  # that nothing can be drawn is said before anything is sent
    if first is None:
        raise NotVisible("picture")
    return multipart.streamed(((media, [one]) for one in chain([first], drawn)), media)


def _drawn(opened: OpenStudy, wanted: list[tuple[Instance, int]], how: How, media: str) -> Iterator[bytes]:
    """The pictures that can be drawn; one that cannot spoils no other."""
    refused: RenderRefused | None = None
    found = False
    for one, frame in wanted:
        try:
            yield _draw(opened, one, frame, how, media)
            found = True
        except RenderRefused as error:
            refused = error
    if refused is not None and not found:
        raise refused


def _draw(opened: OpenStudy, one: Instance, frame: int, how: How, media: str) -> bytes:
    return opened.rendered(
        one, frame, window=how.window, viewport=how.viewport, region=how.region, quality=how.quality,
        kind="png" if media == PNG else "jpeg",
    )  # fmt: skip


def rendered_of(request: HttpRequest, opened: OpenStudy, found: Instance, frame: int) -> HttpResponseBase:
    """What an instance looks like, by its kind."""
    kind = "sr" if images.reads_as_report(opened.viewer, found) else found.kind
    show: Any = {"pdf": _document, "sr": _structured_report, "ecg": _ecg, "video": _video}.get(kind)
    if show is None:
        return _picture(request, opened, found, frame, How.asked(request))
    opened.need_files([found])
    shown: HttpResponseBase = show(request, found)
    return shown


def _document(request: HttpRequest, found: Instance) -> HttpResponseBase:
    chosen(request, [("application/pdf", False)])
    return _framed(answered(request, [images.document(found)], "application/pdf", f"{found.digest[:32]}.pdf"))


def _structured_report(request: HttpRequest, found: Instance) -> HttpResponseBase:
    chosen(request, [("text/html", False)])
    return _framed(HttpResponse(images.structured_report(found), content_type="text/html; charset=utf-8"))


def _ecg(request: HttpRequest, found: Instance) -> HttpResponseBase:
    chosen(request, [(SVG, False)])
    return _framed(HttpResponse(images.ecg_drawing(found), content_type=SVG))


def _video(request: HttpRequest, found: Instance) -> HttpResponseBase:
    chosen(request, [("video/mp4", False)])
    stream = images.video(found)
    first = next(stream)
    return StreamingHttpResponse(chain([first], stream), content_type="video/mp4")


def _framed(answer: HttpResponseBase) -> HttpResponseBase:
    """Somebody else's document: shown in our own frame, without scripts, origin or network (case 18)."""
    answer["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Content-Disposition"] = "inline"
    return answer


def _picture(
    request: HttpRequest, opened: OpenStudy, found: Instance, frame: int, how: How
) -> HttpResponseBase:
    media, _related, _range = chosen(request, PICTURES)
    body = _draw(opened, found, frame, how, media)
    # of a radiograph's megabyte a cryptographic sum would take longer than all the rest
    mark = f"{found.digest[:32]}.{len(body):x}.{isal_zlib.crc32(body):08x}"
    return answered(request, [body], media, mark)


# --- thumbnails


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
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, frames: str = "1"
) -> HttpResponseBase:
    """A small picture of one instance, or of one of its frames."""
    opened = open_images(viewer, study, action="preview")
    found, (number, *_more) = opened.instance(series, instance), frame_numbers(frames)
    return _small(request, opened, found, number)


def _thumbnail(request: HttpRequest, opened: OpenStudy, series: Series | None) -> HttpResponseBase:
    preview = opened.preview(series)
    try:
        if preview is None:
            raise NotVisible("thumbnail")
        return _small(request, opened, *preview)
    except (NotVisible, NotOnline, RenderRefused, RenderUnavailable):
        if not placeholder.is_wanted(request):
            raise
        return placeholder.drawing(preview[0].kind if preview else "")


def _small(request: HttpRequest, opened: OpenStudy, found: Instance, frame: int) -> HttpResponseBase:
    if found.kind == "ecg":  # a drawing, whatever its size: browsers show it as a picture
        return _ecg(request, found)
    return _picture(request, opened, found, frame, How.asked(request, viewport=THUMBNAIL, quality=80))


# --- the query (PS3.18 8.3.5.1)


def frame_numbers(text: str) -> list[int]:
    """A list of frames (from 1). Raises BadQuery."""
    parts = text.split(",")
    if len(parts) > 64 or not all(part.isdecimal() and 0 < len(part) < 8 for part in parts):
        raise BadQuery("frames must be 1 to 64 whole numbers")
    return [int(part) for part in parts]


def window_of(text: str) -> tuple[float, float, str] | None:
    """`center,width,function`. Raises BadQuery."""
    if not text:
        return None
    parts = text.split(",")
    try:
        center, width = float(parts[0]), float(parts[1])
        function = _FUNCTIONS[(parts[2:] or ["linear"])[0].lower()]
    except (IndexError, KeyError, ValueError) as error:
        raise BadQuery("window must be center,width,function") from error
    if not (abs(center) < 1e9 and 0 < width < 1e9):
        raise BadQuery("window is out of bounds")
    return center, width, function


def viewport_of(text: str) -> tuple[tuple[int, int] | None, tuple[int, int, int, int] | None]:
    """`width,height` in pixels, and the part of the source that fills it: `,x,y,width,height`. Raises BadQuery."""
    if not text:
        return None, None
    parts = text.split(",")
    if len(parts) not in (2, 6) or not all(part.isdecimal() and len(part) < 6 for part in parts[:2]):
        raise BadQuery("viewport must be width,height or width,height,x,y,width,height in pixels")
    width, height = int(parts[0]), int(parts[1])
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise BadQuery(f"viewport is at most {LARGEST_SIDE} pixels a side")
    return (width, height), _region(parts[2:]) if len(parts) == 6 else None


def _region(parts: list[str]) -> tuple[int, int, int, int]:
    try:
        numbers = [float(part or "0") for part in parts]
    except ValueError as error:
        raise BadQuery("viewport: x, y, width and height are numbers") from error
    if not all(abs(number) < 1e6 for number in numbers) or min(numbers[:2]) < 0:
        raise BadQuery("viewport is out of bounds")
    x, y, width, height = (round(number) for number in numbers)
    if not width or not height:
        raise BadQuery("viewport: there is nothing of the source in it")
    return x, y, width, height


def quality_of(text: str, default: int) -> int:
    """1 to 100. Raises BadQuery."""
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise BadQuery("quality must be 1 to 100")
    return int(text)
