"""The pool behind a Unix domain socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from placa.standards.dicom.sandbox.messages import REQUEST_LIMIT, receive
from placa.standards.dicom.sandbox.pool import MEMORY, REQUEST_TIME_LIMIT, RenderPool

_CONNECTIONS_PER_WORKER: Final = 32


def serve(
    socket_path: str,
    workers: int,
    roots: Sequence[str | os.PathLike[str]],
    *,
    background: int = 0,
    memory: int = MEMORY,
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
    pool = RenderPool(workers, roots, background=background, memory=memory, time_limit=time_limit)
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
        with connection, contextlib.ExitStack() as stack:
            connection.settimeout(10)
            request = receive(connection, REQUEST_LIMIT)
            pieces = stack.enter_context(contextlib.closing(pool.pieces(request)))
            for piece in pieces:
                connection.sendall(piece)
    except OSError:
        return  # the client went away, or the child in the midst of its answer
    finally:
        places.release()
