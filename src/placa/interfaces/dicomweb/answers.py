"""Answers whose length is known: whole, in part, or not at all where the client has it already (RFC 9110 13, 14)."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from placa.domain.access.images import StoredFile

CHUNK: Final = 256 * 1024
AT_ONCE: Final = 8 * 1024 * 1024  # up to that an answer is read before it is sent: one system call each way
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `offset` of a stored file, which is read when its turn comes."""

    file: StoredFile
    offset: int
    length: int


Piece = bytes | Span


def size_of(pieces: Iterable[Piece]) -> int:
    """Bytes of all pieces."""
    return sum(len(piece) if isinstance(piece, bytes) else piece.length for piece in pieces)


def part_of(pieces: Iterable[Piece], start: int, stop: int) -> Iterator[Piece]:
    """What of `pieces` lies between byte `start` and byte `stop`."""
    at = 0
    for piece in pieces:
        length = size_of([piece])
        first, last = max(start - at, 0), min(stop - at, length)
        if first < last:
            if isinstance(piece, bytes):
                yield piece[first:last]
            else:
                yield replace(piece, offset=piece.offset + first, length=last - first)
        at += length


def chunks(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The bytes of all pieces. A file that ends too early ends the answer, which its length then shows."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from _read(piece)


def _read(span: Span) -> Iterator[bytes]:
    if span.length <= AT_ONCE:
        yield span.file.part(span.offset, span.length)
        return
    at, left = span.offset, span.length
    descriptor = os.open(span.file.path(), os.O_RDONLY | os.O_CLOEXEC)
    try:
        while left and (chunk := os.pread(descriptor, min(left, CHUNK), at)):
            at, left = at + len(chunk), left - len(chunk)
            yield chunk
    finally:
        os.close(descriptor)


def answered(request: HttpRequest, pieces: Sequence[Piece], content_type: str, mark: str) -> HttpResponseBase:
    """200 with all, 206 with the range asked for, 304 where the client has it, 416 where there is no such range.

    `mark` names these very bytes (the ETag).
    """
    etag, total = f'"{mark}"', size_of(pieces)
    if _has(request.META.get("HTTP_IF_NONE_MATCH", ""), etag):
        return _marked(HttpResponse(status=304), etag)
    wanted = _range(request, etag, total)
    if wanted is None:
        return _marked(_body(pieces, total, content_type), etag)
    start, stop = wanted
    if start >= stop:
        refused = HttpResponse(status=416, content_type="text/plain")
        refused["Content-Range"] = f"bytes */{total}"
        return _marked(refused, etag)
    answer = _body(list(part_of(pieces, start, stop)), stop - start, content_type)
    answer.status_code = 206
    answer["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    return _marked(answer, etag)


def _body(pieces: Sequence[Piece], total: int, content_type: str) -> HttpResponseBase:
    answer: HttpResponseBase
    if total <= AT_ONCE:
        answer = HttpResponse(content_type=content_type)
        for chunk in chunks(pieces):
            answer.write(chunk)  # side by side: joined they would be copied once more
    else:
        answer = StreamingHttpResponse(chunks(pieces), content_type=content_type)
    answer["Content-Length"] = str(total)
    return answer


def _marked(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Accept-Ranges"] = "bytes"
    return answer


def _has(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in header.split(","))


def _range(request: HttpRequest, etag: str, total: int) -> tuple[int, int] | None:
    """(first, behind the last) of the one range that is asked for; None for all. An empty one cannot be satisfied."""
    asked = request.META.get("HTTP_RANGE")  # `request.headers` is made of all of them, for each request anew
    found = _RANGE.fullmatch(asked.replace(" ", "")) if asked else None
    if found is None or found[1] == found[2] == "":
        return None  # no range, several, or none that makes sense: all of it (RFC 9110 14.2)
    if request.META.get("HTTP_IF_RANGE", etag).strip() != etag:
        return None
    if not found[1]:
        return max(0, total - int(found[2])), total if int(found[2]) else 0
    start, last = int(found[1]), int(found[2] or total)
    return (start, min(last + 1, total)) if start <= last else None
