"""Guessing is slowed and locked; parallel guesses do not pass the limit."""

import datetime as dt

import pytest
import time_machine

from placa.common import clock
from placa.domain.accounts import throttle
from placa.domain.accounts.models import Throttle
from placa.domain.accounts.throttle import Policy, ThrottledError

pytestmark = pytest.mark.django_db
POLICY = Policy("test", free=3, first=60, longest=240, window=3600)


def tries(count: int) -> int:
    """How many of `count` tries are let through."""
    through = 0
    for _ in range(count):
        try:
            throttle.take(POLICY, "ana")
        except ThrottledError:
            continue
        through += 1
    return through


def test_free_tries_then_a_pause_that_doubles() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        assert tries(100) == 3
        for pause in (60, 120, 240, 240):
            time.shift(dt.timedelta(seconds=pause - 1))
            assert tries(10) == 0
            time.shift(dt.timedelta(seconds=1))
            assert tries(10) == 1


def test_a_new_window_begins_anew() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        assert tries(10) == 3
        time.shift(dt.timedelta(seconds=3601))
        assert tries(10) == 3


def test_subjects_and_policies_do_not_mix() -> None:
    assert tries(10) == 3
    throttle.take(POLICY, "carla")
    throttle.take(Policy("other", 3, 60, 240, 3600), "ana")


def test_counting_between_reading_and_writing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once: the second one's write meets a changed row, and it counts again from there."""
    real = Throttle.objects.get
    rivals = iter([True])

    def get(**lookup: str) -> Throttle:
        row = real(**lookup)
        if next(rivals, False):  # a rival counts right after we have read
            Throttle.objects.filter(pk=row.pk).update(failures=row.failures + 1)
        return row

    monkeypatch.setattr(Throttle.objects, "get", get)
    throttle.take(POLICY, "ana")
    monkeypatch.undo()
    assert Throttle.objects.get().failures == 2


def test_right_one_gives_its_try_back() -> None:
    throttle.take(POLICY, "ana")
    throttle.take(POLICY, "ana")
    throttle.give_back(POLICY, "ana")
    assert Throttle.objects.get().failures == 1
    assert tries(10) == 2
    throttle.clear(POLICY, "ana")
    assert tries(10) == 3


def test_one_line_of_ipv6_is_one_address() -> None:
    assert throttle.address_subject("2001:db8:1:2:aaaa::1") == throttle.address_subject(
        "2001:db8:1:2:bbbb::9"
    )
    assert throttle.address_subject("192.0.2.7") == "192.0.2.7"


def test_no_name_is_in_the_table() -> None:
    throttle.take(POLICY, "ana@correo.example")
    assert "ana" not in Throttle.objects.get().key


def test_old_rows_go() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        throttle.take(POLICY, "ana")
        time.shift(dt.timedelta(days=3))
        assert throttle.forget_old() == 1
