"""Who may speak DICOM with the listener."""

import ipaddress
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, connections

from placa.domain.archive.records import Sender
from placa.domain.intake.senders import storing_senders

log = logging.getLogger(__name__)

SECONDS_KEPT = 1.0  # what is withdrawn must hold a second later (S3)


class NotKnownNowError(Exception):
    """The database is away: nobody can be told from a stranger."""


@dataclass(slots=True)
class Peers:
    """The listed peers, read again once they are a second old. No connection to the database outlives a call, so that
    the process may fork."""

    _senders: Mapping[tuple[str, str], Sender] = field(default_factory=dict)
    _addresses: frozenset[str] = frozenset()
    _read_at: float = float("-inf")
    _trusted: bool = False

    def may_connect(self, address: str) -> bool:
        """Whether anybody at this address may speak at all: strangers must not take the places of modalities (S6)."""
        self._refresh()
        return _is_demo_machine(address) or not self._trusted or address in self._addresses

    def sender(self, ae_title: str, address: str) -> Sender | None:
        """The peer with this AE title at this address, if it may store. In the demo any AE title at loopback is one
        (interfaces). Raises NotKnownNowError.
        """
        self._refresh()
        found = self._senders.get((ae_title, address)) if self._trusted else None
        if found is None and _is_demo_machine(address):
            return Sender(ae_title=ae_title, address=address)
        if not self._trusted:
            raise NotKnownNowError
        return found

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._read_at < SECONDS_KEPT:
            return
        self._read_at = now
        try:
            self._senders = {(sender.ae_title, sender.address): sender for sender in storing_senders()}
            self._addresses = frozenset(address for _title, address in self._senders)
            self._trusted = True
        except DatabaseError as error:
            log.warning("the peers cannot be read: %s", type(error).__name__)
            self._trusted = False
        finally:
            connections.close_all()
        self._read_at = time.monotonic()


def _is_demo_machine(address: str) -> bool:
    return settings.ENVIRONMENT.is_demo and ipaddress.ip_address(address).is_loopback
