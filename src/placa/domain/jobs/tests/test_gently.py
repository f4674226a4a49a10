"""What nobody waits for has a low priority, and what comes after it has its own again."""

import os
import threading
from unittest.mock import Mock

import pytest

from placa.domain.jobs import gently as room
from placa.domain.jobs.gently import NICENESS, gently


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)  # on Linux, of the thread that asks


@pytest.mark.parametrize(("long", "more"), [(True, NICENESS), (False, 0)])
def test_only_the_long_jobs_worker_works_gently(
    long: bool, more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "broker", lambda: Mock(in_long_cluster=lambda: long))
    before = _niceness()
    assert gently(_niceness) == min(before + more, 19)
    assert _niceness() == before
    assert (gently(threading.get_ident) == threading.get_ident()) is not long


def test_what_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "broker", lambda: Mock(in_long_cluster=lambda: True))
    with pytest.raises(ZeroDivisionError):
        gently(lambda: 1 // 0)
