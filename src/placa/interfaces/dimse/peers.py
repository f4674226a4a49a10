"""Who may speak DICOM with the listener."""

import ipaddress

from django.conf import settings

from placa.domain.institution import selectors as institution


def may_store(ae_title: str, address: str) -> bool:
    """Whether this AE title at this address may send; in the demo any AE title from loopback may (interfaces)."""
    if settings.ENVIRONMENT.is_demo and ipaddress.ip_address(address).is_loopback:
        return True
    return institution.storing_peer(ae_title, address) is not None
