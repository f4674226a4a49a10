"""A ZIP is made ready ahead of time, says how it stands, and starts at once."""

import os
import time
from datetime import timedelta

import pytest
from django_q.models import OrmQ, Schedule

from placa.common import clock
from placa.domain.archive import picture_cache, rendering
from placa.domain.archive.hooks import study_ready
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.rendering import RenderFailed, RenderUnavailable
from placa.domain.downloads import directory, folder, package, pictures, tasks
from placa.domain.downloads.errors import NotReadyError
from placa.domain.downloads.services import ZipState, zip_state
from placa.domain.downloads.tests import world
from placa.domain.downloads.tests.world import CT, viewer
from placa.domain.jobs.services import RetriableError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def settled() -> Study:
    """The study, whose last instance came a while ago."""
    Study.objects.filter(study_instance_uid=CT).update(last_received_at=clock.now() - timedelta(minutes=5))
    return world.study()


def test_preparing_then_ready_with_the_exact_size(django_capture_on_commit_callbacks) -> None:
    size = world.slices(2).bytes
    with django_capture_on_commit_callbacks(execute=True):
        assert zip_state(viewer("ana"), CT) == ZipState("preparing", size)
        zip_state(viewer("ana"), CT)
    assert [task.task["args"][0] for task in OrmQ.objects.all()] == ["downloads.prepare"]
    tasks.prepare(settled().pk)
    state = zip_state(viewer("ana"), CT)
    assert state.state == "ready"
    assert state.bytes == package.open_package(viewer("ana"), CT).zip.size


def test_a_new_instance_makes_it_preparing_again() -> None:
    world.slices(1)
    tasks.prepare(settled().pk)
    assert zip_state(viewer("ana"), CT).state == "ready"
    world.slices(2)
    assert zip_state(viewer("ana"), CT).state == "preparing"


def test_unavailable_says_why() -> None:
    world.slices(1)
    Study.objects.filter(study_instance_uid=CT).update(availability="offline")
    assert zip_state(viewer("ana"), CT) == ZipState("unavailable", why="offline")


def test_a_missing_file_is_unavailable() -> None:
    study = world.slices(1)
    tasks.prepare(settled().pk)
    from placa.domain.archive.storage import storage

    storage().delete(Instance.objects.get(study=study).storage_key)
    assert zip_state(viewer("ana"), CT) == ZipState("unavailable", why="missing")


def test_a_ready_study_is_prepared_once_all_have_arrived(django_capture_on_commit_callbacks) -> None:
    study = world.slices(1)
    with django_capture_on_commit_callbacks(execute=True):
        study_ready.send(study.pk)
    planned = Schedule.objects.get(name=f"downloads.settle:{study.pk}")
    assert planned.cluster == "long"
    assert planned.next_run > clock.now()
    tasks.prepare(study.pk)  # too early: more may come
    assert not directory.is_prepared(directory.contents_of(study))
    tasks.prepare(settled().pk)
    contents = directory.contents_of(study)
    assert directory.is_prepared(contents)
    assert pictures.PACK.is_prepared(contents)


def test_prepared_means_nothing_is_drawn_or_read_any_more(monkeypatch) -> None:
    world.everything()
    tasks.prepare(settled().pk)

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("drawn or read again")

    monkeypatch.setattr(rendering, "_ask", refuse)
    monkeypatch.setattr(directory, "read_header", refuse)
    assert len(b"".join(package.open_package(viewer("ana"), CT).zip.stream(0, 1000))) == 1000


def test_without_the_pool_it_is_not_ready_and_the_job_comes_again(monkeypatch) -> None:
    world.slices(1)

    def away(*_args: object, **_options: object) -> bytes:
        raise RenderUnavailable("away")

    monkeypatch.setattr(rendering, "_ask", away)
    with pytest.raises(NotReadyError):
        package.open_package(viewer("ana"), CT)
    with pytest.raises(RetriableError):
        tasks.prepare(settled().pk)
    assert not list(folder.root().rglob("pictures-*"))
    assert package.open_package(viewer("ana"), CT, "dicom").zip.size > 0  # the DICOM files need no pool


def test_a_request_waits_no_longer_than_it_may(monkeypatch) -> None:
    world.slices(3)
    monkeypatch.setattr(package, "WAIT_SECONDS", 0.0)
    with pytest.raises(NotReadyError):
        package.open_package(viewer("ana"), CT)


def test_old_files_go_when_newer_ones_are_kept() -> None:
    world.slices(1)
    package.open_package(viewer("ana"), CT)
    own = folder.file_of(world.study(), "x").parent
    before = set(own.iterdir())
    for path in before:
        os.utime(path, (time.time() - 7200,) * 2)
    world.slices(2)
    package.open_package(viewer("ana"), CT)
    left = {path.name.split("-")[0] for path in before if path.exists()}
    assert left == {"report"}


def test_tidy_drops_what_is_unused_or_nobodys() -> None:
    study = world.slices(1)
    package.open_package(viewer("ana"), CT)
    tasks.tidy()
    assert directory.is_prepared(directory.contents_of(study))
    old = time.time() - 31 * 86_400
    for path in folder.file_of(study, "x").parent.iterdir():
        os.utime(path, (old, old))
    tasks.tidy()
    assert not directory.is_prepared(directory.contents_of(study))
    package.open_package(viewer("ana"), CT)
    assert folder.tidy(set()) == 1


@pytest.mark.parametrize(
    ("count", "first", "last", "taken"), [(1, 1, 1, 1), (60, 1, 60, 60), (500, 1, 500, 60)]
)
def test_frames_of_a_long_loop_are_taken_evenly(count: int, first: int, last: int, taken: int) -> None:
    frames = pictures.frames_taken(count)
    assert (frames[0], frames[-1], len(set(frames))) == (first, last, taken)


def test_a_picture_that_went_wrong_is_left_out_now_and_tried_again_later(monkeypatch) -> None:
    world.slices(1)
    drawn = rendering._ask

    def slow(*_args: object, **_options: object) -> bytes:
        raise RenderFailed("too-slow")

    monkeypatch.setattr(rendering, "_ask", slow)
    tasks.prepare(settled().pk)
    contents = directory.contents_of(world.study())
    assert pictures.PACK.is_prepared(contents)
    assert pictures.pictures_of(contents, contents.items) == []
    monkeypatch.setattr(rendering, "_ask", drawn)
    monkeypatch.setattr(picture_cache, "PAUSES", (0,))  # a moved clock is not moved in the threads that draw
    with clock.standing_at(clock.now() + timedelta(hours=2)):
        assert not pictures.PACK.is_prepared(contents)
        tasks.prepare(world.study().pk)
        assert len(pictures.pictures_of(contents, contents.items)) == 1
    assert pictures.PACK.is_prepared(contents)
