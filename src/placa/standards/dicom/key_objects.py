"""A key object selection (PS3.3 A.35.4, TID 2010): the images that somebody marked as the ones to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydicom.sequence import Sequence
from pydicom.uid import UID

from placa.standards.dicom.documents import (
    Code,
    Item,
    Source,
    as_file,
    document,
    evidence,
    image_item,
    observer,
    once,
)

KEY_OBJECT_SELECTION: Final = UID("1.2.840.10008.5.1.4.1.1.88.59")
_TITLE: Final[Code] = ("113000", "DCM", "Of Interest")


def key_object_selection(source: Source, items: Iterable[Item]) -> bytes:
    """A Part 10 file that names the instances of `items` (see `documents`) and, of those with several, the frames."""
    marked = list(items)
    made = document(source, KEY_OBJECT_SELECTION, "KO", _TITLE, "2010")
    made.SeriesNumber, made.SeriesDescription = 9001, "Key images"
    made.CurrentRequestedProcedureEvidenceSequence = evidence(source, marked)
    frames: dict[str, list[int]] = {}
    for item in marked:
        frames.setdefault(item["instance"], []).append(item["frame"])
    images = [image_item(source, one, "CONTAINS", sorted(frames[one["instance"]])) for one in once(marked)]
    made.ContentSequence = Sequence([*observer(source), *images])
    return as_file(made)
