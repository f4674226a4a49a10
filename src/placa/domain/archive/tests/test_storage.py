"""On a local disk files are whole and durable, or they are not there."""

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
