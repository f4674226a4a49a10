"""Whether a file is a PDF that does nothing by itself: it parses, and holds no script, launch action or other file.

A hostile PDF takes memory and time (32 million objects fit into 64 MB), so this runs in the sandbox's children only.
"""

import os
from collections.abc import Iterator
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

OBJECTS_LIMIT: Final = 200_000
_ACTIVE_KEYS: Final = frozenset({"/JS", "/JavaScript", "/XFA", "/RichMedia", "/RichMediaContent"})
_ACTIVE_ACTIONS: Final = frozenset(
    {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition", "/Movie", "/Sound"}
)
_ATTACHED: Final = frozenset({"/EmbeddedFiles", "/EF"})


class NotPassive(ValueError):
    """Not such a PDF. `reason`: not-pdf, broken, encrypted, active, attachments, empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def pages_of(path: str | os.PathLike[str]) -> int:
    """Number of pages of the PDF at `path`. Raises NotPassive."""
    with open(path, "rb") as file:
        if file.read(5) != b"%PDF-":
            raise NotPassive("not-pdf")
        file.seek(0)
        try:
            return _pages(PdfReader(file, strict=False))
        except NotPassive:
            raise
        except (
            PyPdfError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            IndexError,
            RecursionError,
            MemoryError,
            OSError,
        ) as error:
            raise NotPassive("broken") from error


def _pages(reader: PdfReader) -> int:
    if reader.is_encrypted:
        raise NotPassive("encrypted")
    for number, found in enumerate(_dictionaries(reader.trailer)):
        if number > OBJECTS_LIMIT:
            raise NotPassive("broken")
        _must_be_passive(found)
    pages = len(reader.pages)
    if pages == 0:
        raise NotPassive("empty")
    return pages


def _must_be_passive(found: DictionaryObject) -> None:
    keys = found.keys()
    if keys & _ACTIVE_KEYS or str(found.get("/S", "")) in _ACTIVE_ACTIONS:
        raise NotPassive("active")
    if keys & _ATTACHED or str(found.get("/Subtype", "")) == "/FileAttachment":
        raise NotPassive("attachments")


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
