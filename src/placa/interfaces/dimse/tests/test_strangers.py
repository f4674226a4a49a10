"""A connection from where no peer is known takes nobody's place (case 26, S6)."""

import pytest

from placa.domain.institution.models import DicomPeer
from placa.interfaces.dimse.peers import Peers


@pytest.mark.django_db
def test_only_addresses_of_enabled_peers_are_let_in() -> None:
    DicomPeer.objects.create(name="CT", ae_title="CT9", address="192.0.2.7")
    DicomPeer.objects.create(name="Old", ae_title="OLD9", address="192.0.2.8", enabled=False)
    peers = Peers()
    assert peers.may_connect("192.0.2.7")
    assert not peers.may_connect("192.0.2.8")
    assert not peers.may_connect("192.0.2.9")
