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
