"""C-STORE (PS3.4 Annex B, PS3.7 9.1.1): Success only when the object is on disk, everything else after that."""

import logging
import socket

from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.archive.records import Sender
from placa.domain.archive.storage.ahead import Source
from placa.domain.intake import feed
from placa.domain.intake.receiving import MISMATCH, Announced, Incoming, Kept
from placa.interfaces.dimse import command as dimse
from placa.interfaces.dimse.command import Command
from placa.interfaces.dimse.contexts import Context, takes
from placa.interfaces.dimse.pdata import Inbound

log = logging.getLogger(__name__)


class Store:
    """Receives the objects of one association, one after the other."""

    def __init__(self, inbound: Inbound, names: Source, writing: socket.socket, sender: Sender) -> None:
        self._inbound, self._names, self._writing, self._sender = inbound, names, writing, sender
        self._kept: Kept | None = None
        self._told = False

    def receive(self, context_id: int, context: Context, request: Command) -> tuple[int, str]:
        """Take the data set of `request` and keep it. Returns (status, comment) of the response (PS3.4 B.2.3)."""
        if not request.has_data_set:
            return dimse.MISTYPED_ARGUMENT, "no data set"
        receiving = _Receiving(self._names, context, request, self._sender)
        with receiving:
            last = self._inbound.data_set(context_id, receiving.write)
            self._kept = receiving.finish(last)
        return receiving.status, receiving.comment

    def settle(self) -> None:
        """After the response: tell the indexer what was kept, and make room for what comes next."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        try:
            feed.tell(self._writing, kept.described())
            self._told = True
        except OSError:
            log.warning("%s waits for the next indexer", kept.received.key)
        self._names.refill()

    def close(self) -> None:
        """The association ends: the indexer need not wait for more, and names that nobody used go."""
        if self._told:
            feed.done(self._writing)
        self._names.close()


class _Receiving:
    """One object. What goes wrong becomes a status, and the rest of the data set is read and dropped."""

    def __init__(self, names: Source, context: Context, request: Command, sender: Sender) -> None:
        self.status, self.comment = dimse.SUCCESS, ""
        self._incoming: Incoming | None = None
        if not (takes(context.abstract_syntax) and takes(request.affected_sop_class_uid)):
            self.status, self.comment = dimse.SOP_CLASS_NOT_SUPPORTED, "not a storage class"
            return
        announced = Announced(
            request.affected_sop_class_uid, request.affected_sop_instance_uid, context.transfer_syntax
        )
        try:
            self._incoming = Incoming(names.new, announced, sender)
        except PermanentError as error:
            self._refuse(error)

    def __enter__(self) -> "_Receiving":
        return self

    def __exit__(self, *raised: object) -> None:
        self._drop()

    def write(self, part: memoryview) -> None:
        """Take the next bytes."""
        if self._incoming is None:
            return
        try:
            self._incoming.write(part)
        except (PermanentError, RetriableError, OSError) as error:
            self._refuse(error)

    def finish(self, last: memoryview) -> Kept | None:
        """Take the last bytes; None where the object was refused."""
        if self._incoming is None:
            return None
        try:
            return self._incoming.finish(last)
        except (PermanentError, RetriableError, OSError) as error:
            self._refuse(error)
            return None

    def _refuse(self, error: Exception) -> None:
        self._drop()
        if isinstance(error, PermanentError):
            log.warning("object refused: %s", error)
            self.status = dimse.DOES_NOT_MATCH if error.reason == MISMATCH else dimse.CANNOT_UNDERSTAND
            self.comment = error.reason
        else:
            log.error("object not stored: %s", error)
            self.status, self.comment = dimse.OUT_OF_RESOURCES, "storage not available, try again"

    def _drop(self) -> None:
        if self._incoming is not None:
            self._incoming.__exit__(None, None, None)
            self._incoming = None
