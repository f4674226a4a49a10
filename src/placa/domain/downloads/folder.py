"""What is kept on disk so that a ZIP starts at once: a folder a study under PLACA_HOME/cache/zip.

Everything here can be made again. Names carry a key of what they were made from, so that nothing old is ever found.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from placa.common import clock
from placa.domain.access.types import Study

UNUSED_SECONDS = 30 * 86_400
REPLACED_SECONDS = 3600  # a download that runs still reads the file that was replaced


def root() -> Path:
    """Where the folders of all studies are."""
    return Path(settings.ENVIRONMENT.home) / "cache" / "zip"


def file_of(study: Study, name: str) -> Path:
    """Where `name` is kept for a study."""
    own = study.public_id.hex
    return root() / own[:2] / own / name


def keep(path: Path, content: Iterable[bytes]) -> None:
    """Write a file whole or not at all. Raises OSError (disk full)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(fd, "wb") as file:
            for part in content:
                file.write(part)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def used(path: Path) -> None:
    """Note that a kept file was of use, so that it stays."""
    with contextlib.suppress(OSError):
        os.utime(path)


def drop_replaced(study: Study, prefix: str, keep_name: str) -> None:
    """Remove files of the same kind made from an older state of the study, unless of use just now."""
    before = clock.now().timestamp() - REPLACED_SECONDS
    for path in file_of(study, "x").parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if path.name != keep_name and path.stat().st_mtime < before:
                path.unlink()


def tidy(known: set[UUID]) -> int:
    """Remove folders of studies that are not `known` any more or were not of use for 30 days; returns how many."""
    before, removed = clock.now().timestamp() - UNUSED_SECONDS, 0
    for own in root().glob("*/*"):
        times = [path.stat().st_mtime for path in own.iterdir()]
        with contextlib.suppress(ValueError):
            if UUID(own.name) not in known or max(times, default=0.0) < before:
                shutil.rmtree(own, ignore_errors=True)
                removed += 1
    return removed
