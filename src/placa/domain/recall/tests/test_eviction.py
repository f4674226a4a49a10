"""Images leave when the archive has confirmed them, and not otherwise."""

import datetime as dt
from pathlib import Path

import pytest

from placa.common import clock
from placa.domain.access.images import OpenStudy, file_path, frame_bytes
from placa.domain.access.selectors import get_study
from placa.domain.access.viewers import Viewer
from placa.domain.archive.errors import NotOnline
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.audit import services as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import ExternalArchive
from placa.domain.institution.services import change_setting
from placa.domain.intake import pipeline
from placa.domain.intake.tests import objects
from placa.domain.jobs.models import JobKey
from placa.domain.jobs.services import run_waiting
from placa.domain.recall import copies, eviction
from placa.domain.recall.eviction import NotEvictable
from placa.domain.recall.models import Copy
from placa.domain.recall.tests.conftest import DAY
from placa.standards.dicom.peers.base import PermanentPeerError


def files(study: Study) -> int:
    return sum(storage().exists(one.storage_key) for one in Instance.objects.filter(study=study))


@pytest.mark.usefixtures("now")
def test_what_the_archive_keeps_may_leave(study: Study, pacs: ExternalArchive, ana: Viewer) -> None:
    eviction.keep_and_evict(study.pk)
    study.refresh_from_db()
    assert study.availability == "offline"
    assert files(study) == 0
    assert len(list(Path(pacs.url).glob("*/*/*"))) == 6
    copy = Copy.objects.get(study=study)
    assert (copy.proof, bool(copy.confirmed_at), bool(copy.sent_at)) == ("content", True, True)
    assert {"evict", "archive_confirmed"} <= set(AuditEvent.objects.values_list("action", flat=True))
    opened = OpenStudy(get_study(ana, study.study_instance_uid, need="images"), ana)
    assert len(opened.instances()) == 6  # the study is known
    assert len(opened.metadata()) > 100
    for read in (lambda one: frame_bytes(one, 1), file_path):
        with pytest.raises(NotOnline):
            read(opened.instances()[0])


@pytest.mark.usefixtures("now")
def test_without_confirmation_nothing_leaves(study: Study) -> None:
    with pytest.raises(NotEvictable, match="not_confirmed"):
        eviction.evict(study)
    eviction.keep_and_evict(study.pk)  # there is no archive
    assert files(study) == 6


@pytest.mark.usefixtures("now")
def test_an_archive_that_keeps_something_else_confirms_nothing(study: Study, pacs: ExternalArchive) -> None:
    folder = Path(pacs.url) / study.study_instance_uid / f"{objects.STUDY}.1"
    folder.mkdir(parents=True)
    other = objects.ct(2, SeriesInstanceUID=f"{objects.STUDY}.1", PixelData=bytes(32))
    (folder / f"{objects.STUDY}.2.2").write_bytes(objects.part10(other))
    with pytest.raises(PermanentPeerError, match="not-kept"):
        copies.keep(study)
    assert Copy.objects.get(study=study).trouble == "not-kept"
    eviction.keep_and_evict(study.pk)
    assert files(study) == 6


@pytest.mark.usefixtures("now")
def test_an_archive_that_is_away_is_asked_again(study: Study, pacs: ExternalArchive) -> None:
    Path(pacs.url).rmdir()
    eviction.keep_and_evict(study.pk)
    eviction.keep_and_evict(study.pk)
    assert files(study) == 6
    copy = Copy.objects.get(study=study)
    assert (copy.trouble, copy.tries) == ("no-connection", 2)
    waiting = JobKey.objects.get(key=f"recall.evict:{study.pk}")
    assert waiting.run_after is not None
    Path(pacs.url).mkdir()
    eviction.keep_and_evict(study.pk)
    assert files(study) == 0


@pytest.mark.usefixtures("now")
def test_a_study_that_changed_is_confirmed_anew(study: Study, pacs: ExternalArchive) -> None:
    copies.keep(study)
    pipeline.process([objects.received(objects.ct(9))])
    assert copies.confirmed(study) is None
    with clock.standing_at(clock.now() + 2 * DAY), pytest.raises(NotEvictable, match="not_confirmed"):
        eviction.evict(study)
    copies.keep(study)
    assert len(list(Path(pacs.url).glob("*/*/*"))) == 7


@pytest.mark.parametrize("action", ["view_images", "download"])
def test_what_somebody_looks_at_stays(
    study: Study, pacs: ExternalArchive, now: dt.datetime, action: str
) -> None:
    copies.keep(study)
    with clock.standing_at(now - dt.timedelta(minutes=100)):
        audit.record(action=action, actor="user:1", study_uid=study.study_instance_uid)
    with pytest.raises(NotEvictable, match="in_use"):
        eviction.evict(study)
    with pytest.raises(NotEvictable, match="in_use"):
        eviction.ask(study=study, by="user:1")
    assert files(study) == 6


def test_what_just_came_stays(study: Study, pacs: ExternalArchive) -> None:
    copies.keep(study)
    with pytest.raises(NotEvictable, match="arriving"):
        eviction.evict(study)


@pytest.mark.usefixtures("now")
def test_held_instances_never_leave(study: Study, pacs: ExternalArchive) -> None:
    pipeline.process([objects.received(objects.ct(8, PatientID="SOMEBODY-ELSE"))])
    held = Instance.objects.get(held=True)
    with clock.standing_at(clock.now() + DAY):
        eviction.keep_and_evict(study.pk)
    study.refresh_from_db()
    assert study.availability == "offline"
    assert storage().exists(held.storage_key)
    assert not Instance.objects.get(pk=held.pk).evicted
    assert not list(Path(pacs.url).glob(f"*/*/{held.sop_instance_uid}"))


@pytest.mark.usefixtures("now")
def test_a_crash_between_rows_and_files_is_no_lie(
    study: Study, pacs: ExternalArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies.keep(study)
    monkeypatch.setattr(eviction, "remove_files", lambda study_id: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        eviction.evict(study)
    monkeypatch.undo()
    study.refresh_from_db()
    assert (study.availability, files(study)) == ("offline", 6)
    with pytest.raises(NotOnline):  # though the file is still there
        file_path(Instance.objects.filter(study=study)[0])
    eviction.remove_left_behind()
    assert files(study) == 0


@pytest.mark.usefixtures("now")
def test_staff_evict_by_a_job(
    study: Study, pacs: ExternalArchive, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        eviction.ask(study=study, by="user:5")
    run_waiting()
    study.refresh_from_db()
    assert study.availability == "offline"
    assert AuditEvent.objects.filter(action="evict_asked", actor="user:5").exists()
    with pytest.raises(NotEvictable, match="state"):
        eviction.ask(study=study, by="user:5")


def swept(capture) -> list[str]:
    """Studies that a sweep let go."""
    with capture(execute=True):
        eviction.sweep()
    run_waiting()
    return list(Study.objects.filter(availability="offline").values_list("study_instance_uid", flat=True))


@pytest.fixture
def alone(study: Study) -> Study:
    """The study, as if there were no other: the cast's have no files."""
    Study.objects.exclude(pk=study.pk).update(availability="unavailable")
    return study


@pytest.mark.usefixtures("now", "pacs")
def test_nothing_leaves_by_itself_unless_set(alone: Study, django_capture_on_commit_callbacks) -> None:
    with clock.standing_at(clock.now() + 1000 * DAY):
        assert swept(django_capture_on_commit_callbacks) == []


@pytest.mark.usefixtures("now", "pacs")
def test_what_is_old_leaves(alone: Study, django_capture_on_commit_callbacks) -> None:
    change_setting(key="evict_after_days", value=30, by="t")
    assert swept(django_capture_on_commit_callbacks) == []
    with clock.standing_at(clock.now() + 30 * DAY):
        assert swept(django_capture_on_commit_callbacks) == [alone.study_instance_uid]


@pytest.mark.usefixtures("pacs")
def test_what_is_used_stays(alone: Study, now: dt.datetime, django_capture_on_commit_callbacks) -> None:
    change_setting(key="evict_unused_days", value=30, by="t")
    with clock.standing_at(now + 20 * DAY):
        audit.record(action="view_images", actor="user:1", study_uid=alone.study_instance_uid)
    with clock.standing_at(now + 40 * DAY):
        assert swept(django_capture_on_commit_callbacks) == []
    with clock.standing_at(now + 51 * DAY):
        assert swept(django_capture_on_commit_callbacks) == [alone.study_instance_uid]


@pytest.mark.usefixtures("now", "pacs")
def test_beyond_the_high_water_mark_the_unused_leave(
    alone: Study, django_capture_on_commit_callbacks
) -> None:
    change_setting(key="archive_gigabytes_maximum", value=1, by="t")
    assert swept(django_capture_on_commit_callbacks) == []
    big = Instance.objects.filter(study=alone)[0]  # of another study, whose size nobody sums
    big.pk, big._state.adding = None, True
    big.sop_instance_uid, big.storage_key, big.bytes = "1.2.99", "none", 2 * 1024**3
    big.study = Study.objects.exclude(pk=alone.pk)[0]
    big.save()
    assert swept(django_capture_on_commit_callbacks) == [alone.study_instance_uid]
