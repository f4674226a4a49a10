"""What a web process stored and did not index, because it died, gets its rows from the sweep."""

import datetime as dt
import os

import pytest

from placa.common import clock
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.records import Received, Sender
from placa.domain.archive.storage import storage
from placa.domain.institution.models import Site
from placa.domain.intake import recovery, tasks
from placa.domain.intake.senders import note_of, sender_of
from placa.domain.intake.tests.objects import STUDY, ct, received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def _settle(stored: Received) -> None:
    then = (clock.now() - recovery.SETTLED - dt.timedelta(seconds=5)).timestamp()
    os.utime(storage().path(stored.key), (then, then))


def test_files_that_have_settled_are_indexed_and_younger_ones_left() -> None:
    old, young = received(ct(1)), received(ct(2))
    _settle(old)
    tasks.recover()
    assert [row.storage_key for row in Instance.objects.all()] == [old.key]
    _settle(young)
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


def test_the_sweep_knows_the_site_of_what_a_program_stored() -> None:
    site = Site.objects.create(name="Norte")
    stored = received(ct(), Sender(site_id=site.pk))
    _settle(stored)
    tasks.recover()
    assert Study.objects.get(study_instance_uid=STUDY).site == site


def test_a_site_that_is_not_signed_for_this_object_counts_for_nothing() -> None:
    site = Site.objects.create(name="Norte")
    other, own = Sender(site_id=site.pk), f"{ct(2).SOPInstanceUID}"
    stored = received(ct(1), other)
    path = storage().path(stored.key)
    raw = path.read_bytes()
    path.write_bytes(
        raw.replace(note_of(other, f"{ct(1).SOPInstanceUID}").encode(), note_of(other, own).encode())
    )
    assert sender_of(stored.key).site_id is None
