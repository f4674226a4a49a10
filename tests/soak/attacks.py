"""What hostile peers do to a listener: each a function that goes on until its process is ended.

Connections come from the modality's own address too. Those who get an association are listed peers gone mad, at two other
addresses with right AE titles, so that nothing but the listener's limits stops them. `ready` is set once the attack is at
its height.
"""

import contextlib
import random
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from typing import NoReturn

from pydicom.uid import DeflatedExplicitVRLittleEndian

from placa.domain.intake.tests.objects import CT, encoded
from placa.interfaces.dimse import pdu
from placa.interfaces.dimse.tests.test_negotiation import answer, request
from placa.interfaces.dimse.tests.test_store import EXPLICIT, _pdv, _store_command, new_slice
from placa.standards.dicom.uids import new_uid

Attack = Callable[[int, Event], NoReturn]
HOME, OTHERS = "127.0.0.1", ("127.0.0.2", "127.0.0.3")
MANY, SOME = 1_000, 30
BOMB = 400_000_000  # bytes, once inflated
PIECE = 8_000  # bytes of a P-DATA PDU
ASKS, ASKS_DEFLATED = request((CT, EXPLICIT)), request((CT, [DeflatedExplicitVRLittleEndian]))


def _connect(port: int, source: str = HOME) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))
    peer.settimeout(10)
    return peer


def _for_ever(ready: Event) -> NoReturn:
    ready.set()
    while True:
        time.sleep(1)


def _hold(port: int, ready: Event, words: list[bytes], sources: tuple[str, ...]) -> NoReturn:
    """A thousand connections that say some words and then nothing; every five seconds a thousand others."""
    held: list[socket.socket] = []
    while True:
        for number in range(MANY):
            with contextlib.suppress(OSError):
                peer = _connect(port, sources[number % len(sources)])
                held.append(peer)
                peer.sendall(words[number % len(words)])
        ready.set()
        time.sleep(5)
        for peer in held[: len(held) - MANY]:
            peer.close()
        held = held[-MANY:]


def idle_connections(port: int, ready: Event) -> NoReturn:
    """Silent, or silent in the middle of a request."""
    _hold(port, ready, [b"", ASKS[:60], ASKS[:-5]], (HOME, *OTHERS))


def idle_associations(port: int, ready: Event) -> NoReturn:
    """A thousand whole requests: whoever is let in does nothing."""
    _hold(port, ready, [ASKS], OTHERS)


def slow_ones(port: int, ready: Event) -> NoReturn:
    """Thirty associations that send an object byte by byte, two hundred requests that come byte by byte."""
    with ThreadPoolExecutor(SOME) as pool:  # beside other attacks each may wait, and in vain
        talking = [peer for peer in pool.map(lambda _: _admitted(port), range(SOME)) if peer is not None]
    head = _pdv(1, 3, _store_command(CT, new_uid()))
    for peer in talking:
        with contextlib.suppress(OSError):
            peer.sendall(head)
    asking = [(_connect(port), iter(ASKS)) for _ in range(200)]
    ready.set()
    while True:
        for peer in talking:
            with contextlib.suppress(OSError):
                peer.sendall(_pdv(1, 0, b"x"))
        for peer, words in asking:
            with contextlib.suppress(OSError):
                peer.sendall(bytes([next(words, 0)]))
        time.sleep(0.1)


def giant_pdus(port: int, ready: Event) -> NoReturn:
    """PDUs that claim half a gigabyte (and send what is taken of it), as the first one and within an association."""

    def once() -> None:
        with _connect(port) as peer:
            peer.sendall(struct.pack(">BBL", pdu.ASSOCIATE_RQ, 0, 1 << 29))
            _pour(peer)
        if (admitted := _admitted(port)) is not None:
            with admitted:
                admitted.sendall(struct.pack(">BBL", pdu.P_DATA, 0, 1 << 29))
                _pour(admitted)

    _again_and_again(once, ready)


def _pour(peer: socket.socket) -> None:
    for _ in range(1_000):
        peer.sendall(bytes(65536))


def deflated_bombs(port: int, ready: Event) -> NoReturn:
    """Objects of half a megabyte that claim to be four hundred."""
    data = new_slice()
    bomb = _bomb(encoded(data)[:-44])

    def once() -> None:
        _store(port, ASKS_DEFLATED, str(data.SOPInstanceUID), bomb)

    _again_and_again(once, ready)


def _bomb(head: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = engine.compress(head + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, BOMB))
    return (
        bomb
        + b"".join(engine.compress(bytes(10_000_000)) for _ in range(BOMB // 10_000_000))
        + engine.flush()
    )


def wrong_uids(port: int, ready: Event) -> NoReturn:
    """Identifiers that are paths, too long, empty, or those of another object."""
    wrong: Iterator[str] = iter(())

    def once() -> None:
        nonlocal wrong
        if (uid := next(wrong, None)) is None:
            wrong = iter(("../../../etc/x", "1." * 40 + "1", "1.2.x", "1..2", "\0" * 8, "1.2.3.4.5"))
            return
        _store(port, ASKS, uid, encoded(new_slice()))

    _again_and_again(once, ready)


def cut_associations(port: int, ready: Event) -> NoReturn:
    """Gone in the middle of an object."""

    def once() -> None:
        if (peer := _admitted(port)) is None:
            return
        with peer:
            data = new_slice()
            peer.sendall(_pdv(1, 3, _store_command(CT, str(data.SOPInstanceUID))))
            peer.sendall(_pdv(1, 0, encoded(data)[:100]))
            peer.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )  # a reset, no goodbye

    _again_and_again(once, ready)


def _admitted(port: int, asks: bytes = ASKS) -> socket.socket | None:
    """An association, or None where it is refused."""
    try:
        peer = _connect(port, random.choice(OTHERS))
    except OSError:
        return None
    with contextlib.suppress(OSError):
        peer.sendall(asks)
        if answer(peer)[:1] == bytes((pdu.ASSOCIATE_AC,)):
            return peer
    peer.close()
    return None


def _store(port: int, asks: bytes, uid: str, data_set: bytes) -> None:
    """One C-STORE, and an end without farewell."""
    if (peer := _admitted(port, asks)) is None:
        return
    with peer:
        peer.sendall(_pdv(1, 3, _store_command(CT, uid)))
        for at in range(0, len(data_set), PIECE):
            last = 2 if at + PIECE >= len(data_set) else 0
            peer.sendall(_pdv(1, last, data_set[at : at + PIECE]))
        answer(peer)


def _again_and_again(once: Callable[[], None], ready: Event) -> NoReturn:
    """`once`, in four threads."""

    def loop() -> None:
        while True:
            with contextlib.suppress(OSError):
                once()
            ready.set()
            time.sleep(0.01)  # two cores for all of us

    for _ in range(4):
        threading.Thread(target=loop, daemon=True).start()
    _for_ever(ready)


ATTACKS: dict[str, Attack] = {
    "1,000 idle connections": idle_connections,
    "1,000 idle associations": idle_associations,
    "slow associations and requests": slow_ones,
    "PDUs that claim 512 MiB": giant_pdus,
    "deflated bombs of 400 MB": deflated_bombs,
    "wrong UIDs": wrong_uids,
    "associations cut in a C-STORE": cut_associations,
}
