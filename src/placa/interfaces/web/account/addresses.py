"""The address of whoever asks, behind proxies that say it and clients that lie about it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def client_address(near: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address that asks: `near` is the peer of the connection, `forwarded` its X-Forwarded-For.

    A proxy appends whom it heard, so the header is read from its end, as long as the one who wrote the entry is a
    trusted proxy. What stands further left anybody may have written. An empty `near` is a local socket.
    """
    if near and not _is_trusted(_parsed(near), trusted):
        return near
    client = near
    for entry in reversed(forwarded.split(",")):
        found = _parsed(entry)
        if found is None:  # not a proxy's words
            break
        client = str(found)
        if not _is_trusted(found, trusted):
            break
    return client


def _parsed(text: str) -> Address | None:
    """An address, perhaps with a port; an IPv4 one written as IPv6 is that one."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(
        address in network
        for network in trusted
        if (address.version == 6) == isinstance(network, IPv6Network)
    )
