"""multipart/related as DICOMweb answers it (PS3.18 8.6.1.1.2, RFC 2387)."""

import secrets
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

from placa.interfaces.dicomweb.answers import Piece, size_of


def pieces(parts: Iterable[tuple[str, list[Piece]]], boundary: str) -> list[Piece]:
    """Parts, each (Content-Type, its pieces), as the pieces of one body of known length."""
    found: list[Piece] = []
    for header, body in parts:
        found.append(_head(boundary, header, size_of(body)))
        found += body
        found.append(b"\r\n")
    return [*found, f"--{boundary}--\r\n".encode()]


def related(media: str, boundary: str) -> str:
    """The Content-Type of such a body, whose parts are `media`."""
    return f'multipart/related; type="{media}"; boundary={boundary}'


def streamed(parts: Iterable[tuple[str, Iterable[bytes]]], media: str) -> StreamingHttpResponse:
    """Parts whose length is not known before they are made: each is (Content-Type, chunks)."""
    boundary = secrets.token_hex(16)
    answer = StreamingHttpResponse(_stream(parts, boundary))
    answer["Content-Type"] = related(media, boundary)
    return answer


def _head(boundary: str, header: str, length: int | None = None) -> bytes:
    said = "" if length is None else f"Content-Length: {length}\r\n"
    return f"--{boundary}\r\nContent-Type: {header}\r\n{said}\r\n".encode()


def _stream(parts: Iterable[tuple[str, Iterable[bytes]]], boundary: str) -> Iterator[bytes]:
    for header, chunks in parts:
        yield _head(boundary, header)
        yield from chunks
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
