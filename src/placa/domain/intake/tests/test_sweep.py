"""What a web process stored and did not index, because it died, gets its rows from the sweep."""

import datetime as dt
import os

import pytest

from placa.common import clock
from placa.domain.archive.models import Instance
from placa.domain.archive.storage import storage
from placa.domain.intake import recovery, tasks
from placa.domain.intake.tests.objects import ct, received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def test_files_that_have_settled_are_indexed_and_younger_ones_left() -> None:
    old, young = received(ct(1)), received(ct(2))
    then = (clock.now() - recovery.SETTLED - dt.timedelta(seconds=5)).timestamp()
    os.utime(storage().path(old.key), (then, then))
    tasks.recover()
    assert [row.storage_key for row in Instance.objects.all()] == [old.key]
    os.utime(storage().path(young.key), (then, then))
    tasks.recover()
    tasks.recover()  # harmless when run twice
    assert {row.storage_key for row in Instance.objects.all()} == {old.key, young.key}


def test_a_file_of_a_day_long_searched_is_found_by_the_search_of_all_days() -> None:
    """It was stored while the clock was fifty hours behind, and the machine went down before it had its row."""
    tasks.recover()  # leaves its mark
    behind = clock.now() - dt.timedelta(hours=50)
    with clock.standing_at(behind):
        lost = received(ct(1))
    os.utime(storage().path(lost.key), (behind.timestamp(), behind.timestamp()))
    tasks.recover()
    assert not Instance.objects.filter(storage_key=lost.key).exists()
    tasks.recover_everywhere()
    assert Instance.objects.get().storage_key == lost.key


def test_a_mark_that_a_clock_ahead_left_does_not_hide_what_comes() -> None:
    with clock.standing_at(clock.now() + dt.timedelta(days=40)):
        recovery.recover()
    lost = received(ct(1))
    recovery.recover()
    assert Instance.objects.get().storage_key == lost.key
