"""Files go from one storage to another whole, and what was verified is not done twice."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import LocalStorage, Storage, StorageError, opened, storage
from placa.domain.archive.tests.conftest import s3 as s3  # the fixture
from placa.domain.archive.tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from placa.domain.intake import scrubbing
from placa.domain.intake.moving import Moved, move
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import STUDY, ct, received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def quiet(*, to: str, **options: Any) -> Moved:
    return move(to=to, say=lambda line: None, **options)


def stored(count: int = 3) -> list[str]:
    """Objects with rows, and one acknowledged without."""
    Study.objects.update(availability="offline")
    process([received(ct(number)) for number in range(1, count + 1)])
    return sorted([*Instance.objects.filter(study__study_instance_uid=STUDY).values_list("storage_key", flat=True),
                   received(ct(99)).key])  # fmt: skip


def all_in(store: Storage) -> dict[str, bytes]:
    return {key: store.path(key).read_bytes() for day in store.days() for key in store.iterate(day)}


@pytest.fixture(params=["file", "s3"])
def far(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> str:
    """The URL of another, empty storage."""
    if request.param == "file":
        return f"file://{tmp_path / 'other'}"
    server: S3Server = request.getfixturevalue("s3")
    settings.ENVIRONMENT = replace(
        settings.ENVIRONMENT, storage_access_key=ACCESS_KEY, storage_secret_key=SECRET_KEY
    )
    return server.url(f"placa/{uuid.uuid4().hex}")


def test_every_file_arrives_and_keeps_key_and_time_and_the_source_stays(far: str, settings: Any) -> None:
    keys, here = stored(), storage()
    moved = quiet(to=far)
    assert (moved.copied, moved.were_there, moved.deleted, moved.bad) == (4, 0, 0, [])
    assert all_in(opened(far)) == all_in(here)
    assert sorted(all_in(here)) == keys
    assert opened(far).stored_at(keys[0]) == here.stored_at(keys[0])
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, storage_url=far)
    assert scrubbing.scrub().wrong.total() == 0


def test_moving_again_brings_only_what_is_new_or_was_lost(far: str) -> None:
    keys = stored()
    quiet(to=far)
    new = received(ct(50)).key
    opened(far).delete(keys[0])
    again = quiet(to=far)
    assert (again.copied, again.were_there) == (2, 3)
    assert set(all_in(opened(far))) == {*keys, new}


def test_a_move_that_was_stopped_goes_on(far: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    real, calls = type(opened(far)).put, []

    def put(self: Any, *arguments: Any) -> None:
        calls.append(arguments[0])
        if len(calls) == 3:
            raise StorageError("away")
        real(self, *arguments)

    monkeypatch.setattr(type(opened(far)), "put", put)
    with pytest.raises(StorageError):
        quiet(to=far)
    moved = quiet(to=far)
    assert (moved.copied, moved.were_there) == (2, 2)
    assert len(calls) == 5


def test_a_damaged_file_is_not_copied_and_named(far: str) -> None:
    keys = stored()
    path = storage().path(
        Instance.objects.get(study__study_instance_uid=STUDY, instance_number=2).storage_key
    )
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    moved = quiet(to=far)
    assert len(moved.bad) == 1
    assert moved.bad[0] in str(moved)
    assert set(all_in(opened(far))) == set(keys) - set(moved.bad)


def test_bytes_that_arrive_otherwise_are_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stored(1)
    far = f"file://{tmp_path / 'other'}"
    real = LocalStorage.put

    def spoil(self: LocalStorage, key: str, *arguments: Any) -> None:
        real(self, key, *arguments)
        self.path(key).write_bytes(b"spoilt")

    monkeypatch.setattr(LocalStorage, "put", spoil)
    assert len(quiet(to=far).bad) == 2
    assert all_in(opened(far)) == {}


def test_the_source_is_emptied_only_when_asked_and_no_longer_in_use(far: str, settings: Any) -> None:
    stored()
    own, here = settings.ENVIRONMENT.storage_url, storage()
    with pytest.raises(ValueError, match="in use"):
        quiet(to=far, delete_source=True)
    quiet(to=far)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, storage_url=far)
    moved = quiet(source=own, to=far, delete_source=True)
    assert (moved.copied, moved.were_there, moved.deleted) == (0, 4, 4)
    assert all_in(here) == {}
    assert len(all_in(opened(far))) == 4


@pytest.mark.parametrize("to", ["ftp://x/y", "s3://b?wrong=1"])
def test_a_storage_that_is_none_is_refused(to: str) -> None:
    with pytest.raises(ValueError, match="PLACA_STORAGE_URL"):
        quiet(to=to)


def test_a_storage_is_not_moved_onto_itself(settings: Any) -> None:
    with pytest.raises(ValueError, match="same"):
        quiet(to=settings.ENVIRONMENT.storage_url)
