"""What an external archive can be asked, whatever it speaks: one small Protocol, and two kinds of trouble."""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

REFUSED = "refused"  # the archive does not let us: AE title, password, certificate
CANCELLED = "cancelled"
NOT_ACCEPTED = "not-accepted"  # it does not take this kind of object
BAD_ANSWER = "bad-answer"  # what came is not what the standard says
ADDRESS = "address"  # an address that no archive has (case 28)


class PeerError(Exception):
    """An archive could not do it. `reason` is a short code, never personal data."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class PermanentPeerError(PeerError):
    """Asking again does not help: refused, cancelled, not understood."""


class RetriablePeerError(PeerError):
    """It is away, slow or busy: it may be asked again."""


@dataclass(frozen=True, slots=True)
class Held:
    """An instance that the archive says it has."""

    sop_instance_uid: str
    sop_class_uid: str  # may be empty: not every archive returns it
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A Part 10 file to be stored at the archive, with what its presentation context needs."""

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is fetched in one go: a study, a series of it, or some instances of that series."""

    study_instance_uid: str
    series_instance_uid: str = ""
    sop_instance_uids: Sequence[str] = ()


Take = Callable[[Path], None]  # gets one Part 10 file, which is gone when it returns
Moved = Callable[[], None]  # told now and then that the archive is still at work


class ArchivePeer(Protocol):
    """An external archive. Every call ends within its time-outs, and raises PermanentPeerError or RetriablePeerError."""

    delivers_itself: bool  # C-MOVE: what is fetched comes to our listener, and `take` is never called

    def echo(self) -> None:
        """Whether it answers, and lets us."""

    def instances(self, study_instance_uid: str) -> dict[str, Held]:
        """Exactly what it has of a study, by SOPInstanceUID; empty where it does not know the study."""

    def fetch(self, wanted: Wanted, take: Take, moved: Moved) -> None:
        """Have instances sent, one file at a time to `take`. Returns when the archive has sent what it wanted to."""

    def store(self, files: Iterable[Outgoing]) -> None:
        """Send files; returns when the archive has taken every one of them."""

    def commit(self, instances: Mapping[str, str]) -> set[str]:
        """Ask for storage commitment (PS3.4 J) of SOPInstanceUID -> SOPClassUID; the UIDs it promises to keep."""


def address_of(host: str, port: int) -> str:
    """The IP address to connect to for a configured `host`: resolved once, looked at, and then used as it is.

    Loopback only where loopback is what was configured, so that a name cannot be turned inwards later; never
    link-local (cloud metadata), multicast or unspecified. Raises PermanentPeerError, RetriablePeerError (no such name now).
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RetriablePeerError("unknown-host") from error
    address = str(found[0][4][0]).partition("%")[0]
    if not may_be_asked(host, address):
        raise PermanentPeerError(ADDRESS)
    return address


def may_be_asked(host: str, address: str) -> bool:
    """Whether `address` may be what the configured `host` means."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    return not ip.is_loopback or host.strip("[]").lower() in ("localhost", "::1") or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
