"""Permits of a second: what the rules allowed an asker just now, in this process (decision 0016)."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from placa.domain.access.images import OpenStudy, open_images
from placa.domain.access.types import Instance
from placa.domain.access.viewers import Viewer
from placa.interfaces.dicomweb import at_hand

SECONDS: Final = 1.0
RENEWED_AFTER: Final = (
    0.7  # then one request asks the rules again, while the others go on until the second is over
)
PATIENCE: Final = (
    1.0  # seconds for which a request waits for what the rules tell another one of the same asker
)
PERMITS: Final = 64  # studies that are looked at in one process within a second
Key = tuple[str, str, str, str]
now = time.monotonic


@dataclass
class Permit:
    """A study that was opened; `asked_at` is the moment (monotonic seconds) before its rules were asked."""

    asked_at: float
    opened: OpenStudy
    _metadata: bytes = b""
    _loading: threading.Lock = field(default_factory=threading.Lock)
    _renewing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def holds(self) -> bool:
        """Whether its second is not over."""
        return now() < self.asked_at + SECONDS

    def is_to_be_renewed(self) -> bool:
        """Whether it is time to ask the rules again: said to one request only."""
        return now() > self.asked_at + RENEWED_AFTER and self._renewing.acquire(blocking=False)

    @property
    def is_quiet(self) -> bool:
        """Whether no request need ask the rules for it now: it is young, or one is on the way."""
        return now() <= self.asked_at + RENEWED_AFTER or self._renewing.locked()

    def metadata(self) -> bytes:
        """The study's metadata, gzipped."""
        if not self._metadata:
            with self._loading:  # those who ask at once wait for one reading
                self._metadata = self._metadata or self.opened.metadata()
        return self._metadata

    def instance(self, series: str, instance: str) -> Instance:
        """One instance; its row is read with all of its series, or was before. Raises NotVisible."""
        found = at_hand.row_of(self.state, series, instance)
        if found is None:
            with self._loading:
                found = at_hand.row_of(self.state, series, instance) or self.read(series, instance)
        return found

    def read(self, series: str, instance: str) -> Instance:
        """The same, read now. Raises NotVisible."""
        found = self.opened.instance(series, instance)
        at_hand.bring(self.state, self.opened, found)
        return found

    @cached_property
    def state(self) -> at_hand.State:
        """That of the study since this permit was made."""
        return self.opened.state()


_permits: Final[OrderedDict[Key, Permit]] = OrderedDict()
_asking: Final[dict[Key, threading.Event]] = {}  # who is on the whole way just now, with nothing to go on by
_lock = threading.Lock()


def enabled() -> bool:
    """Not in tests, where every request shall meet the rules."""
    return settings.ENVIRONMENT.mode != "test"


# --- the whole way


def instance(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str
) -> tuple[OpenStudy, Instance]:
    """A study that the rules let this request see, and one instance of it. Raises NotVisible."""
    permit, renews = _asked(request, viewer, study)
    # in the midst of many requests, those that follow shall find the rows
    found = (permit.read if renews else permit.opened.instance)(series, instance)
    _keep(request, permit)
    return permit.opened, found


def metadata(request: HttpRequest, viewer: Viewer, study: str) -> bytes:
    """The metadata of a study that the rules let this request see, gzipped. Raises NotVisible."""
    permit, _renews = _asked(request, viewer, study)
    found = permit.metadata()
    _keep(request, permit)
    return found


def _asked(request: HttpRequest, viewer: Viewer, study: str) -> tuple[Permit, bool]:
    """What the rules say now, and whether that renews a permit; the first one holds at once: others wait for it."""
    permit = Permit(now(), open_images(viewer, study, bare=True))
    renews = key_of(request.META, study) in _permits
    if not renews:
        _keep(request, permit)
    return permit, renews


def _keep(request: HttpRequest, permit: Permit) -> None:
    key = key_of(request.META, permit.opened.study.study_instance_uid)
    if key is None or not enabled():
        return
    with _lock:
        _permits[key] = permit
        _permits.move_to_end(key)
        while len(_permits) > PERMITS:
            _permits.popitem(last=False)
    _wake(key)


# --- the quick way


def standing(key: Key) -> Permit | None:
    """The permit for `key` where there is one that nobody waits for."""
    permit = _permits.get(key)
    return permit if permit is not None and permit.holds and permit.is_quiet else None


def found(key: Key) -> Permit | None:
    """The permit for `key` while it lasts. None: this request asks the rules, and then says so by `rules_asked`, since
    others of the same asker may wait for it."""
    permit = _permits.get(key)
    if permit is not None and permit.holds:
        return None if permit.is_to_be_renewed() else permit
    if not enabled():
        return None
    with _lock:
        asking = _asking.get(key)
        if asking is None:
            _asking[key] = threading.Event()
            return None
    asking.wait(PATIENCE)
    permit = _permits.get(key)
    return permit if permit is not None and permit.holds else None


def rules_asked(key: Key, since: float) -> None:
    """A request that began at `since` came back from the whole way. Where that gave no permit there is none any more."""
    with _lock:
        permit = _permits.get(key)
        if permit is not None and permit.asked_at < since:
            del _permits[key]
    _wake(key)


def _wake(key: Key) -> None:
    with _lock:
        asking = _asking.pop(key, None)
    if asking is not None:
        asking.set()


def forget() -> None:
    """Drop all permits."""
    with _lock:
        _permits.clear()


def key_of(environ: Mapping[str, Any], study: str) -> Key | None:
    """Who asks, by all that could say it; None for nobody. `environ` as WSGI has it."""
    bearer, cookies = environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_COOKIE", "")
    before = environ["PATH_INFO"].partition("/dicomweb/")[0]
    return (bearer, cookies, before, study) if bearer or cookies else None
