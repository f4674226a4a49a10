"""Requests that are like the last one of their connection: answered without being parsed, and only those."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse

from placa.config import alike

REST = b"Host: x\r\nAccept: */*\r\n\r\n"
ENVIRON = {
    "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "", "PATH_INFO": "/a", "RAW_URI": "/a?b=1",
    "QUERY_STRING": "b=1", "HTTP_HOST": "x",
}  # fmt: skip


def _head(line: str) -> bytes:
    return line.encode() + b"\r\n" + REST


def test_another_path_is_all_that_may_differ() -> None:
    said = alike.said(_head("GET /a?b=1 HTTP/1.1"), ENVIRON)
    assert said
    assert said.of(_head("GET /s/t_-1/c.2,3 HTTP/1.1")) == ENVIRON | {
        "PATH_INFO": "/s/t_-1/c.2,3", "RAW_URI": "/s/t_-1/c.2,3", "QUERY_STRING": "",
    }  # fmt: skip
    assert said.of(b"GET /c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nCookie: y\r\n\r\n") is None
    assert said.of(b"") is None


@pytest.mark.parametrize(
    "line",
    ["POST /c HTTP/1.1", "GET /c HTTP/1.0", "GET c HTTP/1.1", "GET http://y/c HTTP/1.1", "GET /c?d=1 HTTP/1.1",
     "GET /%63 HTTP/1.1", "GET /c  HTTP/1.1", "GET /c HTTP/1.1 ", "GET /c\n HTTP/1.1", "get /c HTTP/1.1"],
)  # fmt: skip
def test_an_odd_line_is_parsed(line: str) -> None:
    said = alike.said(_head("GET /a HTTP/1.1"), ENVIRON)
    assert said
    assert said.of(_head(line)) is None


@pytest.mark.parametrize(
    "more",
    [{"REQUEST_METHOD": "POST"}, {"SERVER_PROTOCOL": "HTTP/1.0"}, {"SCRIPT_NAME": "/x"}, {"CONTENT_LENGTH": "0"},
     {"HTTP_TRANSFER_ENCODING": "chunked"}, {"HTTP_EXPECT": "100-continue"}, {"HTTP_UPGRADE": "h2c"}],
)  # fmt: skip
def test_what_is_more_than_a_plain_question_is_not_remembered(more: dict[str, str]) -> None:
    assert alike.said(_head("GET /a HTTP/1.1"), ENVIRON | more) is None
    assert alike.said(b"", ENVIRON) is None
    assert alike.said(_head("GET /a HTTP/1.1"), None) is None


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(10)
        yield here, there


def _conn(there: socket.socket, read: bytes = b"", *, is_http2: bool = False) -> Any:
    unreader = SimpleNamespace(buf=SimpleNamespace(getvalue=lambda: read))
    return SimpleNamespace(sock=there, parser=SimpleNamespace(unreader=unreader), is_http2=is_http2)


def test_one_whole_head_is_looked_at_and_stays(line: tuple[socket.socket, socket.socket]) -> None:
    here, there = line
    assert alike.waiting(_conn(there)) == b""
    whole = _head("GET /a HTTP/1.1")
    here.sendall(whole[:-1])
    assert alike.waiting(_conn(there)) == b""
    here.sendall(whole[-1:])
    assert alike.waiting(_conn(there)) == whole
    assert alike.waiting(_conn(there, b"GET")) == b""
    assert alike.waiting(_conn(there, is_http2=True)) == b""
    here.sendall(b"G")
    assert alike.waiting(_conn(there)) == b""
    assert there.recv(1000) == whole + b"G"


@pytest.mark.parametrize("more", [_head("GET /b HTTP/1.1"), b"x" * alike.HEAD_BYTES])
def test_two_at_once_and_a_giant_are_gunicorns(
    line: tuple[socket.socket, socket.socket], more: bytes
) -> None:
    here, there = line
    here.sendall(_head("GET /a HTTP/1.1") + more)
    assert alike.waiting(_conn(there)) == b""


def test_whoever_is_gone_is_not_kept(
    line: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = line
    closed: list[HttpResponse] = []
    monkeypatch.setattr(
        HttpResponse, "close", lambda body: closed.append(body)
    )  # Django's asks the database's connections
    body = HttpResponse(b"x")
    here.close()
    assert alike.answer(there, 1, "200 OK", [], body) is False
    assert closed == [body]


# --- with a real gunicorn

BIG = 3_000_000  # bytes: more than a socket takes at once
PROGRAM = f"""
from django.conf import settings
settings.configure()
from django.http import HttpResponse


class Application:
    def __call__(self, environ, start_response):
        body = f"parsed {{environ['PATH_INFO']}} {{environ.get('HTTP_X', '')}}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def at_once(self, environ):
        path = environ["PATH_INFO"]
        if path.startswith("/not"):
            return None
        body = HttpResponse()
        for piece in (f"at once {{path}} {{environ.get('HTTP_X', '')}}".encode(), b"." * {BIG}):
            body.write(piece)
        return "200 OK", [("Content-Length", str(len(body.content)))], body


application = Application()
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[socket.socket]:
    """A connection to our worker with an application of its own."""
    (tmp_path / "program.py").write_text(PROGRAM)
    address = tmp_path / "s"
    command = [
        sys.executable, "-m", "gunicorn", "-b", f"unix:{address}", "-k", "placa.config.worker.Worker", "--threads", "4",
        "--no-control-socket", "program",
    ]  # fmt: skip
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        yield _connected(address)
    finally:
        running.terminate()
        running.wait(30)


def _connected(address: Path) -> socket.socket:
    limit = time.monotonic() + 60
    while True:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(60)
        try:
            line.connect(str(address))
            return line
        except OSError:
            line.close()
            if time.monotonic() > limit:
                raise
            time.sleep(0.05)


def _ask(line: socket.socket, path: str, x: str = "1") -> str:
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nX: {x}\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(1 << 20)
    assert (len(body), head[:15]) == (length, b"HTTP/1.1 200 OK")
    assert b"\r\nDate: " in head
    assert b"\r\nConnection: keep-alive" in head
    return body.rstrip(b".").decode()


def test_the_worker_parses_the_first_one_and_whatever_differs(served: socket.socket) -> None:
    with served:
        assert _ask(served, "/a") == "parsed /a 1"
        assert _ask(served, "/b") == "at once /b 1"
        assert _ask(served, "/not") == "parsed /not 1"
        assert _ask(served, "/c") == "at once /c 1"
        assert _ask(served, "/c", "2") == "parsed /c 2"
        assert _ask(served, "/c", "2") == "at once /c 2"
        assert _ask(served, "/c?d=1", "2") == "parsed /c 2"
        time.sleep(0.2)  # back to gunicorn's poller
        assert _ask(served, "/d", "2") == "at once /d 2"
