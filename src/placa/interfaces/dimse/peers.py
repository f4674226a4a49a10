"""Who may speak DICOM with the listener."""

import ipaddress

from django.conf import settings
from django.db import close_old_connections

from placa.domain.institution import selectors as institution


def is_expected(address: str) -> bool:
    """Whether anybody at this address may speak at all: strangers must not take the places of modalities (S6)."""
    if settings.ENVIRONMENT.is_demo and ipaddress.ip_address(address).is_loopback:
        return True
    close_old_connections()
    return address in institution.peer_addresses()


def may_store(ae_title: str, address: str) -> bool:
    """Whether this AE title at this address may send; in the demo any AE title from loopback may (interfaces)."""
    if settings.ENVIRONMENT.is_demo and ipaddress.ip_address(address).is_loopback:
        return True
    return institution.storing_peer(ae_title, address) is not None
