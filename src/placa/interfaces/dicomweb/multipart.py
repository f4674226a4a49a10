"""multipart/related as DICOMweb answers it (PS3.18 8.6.1.1.2, RFC 2387)."""

import secrets
from collections.abc import Iterable, Iterator

from django.http import HttpResponse, StreamingHttpResponse


def single(body: bytes, content_type: str, part_header: str) -> HttpResponse:
    """One part; `content_type` is the `type` parameter, `part_header` the part's own Content-Type."""
    boundary = secrets.token_hex(12)
    head = f"--{boundary}\r\nContent-Type: {part_header}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answer = HttpResponse(head + body + f"\r\n--{boundary}--\r\n".encode())
    answer["Content-Type"] = _related(content_type, boundary)
    return answer


def many(parts: Iterable[tuple[str, Iterable[bytes]]], content_type: str) -> StreamingHttpResponse:
    """Many parts, streamed: each is (Content-Type, chunks)."""
    boundary = secrets.token_hex(12)
    answer = StreamingHttpResponse(_stream(parts, boundary))
    answer["Content-Type"] = _related(content_type, boundary)
    return answer


def _related(content_type: str, boundary: str) -> str:
    return f'multipart/related; type="{content_type}"; boundary={boundary}'


def _stream(parts: Iterable[tuple[str, Iterable[bytes]]], boundary: str) -> Iterator[bytes]:
    for header, chunks in parts:
        yield f"--{boundary}\r\nContent-Type: {header}\r\n\r\n".encode()
        yield from chunks
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
