"""Connections that are no association yet: nothing is believed, little is kept, nobody stays long (PS3.8 9.1.5, 9.3.2).

An address that no peer has is closed at once. Of the others the fixed head of an A-ASSOCIATE-RQ is read, and the rest
only once its AE titles are known. Whoever has said nothing when too many wait goes first; whoever comes to a crowd of
its own address that has said all is sent away.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from placa.domain.archive.records import Sender
from placa.interfaces.dimse import pdu
from placa.interfaces.dimse.peers import NotKnownNowError, Peers

log = logging.getLogger(__name__)

ARTIM_SECONDS = 10.0
WAITING_MAX = 1_024
WAITING_AN_ADDRESS = 256
ACCEPT_AT_ONCE = 1_024  # who comes last shall not wait while those before it get their places
ADMIT_AT_ONCE = 4  # each costs a fork; who came meanwhile is looked at in between
_HEADS = pdu.HEAD.size + pdu.ASSOCIATE_FIXED


@dataclass(slots=True, eq=False)
class Caller:
    """A connection that waits at the gate."""

    connection: socket.socket
    address: str
    shaking_hands: bool
    since: float = field(default_factory=time.monotonic)
    received: bytearray = field(default_factory=bytearray)
    length: int = 0  # of the whole A-ASSOCIATE-RQ, once known
    sender: Sender | None = None
    refused: bool = False

    @property
    def complete(self) -> bool:
        """Its request is here."""
        return self.length > 0 and len(self.received) == self.length


Admit = Callable[[Caller], bool]


class Gate:
    """Accepts connections on the listening sockets that it is given, and hands on whom it knows.

    `admit` gets each caller whose request is complete, again and again while it says that there is no place for it; it
    calls `release` once there is.
    """

    def __init__(self, selector: selectors.BaseSelector, peers: Peers, admit: Admit) -> None:
        self._selector, self._peers, self._admit = selector, peers, admit
        self._callers: dict[Caller, None] = {}  # in the order in which they came
        self._ready: dict[Caller, None] = {}  # complete, waiting for a place
        self._listening: list[socket.socket] = []
        self.has_more = False  # somebody could be admitted now: the next turn should come at once

    def listen(self, server: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Take callers from `server`, over TLS where there is a context."""
        server.setblocking(False)
        self._listening.append(server)
        self._selector.register(server, selectors.EVENT_READ, lambda: self._accept(server, tls))

    @property
    def waiting_for_a_place(self) -> int:
        """How many have said what they want and cannot be served yet."""
        return len(self._ready)

    def descriptors(self) -> list[int]:
        """Every open descriptor of the gate: what a forked process has to close."""
        return [
            item.fileno() for item in (*self._listening, *(caller.connection for caller in self._callers))
        ]

    def close(self) -> None:
        """Take nobody any more."""
        for server in self._listening:
            self._selector.unregister(server)
            server.close()
        self._listening.clear()
        for caller in list(self._callers):
            self._drop(caller)

    def tick(self) -> None:
        """Drop who has taken too long; offer places to who waits for one."""
        self._offer_places()
        now = time.monotonic()
        for caller in list(self._callers):
            if now - caller.since < ARTIM_SECONDS:
                break
            if caller in self._ready:
                self._refuse(caller, pdu.TRANSIENT, pdu.PRESENTATION, pdu.LIMIT, "no place is free")
                caller.since = now
                self._callers[caller] = self._callers.pop(caller)
            else:
                self._drop(caller)

    def _offer_places(self) -> None:
        """Those of one address who want many places stand behind the others, and where one gets none they all wait."""
        crowd = Counter(caller.address for caller in self._ready)
        full: set[str] = set()
        left = ADMIT_AT_ONCE
        for caller in sorted(self._ready, key=lambda caller: crowd[caller.address]):
            if caller.address in full:
                continue
            if not left:
                break
            if self._admit(caller):
                left -= 1
            else:
                full.add(caller.address)
        self.has_more = not left and bool(self._ready)

    def release(self, caller: Caller) -> None:
        """The caller is somebody else's now: forget it, leave its connection open."""
        self._leave_alone(caller)
        self.forget(caller)

    def forget(self, caller: Caller) -> None:
        """In a forked process, which shares the selector: as `release`, without touching that."""
        self._callers.pop(caller, None)
        self._ready.pop(caller, None)

    def _leave_alone(self, caller: Caller) -> None:
        """Wake no more for what this caller says."""
        with contextlib.suppress(KeyError, ValueError):  # not watched now, or closed
            self._selector.unregister(caller.connection)

    def _watch(self, caller: Caller, events: int = selectors.EVENT_READ) -> None:
        self._leave_alone(caller)
        self._selector.register(caller.connection, events, lambda: self._readable(caller))

    def _accept(self, server: socket.socket, tls: ssl.SSLContext | None) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            try:
                connection, name = server.accept()
            except BlockingIOError:
                return
            except OSError as error:  # no descriptor left, or the peer is gone already
                log.warning("a connection could not be taken: %s", error.strerror)
                self._make_room("")
                time.sleep(0.01)  # else the next try comes at once
                return
            address = name[0].removeprefix("::ffff:")
            if self._peers.may_connect(address):
                self._take(connection, address, tls)
            else:
                connection.close()

    def _take(self, connection: socket.socket, address: str, tls: ssl.SSLContext | None) -> None:
        connection.setblocking(False)
        if tls is not None:
            try:
                connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            except OSError:  # it closed the connection again
                connection.close()
                return
        if not self._has_room(address):
            connection.close()
            return
        caller = Caller(connection, address, tls is not None)
        self._callers[caller] = None
        self._watch(caller)

    def _has_room(self, address: str) -> bool:
        """Whether one more may wait, made room for where possible."""
        if sum(caller.address == address for caller in self._callers) >= WAITING_AN_ADDRESS:
            return self._make_room(address)
        return len(self._callers) < WAITING_MAX or self._make_room("") or self._thin_out()

    def _make_room(self, address: str) -> bool:
        """Drop the one that has waited longest without a whole request (at `address`, if given); whether there was one."""
        for caller in self._callers:
            if caller not in self._ready and address in ("", caller.address):
                self._drop(caller)
                return True
        return False

    def _thin_out(self) -> bool:
        """Drop the last who came to the largest crowd."""
        crowd = Counter(caller.address for caller in self._callers)
        largest = max(crowd, key=lambda address: crowd[address])
        self._drop(next(caller for caller in reversed(self._callers) if caller.address == largest))
        return True

    def _drop(self, caller: Caller) -> None:
        self.release(caller)
        with contextlib.suppress(OSError):
            caller.connection.close()

    def _readable(self, caller: Caller) -> None:
        if caller not in self._callers:
            return  # who came in the same turn took its place
        try:
            if caller.shaking_hands:
                assert isinstance(caller.connection, ssl.SSLSocket)
                caller.connection.do_handshake()
                caller.shaking_hands = False
                self._watch(caller)
            self._read(caller)
        except ssl.SSLWantWriteError:
            self._selector.modify(
                caller.connection,
                selectors.EVENT_READ | selectors.EVENT_WRITE,
                lambda: self._readable(caller),
            )
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        except OSError as error:
            if isinstance(error, ssl.SSLError):
                log.warning("TLS with %s failed: %s", caller.address, error.reason)
            self._drop(caller)
        except Exception:  # one caller must not end the listener
            log.exception("a caller from %s was dropped", caller.address)
            self._drop(caller)

    def _read(self, caller: Caller) -> None:
        """Read as much as may be read. Raises BlockingIOError when there is no more now."""
        while not caller.complete:
            piece = caller.connection.recv(self._wanted(caller))
            if not piece:
                self._drop(caller)
                return
            if caller.refused:
                continue  # it is read so that our answer is not lost with it, and not kept
            caller.received += piece
            if not self._goes_on(caller):
                return
        self._leave_alone(caller)  # what it says before it has an answer waits in the kernel
        self._ready[caller] = None  # `tick` follows and offers places

    def _wanted(self, caller: Caller) -> int:
        if caller.refused:
            return 65536
        return (caller.length or _HEADS) - len(caller.received)

    def _goes_on(self, caller: Caller) -> bool:
        """Look at what is there of the request; False where the caller was dropped."""
        received = caller.received
        if len(received) >= pdu.HEAD.size:
            kind, length = pdu.HEAD.unpack_from(received)
            if kind != pdu.ASSOCIATE_RQ or not pdu.ASSOCIATE_FIXED <= length <= pdu.ASSOCIATE_MAX:
                log.warning("connection from %s closed: no A-ASSOCIATE-RQ", caller.address)
                self._say(
                    caller, pdu.abort(pdu.UNEXPECTED if kind != pdu.ASSOCIATE_RQ else pdu.INVALID_PARAMETER)
                )
                self._drop(caller)
                return False
            if len(received) == _HEADS and not caller.length:
                caller.length = pdu.HEAD.size + length
                self._ask(caller, pdu.asked(bytes(received[pdu.HEAD.size :])))
        return True

    def _ask(self, caller: Caller, asked: pdu.Asked) -> None:
        """Whether the one who calls may, before anything else of the request is read (9.3.4)."""
        if not asked.protocol_version & 1:
            self._refuse(caller, pdu.PERMANENT, pdu.ACSE, pdu.PROTOCOL_VERSION, "protocol version")
            return
        try:
            caller.sender = self._peers.sender(asked.calling_ae_title, caller.address)
        except NotKnownNowError:
            self._refuse(caller, pdu.TRANSIENT, pdu.PRESENTATION, pdu.CONGESTION, "the database is away")
            return
        environment = settings.ENVIRONMENT
        if caller.sender is None:
            self._refuse(caller, pdu.PERMANENT, pdu.USER, pdu.CALLING_AE, "AE title or address not listed")
        elif asked.called_ae_title != environment.dicom_aet and not environment.is_demo:
            self._refuse(caller, pdu.PERMANENT, pdu.USER, pdu.CALLED_AE, "called by another AE title")

    def _refuse(self, caller: Caller, result: int, source: int, reason: int, why: str) -> None:
        log.warning("association refused: %s (from %s)", why, caller.address)
        caller.refused, caller.length = True, 0
        caller.received.clear()
        self._ready.pop(caller, None)
        self._watch(caller)
        self._say(caller, pdu.reject(result, source, reason))

    def _say(self, caller: Caller, words: bytes) -> None:
        with contextlib.suppress(OSError):
            caller.connection.send(words)
