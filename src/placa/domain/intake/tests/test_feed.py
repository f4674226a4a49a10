"""What associations tell the indexer: in order, with the record where it fits, and no faster than it can follow."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from placa.domain.archive.records import Received, Sender
from placa.domain.archive.storage import storage
from placa.domain.intake import feed
from placa.domain.intake.receiving import Incoming
from placa.domain.intake.tests.objects import MODALITY, announced, ct, encoded

pytestmark = pytest.mark.usefixtures("archive")


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    reading, writing = feed.pair()
    yield reading, writing
    writing.close()
    reading.close()


def _kept() -> Received:
    with Incoming(storage().new, announced(ct()), MODALITY) as incoming:
        kept = incoming.finish(encoded(ct()))
    return replace(kept.received, record=kept.record())


def test_the_record_comes_along_and_the_end_is_seen(ends: tuple[socket.socket, socket.socket]) -> None:
    reading, writing = ends
    inlet, received = feed.Inlet(reading), _kept()
    feed.tell(writing, received)
    assert inlet.batch(10, 5, 0.05) == [received]
    assert not inlet.ended
    writing.close()
    assert inlet.batch(10, 5, 0) == []
    assert inlet.ended


def test_a_record_that_is_too_long_is_left_to_the_indexer(ends: tuple[socket.socket, socket.socket]) -> None:
    reading, writing = ends
    received = _kept()
    assert received.record is not None
    long = replace(received, record=replace(received.record, metadata=bytes(feed.MESSAGE_MAX)))
    feed.tell(writing, long)
    assert feed.Inlet(reading).batch(10, 5, 0) == [Received(received.key, MODALITY)]


def test_who_receives_waits_while_the_indexer_lags(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = ends
    writing.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    monkeypatch.setattr(feed, "WAITING_MAX", 3)
    inlet, told = feed.Inlet(reading), []

    def tell() -> None:
        for number in range(200):
            feed.tell(writing, Received(f"{number}", Sender()))
            told.append(number)

    receiving = threading.Thread(target=tell)
    receiving.start()
    time.sleep(0.3)
    assert len(told) < 200
    found: list[Received] = []
    while len(found) < 200:
        found += inlet.batch(50, 5, 0)
    receiving.join(5)
    assert [one.key for one in found] == [str(number) for number in range(200)]


def test_a_look_for_files_without_rows_is_asked_for_once(ends: tuple[socket.socket, socket.socket]) -> None:
    reading, writing = ends
    inlet = feed.Inlet(reading)
    writing.send(feed.LOOK_AGAIN)
    assert inlet.batch(10, 5, 0) == []
    assert inlet.look_again()
    assert not inlet.look_again()


def test_nobody_waits_for_company_once_an_association_ended(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    reading, writing = ends
    inlet = feed.Inlet(reading)
    for _ in range(2):
        for number in range(3):
            feed.tell(writing, Received(f"{number}", Sender()))
        feed.done(writing)
        began = time.monotonic()
        assert len(inlet.batch(10, 5, 30)) == 3
        assert time.monotonic() - began < 10
    feed.done(writing)  # with nothing that waits it says nothing
    feed.tell(writing, Received("alone", Sender()))
    threading.Timer(0.1, feed.tell, (writing, Received("company", Sender()))).start()
    assert len(inlet.batch(2, 5, 30)) == 2
