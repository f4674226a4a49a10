"""WADO-RS: whole objects, frames, bulk data, as they are stored or decompressed (PS3.18 10.4.1.1.1, .4, .5)."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from django.http import HttpRequest, HttpResponseBase

from placa.common.tokens import derived_token
from placa.domain.access import images
from placa.domain.access.images import OpenStudy, open_images
from placa.domain.access.selectors import NotVisible
from placa.domain.access.types import Instance
from placa.domain.access.viewers import Viewer
from placa.domain.archive.rendering import RenderRefused
from placa.interfaces.dicomweb import multipart, permits
from placa.interfaces.dicomweb.accept import (
    ANYTHING,
    AS_STORED,
    DICOM,
    OCTETS,
    NotAcceptable,
    Range,
    chosen,
    media_of,
    ranges,
)
from placa.interfaces.dicomweb.answers import Piece, Span, answered
from placa.interfaces.dicomweb.door import door
from placa.interfaces.dicomweb.rendered import frame_numbers
from placa.standards.dicom import uids

EXPLICIT: Final = uids.EXPLICIT_VR_LITTLE_ENDIAN


# --- whole objects


@door
def study(request: HttpRequest, viewer: Viewer, study: str) -> HttpResponseBase:
    """All objects of a study."""
    opened = open_images(viewer, study, action="download", download=True)
    return _objects(request, opened, opened.instances())


@door
def series(request: HttpRequest, viewer: Viewer, study: str, series: str) -> HttpResponseBase:
    """All objects of a series."""
    opened = open_images(viewer, study, action="download", download=True)
    return _objects(request, opened, opened.instances_of(opened.one_series(series)))


@door
def instance(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str
) -> HttpResponseBase:
    """One object, as multipart or alone."""
    opened = open_images(viewer, study, action="download", download=True)
    return _objects(request, opened, [opened.instance(series, instance)], alone=True)


def _objects(
    request: HttpRequest, opened: OpenStudy, instances: list[Instance], *, alone: bool = False
) -> HttpResponseBase:
    offers = [(DICOM, True), *([(DICOM, False)] if alone else [])]
    _media, related, range_ = chosen(request, offers)
    if range_ == ANYTHING and alone and "Range" in request.headers:
        related = False  # who asks for a part of the bytes means the file's
    opened.need_files(instances)
    images.refuse_damaged(instances)
    wanted = _syntax(range_)
    if all(_is_as_wanted(one, wanted) for one in instances):
        return _stored_objects(request, instances, related)
    made = [
        (one, _object(one, wanted)) for one in instances[:1]
    ]  # what cannot be done is said before anything is sent
    later = ((one, _object(one, wanted)) for one in instances[1:])
    parts = ((f"{DICOM}; transfer-syntax={syntax}", body) for _one, (syntax, body) in chain(made, later))
    if related:
        return multipart.streamed(parts, DICOM)
    content_type, body = next(parts)
    return answered(request, list(body), content_type, f"{instances[0].digest[:32]}.{wanted}")


def _syntax(range_: Range) -> str:
    """The transfer syntax that a range asks for: unsaid it is Explicit VR Little Endian (PS3.18 8.7.3.5.2), "" where
    that may be given up for the stored one."""
    if range_.syntax:
        return range_.syntax
    return "" if DICOM in (range_.type, range_.inner) or OCTETS in (range_.type, range_.inner) else AS_STORED


def _is_as_wanted(one: Instance, wanted: str) -> bool:
    return wanted in (AS_STORED, one.transfer_syntax_uid) or (
        wanted == "" and (one.transfer_syntax_uid == EXPLICIT or one.kind == "video")
    )


def _stored_objects(request: HttpRequest, instances: list[Instance], related: bool) -> HttpResponseBase:
    if not related:
        (one,) = instances
        return answered(request, [_file(one)], DICOM, f"{one.crc32:08x}{one.digest[:24]}")  # its header too
    mark = hashlib.sha256("".join(one.storage_key for one in instances).encode()).hexdigest()[:32]
    # ours to know, so that nobody can write it into an object; the same each time, so that a range goes on
    boundary = derived_token("boundary", mark)
    parts = ((f"{DICOM}; transfer-syntax={one.transfer_syntax_uid}", [_file(one)]) for one in instances)
    content_type = multipart.related(DICOM, boundary)
    return answered(request, multipart.pieces(parts, boundary), content_type, f"m{mark}")


def _file(one: Instance) -> Piece:
    return Span(images.StoredFile(one), 0, one.bytes)


def _object(one: Instance, wanted: str) -> tuple[str, Iterable[bytes]]:
    """Transfer syntax and bytes of one object. Raises NotAcceptable, RenderRefused, RenderUnavailable."""
    if _is_as_wanted(one, wanted):
        return one.transfer_syntax_uid, _raw(one)
    if wanted not in ("", EXPLICIT):
        raise NotAcceptable(f"Transfer syntaxes to be had are {one.transfer_syntax_uid} and {EXPLICIT}")
    try:
        shell = images.shell(one)
    except RenderRefused:
        if wanted:
            raise
        return one.transfer_syntax_uid, _raw(one)
    return EXPLICIT, chain(
        [shell.before], _pixels(one, shell.frame_bytes, shell.pixel_bytes, shell.swapped), [shell.behind]
    )


def _raw(one: Instance) -> Iterator[bytes]:
    with images.file_path(one).open("rb") as file:
        while chunk := file.read(256 * 1024):
            yield chunk


def _pixels(one: Instance, frame_bytes: int, pixel_bytes: int, swapped: bool) -> Iterator[bytes]:
    if frame_bytes:
        for frame in range(1, pixel_bytes // frame_bytes + 1):
            samples = images.decoded_frame(one, frame)
            if len(samples) != frame_bytes:
                raise OSError(
                    "a frame is of another size than the first"
                )  # the answer ends short, and shows it
            yield samples
        return
    stored = images.bulk_data(one, "7FE00010") or () if pixel_bytes else ()
    for chunk in stored:
        yield _swap(chunk) if swapped else chunk


def _swap(chunk: bytes) -> bytes:
    words = array("H", chunk)
    words.byteswap()
    return words.tobytes()


# --- frames


@door
def frames(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, frames: str
) -> HttpResponseBase:
    """Frames as they are stored, or decompressed; the transfer syntax is named."""
    opened, found = permits.instance(request, viewer, study, series, instance)
    return frames_of(request, opened, found, frames)


def frames_of(request: HttpRequest, opened: OpenStudy, found: Instance, frames: str) -> HttpResponseBase:
    """The frames that `frames` lists, from an instance that was opened."""
    numbers = frame_numbers(frames)
    spans = [
        images.frame_spans(found, number) for number in numbers
    ]  # all are looked for before the first is sent
    media, related, syntax = _frame_form(request, found, computed=None in spans)
    if len(numbers) > 1 and not related:
        raise NotAcceptable("Several frames are to be had as multipart/related")
    opened.need_files([found])
    if syntax == AS_STORED and None not in spans:
        return _stored_frames(request, found, numbers, [list(one or ()) for one in spans], media, related)
    first = images.decoded_frame(found, numbers[0])
    mark = f"{found.digest[:32]}.{frames}.{EXPLICIT}"
    header = f"{media}; transfer-syntax={EXPLICIT}"
    if not related:
        return answered(request, [first], media, mark)
    if len(numbers) == 1:
        boundary = derived_token("boundary", mark)
        body = multipart.pieces([(header, [first])], boundary)
        return answered(request, body, multipart.related(media, boundary), f"m{mark}")
    others = (images.decoded_frame(found, number) for number in numbers[1:])
    return multipart.streamed(((header, [one]) for one in chain([first], others)), media)


def _frame_form(request: HttpRequest, found: Instance, *, computed: bool) -> tuple[str, bool, str]:
    """(media type, whether multipart, AS_STORED or EXPLICIT) of the answer. Raises NotAcceptable."""
    stored = found.transfer_syntax_uid
    native = not uids.is_encapsulated(stored) and stored != uids.EXPLICIT_VR_BIG_ENDIAN
    for range_ in ranges(request):
        for media in [OCTETS, *media_of(stored)]:
            related = range_.takes(media, related=True)
            if not related and not range_.takes(media):
                continue
            wanted = _syntax(range_) if media == OCTETS else (range_.syntax or AS_STORED)
            if wanted in (AS_STORED, stored) or (native and wanted in ("", EXPLICIT)):
                if media == OCTETS or not computed:
                    return media, related, EXPLICIT if computed else AS_STORED
            elif wanted in ("", EXPLICIT) and media == OCTETS:
                if found.kind == "video":
                    if wanted == "":
                        return media, related, AS_STORED
                    continue
                return media, related, EXPLICIT
    raise NotAcceptable(f"Frames are to be had as {OCTETS} in transfer syntax {stored} or {EXPLICIT}")


def _stored_frames(
    request: HttpRequest,
    found: Instance,
    numbers: list[int],
    spans: list[list[tuple[int, int]]],
    media: str,
    related: bool,
) -> HttpResponseBase:
    file = images.StoredFile(found)
    bodies: list[list[Piece]] = [[Span(file, *span) for span in one] for one in spans]
    mark = f"{found.digest[:32]}.{'.'.join(map(str, numbers))}"
    if not related:
        return answered(request, bodies[0], media, mark)
    boundary = derived_token("boundary", mark)
    header = f"{media}; transfer-syntax={found.transfer_syntax_uid}"
    body = multipart.pieces([(header, one) for one in bodies], boundary)
    return answered(request, body, multipart.related(media, boundary), f"m{mark}")


# --- bulk data


@door
def bulk_data(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str, pointer: str
) -> HttpResponseBase:
    """The bytes of one value, as the metadata's BulkDataURI names it."""
    opened = open_images(viewer, study)
    found = opened.instance(series, instance)
    _media, related, range_ = chosen(request, [(OCTETS, True), (OCTETS, False)])
    if range_ == ANYTHING and "Range" in request.headers:
        related = False
    opened.need_files([found])
    spans = images.bulk_spans(found, pointer)
    if spans is None:
        body: list[Piece] = list(images.bulk_data(found, pointer) or ())
    else:
        body = [Span(images.StoredFile(found), *span) for span in spans]
    if not body:
        raise NotVisible("bulk data")
    mark = f"{found.digest[:32]}.{hashlib.sha256(pointer.encode()).hexdigest()[:16]}"
    if not related:
        return answered(request, body, OCTETS, mark)
    boundary = derived_token("boundary", mark)
    return answered(
        request, multipart.pieces([(OCTETS, body)], boundary), multipart.related(OCTETS, boundary), f"m{mark}"
    )
