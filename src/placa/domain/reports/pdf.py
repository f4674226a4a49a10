"""Whether bytes are a PDF that may be shown to people: one that parses, and does nothing by itself."""

import io
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

SIZE_LIMIT: Final = 64 * 1024 * 1024
OBJECTS_LIMIT: Final = 200_000

REASONS: Final = {
    "not-pdf": _("This file is not a PDF."),
    "too-large": _("This PDF is too large. The limit is 64 MB."),
    "broken": _("This PDF is damaged and cannot be opened."),
    "encrypted": _("This PDF is protected by a password. Please save it without one and try again."),
    "active": _("This PDF contains scripts or programs. Please print it to a new PDF and try again."),
    "attachments": _("This PDF has other files attached to it. Please print it to a new PDF and try again."),
    "empty": _("This PDF has no pages."),
}
_ACTIVE_KEYS: Final = frozenset({"/JS", "/JavaScript", "/XFA", "/RichMedia", "/RichMediaContent"})
_ACTIVE_ACTIONS: Final = frozenset(
    {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition", "/Movie", "/Sound"}
)
_ATTACHED: Final = frozenset({"/EmbeddedFiles", "/EF"})


class BadPdfError(ValueError):
    """Not a PDF that we show. `reason` is a key of `REASONS`, whose text is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def message(self) -> str:
        """What is wrong and what to do, in the active language."""
        return str(REASONS[self.reason])


def check(data: bytes) -> int:
    """Number of pages of a harmless PDF. Raises BadPdfError."""
    if len(data) > SIZE_LIMIT:
        raise BadPdfError("too-large")
    if not data.startswith(b"%PDF-"):
        raise BadPdfError("not-pdf")
    try:
        return _check(PdfReader(io.BytesIO(data), strict=False))
    except BadPdfError:
        raise
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
    ) as error:
        raise BadPdfError("broken") from error


def _check(reader: PdfReader) -> int:
    if reader.is_encrypted:
        raise BadPdfError("encrypted")
    for number, found in enumerate(_dictionaries(reader.trailer)):
        if number > OBJECTS_LIMIT:
            raise BadPdfError("broken")
        _must_be_passive(found)
    pages = len(reader.pages)
    if pages == 0:
        raise BadPdfError("empty")
    return pages


def _must_be_passive(found: DictionaryObject) -> None:
    keys = found.keys()
    if keys & _ACTIVE_KEYS or str(found.get("/S", "")) in _ACTIVE_ACTIONS:
        raise BadPdfError("active")
    if keys & _ATTACHED or str(found.get("/Subtype", "")) == "/FileAttachment":
        raise BadPdfError("attachments")


def _dictionaries(root: Any) -> Iterator[DictionaryObject]:
    """Every dictionary that can be reached from `root`, each once."""
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            place = (found.idnum, found.generation)
            if place in seen:
                continue
            seen.add(place)
            found = found.get_object()
        if isinstance(found, DictionaryObject):
            yield found
            waiting.extend(found.raw_get(key) for key in found)
        elif isinstance(found, ArrayObject):
            waiting.extend(list.__iter__(found))
