"""A bounded pool of child processes that decode and draw, asked over a Unix domain socket.

Hostile pixels may take memory, time or crash a codec: each child has an address space limit and a time limit
per request, may write no file, and is killed and replaced when it dies or is late.

On the socket and on the pipe to a child, a message is a 4-byte big-endian length and that many bytes. A
request is JSON (see `operations.render_request`); an answer is one status byte and a body: `0` the result,
`1` a JSON refusal.
"""

from __future__ import annotations

import json
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from struct import pack, unpack
from typing import Any, Final

from placa.standards.dicom.errors import InvalidObject

MEMORY_LIMIT: Final = 1536 * 1024 * 1024
REQUEST_TIME_LIMIT: Final = 20.0
REQUESTS_PER_CHILD: Final = 2000
_START_TIME_LIMIT: Final = 60.0
_REQUEST_LIMIT: Final = 64 * 1024
_ANSWER_LIMIT: Final = 768 * 1024 * 1024
_CONNECTIONS_PER_WORKER: Final = 32
_OK, _REFUSED, _BUSY = b"0", b"1", b"2"


class RenderRefused(Exception):
    """The object cannot be drawn, now or later; `reason` is a code of `errors`, "too-slow" or "crashed"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RenderUnavailable(Exception):
    """No answer could be had: pool not running, too busy, or gone. Asking again later may help."""


# --- Messages
# -------------------------------------------------------------------------------------------------------


def _send(connection: socket.socket, *parts: bytes) -> None:
    connection.sendall(pack(">I", sum(map(len, parts))) + parts[0])
    for part in parts[1:]:
        connection.sendall(part)


def _receive(connection: socket.socket, limit: int) -> bytes:
    (length,) = unpack(">I", _exactly(connection, 4))
    if length > limit:
        raise ConnectionError("message too long")
    return bytes(_exactly(connection, length))


def _exactly(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view, at = memoryview(data), 0
    while at < length:
        received = connection.recv_into(view[at:])
        if not received:
            raise ConnectionError("closed")
        at += received
    return data


# --- Client
# ---------------------------------------------------------------------------------------------------------


def ask(socket_path: str, request: dict[str, Any], timeout: float = 30.0) -> bytes:
    """Have the pool answer `request` (see `operations.render_request`) within `timeout` seconds for each
    step.

    Raises RenderRefused, RenderUnavailable.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(socket_path)
            _send(connection, json.dumps(request).encode())
            answer = _receive(connection, _ANSWER_LIMIT)
        except OSError as problem:
            raise RenderUnavailable(type(problem).__name__) from problem
    status, body = answer[:1], answer[1:]
    if status == _OK:
        return body
    if status == _BUSY:
        raise RenderUnavailable("busy")
    raise RenderRefused(json.loads(body)["reason"])


# --- One child
# ------------------------------------------------------------------------------------------------------


class _Child:
    """A worker process and the socket to it; used by one thread at a time."""

    def __init__(self, memory_limit: int) -> None:
        ours, theirs = socket.socketpair()
        # Nothing of ours is inherited, secrets least of all. One thread each: codecs and BLAS would otherwise
        # reserve address space for a thread a core.
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        with theirs:
            command = [
                sys.executable,
                "-m",
                "placa.standards.dicom.sandbox",
                str(theirs.fileno()),
                str(memory_limit),
            ]
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL
            )
        self._socket = ours
        self._served = 0
        self._ready = False

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def answer(self, request: bytes, timeout: float) -> bytes:
        """Status and body. Raises TimeoutError when late, ConnectionError or OSError when the child died."""
        if not self._ready:
            self._socket.settimeout(_START_TIME_LIMIT)
            _receive(self._socket, 16)
            self._ready = True
        self._socket.settimeout(timeout)
        _send(self._socket, request)
        self._served += 1
        return _receive(self._socket, _ANSWER_LIMIT)

    @property
    def worn(self) -> bool:
        """True after so many requests that a fresh process is due."""
        return self._served >= REQUESTS_PER_CHILD

    def kill(self) -> None:
        """End the process at once and reap it."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _child_main(descriptor: int, memory_limit: int) -> None:
    """Serve requests from an inherited socket until it closes. Runs in the child."""
    from placa.standards.dicom.operations import render_request

    resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as connection:
        _send(connection, b"ready")
        while True:
            try:
                request = _receive(connection, _REQUEST_LIMIT)
            except ConnectionError:
                return
            _send(connection, *_answer(request, render_request))


def _answer(request: bytes, operation: Any) -> tuple[bytes, bytes]:
    try:
        return _OK, operation(json.loads(request))
    except InvalidObject as refusal:
        reason = refusal.reason
    except MemoryError:
        reason = "too-large"
    except FileNotFoundError:
        reason = "no-file"
    except Exception as problem:  # any other fault of a codec refuses this object and leaves the child alive
        reason = f"failed-{type(problem).__name__}"
    return _REFUSED, json.dumps({"reason": reason}).encode()


# --- Pool and server
# ------------------------------------------------------------------------------------------------


class RenderPool:
    """`workers` children, their requests in turn. `roots` are the folders below which files may be named."""

    def __init__(
        self,
        workers: int,
        roots: Sequence[str | os.PathLike[str]],
        *,
        memory_limit: int = MEMORY_LIMIT,
        time_limit: float = REQUEST_TIME_LIMIT,
    ) -> None:
        self._roots = [Path(root).resolve() for root in roots]
        self._memory_limit = memory_limit
        self._time_limit = time_limit
        self._idle: queue.Queue[_Child] = queue.Queue()
        self._all: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._idle.put(self._start())

    def _start(self) -> _Child:
        child = _Child(self._memory_limit)
        with self._lock:
            self._all.add(child)
            if self._closed:
                child.kill()
        return child

    def answer(self, request: bytes) -> tuple[bytes, bytes]:
        """Status byte and body for one request; never raises for what a request or a file does."""
        refusal = self._refusal(request)
        if refusal:
            return _REFUSED, json.dumps({"reason": refusal}).encode()
        try:
            child = self._idle.get(timeout=self._time_limit)
        except queue.Empty:
            return _BUSY, b""
        try:
            answer = child.answer(request, self._time_limit)
            if child.worn:
                child = self._replace(child)
            return answer[:1], answer[1:]
        except TimeoutError:
            child = self._replace(child)
            return _REFUSED, json.dumps({"reason": "too-slow"}).encode()
        except OSError:
            child = self._replace(child)
            return _REFUSED, json.dumps({"reason": "crashed"}).encode()
        finally:
            self._idle.put(child)

    def _replace(self, child: _Child) -> _Child:
        with self._lock:
            self._all.discard(child)
        child.kill()
        return self._start()

    def _refusal(self, request: bytes) -> str:
        """Why the request may not reach a child, or nothing."""
        try:
            path = json.loads(request)["path"]
        except (ValueError, KeyError, TypeError):
            return "bad-request"
        if not isinstance(path, str) or not os.path.isabs(path) or "\0" in path:
            return "bad-request"
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(root) for root in self._roots):
            return "outside-root"
        return "" if real.is_file() else "no-file"

    def pids(self) -> set[int]:
        """Process ids of the children."""
        with self._lock:
            return {child.pid for child in self._all}

    def close(self) -> None:
        """Kill all children; requests under way are answered with a refusal."""
        with self._lock:
            self._closed = True
            children = list(self._all)
        for child in children:
            child.kill()


def serve(
    socket_path: str,
    workers: int,
    roots: Sequence[str | os.PathLike[str]],
    *,
    memory_limit: int = MEMORY_LIMIT,
    time_limit: float = REQUEST_TIME_LIMIT,
    stop: threading.Event | None = None,
) -> None:
    """Serve `ask` on a Unix socket until SIGTERM or SIGINT (in the main thread), or until `stop` is set.
    Blocks.

    The socket is the server's user's alone (mode 600); an old one in its place is replaced.
    """
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
    pool = RenderPool(workers, roots, memory_limit=memory_limit, time_limit=time_limit)
    places = threading.BoundedSemaphore(workers * _CONNECTIONS_PER_WORKER)
    try:
        with _listen(socket_path) as listener:
            while not stop.is_set():
                try:
                    connection, _address = listener.accept()
                except TimeoutError:
                    continue
                if not places.acquire(blocking=False):
                    connection.close()
                    continue
                threading.Thread(target=_converse, args=(connection, pool, places), daemon=True).start()
    finally:
        pool.close()
        Path(socket_path).unlink(missing_ok=True)


def _listen(socket_path: str) -> socket.socket:
    Path(socket_path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(socket_path)
    finally:
        os.umask(before)
    listener.listen(128)
    listener.settimeout(0.5)
    return listener


def _converse(connection: socket.socket, pool: RenderPool, places: threading.BoundedSemaphore) -> None:
    """One request of one client, each step with a time limit so that a silent client holds no thread for
    long."""
    try:
        with connection:
            connection.settimeout(10)
            request = _receive(connection, _REQUEST_LIMIT)
            answer = pool.answer(request)
            connection.settimeout(60)
            _send(connection, *answer)
    except OSError:
        return  # the client went away
    finally:
        places.release()


if __name__ == "__main__":
    _child_main(int(sys.argv[1]), int(sys.argv[2]))
