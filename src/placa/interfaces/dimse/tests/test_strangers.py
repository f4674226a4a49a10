"""A connection from where no peer is known takes nobody's place (case 26, S6)."""

import pytest

from placa.domain.institution.models import DicomPeer
from placa.interfaces.dimse import peers
from placa.interfaces.dimse.transport import Listener


@pytest.mark.django_db
def test_only_addresses_of_enabled_peers_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        peers, "close_old_connections", lambda: None
    )  # the listener's thread; here: the test's own
    DicomPeer.objects.create(name="CT", ae_title="CT9", address="192.0.2.7")
    DicomPeer.objects.create(name="Old", ae_title="OLD9", address="192.0.2.8", enabled=False)
    server = Listener.__new__(Listener)
    assert server.verify_request(None, ("192.0.2.7", 4000))
    assert not server.verify_request(None, ("192.0.2.8", 4000))
    assert not server.verify_request(None, ("192.0.2.9", 4000))
