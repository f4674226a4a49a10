"""One child of the pool: bounded before it touches anything of a stranger's, then one request after another."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.sandbox.messages import FAILED, OK, REFUSED, REQUEST_LIMIT, receive, send

BACKGROUND_NICENESS: Final = 10  # a tenth of a page's share of a busy core: late, but never starved


def main(descriptor: int, memory: int, background: bool) -> None:
    """Serve requests from an inherited socket until it closes.

    `memory` is what a request may take beyond what the interpreter and the codecs have taken already, in bytes.
    """
    from placa.standards.dicom.operations import render_request, warm_up

    warm_up()
    if background:
        os.nice(BACKGROUND_NICENESS)
    address_space = _address_space() + memory
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as connection:
        send(connection, b"ready")
        while True:
            try:
                request = receive(connection, REQUEST_LIMIT)
            except ConnectionError:
                return
            send(connection, *_answer(request, render_request))
            del request


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _answer(message: bytes, operation: Callable[[dict[str, Any]], bytes]) -> tuple[bytes, bytes]:
    status = FAILED
    try:
        line, _feed, data = message.partition(b"\n")
        return OK, operation({**json.loads(line), "data": data})
    except InvalidObject as refusal:
        status, reason = REFUSED, refusal.reason
    except MemoryError:
        reason = "too-large"
    except FileNotFoundError:
        status, reason = REFUSED, "no-file"
    except Exception as problem:  # any other fault of a codec fails this request and leaves the pool alive
        reason = f"failed-{type(problem).__name__}"
    return status, json.dumps({"reason": reason}).encode()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "background")
