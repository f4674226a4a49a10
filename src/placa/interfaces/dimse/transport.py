"""pynetdicom's transport with bounds: no PDU longer than agreed, no connection from where nobody is expected."""

import contextlib
import logging
import os
import socket
from typing import Any

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from placa.interfaces.dimse.peers import is_expected

log = logging.getLogger(__name__)

PDU_LIMIT = 1024 * 1024  # far above any A-ASSOCIATE-RQ and above the maximum we announce for P-DATA
READ_SIZE = 256 * 1024
READ_SECONDS = 30.0  # a peer that stalls inside a PDU is cut off


class BoundedSocket(AssociationSocket):
    """Reads in large pieces, and never believes a PDU length beyond `PDU_LIMIT`."""

    def recv(self, nr_bytes: int) -> bytearray:
        """`nr_bytes` from the peer. Raises OSError for a length that nobody agreed to."""
        if nr_bytes > PDU_LIMIT:
            raise OSError(f"PDU of {nr_bytes} bytes refused")
        assert self.socket is not None
        buffer = bytearray(nr_bytes)
        view, filled = memoryview(buffer), 0
        while filled < nr_bytes:
            count = self.socket.recv_into(view[filled : filled + READ_SIZE])
            if not count:
                break
            filled += count
        view.release()
        del buffer[filled:]
        return buffer


class Handler(RequestHandler):
    """Gives each association a bounded socket."""

    def _create_association(self) -> Association:
        request: socket.socket = self.request
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request.settimeout(READ_SECONDS)
        association = super()._create_association()
        bounded = BoundedSocket.__new__(BoundedSocket)
        bounded.__dict__.update(association.dul.socket.__dict__)
        association.dul.socket = bounded
        association.bind(evt.EVT_CONN_CLOSE, _drop_half)
        return association


class Listener(ThreadedAssociationServer):
    """The server socket."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options["request_handler"] = Handler
        super().__init__(*arguments, **options)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Close a stranger's connection before it counts as an association (case 26)."""
        return is_expected(str(client_address[0]))


def _drop_half(event: Event) -> None:
    """Remove what a cut association left in the spool."""
    message = event.assoc.dimse.message
    file = getattr(message, "_data_set_file", None)
    if file is not None:
        with contextlib.suppress(OSError, ValueError):
            file.close()
        with contextlib.suppress(OSError):
            os.unlink(file.name)
