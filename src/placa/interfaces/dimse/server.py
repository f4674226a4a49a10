"""The DICOM listener: one light process at the gate, one for each association, one that indexes.

Nothing in memory is the truth: whoever dies, the files are there, and the next indexer finds them. Several listeners
may run on one database.
"""

import contextlib
import gc
import logging
import os
import resource
import selectors
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from django.conf import settings
from django.db import connections

from placa.domain.archive.records import Sender
from placa.domain.intake import feed, indexer
from placa.interfaces.dimse import tls
from placa.interfaces.dimse.association import Association
from placa.interfaces.dimse.gate import ADMIT_AT_ONCE, Caller, Gate
from placa.interfaces.dimse.peers import NotKnownNowError, Peers
from placa.interfaces.dimse.places import PLACES_AN_ADDRESS, Place, Places, most_idle
from placa.interfaces.dimse.wire import wire

log = logging.getLogger(__name__)

BACKLOG = 1024
TICK_SECONDS = 0.25
POLITE_SECONDS = 5.0  # from SIGTERM to SIGKILL for associations
DRAIN_SECONDS = 60.0  # for what was acknowledged to be indexed at the end
DESCRIPTORS = 4096


def serve() -> None:
    """Listen until SIGTERM or SIGINT; returns once what was acknowledged is indexed."""
    Listener().run()


@dataclass(slots=True)
class _Running:
    """A process with an association."""

    sender: Sender
    address: str
    place: Place
    ending: bool = False


class Listener:
    """The process at the gate. It has one thread and, between two calls, no connection to the database: it forks."""

    def __init__(self) -> None:
        environment = settings.ENVIRONMENT
        for library in ("pynetdicom", "pydicom"):  # we say what we refuse, without a stranger's words
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._selector = selectors.DefaultSelector()
        self._peers, self._places = Peers(), Places()
        self._gate = Gate(self._selector, self._peers, self._admit)
        self._reading, self._writing = feed.pair()
        self._running: dict[int, _Running] = {}
        self._indexer, self._indexer_began = 0, 0.0
        self._stopping = self._somebody_died = False
        self._wakeup = (-1, -1)
        self._servers: list[tuple[socket.socket, ssl.SSLContext | None]] = [
            (_bound(environment.bind, environment.dicom_port), None)
        ]
        if environment.dicom_tls_port:
            self._servers.append((_bound(environment.bind, environment.dicom_tls_port), tls.context()))

    def run(self) -> None:
        """Serve until told to stop."""
        _raise_descriptors()
        self._heed_signals()
        self._start_indexer()
        for server, context in self._servers:
            server.listen(BACKLOG)
            self._gate.listen(server, context)
            name = f"{settings.ENVIRONMENT.dicom_aet}{' over TLS' if context else ''}"
            log.info("DICOM listener %s on %s port %d", name, *server.getsockname()[:2])
        try:
            while not self._stopping:
                try:
                    self._turn()
                except Exception:  # nothing that a peer does may end the listener
                    log.exception("a turn of the listener failed")
                    time.sleep(TICK_SECONDS)  # else it may fail again at once, and again
        finally:
            self._stop()

    def _turn(self) -> None:
        for key, _events in self._selector.select(0 if self._gate.has_more else TICK_SECONDS):
            key.data()
        self._tick()

    # --- processes ----------------------------------------------------------------------------------------------

    def _start_indexer(self) -> None:
        self._indexer_began = time.monotonic()
        self._indexer = self._fork()
        if self._indexer:
            return
        with _ending():
            self._close_inherited()
            self._writing.close()
            indexer.run(self._reading)

    def _admit(self, caller: Caller) -> bool:
        """Give a caller whose request is complete a process of its own, if there is a place; whether there was."""
        assert caller.sender is not None
        place = self._place_at(caller.address)
        if place is None:
            return False
        try:
            pid = self._fork()
        except OSError as error:  # too many processes, or too little memory: later, perhaps
            log.error("no process for an association: %s", error.strerror)
            self._places.give_back(place)
            return False
        if not pid:
            with _ending():
                self._gate.forget(caller)
                self._close_inherited()
                self._reading.close()
                request = bytes(caller.received)
                Association(wire(caller.connection), caller.sender, self._writing, place).run(request)
        self._running[pid] = _Running(caller.sender, caller.address, place)
        self._gate.release(caller)
        caller.connection.close()
        return True

    def _place_at(self, address: str) -> Place | None:
        """A free place for somebody at `address`; where there is none, who rests longest is asked to go, as many as wait."""
        same = [running for running in self._running.values() if running.address == address]
        crowd = same if len(same) >= PLACES_AN_ADDRESS else list(self._running.values())
        place = self._places.take() if len(same) < PLACES_AN_ADDRESS else None
        wanted = min(self._gate.waiting_for_a_place, ADMIT_AT_ONCE) - sum(running.ending for running in crowd)
        if place is None and wanted > 0:
            resting = most_idle(running.place for running in crowd if not running.ending)[:wanted]
            for pid, running in self._running.items():
                if running.place in resting:
                    self._ask_to_end(pid)
        return place

    def _fork(self) -> int:
        connections.close_all()
        return os.fork()

    def _close_inherited(self) -> None:
        """In a child: close what is the gate's, so that a connection which the gate closes is closed."""
        self._selector.close()
        # a port that an orphan holds could not be listened on again
        bound = [server.fileno() for server, _context in self._servers]
        for descriptor in {*self._gate.descriptors(), *bound, *self._wakeup}:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _ask_to_end(self, pid: int) -> None:
        self._running[pid].ending = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    # --- what happens meanwhile ----------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._reap()
        self._gate.tick()
        self._withdraw()
        if self._somebody_died:
            with contextlib.suppress(BlockingIOError):
                self._writing.send(feed.LOOK_AGAIN, socket.MSG_DONTWAIT)
                self._somebody_died = False
        if not self._indexer and time.monotonic() - self._indexer_began > 1:
            self._start_indexer()

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self._ended(pid, status)

    def _ended(self, pid: int, status: int) -> None:
        if pid == self._indexer:
            if not self._stopping:
                log.error("the indexer ended (status %d): starting another", status)
            self._indexer = 0
            return
        running = self._running.pop(pid, None)
        if running is None:
            return
        self._places.give_back(running.place)
        if status:
            log.error("the process of an association ended with status %d", status)
            self._somebody_died = True

    def _withdraw(self) -> None:
        """A peer that was disabled or lost its right keeps no association."""
        for pid, running in self._running.items():
            if running.ending:
                continue
            with contextlib.suppress(NotKnownNowError):
                if self._peers.sender(running.sender.ae_title, running.address) is None:
                    self._ask_to_end(pid)

    # --- the end ---------------------------------------------------------------------------------------------------

    def _heed_signals(self) -> None:
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup = (reading, writing)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._selector.register(reading, selectors.EVENT_READ, lambda: os.read(reading, 4096))
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _stop(self) -> None:
        """Take no more associations, let each end after its message, index what waits."""
        self._gate.close()
        for pid in self._running:
            self._ask_to_end(pid)
        self._wait(lambda: not self._running, POLITE_SECONDS)
        for pid in list(self._running):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._writing.close()
        self._wait(lambda: not (self._indexer or self._running), DRAIN_SECONDS)

    def _wait(self, done: Callable[[], bool], seconds: float) -> None:
        limit = time.monotonic() + seconds
        while not done() and time.monotonic() < limit:
            self._reap()
            time.sleep(0.02)


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """A child's life: whatever happens, it never returns into the listener's code."""
    status = 1
    try:
        gc.freeze()  # what was there before stays shared with the listener
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: the listener says when to end
        yield
        status = 0
    except BaseException:
        log.exception("a process of the listener failed")
    finally:
        logging.shutdown()
        os._exit(status)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    return server


def _raise_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
