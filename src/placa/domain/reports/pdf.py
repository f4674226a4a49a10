"""PDFs that may be shown to people: checked once, as they come in, by the render pool's children.

A file is stored before any transaction: checking it takes up to some seconds, and SQLite has one write lock.
"""

import atexit
import contextlib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from placa.domain.archive import rendering
from placa.domain.archive.errors import RetriableError
from placa.domain.archive.rendering import RenderRefused, RenderUnavailable
from placa.domain.archive.storage import storage
from placa.domain.reports.models import ReportVersion
from placa.standards.dicom import sandbox

SIZE_LIMIT: Final = 64 * 1024 * 1024
_NOBODY_THERE: Final = (FileNotFoundError.__name__, ConnectionRefusedError.__name__)
REASONS: Final = {
    "not-pdf": _("This file is not a PDF."),
    "too-large": _("This PDF is too large. The limit is 64 MB."),
    "broken": _("This PDF is damaged and cannot be opened."),
    "encrypted": _("This PDF is protected by a password. Please save it without one and try again."),
    "active": _("This PDF contains scripts or programs. Please print it to a new PDF and try again."),
    "attachments": _("This PDF has other files attached to it. Please print it to a new PDF and try again."),
    "empty": _("This PDF has no pages."),
}


class BadPdfError(ValueError):
    """Not a PDF that we show. `reason` is a key of `REASONS`, whose text is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def message(self) -> str:
        """What is wrong and what to do, in the active language."""
        return str(REASONS[self.reason])


@dataclass(frozen=True, slots=True)
class StoredPdf:
    """A checked PDF in storage; `digest` is its SHA-256 in hex."""

    key: str
    digest: str


def store(pdf: bytes) -> StoredPdf:
    """Check and store a PDF; where no version names it in the end, `discard_unused` removes it.

    Raises BadPdfError, StorageError, RetriableError where it cannot be checked now.
    """
    if len(pdf) > SIZE_LIMIT:
        raise BadPdfError("too-large")
    if not pdf.startswith(b"%PDF-"):
        raise BadPdfError("not-pdf")
    with storage().new(".pdf") as writer:
        writer.write(pdf)
        check(writer.path)
        return StoredPdf(writer.commit(), hashlib.sha256(pdf).hexdigest())


def discard_unused(keys: Iterable[str]) -> None:
    """Remove those of the stored PDFs that no version names: the transaction that wanted them came to nothing."""
    unused = set(keys)
    with contextlib.suppress(
        DatabaseError
    ):  # then they stay, which costs their place on disk and nothing else
        if unused:
            used = ReportVersion.objects.filter(storage_key__in=unused)
            for key in unused - set(used.values_list("storage_key", flat=True)):
                storage().delete(key)


def check(path: Path) -> int:
    """Number of pages of the harmless PDF at `path`, below the storage's root. Raises BadPdfError, RetriableError."""
    try:
        return int(_ask({"op": "pdf", "path": str(path)}))
    except RenderUnavailable as error:
        raise RetriableError("the PDF cannot be checked now") from error
    except RenderRefused as error:
        if error.reason in ("no-file", "outside-root"):
            raise RetriableError(error.reason) from error
        raise BadPdfError(error.reason if error.reason in REASONS else "broken") from error


def _ask(request: dict[str, str]) -> bytes:
    try:
        return sandbox.ask(str(rendering.socket_path()), request)
    except RenderUnavailable as error:
        if str(error) not in _NOBODY_THERE:
            raise
    status, body = _own_pool().answer(json.dumps(request).encode())
    if status == b"0":
        return body
    if status == b"1":
        raise RenderRefused(json.loads(body)["reason"])
    raise RenderUnavailable("busy")


@lru_cache(maxsize=1)
def _own_pool() -> sandbox.RenderPool:
    """A child of this process, with the same limits: for commands that run while the portal does not."""
    pool = sandbox.RenderPool(1, ["/"])
    atexit.register(pool.close)
    return pool
