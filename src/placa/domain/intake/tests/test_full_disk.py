"""A disk without space, without inodes or read-only stops an import with a plain word, and nothing is half there."""

import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from placa.domain.archive.errors import RetriableError
from placa.domain.archive.models import Instance
from placa.domain.archive.storage.local import LocalStorage
from placa.domain.intake import importer
from placa.domain.intake.importer import import_paths
from placa.domain.intake.tests.objects import STUDY, ct, part10

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]
FAILURES = [
    ("write", errno.ENOSPC, "No space left on device"),
    ("open", errno.ENOSPC, "No space left on device"),  # out of inodes
    ("open", errno.EROFS, "Read-only file system"),
    ("fdatasync", errno.EIO, "Input/output error"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "cd"
    found.mkdir()
    for number in (1, 2, 3):
        (found / f"IM{number}").write_bytes(part10(ct(number)))
    return found


def failing(name: str, code: int, after: int) -> Callable[..., Any]:
    """`os.<name>`, which fails for the archive's own files from the `after`th call on."""
    real, calls = getattr(os, name), []

    def call(*arguments: Any, **keywords: Any) -> Any:
        if name != "open" or (str(arguments[0]).endswith(".part") and arguments[1] & os.O_CREAT):
            calls.append(name)
            if len(calls) > after:
                raise OSError(code, os.strerror(code))
        return real(*arguments, **keywords)

    return call


@pytest.mark.parametrize(("name", "code", "words"), FAILURES)
def test_an_import_stops_and_leaves_no_half_file(
    folder: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int, words: str
) -> None:
    monkeypatch.setattr(os, name, failing(name, code, 1))
    with pytest.raises(RetriableError, match=words):
        import_paths([folder])
    monkeypatch.undo()
    assert not list(archive.rglob("*.part"))
    stored = len(list(archive.rglob("*.dcm")))  # what came before it has its row
    assert Instance.objects.filter(study__study_instance_uid=STUDY).count() == stored
    summary = import_paths([folder])
    assert (summary.accepted, summary.duplicates) == (3 - stored, stored)
    assert Instance.objects.filter(study__study_instance_uid=STUDY).count() == 3
    store = LocalStorage(archive)
    for row in Instance.objects.filter(study__study_instance_uid=STUDY):
        assert store.sum(row.storage_key).crc32 == row.crc32


def test_no_space_to_unpack_is_told_and_nothing_stays(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "cd.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(folder / "IM1", "IM1")

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(importer, "_unpack", full)
    with pytest.raises(RetriableError, match="cannot unpack: No space left on device"):
        import_paths([archive])
    assert not list((tmp_path / "run").glob("import-*"))
