"""A receiver that reads and says Success, and does nothing else: as fast as the client can be met from Python."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from placa.interfaces.dimse import command as dimse
from placa.interfaces.dimse import pdu
from placa.interfaces.dimse.contexts import negotiate
from placa.interfaces.dimse.pdata import Aborted, Inbound, Released
from placa.interfaces.dimse.wire import Gone, PlainWire


@contextmanager
def null_receiver() -> Iterator[int]:
    """Its port; a process an association."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            while True:
                connection, _ = server.accept()
                if not os.fork():
                    _serve(connection)
                    os._exit(0)
                connection.close()
        try:
            yield server.getsockname()[1]
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _serve(connection: socket.socket) -> None:
    head = connection.recv(6, socket.MSG_WAITALL)
    request = head + connection.recv(pdu.HEAD.unpack(head)[1], socket.MSG_WAITALL)
    wire = PlainWire(connection)
    wire.send(negotiate(request).answer)
    inbound = Inbound(wire)
    try:
        while True:
            context_id, raw = inbound.command(30, lambda: None)
            inbound.data_set(context_id, lambda part: None)
            wire.send(pdu.p_data(context_id, 3, dimse.response(dimse.read(raw), dimse.SUCCESS)))
    except Released:
        wire.send(pdu.release_response())
    except (Gone, Aborted):
        pass
