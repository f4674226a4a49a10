"""`placa scrub` and the nightly check find every file that is not what it was, and every file without a row."""

import datetime as dt
import os
from dataclasses import replace

import pytest

from placa.common import clock
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import StorageError, storage
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.services import change_setting
from placa.domain.intake import scrubbing, selectors, tasks
from placa.domain.intake.models import InboxItem, ScrubMark
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import STUDY, ct, received
from placa.domain.jobs.services import RetriableError
from placa.domain.reports import services as reports
from placa.domain.reports.models import DiagnosticReport
from placa.domain.reports.pdf import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive", "only_ours")]


@pytest.fixture
def only_ours(db: None) -> None:
    """The cast's rows count files that are not there: they stay out of sight."""
    Study.objects.update(availability="offline")


def stored(count: int) -> list[Instance]:
    process([received(ct(number)) for number in range(1, count + 1)])
    return list(Instance.objects.filter(study__study_instance_uid=STUDY).order_by("instance_number"))


def flip(instance: Instance) -> None:
    path = storage().path(instance.storage_key)
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)


def damage() -> dict[int | None, str]:
    return dict(Instance.objects.exclude(damage="").values_list("instance_number", "damage"))


def test_whole_files_pass() -> None:
    stored(3)
    result = scrubbing.scrub()
    assert (result.checked, result.indexed, result.wrong.total()) == (3, 0, 0)
    assert result.bytes == sum(
        Instance.objects.filter(damage="", study__availability="online").values_list("bytes", flat=True)
    )
    assert "3 files checked" in str(result)


def test_a_flipped_bit_and_a_missing_file_are_found_told_and_named() -> None:
    instances = stored(4)
    flip(instances[1])
    storage().delete(instances[2].storage_key)
    result = scrubbing.scrub()
    assert dict(result.wrong) == {"crc": 1, "missing": 1}
    assert f"crc: {instances[1].storage_key}" in str(result)
    assert damage() == {2: "crc", 3: "missing"}
    assert Instance.objects.get(pk=instances[1].pk).damaged_at is not None
    item = InboxItem.objects.get(kind="damaged")
    assert item.detail == {"instances": [instances[1].pk, instances[2].pk], "damage": ["crc", "missing"]}
    assert AuditEvent.objects.filter(action="file_damaged").count() == 2
    assert selectors.file_state().damaged == 2


def test_what_is_whole_again_is_found_too() -> None:
    (instance,) = stored(1)
    path = storage().path(instance.storage_key)
    right = path.read_bytes()
    flip(instance)
    assert scrubbing.scrub().wrong.total() == 1
    path.write_bytes(right)
    assert scrubbing.scrub().wrong.total() == 0
    assert damage() == {}
    assert InboxItem.objects.get(kind="damaged").resolved_at is not None


def test_since_a_day_and_at_most_so_many() -> None:
    instances = stored(3)
    Instance.objects.filter(pk=instances[0].pk).update(received_at=clock.now() - dt.timedelta(days=10))
    flip(instances[0])
    assert scrubbing.scrub(since=clock.now().date() - dt.timedelta(days=2)).checked == 2
    assert scrubbing.scrub(limit=1).wrong.total() == 1
    assert scrubbing.scrub(limit=2).checked == 2


def test_a_study_that_is_elsewhere_is_not_missed() -> None:
    (instance,) = stored(1)
    storage().delete(instance.storage_key)
    Study.objects.filter(study_instance_uid=STUDY).update(availability="offline")
    assert scrubbing.scrub().checked == 0


def test_a_file_without_a_row_is_indexed_unless_it_came_just_now() -> None:
    item = received(ct(1))
    assert scrubbing.scrub().indexed == 0
    old = (clock.now() - dt.timedelta(hours=2)).timestamp()
    os.utime(storage().path(item.key), (old, old))
    assert scrubbing.scrub().indexed == 1
    assert Instance.objects.get(study__study_instance_uid=STUDY).storage_key == item.key


def test_pdfs_of_reports_and_files_of_the_inbox_are_looked_at() -> None:
    stored(1)
    study = Study.objects.get(study_instance_uid=STUDY)
    pdf = b"%PDF-1.4 not looked into here"
    report = DiagnosticReport.objects.create(study=study)
    version = reports.add_version(report=report, status="final", source="upload", by="system", pdf=kept(pdf))
    process([received(ct(1, StudyDescription="Otra cosa"))])
    assert scrubbing.scrub().wrong.total() == 0
    assert version is not None
    storage().path(version.storage_key).write_bytes(pdf[:-1])
    storage().delete(InboxItem.objects.get(kind="other_content").storage_key)
    assert dict(scrubbing.scrub().wrong) == {"pdf": 1, "inbox": 1}


def test_a_storage_that_is_away_says_nothing_of_the_files(archive, settings) -> None:
    stored(2)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, storage_url=f"file://{archive}/file")
    (archive / "file").touch()
    with pytest.raises(StorageError):
        scrubbing.scrub()
    with pytest.raises(RetriableError):
        tasks.scrub()
    assert damage() == {}


# --- by night


def test_all_files_are_seen_within_the_days_that_the_institution_chose() -> None:
    change_setting(key="scrub_days", value=2, by="system")
    flip(stored(20)[-1])
    seen = [scrubbing.scrub_tonight() for _ in range(2 * len(scrubbing.NIGHT))]
    assert [one.checked for one in seen] == [3, 3, 3, 3, 3, 3, 2, 3]
    assert sum(one.wrong.total() for one in seen) == 1
    assert selectors.file_state().all_checked_at is not None


def test_a_round_goes_on_where_the_last_part_ended() -> None:
    change_setting(key="scrub_days", value=1, by="system")
    instances = stored(8)
    scrubbing.scrub_tonight()
    assert ScrubMark.objects.get().position == instances[1].pk


@pytest.mark.parametrize(
    ("hour", "queued"), [(6, 1), (16, 0)]
)  # UTC: two and twelve o'clock in Santo Domingo
def test_it_is_done_in_the_small_hours(monkeypatch: pytest.MonkeyPatch, hour: int, queued: int) -> None:
    jobs: list[str] = []
    monkeypatch.setattr(tasks, "enqueue", lambda name, **_: jobs.append(name))
    with clock.standing_at(dt.datetime(2026, 11, 20, hour, 10, tzinfo=dt.UTC)):
        tasks.scrub_by_night()
    assert jobs == ["intake.scrub"] * queued
