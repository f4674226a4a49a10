"""Slows and locks guessing. One row a key in the database, never the cache.

A try is counted *before* the secret is looked at, by an UPDATE that holds only while nobody else counted in
between. So N parallel guesses take N turns, and the limit is never passed.
"""

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass

from django.db.models import Q

from placa.common import clock
from placa.common.text import fold
from placa.domain.accounts.models import Throttle

_ROUNDS = 200  # of losing to others: by then the row is surely blocked


@dataclass(frozen=True, slots=True)
class Policy:
    """`free` tries in `window`; then each costs a pause that doubles from `first` to `longest` (seconds)."""

    name: str
    free: int
    first: int
    longest: int
    window: int


SIGN_IN_ACCOUNT = Policy("sign-in-account", free=5, first=60, longest=3600, window=24 * 3600)
SIGN_IN_ADDRESS = Policy("sign-in-address", free=40, first=30, longest=900, window=3600)
RECOVERY_ACCOUNT = Policy("recovery-account", free=4, first=900, longest=6 * 3600, window=24 * 3600)
RECOVERY_ADDRESS = Policy("recovery-address", free=20, first=60, longest=3600, window=3600)
LINK_ADDRESS = Policy("link-address", free=20, first=60, longest=3600, window=3600)


class ThrottledError(Exception):
    """Too many tries: wait until `until`."""

    def __init__(self, until: dt.datetime) -> None:
        super().__init__("too many tries")
        self.until = until


def _key(policy: Policy, subject: str) -> str:
    digest = hashlib.sha256(fold(subject).encode()).hexdigest()
    return f"{policy.name}:{digest[:64]}"


def address_subject(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network that one IPv6 line has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def take(policy: Policy, subject: str) -> None:
    """Count one try of `subject`; raises ThrottledError, uncounted, while it is blocked."""
    key, at = _key(policy, subject), clock.now()
    fresh = Throttle(key=key, failures=0, window_started=at)
    Throttle.objects.bulk_create([fresh], ignore_conflicts=True)
    for _ in range(_ROUNDS):
        row = Throttle.objects.get(key=key)
        if row.blocked_until is not None and row.blocked_until > at:
            raise ThrottledError(row.blocked_until)
        over = at - row.window_started > dt.timedelta(seconds=policy.window)
        count = 1 if over else row.failures + 1
        pause = _pause(policy, count)
        unchanged = Throttle.objects.filter(key=key, failures=row.failures, window_started=row.window_started)
        changed = unchanged.filter(Q(blocked_until=None) | Q(blocked_until__lte=at)).update(
            failures=count,
            window_started=at if over else row.window_started,
            blocked_until=at + dt.timedelta(seconds=pause) if pause else None,
        )
        if changed:
            return
    raise ThrottledError(at + dt.timedelta(seconds=policy.first))


def _pause(policy: Policy, count: int) -> int:
    if count < policy.free:
        return 0
    return min(policy.first << min(count - policy.free, 30), policy.longest)


def give_back(policy: Policy, subject: str) -> None:
    """Take back one counted try that turned out right, and the pause it caused; older failures stay."""
    key = _key(policy, subject)
    row = Throttle.objects.filter(key=key).first()
    if row is not None and row.failures:
        same = Throttle.objects.filter(key=key, failures=row.failures)
        same.update(failures=row.failures - 1, blocked_until=None)


def clear(policy: Policy, subject: str) -> None:
    """Forget all tries of `subject`: the owner proved to be the owner, or staff unlocked it."""
    Throttle.objects.filter(key=_key(policy, subject)).delete()


def blocked_until(policy: Policy, subject: str) -> dt.datetime | None:
    """Until when `subject` is blocked; None when it is not."""
    row = Throttle.objects.filter(key=_key(policy, subject), blocked_until__gt=clock.now()).first()
    return row.blocked_until if row else None


def forget_old() -> int:
    """Delete rows whose window is long past; how many."""
    limit = clock.now() - dt.timedelta(days=2)
    deleted: int = Throttle.objects.filter(window_started__lt=limit).delete()[0]
    return deleted
