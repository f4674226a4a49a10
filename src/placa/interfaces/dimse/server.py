"""The DICOM listener: C-ECHO and C-STORE (PS3.4 Annexes A and B, PS3.7 9.1.1 and 9.1.5).

The door stays thin: it decides who may speak, spools the bytes, calls `intake.receiving` once and translates what
that says into a status.
"""

import logging
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any, cast

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from pynetdicom import AE, _config, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.intake.indexer import Indexer
from placa.domain.intake.receiving import MISMATCH, Announced, receive
from placa.domain.intake.senders import sender_at
from placa.interfaces.dimse import peers, spool
from placa.interfaces.dimse.contexts import VERIFICATION, offered, serve_as_storage
from placa.interfaces.dimse.transport import Listener
from placa.standards.dicom import uids

log = logging.getLogger(__name__)

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
DOES_NOT_MATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000

MAX_ASSOCIATIONS = 50
MAX_PDU = 131_072
ACSE_SECONDS = 5
DIMSE_SECONDS = 60
NETWORK_SECONDS = 60


def serve() -> None:
    """Listen until SIGTERM or SIGINT; returns once what was acknowledged is indexed."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    environment = settings.ENVIRONMENT
    running = start(environment.bind, environment.dicom_port)
    log.info(
        "DICOM listener %s on %s port %d", environment.dicom_aet, environment.bind, environment.dicom_port
    )
    try:
        stop.wait()
    finally:
        running.stop()


class Running:
    """A started listener."""

    def __init__(self, server: Listener, indexer: Indexer) -> None:
        self.server, self.indexer = server, indexer
        self.port: int = server.server_address[1]
        self._thread = threading.Thread(
            target=server.serve_forever, args=(0.2,), name="listener", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Take no more associations, let the running ones end, index what waits."""
        self.server.shutdown()
        self.indexer.stop()


def start(host: str, port: int) -> Running:
    """Start the listener (port 0: a free one) and its indexer."""
    spool.prepare()
    logging.getLogger("pynetdicom").setLevel(logging.WARNING)  # a line an object, else
    _config.LOG_HANDLER_LEVEL = "none"
    _config.STORE_RECV_CHUNKED_DATASET = True  # a large object goes to disk as it comes, not to memory
    indexer = Indexer()
    indexer.start()
    ae = AE(ae_title=settings.ENVIRONMENT.dicom_aet)
    ae.implementation_class_uid = uids.IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = uids.IMPLEMENTATION_VERSION_NAME
    ae.maximum_associations = MAX_ASSOCIATIONS
    ae.maximum_pdu_size = MAX_PDU
    ae.acse_timeout, ae.dimse_timeout, ae.network_timeout = ACSE_SECONDS, DIMSE_SECONDS, NETWORK_SECONDS
    ae.add_supported_context(VERIFICATION)
    server = ae.make_server(
        (host, port),
        server_class=Listener,
        evt_handlers=[
            (evt.EVT_REQUESTED, _requested),
            (evt.EVT_C_ECHO, _echo),
            (evt.EVT_C_STORE, _store, [indexer]),
        ],
    )
    ae._servers.append(server)
    return Running(cast(Listener, server), indexer)


def _requested(event: Event) -> None:
    """Refuse whom we do not know (PS3.8 9.3.4), and offer what the known one asks for and we can keep."""
    close_old_connections()
    assoc = event.assoc
    assert assoc.requestor.primitive is not None  # its A-ASSOCIATE-RQ is what the event is about
    ae_title, address = assoc.requestor.primitive.calling_ae_title.strip(), assoc.requestor.address
    if not peers.may_store(ae_title, address):
        log.warning("association refused: AE title or address not listed (from %s)", address)
        assoc.acse.send_reject(0x01, 0x01, 0x03)
        assoc.kill()  # waits until the rejection is on the wire
        return
    assoc.acceptor.supported_contexts = offered(assoc.requestor.requested_contexts)
    for context in assoc.acceptor.supported_contexts:
        serve_as_storage(str(context.abstract_syntax))


def _echo(event: Event) -> int:
    return SUCCESS


def _store(event: Event, indexer: Indexer) -> Any:
    """Keep one object; Success only when it is on disk (PS3.4 B.2.3 for the statuses)."""
    request, assoc = cast(C_STORE, event.request), event.assoc
    announced = Announced(
        sop_class_uid=str(request.AffectedSOPClassUID),
        sop_instance_uid=str(request.AffectedSOPInstanceUID),
        transfer_syntax_uid=str(event.context.transfer_syntax),
    )
    try:
        close_old_connections()
        sender = sender_at(assoc.requestor.ae_title.strip(), assoc.requestor.address)
        with spool.data_set(Path(event.dataset_path)) as parts:
            received = receive(parts, announced, sender)
    except PermanentError as error:
        log.warning("object refused: %s", error)
        return spool.failure(DOES_NOT_MATCH if error.reason == MISMATCH else CANNOT_UNDERSTAND, error.reason)
    except (RetriableError, OSError, DatabaseError) as error:
        log.error("object not stored: %s", error)
        return spool.failure(OUT_OF_RESOURCES, "storage not available, try again")
    indexer.add(received)
    return SUCCESS
