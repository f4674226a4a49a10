"""A DICOMweb archive that answers badly, or leads elsewhere (case 28)."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from placa.standards.dicom.peers.base import (
    PermanentPeerError,
    RetriablePeerError,
    Wanted,
    address_of,
    may_be_asked,
)
from placa.standards.dicom.peers.dicomweb import DicomwebArchive, WebAddress

Answer = Callable[[BaseHTTPRequestHandler], None]


class Stranger:
    """An HTTP server that answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda handler: None
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                outer.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/dicom-web"


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    one = Stranger()
    yield one
    one.server.shutdown()
    one.server.server_close()


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_a_redirect_is_not_followed(stranger: Stranger) -> None:
    elsewhere = Stranger()
    stranger.answer = says(302, Location=elsewhere.url)
    archive = DicomwebArchive(WebAddress(stranger.url, token="secret"))
    with pytest.raises(PermanentPeerError, match="address"):
        archive.echo()
    with pytest.raises(PermanentPeerError, match="address"):
        archive.fetch(Wanted("1.2.3"), lambda path: None, lambda: None)
    assert elsewhere.asked == []
    elsewhere.server.shutdown()
    elsewhere.server.server_close()


@pytest.mark.parametrize(
    ("host", "address", "may"),
    [
        ("127.0.0.1", "127.0.0.1", True), ("localhost", "127.0.0.1", True), ("pacs.example", "127.0.0.1", False),
        ("pacs.example", "::1", False), ("pacs.example", "10.1.2.3", True), ("169.254.169.254", "169.254.169.254", False),
        ("pacs.example", "169.254.169.254", False), ("pacs.example", "::ffff:169.254.169.254", False),
        ("pacs.example", "::ffff:127.0.0.1", False), ("fe80::1", "fe80::1", False), ("0.0.0.0", "0.0.0.0", False),
        ("pacs.example", "224.0.0.1", False),
    ],
)  # fmt: skip
def test_a_name_cannot_be_turned_inwards(host: str, address: str, may: bool) -> None:
    assert may_be_asked(host, address) is may


def test_the_address_is_looked_at_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("169.254.169.254", 80))])
    with pytest.raises(PermanentPeerError, match="address"):
        address_of("pacs.example", 80)
    with pytest.raises(PermanentPeerError, match="address"):
        DicomwebArchive(WebAddress("http://pacs.example/dicom-web")).echo()


@pytest.mark.parametrize(
    "url", ["ftp://pacs.example/", "file:///etc/passwd", "http://user:pw@pacs.example/", "pacs"]
)
def test_only_web_addresses_are_taken(url: str) -> None:
    with pytest.raises(PermanentPeerError, match="address"):
        DicomwebArchive(WebAddress(url))


def test_credentials_go_along(stranger: Stranger) -> None:
    stranger.answer = says(200, b"[]")
    DicomwebArchive(WebAddress(stranger.url, user="placa", password="pässword")).echo()
    DicomwebArchive(WebAddress(stranger.url, token="abc")).echo()
    sent = [headers["Authorization"] for _path, headers in stranger.asked]
    assert sent == ["Basic cGxhY2E6cMOkc3N3b3Jk", "Bearer abc"]
    assert "pässword" not in repr(WebAddress(stranger.url, user="placa", password="pässword"))


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, PermanentPeerError), (403, PermanentPeerError), (400, PermanentPeerError), (500, RetriablePeerError),
     (503, RetriablePeerError), (429, RetriablePeerError)],
)  # fmt: skip
def test_what_a_status_means(stranger: Stranger, status: int, error: type[Exception]) -> None:
    stranger.answer = says(status)
    with pytest.raises(error):
        DicomwebArchive(WebAddress(stranger.url)).instances("1.2.3")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[1]", b""])
def test_nonsense_is_no_answer(stranger: Stranger, body: bytes) -> None:
    stranger.answer = says(200, body)
    with pytest.raises(PermanentPeerError, match="bad-answer"):
        DicomwebArchive(WebAddress(stranger.url)).instances("1.2.3")


@pytest.mark.parametrize("pages", [True, False])
def test_an_archive_with_small_pages_is_asked_to_the_end(stranger: Stranger, pages: bool) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        offset = int(handler.path.rpartition("=")[2]) if pages else 0
        rows = [{"00080018": {"vr": "UI", "Value": [f"1.2.{n}"]}} for n in range(offset, min(offset + 2, 5))]
        says(200, json.dumps(rows).encode())(handler)

    stranger.answer = answer
    found = DicomwebArchive(WebAddress(stranger.url)).instances("1.2.3")
    assert len(found) == (5 if pages else 2)


def test_a_silent_archive_is_left(stranger: Stranger) -> None:
    done = threading.Event()

    def late(handler: BaseHTTPRequestHandler) -> None:
        done.wait(5)

    stranger.answer = late
    with pytest.raises(RetriablePeerError):
        DicomwebArchive(WebAddress(stranger.url, answer_seconds=0.3)).echo()
    done.set()


def multipart(*bodies: bytes, end: bytes = b"--\r\n") -> bytes:
    parts = b"".join(b"\r\n--xyz\r\nContent-Type: application/dicom\r\n\r\n" + body for body in bodies)
    return parts + b"\r\n--xyz" + end


RELATED = 'multipart/related; type="application/dicom"; boundary=xyz'


def taken(stranger: Stranger, body: bytes, content_type: str = RELATED) -> list[bytes]:
    stranger.answer = says(200, body, Content_Type=content_type)
    found: list[bytes] = []
    DicomwebArchive(WebAddress(stranger.url)).fetch(
        Wanted("1.2.3"), lambda path: found.append(path.read_bytes()), lambda: None
    )
    return found


def test_parts_come_whole_whatever_is_in_them(stranger: Stranger) -> None:
    large = bytes(range(256)) * 4096  # four times what is read at once
    bodies = [b"one", b"", b"\r\n--xy\r\n--", large]
    assert taken(stranger, multipart(*bodies)) == bodies


def test_a_stream_that_is_cut_off_is_no_success(stranger: Stranger) -> None:
    whole = multipart(b"one", b"two" * 1000)
    for length in (0, 3, 40, len(whole) - 1000, len(whole) - 5):
        with pytest.raises(RetriablePeerError):
            taken(stranger, whole[:length])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"", "text/html"), (b"", "multipart/related"), (multipart(b"a", end=b"??????"), RELATED),
     (b"\r\n--xyz\r\nContent-Type: " + b"a" * 600_000, RELATED)],
)  # fmt: skip
def test_what_is_no_multipart_is_refused(stranger: Stranger, body: bytes, content_type: str) -> None:
    with pytest.raises(PermanentPeerError, match="bad-answer"):
        taken(stranger, body, content_type)


def test_no_temporary_file_is_left(stranger: Stranger, tmp_path: Path) -> None:
    stranger.answer = says(200, multipart(b"one", b"two")[:-30], Content_Type=RELATED)
    with pytest.raises(RetriablePeerError):
        DicomwebArchive(WebAddress(stranger.url), tmp_path).fetch(
            Wanted("1.2.3"), lambda path: None, lambda: None
        )
    assert list(tmp_path.iterdir()) == []
