"""Strangers who hold, flood or trickle take nobody's place and little memory (S5, S6, case 26)."""

import contextlib
import os
import resource
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import CT, ct, encoded
from placa.interfaces.dimse import pdata, pdu
from placa.interfaces.dimse.pdata import Inbound
from placa.interfaces.dimse.peers import SECONDS_KEPT
from placa.interfaces.dimse.places import PLACES, PLACES_AN_ADDRESS
from placa.interfaces.dimse.tests.listener import Child, admit, listening
from placa.interfaces.dimse.tests.test_negotiation import answer, request
from placa.interfaces.dimse.tests.test_store import EXPLICIT, _peak_memory, new_slice, send, send_raw
from placa.interfaces.dimse.wire import PlainWire, Stalled
from placa.standards.dicom.uids import new_uid

STRANGERS = 1_000
STORES = 100


@pytest.fixture(scope="module")
def strict(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A listener with one modality, at an address that strangers share."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with listening(migrated, tmp_path_factory.mktemp("hostile") / "home", mode="test") as child:
        admit(child, "CT1", "127.0.0.1")
        time.sleep(1.1)
        yield child
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _stores(child: Child, count: int) -> int:
    """How many of `count` stores in ten associations succeed."""
    good, study = 0, new_uid()
    for _ in range(10):
        with child.association((CT, EXPLICIT), seconds=10) as association:
            if association.is_established:
                slices = [
                    ct(at, StudyInstanceUID=study, SOPInstanceUID=new_uid()) for at in range(count // 10)
                ]
                good += sum(send(association, one) == 0 for one in slices)
    return good


def _hold(child: Child, words: bytes, source: str = "127.0.0.1") -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", child.port), 10, source_address=(source, 0))
    peer.sendall(words)
    return peer


WORDS = (
    b"",
    request((CT, EXPLICIT))[:60],
    request((CT, EXPLICIT))[:-5],
    b"\1\0\x1f\xff\xff\xff" + bytes(2000),
)


@pytest.mark.slow
def test_a_modality_stores_while_a_thousand_strangers_hold_connections(strict: Child) -> None:
    """Silent ones, such as stop in the middle of a request, and such as claim half a gigabyte."""
    with ExitStack() as held:
        for number in range(STRANGERS):
            with contextlib.suppress(OSError):  # some are cut while they speak
                held.enter_context(_hold(strict, WORDS[number % len(WORDS)]))
            if number == STRANGERS // 2:
                assert _stores(strict, STORES) == STORES
        assert _stores(strict, STORES) == STORES
        assert _peak_memory(strict) < 512 * 1024


@pytest.mark.slow
def test_a_modality_stores_while_strangers_flood(strict: Child) -> None:
    stop = threading.Event()
    refused = request((CT, EXPLICIT)).replace(b"CT1", b"XX1")

    def flood(source: str) -> None:
        while not stop.is_set():
            try:
                with _hold(strict, refused, source) as peer:
                    peer.settimeout(5)
                    assert answer(peer)[:1] in (b"", bytes((pdu.ASSOCIATE_RJ,)))
            except OSError:
                continue

    floods = [threading.Thread(target=flood, args=(f"127.0.0.{number}",)) for number in (1, 1, 2, 3)]
    for one in floods:
        one.start()
    try:
        assert _stores(strict, STORES) == STORES
    finally:
        stop.set()
        for one in floods:
            one.join(20)


@pytest.mark.slow
def test_associations_that_do_nothing_make_room(strict: Child) -> None:
    with ExitStack() as held:
        idle = [
            held.enter_context(_hold(strict, request((CT, EXPLICIT)))) for _ in range(PLACES_AN_ADDRESS + 20)
        ]
        for peer in idle:
            peer.settimeout(15)
        assert sum(answer(peer)[:1] == bytes((pdu.ASSOCIATE_AC,)) for peer in idle) >= PLACES_AN_ADDRESS
        assert _stores(strict, 20) == 20
        assert len(strict.processes()) <= 2 + PLACES_AN_ADDRESS


@pytest.mark.slow
def test_a_modality_gets_in_while_two_others_ask_for_every_place(strict: Child) -> None:
    """Whole requests, hundreds at once: each place costs a fork, and nobody behind them shall wait for all of these."""
    crowd = ("127.0.0.2", "127.0.0.3")
    for source in crowd:
        admit(strict, "CT1", source)
    time.sleep(SECONDS_KEPT + 0.1)
    words = request((CT, EXPLICIT))
    with ExitStack() as held:
        for number in range(600):
            with contextlib.suppress(OSError):  # who comes to a crowd is sent away
                held.enter_context(_hold(strict, words, crowd[number % 2]))
        assert _stores(strict, 20) == 20
        assert len(strict.processes()) <= 2 + PLACES


def test_an_association_that_stores_keeps_its_place(strict: Child) -> None:
    with strict.association((CT, EXPLICIT)) as association, ExitStack() as held:
        assert send(association, new_slice()) == 0
        for _ in range(PLACES_AN_ADDRESS + 5):
            held.enter_context(_hold(strict, request((CT, EXPLICIT))))
        time.sleep(3)
        assert send(association, new_slice()) == 0


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_a_sender_that_trickles_is_cut_off(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(pdata, "GRACE_SECONDS", seconds)
    ours, theirs = socket.socketpair()
    tcp = _Tcp(ours)
    with ours, theirs:
        threading.Thread(target=_trickle, args=(theirs,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Stalled):
            Inbound(tcp).data_set(1, lambda part: None)
        assert time.monotonic() - began < 5


class _Tcp(PlainWire):
    """A wire over a socket pair, which knows no TCP options."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection


def _trickle(peer: socket.socket) -> None:
    try:
        for _ in range(100):
            peer.sendall(pdu.p_data(1, 0, b"x"))
            time.sleep(0.05)
    except OSError:
        return


def test_an_object_larger_than_memory_may_be_kept_goes_to_disk_as_it_comes(listener: Child) -> None:
    data = new_slice(Rows=4096, Columns=2560, PixelData=os.urandom(4096 * 2560 * 2))
    sent = encoded(data)
    assert len(sent) > 4 * pdata.CAPACITY
    with listener.association((CT, EXPLICIT)) as association:
        assert send_raw(association, CT, str(data.SOPInstanceUID), sent) == 0
        assert send_raw(association, CT, "1.2.3.4.5.6", sent) == 0xA900
    query = "select storage_key, bytes, crc32 from archive_instance where sop_instance_uid = ?"
    [(key, size, crc)] = listener.wait_for(query, str(data.SOPInstanceUID))
    kept = (listener.home / "archive" / str(key)).read_bytes()
    assert kept.endswith(sent)
    assert (len(kept), zlib.crc32(kept)) == (size, crc)
