"""Files are whole and durable, or they are not there."""

import datetime as dt
import errno
import os
from pathlib import Path

import pytest

from placa.domain.archive.storage import LocalStorage, StorageError


@pytest.fixture
def store(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "archive")


def _files(store: LocalStorage) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def _content(store: LocalStorage, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


def test_a_stored_file_is_read_back_by_its_key(store: LocalStorage) -> None:
    key = store.store([b"abc", b"defg"])
    assert _content(store, key) == b"abcdefg"
    assert store.size(key) == 7
    assert store.read(key, 2, 3) == b"cde"
    assert store.exists(key)
    today = dt.datetime.now(dt.UTC).date()
    assert store.days() == [today]
    assert list(store.iterate(today)) == [key]


def test_a_file_that_was_not_committed_leaves_nothing(store: LocalStorage) -> None:
    with store.new() as writer:
        writer.write(b"half")
    assert _files(store) == []


def test_a_deleted_file_is_gone_and_may_be_deleted_again(store: LocalStorage) -> None:
    key = store.store([b"x"])
    store.delete(key)
    store.delete(key)
    assert not store.exists(key)


@pytest.mark.parametrize(
    "key", ["../etc/passwd", "/etc/passwd", "2026/01/01/aa/../x.dcm", "", "2026/01/01/aa/x.dcm"]
)
def test_a_key_that_is_none_of_ours_is_refused(store: LocalStorage, key: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        store.path(key)


def test_sync_comes_before_rename_and_the_folder_after(
    store: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.store([b"first, so that the folders are there"])
    calls: list[str] = []
    for name in ("fdatasync", "rename", "fsync"):
        real = getattr(os, name)

        def call(*arguments: object, name: str = name, real: object = real) -> None:
            calls.append(name)
            real(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(os, name, call)
    with store.new() as writer:
        calls.clear()  # a new folder syncs its parents first
        writer.write(b"x")
        writer.commit()
    assert calls == ["fdatasync", "rename", "fsync"]


@pytest.mark.parametrize("failing", ["write", "fdatasync", "fsync", "rename"])
def test_a_failing_disk_keeps_nothing_and_says_so(
    store: LocalStorage, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    writer = store.new()

    def keep() -> None:
        with writer:
            writer.write(b"x")
            writer.commit()

    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(StorageError):
        keep()
    monkeypatch.undo()
    assert _files(store) == []


def test_what_a_dead_writer_left_is_removed_and_a_living_one_is_not(store: LocalStorage) -> None:
    key = store.store([b"kept"])
    dead = store.path(key).with_name("0" * 32 + ".dcm.part")
    dead.write_bytes(b"half")
    with store.new() as living:
        living.write(b"going on")
        assert store.remove_unfinished(dt.date.min) == 1
        assert not dead.exists()
        second = living.commit()
    assert store.exists(key)
    assert _content(store, second) == b"going on"
