"""Permits of a second: what the rules allowed an asker just now, in this process (decision 0016)."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from placa.domain.access.images import OpenStudy
from placa.domain.access.types import Instance

SECONDS: Final = 1.0
PERMITS: Final = 64  # studies that are looked at in one process within a second
WHOLE_SERIES: Final = 2_000  # instances that are read at once
Key = tuple[str, str, str, str]


@dataclass(slots=True)
class Permit:
    """A study that was opened, until a moment (monotonic seconds)."""

    until: float
    opened: OpenStudy
    instances: dict[tuple[str, str], Instance] = field(default_factory=dict)
    metadata: bytes = b""

    def instance(self, series: str, instance: str) -> Instance:
        """One instance. Raises NotVisible."""
        found = self.instances.get((series, instance))
        if found is None:
            found = self.opened.instance(series, instance)
            if found.series.number_of_instances <= WHOLE_SERIES:
                self.instances.update(
                    ((series, one.sop_instance_uid), one) for one in self.opened.instances_of(found.series)
                )
        return found


_permits: Final[OrderedDict[Key, Permit]] = OrderedDict()
_lock = threading.Lock()


def enabled() -> bool:
    """Not in tests, where every request shall meet the rules."""
    return settings.ENVIRONMENT.mode != "test"


def remember(request: HttpRequest, opened: OpenStudy) -> None:
    """The rules let this request see the images of `opened`."""
    key = key_of(request, opened.study.study_instance_uid)
    if key is None or not enabled():
        return
    with _lock:
        _permits[key] = Permit(time.monotonic() + SECONDS, opened)
        _permits.move_to_end(key)
        while len(_permits) > PERMITS:
            _permits.popitem(last=False)


def found(request: HttpRequest, study: str) -> Permit | None:
    """The permit of who asks for a study, while it lasts."""
    key = key_of(request, study)
    permit = _permits.get(key) if key else None
    return permit if permit is not None and time.monotonic() < permit.until else None


def forget() -> None:
    """Drop all permits."""
    with _lock:
        _permits.clear()


def key_of(request: HttpRequest, study: str) -> Key | None:
    """Who asks, by all that could say it; None for nobody."""
    bearer, cookies = request.META.get("HTTP_AUTHORIZATION", ""), request.META.get("HTTP_COOKIE", "")
    before = request.path_info.partition("/dicomweb/")[0]
    return (bearer, cookies, before, study) if bearer or cookies else None
