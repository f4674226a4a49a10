"""Messages out of P-DATA PDUs (PS3.8 9.3.5 and Annex E).

One system call reads a PDU's bytes to their place in the object, and the head of the next PDU. No length that a peer
announces is believed beyond `MAX_PDU`.
"""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from placa.interfaces.dimse import pdu
from placa.interfaces.dimse.wire import GRACE_SECONDS, SLOWEST, Gone, Stalled, Wire

MAX_PDU = 131_072  # what we announce (PS3.8 D.1): the longest P-DATA-TF behind its head
COMMAND_MAX = 16 * 1024
CAPACITY = 4 * 1024 * 1024  # of an object in memory; the rest of a larger one is on disk by then
OBJECT_MAX = 16 * 1024**3

_COMMAND, _LAST = 1, 2
_HEADS = struct.Struct(">BxIIBB")  # PDU type and length; length, context and control of the first PDV
_SHORTEST = 10  # bytes of every PDU that there is


class ProtocolError(Exception):
    """What came is not what PS3.8 allows here. `reason` is that of the A-ABORT that answers it."""

    def __init__(self, reason: int, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Released(Exception):
    """The peer asks for the release of the association."""


class Aborted(Exception):
    """The peer aborted the association."""


@dataclass(slots=True)
class _Fragment:
    """The PDV whose bytes come next, and how much of its PDU follows it."""

    context_id: int
    control: int
    length: int
    behind: int


@dataclass(slots=True)
class Inbound:
    """The receiving half of an association."""

    wire: Wire
    _heads: bytearray = field(default_factory=lambda: bytearray(_HEADS.size))
    _known: int = 0  # bytes of the next PDU's heads that were read along with the last one
    _behind: int = 0  # bytes of the current PDU that were not read yet
    _buffer: bytearray = field(default_factory=lambda: bytearray(CAPACITY + MAX_PDU))
    _began: float = 0.0
    _received: int = 0

    def command(self, idle: float, begins: Callable[[], None]) -> tuple[int, bytes]:
        """(presentation context, command set) of the next message, which may be `idle` seconds away; `begins` is called
        when it comes.

        Raises Released, Aborted, ProtocolError, Gone, Stalled.
        """
        if not self._behind and not self._known:
            self.wire.wait(idle)
        begins()
        self._began, self._received = time.monotonic(), 0
        found = bytearray()
        context_id = -1
        while True:
            fragment = self._next(ahead=False)
            if not fragment.control & _COMMAND:
                raise ProtocolError(pdu.UNEXPECTED, "a data set without command")
            if context_id not in (-1, fragment.context_id):
                raise ProtocolError(pdu.INVALID_PARAMETER, "fragments of two contexts in one message")
            if len(found) + fragment.length > COMMAND_MAX:
                raise ProtocolError(pdu.INVALID_PARAMETER, "the command set is too long")
            context_id = fragment.context_id
            piece = bytearray(fragment.length)
            self._fill(memoryview(piece))
            found += piece
            if fragment.control & _LAST:
                return context_id, bytes(found)

    def data_set(self, context_id: int, flush: Callable[[memoryview], None]) -> memoryview:
        """The data set that follows a command; what does not fit into memory goes to `flush` as it comes.

        What is returned is good until the next call. Raises what `command` does.
        """
        view, filled = memoryview(self._buffer), 0
        while True:
            fragment = self._next(ahead=True)
            if fragment.control & _COMMAND or fragment.context_id != context_id:
                raise ProtocolError(pdu.UNEXPECTED, "no fragment of the data set")
            if filled + fragment.length > CAPACITY:
                flush(view[:filled])
                filled = 0
            end, last = filled + fragment.length, fragment.control & _LAST
            if last or fragment.behind:
                self._fill(view[filled:end])
            else:
                self._fill_and_look_ahead(view[filled:end])
            filled = end
            if last:
                return view[:filled]

    def _next(self, *, ahead: bool) -> _Fragment:
        """The head of the next fragment, in this PDU or in the next. `ahead`: another one must come."""
        self._must_make_progress()
        if self._behind:
            return self._within()
        view = memoryview(self._heads)
        least = _HEADS.size if ahead else _SHORTEST
        if self._known < least:
            self._known += self.wire.fill(view[self._known : least])
        if self._known < _SHORTEST:
            raise Gone
        kind, length, pdv, _context_id, _control = _HEADS.unpack(self._heads)
        if kind != pdu.P_DATA:
            self._known = 0
            self._other(kind, length)
        if length > MAX_PDU or length < 6 or pdv < 2 or pdv + 4 > length:
            raise ProtocolError(pdu.INVALID_PARAMETER, f"a P-DATA-TF of {length} bytes with a PDV of {pdv}")
        if self._known < _HEADS.size and self.wire.fill(view[self._known :]) != _HEADS.size - self._known:
            raise Gone
        self._known = 0
        self._behind = length - 4 - pdv
        return _Fragment(self._heads[10], self._heads[11], pdv - 2, self._behind)

    def _within(self) -> _Fragment:
        """The next fragment of the same PDU."""
        head = bytearray(6)
        self._fill(memoryview(head))
        pdv, context_id, control = struct.unpack(">IBB", head)
        if pdv < 2 or pdv + 4 > self._behind:
            raise ProtocolError(pdu.INVALID_PARAMETER, f"a PDV of {pdv} bytes where {self._behind} are left")
        self._behind -= 4 + pdv
        return _Fragment(context_id, control, pdv - 2, self._behind)

    def _fill(self, view: memoryview) -> None:
        if self.wire.fill(view) != len(view):
            raise Gone
        self._received += len(view)

    def _fill_and_look_ahead(self, view: memoryview) -> None:
        """A fragment's bytes, and the heads of the PDU that must follow."""
        self._known = self.wire.fill(view, memoryview(self._heads)) - len(view)
        if self._known < 0:
            raise Gone
        self._received += len(view)

    def _other(self, kind: int, length: int) -> None:
        if kind == pdu.ABORT:
            raise Aborted
        if kind == pdu.RELEASE_RQ and length == 4:
            raise Released
        known = kind in (pdu.ASSOCIATE_RQ, pdu.ASSOCIATE_AC, pdu.ASSOCIATE_RJ, pdu.RELEASE_RQ, pdu.RELEASE_RP)
        raise ProtocolError(pdu.UNEXPECTED if known else pdu.UNRECOGNIZED, f"PDU type {kind:02X} here")

    def _must_make_progress(self) -> None:
        """A peer that trickles is cut off, however small its PDUs are."""
        spent = time.monotonic() - self._began - GRACE_SECONDS
        if spent > 0 and self._received < spent * SLOWEST:
            raise Stalled
        if self._received > OBJECT_MAX:
            raise ProtocolError(pdu.NOT_SPECIFIED, f"an object of more than {OBJECT_MAX} bytes")
