"""The children, their two lanes, and one request after another for each."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from struct import pack
from typing import Final, Literal

from placa.standards.dicom.sandbox.messages import (
    ANSWER_LIMIT,
    BUSY,
    FAILED,
    REFUSED,
    length_of,
    receive,
    send,
)

MEMORY: Final = 400 * 1024 * 1024  # for one request, beside the 100 MiB or so that a child begins with
REQUEST_TIME_LIMIT: Final = 20.0
BACKGROUND_TIME_LIMIT: Final = 60.0  # at low priority everything takes longer
REQUESTS_PER_CHILD: Final = 2000
_START_TIME_LIMIT: Final = 60.0
_PIECE: Final = 256 * 1024
Lane = Literal["front", "background"]


class Child:
    """A worker process and the socket to it; used by one thread at a time."""

    def __init__(self, memory: int, lane: Lane) -> None:
        ours, theirs = socket.socketpair()
        # Nothing of ours is inherited, secrets least of all. One thread each: codecs and BLAS would otherwise
        # reserve address space for a thread a core. One arena: freed memory of a large frame goes back at once.
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        with theirs:
            module, descriptor = "placa.standards.dicom.sandbox.child", str(theirs.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, descriptor, str(memory), lane],
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
            )
        self.lane = lane
        self._socket = ours
        self._served = 0
        self._ready = False
        self._spoiled = False

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def answer(self, request: bytes, timeout: float) -> Iterator[bytes]:
        """The answer's message, piece by piece: its length and status first.

        Raises TimeoutError when late, OSError when the child died.
        """
        if not self._ready:
            self._socket.settimeout(_START_TIME_LIMIT)
            receive(self._socket, 16)
            self._ready = True
        self._socket.settimeout(timeout)
        send(self._socket, request)
        self._served += 1
        head = self._some(5)
        while len(head) < 5:
            head += self._some(5 - len(head))
        left = length_of(head[:4], ANSWER_LIMIT) - 1
        self._spoiled = head[4:] == FAILED
        yield head
        while left:
            piece = self._some(min(left, _PIECE))
            left -= len(piece)
            yield piece

    def _some(self, most: int) -> bytes:
        piece = self._socket.recv(most)
        if not piece:
            raise ConnectionError("closed")
        return piece

    @property
    def worn(self) -> bool:
        """True after a failure, or so many requests, that a fresh process is due."""
        return self._spoiled or self._served >= REQUESTS_PER_CHILD

    def kill(self) -> None:
        """End the process at once and reap it."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


class RenderPool:
    """`workers` children for whoever waits, `background` more at low priority for what nobody waits for yet.

    `roots` are the folders below which files may be named.
    """

    def __init__(
        self,
        workers: int,
        roots: Sequence[str | os.PathLike[str]],
        *,
        background: int = 0,
        memory: int = MEMORY,
        time_limit: float = REQUEST_TIME_LIMIT,
    ) -> None:
        self._roots = [Path(root).resolve() for root in roots]
        self._memory = memory
        self._limits: dict[Lane, float] = {
            "front": time_limit,
            "background": max(time_limit, BACKGROUND_TIME_LIMIT),
        }
        self._idle: dict[Lane, queue.Queue[Child]] = {"front": queue.Queue(), "background": queue.Queue()}
        self._all: set[Child] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._idle["front"].put(self._start("front"))
        for _ in range(background):
            self._idle["background"].put(self._start("background"))
        self._has_background = background > 0

    def _start(self, lane: Lane) -> Child:
        child = Child(self._memory, lane)
        with self._lock:
            self._all.add(child)
            if self._closed:
                child.kill()
        return child

    def answer(self, request: bytes) -> tuple[bytes, bytes]:
        """Status byte and body for one request; never raises for what a request or a file does."""
        try:
            message = b"".join(self.pieces(request))
        except OSError:
            return FAILED, _reason("crashed")
        return message[4:5], message[5:]

    def pieces(self, request: bytes) -> Generator[bytes, None, None]:
        """The answer's message, piece by piece. Raises OSError where its child dies in the midst of it."""
        refusal, lane = self._look(request)
        if refusal:
            yield _message(REFUSED, _reason(refusal))
            return
        try:
            child = self._idle[lane].get(timeout=self._limits[lane])
        except queue.Empty:
            yield _message(BUSY, b"")
            return
        begun, whole = False, False
        try:
            for piece in child.answer(request, self._limits[lane]):
                begun = True
                yield piece
            whole = True
        except TimeoutError:
            if begun:
                raise
            yield _message(FAILED, _reason("too-slow"))
        except OSError:
            if begun:
                raise
            yield _message(FAILED, _reason("crashed"))
        finally:  # also when the client goes away in the midst of it: what is left of an answer would be the next one's
            self._idle[lane].put(self._replace(child) if child.worn or not whole else child)

    def _replace(self, child: Child) -> Child:
        child.kill()
        try:
            fresh = self._start(child.lane)
        except OSError:
            return child  # no process can be had now; the dead one keeps its place, and is replaced at its next request
        with self._lock:
            self._all.discard(child)
        return fresh

    def _look(self, request: bytes) -> tuple[str, Lane]:
        """Why the request may not reach a child, or nothing; and its lane."""
        line, feed, _data = request.partition(b"\n")
        try:
            asked = json.loads(line)
            path = asked.get("path")
        except (ValueError, AttributeError):
            return "bad-request", "front"
        background = asked.get("lane") == "background" and self._has_background
        lane: Lane = "background" if background else "front"
        if path is None and feed:
            return "", lane
        if not isinstance(path, str) or not os.path.isabs(path) or "\0" in path:
            return "bad-request", lane
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(root) for root in self._roots):
            return "outside-root", lane
        return ("" if real.is_file() else "no-file"), lane

    def pids(self) -> set[int]:
        """Process ids of the children."""
        with self._lock:
            return {child.pid for child in self._all}

    def close(self) -> None:
        """Kill all children; requests under way are answered with a failure."""
        with self._lock:
            self._closed = True
            children = list(self._all)
        for child in children:
            child.kill()


def _message(status: bytes, body: bytes) -> bytes:
    return pack(">I", 1 + len(body)) + status + body


def _reason(reason: str) -> bytes:
    return json.dumps({"reason": reason}).encode()
