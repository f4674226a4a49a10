"""Outside the demo only a listed AE title at its own address gets an association."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import CT
from placa.interfaces.dimse import pdu
from placa.interfaces.dimse.tests.listener import Child, admit, listening
from placa.interfaces.dimse.tests.test_negotiation import answer, request
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send

PEERS = [  # AE title, address, may store, enabled, default issuer
    ("CT1", "127.0.0.1", 1, 1, "CLINIC"),
    ("ELSEWHERE", "10.9.9.9", 1, 1, ""),
    ("MUTE", "127.0.0.1", 0, 1, ""),
    ("OFF", "127.0.0.1", 1, 0, ""),
]


@pytest.fixture(scope="module")
def listener(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A listener that is no demo, with four peers."""
    with listening(migrated, tmp_path_factory.mktemp("peers") / "home", mode="test") as child:
        for peer in PEERS:
            admit(child, *peer)
        yield child


def test_a_listed_peer_stores_and_its_default_issuer_comes_along(listener: Child) -> None:
    data = new_slice()
    with listener.association((CT, EXPLICIT), ae_title="CT1") as association:
        assert send(association, data) == 0x0000
    query = "select sending_ae_title, default_issuer from archive_study where study_instance_uid = ?"
    assert listener.wait_for(query, str(data.StudyInstanceUID)) == [("CT1", "CLINIC")]


@pytest.mark.parametrize("ae_title", ["UNKNOWN", "ELSEWHERE", "MUTE", "OFF", "ct1"])
def test_everybody_else_is_rejected(listener: Child, ae_title: str) -> None:
    asked = request((CT, EXPLICIT)).replace(b"CT1".ljust(16), ae_title.encode().ljust(16), 1)
    with socket.create_connection(("127.0.0.1", listener.port), 10) as peer:
        peer.sendall(asked)
        assert answer(peer)[:1] == bytes((pdu.ASSOCIATE_RJ,))


def test_a_peer_that_says_nothing_is_dropped_and_others_are_served(listener: Child) -> None:
    silent = [socket.create_connection(("127.0.0.1", listener.port), 5) for _ in range(40)]
    try:
        with listener.association((CT, EXPLICIT), ae_title="CT1") as association:
            assert send(association, new_slice()) == 0x0000
        for connection in silent:
            connection.settimeout(15)
            assert connection.recv(1) == b""
    finally:
        for connection in silent:
            connection.close()


def test_a_peer_that_is_disabled_loses_its_association(listener: Child) -> None:
    admit(listener, "CT9", "127.0.0.1")
    time.sleep(1.1)  # what the listener knows is a second old at most
    with listener.association((CT, EXPLICIT), ae_title="CT9") as association:
        assert send(association, new_slice()) == 0x0000
        connection = sqlite3.connect(listener.home / "placa.sqlite3", timeout=20)
        with connection:
            connection.execute("update institution_dicompeer set enabled = 0 where ae_title = 'CT9'")
        connection.close()
        limit = time.monotonic() + 10
        while not association.is_aborted and time.monotonic() < limit:
            time.sleep(0.05)
        assert association.is_aborted
