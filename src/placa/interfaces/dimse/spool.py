"""Where a data set waits while it comes in: a file of this process, so that a large one fills no memory."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from pydicom.dataset import Dataset

from placa.domain.archive.errors import PermanentError
from placa.standards.dicom import part10
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.source import FileSource

COMMENT_MAX = 64  # VR LO of ErrorComment (0000,0902)


def folder() -> Path:
    """The spools of all listeners of this home."""
    return Path(settings.ENVIRONMENT.home) / "run" / "incoming"


def prepare() -> None:
    """Make this process's spool, and clear those of processes that are gone."""
    folder().mkdir(parents=True, exist_ok=True)
    for old in folder().iterdir():
        if not (old.name.isdigit() and Path("/proc", old.name).exists()) or old.name == str(os.getpid()):
            shutil.rmtree(old, ignore_errors=True)
    own = folder() / str(os.getpid())
    own.mkdir(exist_ok=True)
    tempfile.tempdir = str(own)  # pynetdicom asks tempfile for its files


@contextmanager
def data_set(path: Path) -> Iterator[Iterator[bytes]]:
    """The bytes of a spooled data set, without the header that pynetdicom wrote before it."""
    with FileSource(path) as source:
        try:
            start = part10.read_file_meta(source).data_set_start
        except InvalidObject as error:
            raise PermanentError(error.reason, error.detail) from error
        yield part10.chunks(source, start)


def failure(status: int, comment: str) -> Dataset:
    """A response status with its reason."""
    answer = Dataset()
    answer.Status = status
    answer.ErrorComment = comment[:COMMENT_MAX]
    return answer
