"""One association, in a process of its own: negotiation, then message after message (PS3.7, PS3.8).

It needs no database: who the sender is was found out before, and rows are the indexer's business.
"""

import logging
import signal
import socket
import time
from collections.abc import Callable, Mapping
from types import FrameType

from placa.domain.archive.records import Sender
from placa.domain.archive.storage import ahead, storage
from placa.interfaces.dimse import command as dimse
from placa.interfaces.dimse import pdu
from placa.interfaces.dimse.command import BadCommandError, Command
from placa.interfaces.dimse.commitment import Commitment
from placa.interfaces.dimse.contexts import Agreed, Context, NoApplicationContextError, negotiate
from placa.interfaces.dimse.pdata import MAX_PDU, Aborted, Inbound, ProtocolError, Released
from placa.interfaces.dimse.places import Place
from placa.interfaces.dimse.store import Store
from placa.interfaces.dimse.wire import Gone, Stalled, Wire

log = logging.getLogger(__name__)

IDLE_SECONDS = 60.0  # between two messages
OWING_SECONDS = 1.0  # the same while we owe the peer a result, which it may want on another association
FAREWELL_SECONDS = 5.0  # ARTIM, after the release (PS3.8 9.1.4)


class _Ended(Exception):
    """The listener asks this association to end."""


class Association:
    """The acceptor's side of one association with `sender`."""

    def __init__(self, wire: Wire, sender: Sender, feed: socket.socket, place: Place) -> None:
        self._wire, self._sender, self._place = wire, sender, place
        self._inbound = Inbound(wire)
        self._store = Store(self._inbound, ahead.source(storage()), feed, sender)
        self._commitment = Commitment(self._inbound, sender)
        self._contexts: Mapping[int, Context] = {}
        self._peer_max_pdu = MAX_PDU
        self._idle = self._asked_to_end = False

    def run(self, request: bytes) -> None:
        """Answer the A-ASSOCIATE-RQ and serve until the peer is done, or does what must not be."""
        signal.signal(signal.SIGTERM, self._end)
        try:
            if self._accept(request):
                self._serve()
        except Released:
            self._release()
        except (Aborted, Gone):
            pass
        except (Stalled, _Ended) as ended:
            why = "stopping" if isinstance(ended, _Ended) else "it stalls"
            log.info("association with %s aborted: %s", self._sender.name, why)
            self._abort(pdu.NOT_SPECIFIED, wait=False)  # somebody else may be waiting for the place
        except ProtocolError as error:
            log.warning("association with %s aborted: %s", self._sender.name, error)
            self._abort(error.reason)
        finally:
            self._store.close()
            self._wire.close()
        self._commitment.report_anew()

    def _accept(self, request: bytes) -> bool:
        try:
            agreed = negotiate(request)
        except NoApplicationContextError:
            self._wire.send(pdu.reject(pdu.PERMANENT, pdu.USER, pdu.NO_APPLICATION_CONTEXT))
            self._wait_for_close()
            return False
        except Exception as error:  # pynetdicom's reader raises whatever a wrong item makes it raise
            raise ProtocolError(pdu.INVALID_PARAMETER, f"A-ASSOCIATE-RQ: {type(error).__name__}") from None
        self._take(agreed)
        self._wire.send(agreed.answer)
        return True

    def _take(self, agreed: Agreed) -> None:
        self._contexts = agreed.contexts
        self._peer_max_pdu = agreed.peer_max_pdu or MAX_PDU

    def _serve(self) -> None:
        while not self._asked_to_end:
            context_id, request = self._next()
            self._place.active(stores=request.command_field == dimse.C_STORE_RQ)
            context = self._contexts.get(context_id)
            if context is None:
                raise ProtocolError(pdu.INVALID_PARAMETER, "a presentation context that was not accepted")
            self._handle(context_id, context, request)
            self._place.idle()
        raise _Ended

    def _next(self) -> tuple[int, Command]:
        self._idle = True
        if self._asked_to_end:
            raise _Ended
        if self._commitment.owed and not self._says_more():
            for context_id, command, data_set in self._commitment.results():
                self._send(context_id, command, 1)
                self._send(context_id, data_set, 0)
        context_id, raw = self._inbound.command(IDLE_SECONDS, self._woken)
        try:
            return context_id, dimse.read(raw)
        except BadCommandError as error:
            raise ProtocolError(pdu.INVALID_PARAMETER, f"command set: {error}") from error

    def _says_more(self) -> bool:
        """Whether the peer goes on, with another request or a release."""
        try:
            self._wire.wait(OWING_SECONDS)
        except Stalled:
            return False
        return True

    def _woken(self) -> None:
        self._idle = False

    def _handle(self, context_id: int, context: Context, request: Command) -> None:
        handlers: dict[int, Callable[[int, Context, Command], tuple[int, str]]] = {
            dimse.C_STORE_RQ: self._store.receive,
            dimse.C_ECHO_RQ: self._echo,
            dimse.N_ACTION_RQ: self._commitment.receive,
        }
        if request.command_field & dimse.RESPONSE or request.command_field == dimse.C_CANCEL_RQ:
            self._skip(context_id, request)  # nothing of ours is under way that it could be about
            return
        status, comment = handlers.get(request.command_field, self._unknown)(context_id, context, request)
        self._send(context_id, dimse.response(request, status, comment), 1)
        self._store.settle()

    def _echo(self, context_id: int, context: Context, request: Command) -> tuple[int, str]:
        self._skip(context_id, request)
        return dimse.SUCCESS, ""

    def _unknown(self, context_id: int, context: Context, request: Command) -> tuple[int, str]:
        self._skip(context_id, request)
        return dimse.UNRECOGNIZED_OPERATION, "not a service of this listener"

    def _skip(self, context_id: int, request: Command) -> None:
        if request.has_data_set:
            self._inbound.data_set(context_id, lambda part: None)

    def _send(self, context_id: int, body: bytes, control: int) -> None:
        """Send a command set (`control` 1) or data set (0), in as many PDUs as the peer's limit asks for."""
        step = max(1, self._peer_max_pdu - 6)
        for at in range(0, len(body), step):
            last = 2 if at + step >= len(body) else 0
            self._wire.send(pdu.p_data(context_id, control | last, body[at : at + step]))

    def _release(self) -> None:
        try:
            self._wire.send(pdu.release_response())
            self._wait_for_close()
        except (Gone, Stalled):
            pass

    def _abort(self, reason: int, *, wait: bool = True) -> None:
        try:
            self._wire.send(pdu.abort(reason))
            if wait:
                self._wait_for_close()
        except (Gone, Stalled):
            pass

    def _wait_for_close(self) -> None:
        """Read what the peer still sends, so that our last word is not lost with it; not longer than ARTIM."""
        limit = time.monotonic() + FAREWELL_SECONDS
        rest = memoryview(bytearray(4096))
        while (left := limit - time.monotonic()) > 0:
            self._wire.wait(left)
            if not self._wire.some(rest):
                return

    def _end(self, number: int, frame: FrameType | None) -> None:
        """SIGTERM: at once where nothing is under way, else after the message."""
        self._asked_to_end = True
        if self._idle:
            self._idle = False
            raise _Ended
