"""The gate alone, over real sockets: what comes in one turn of the listener."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from placa.interfaces.dimse import gate as gates
from placa.interfaces.dimse.gate import Caller, Gate
from placa.interfaces.dimse.peers import Peers


@dataclass
class _Everybody(Peers):
    """Peers to whom every address belongs."""

    def may_connect(self, address: str) -> bool:
        return True


@dataclass
class Door:
    """A gate that listens, and its turns."""

    gate: Gate
    selector: selectors.BaseSelector
    port: int

    def call(self) -> socket.socket:
        """Somebody connects."""
        return socket.create_connection(("127.0.0.1", self.port), 5)

    def turn(self) -> int:
        """What the listener does again and again; how many had something to say."""
        events = self.selector.select(1)
        for key, _events in events:
            key.data()
        self.gate.tick()
        return len(events)


@pytest.fixture
def door() -> Iterator[Door]:
    def nobody(caller: Caller) -> bool:
        return False

    with selectors.DefaultSelector() as selector, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        gate = Gate(selector, _Everybody(), nobody)
        gate.listen(server)
        yield Door(gate, selector, server.getsockname()[1])
        gate.close()


@pytest.mark.parametrize("words", [b"\1\0", b"GET / HTTP/1.1\r\n\r\n", b""])
def test_who_lost_its_place_in_the_turn_in_which_it_speaks_harms_nobody(
    door: Door, monkeypatch: pytest.MonkeyPatch, words: bytes
) -> None:
    """Seen once: the listener ended, because a crowd's newcomer and the one it replaced came in one turn."""
    monkeypatch.setattr(gates, "WAITING_AN_ADDRESS", 1)
    with door.call() as first:
        assert door.turn() == 1
        with door.call() as second:
            time.sleep(0.05)
            if words:
                first.sendall(words)
            else:
                first.shutdown(socket.SHUT_WR)
            time.sleep(0.05)
            assert door.turn() == 2
            second.sendall(words or b"\2")
            assert door.turn() == 1
            with door.call():
                assert door.turn() >= 1
