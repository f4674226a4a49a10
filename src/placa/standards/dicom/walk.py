"""Walk the data elements of a data set without building anything (PS3.5 chapter 7).

The walk trusts no length: each value must lie inside its parent, nesting and the number of elements are
bounded, and only the windows that it looks at are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from pydicom._dicom_dict import DicomDictionary

from placa.standards.dicom import errors
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.source import ByteSource

MAX_DEPTH: Final = 64
MAX_ELEMENTS: Final = 4_000_000
UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
PIXEL_DATA_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})

_LONG_VRS: Final = {vr.encode(): vr for vr in re.findall("..", "OBODOFOLOVOWSQSVUCUNURUTUV")}
_SHORT_VRS: Final = {vr.encode(): vr for vr in re.findall("..", "AEASATCSDADSDTFLFDISLOLTPNSHSLSSSTTMUIULUS")}
_AMBIGUOUS: Final = {
    "US or SS": "US",
    "OB or OW": "OW",
    "US or OW": "OW",
    "US or SS or OW": "OW",
    "NONE": "UN",
}


class Encoding(NamedTuple):
    """How a data set is laid out."""

    explicit: bool
    little: bool


IMPLICIT_LITTLE: Final = Encoding(explicit=False, little=True)
EXPLICIT_LITTLE: Final = Encoding(explicit=True, little=True)
EXPLICIT_BIG: Final = Encoding(explicit=True, little=False)


class Element(NamedTuple):
    """One data element: `start` and `length` of its value in the source, `end` where the next element begins.

    `length` is -1 where undefined; `encoding` is that of nested items (UN of undefined length holds implicit
    VR).
    """

    tag: int
    vr: str
    start: int
    length: int
    end: int
    encoding: Encoding


_LE_SHORT = Struct("<HH2sH")
_LE_HEAD, _BE_HEAD = Struct("<HH"), Struct(">HH")
_LE_U16, _BE_U16 = Struct("<H"), Struct(">H")
_LE_U32, _BE_U32 = Struct("<I"), Struct(">I")


def implicit_vr(tag: int) -> str:
    """The dictionary's VR of `tag` (PS3.6); "UN" where unknown or private, "LO" for private creators."""
    entry = DicomDictionary.get(tag)
    if entry is not None:
        return _AMBIGUOUS.get(entry[0], entry[0])
    if tag & 0xFFFF == 0:
        return "UL"
    if tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF:
        return "LO"
    if (tag >> 16) & 0xFF01 == 0x6000:
        repeating = {
            0x3000: "OW",
            0x0010: "US",
            0x0011: "US",
            0x0050: "SS",
            0x0100: "US",
            0x0102: "US",
            0x0040: "CS",
        }
        return repeating.get(tag & 0xFFFF, "UN")
    return "UN"


def element_name(tag: int) -> str:
    """The dictionary's name of `tag` (PS3.6), such as "Patient's Name"; "" where unknown or private."""
    entry = DicomDictionary.get(tag)
    return str(entry[2]) if entry is not None else ""


class Walker:
    """Walks one data set of one source; all its iterations share one budget of elements."""

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self._left = MAX_ELEMENTS

    def elements(self, position: int, end: int, encoding: Encoding, depth: int = 0) -> Iterator[Element]:
        """Yield the elements from `position` up to `end`, or up to an item delimiter.

        Raises InvalidObject for a value that goes past `end`, for too deep nesting and for too many elements.
        """
        if depth > MAX_DEPTH:
            raise InvalidObject(errors.TOO_DEEP, f"more than {MAX_DEPTH} levels")
        while position < end:
            element = self.element_at(position, end, encoding, depth)
            if element.tag == ITEM_END:
                return
            yield element
            position = element.end

    def top_level(self, position: int, end: int, encoding: Encoding) -> Iterator[Element]:
        """Yield the elements from `position` as long as 8 bytes are left, as `element_at` reads them.

        Every object that comes is walked by this: runs of plain short elements are read in one loop over one window.
        """
        plain = encoding.explicit and encoding.little
        while end - position >= 8:
            if plain:
                buffer, origin = self.source.window(position, 12)
                at, last = position - origin, len(buffer) - 12
                while at <= last:
                    group, number, raw, length = _LE_SHORT.unpack_from(buffer, at)
                    vr = _SHORT_VRS.get(raw)
                    start = origin + at + 8
                    if vr is None or start + length > end:
                        break
                    self._spend()
                    at += 8 + length
                    yield Element(group << 16 | number, vr, start, length, start + length, encoding)
                position = origin + at
                if end - position < 8:
                    return
            element = self.element_at(position, end, encoding)
            yield element
            position = element.end

    def element_at(self, position: int, end: int, encoding: Encoding, depth: int = 0) -> Element:
        """The element at `position`; its value must end at or before `end`."""
        self._spend()
        if position + 8 > end:
            raise InvalidObject(errors.TRUNCATED, f"element header at {position}")
        buffer, origin = self.source.window(position, 12)
        at = position - origin
        if len(buffer) - at < 12:
            buffer, at = (
                buffer[at:].ljust(12, b"\0"),
                0,
            )  # zeros behind the end never pass for a value: see below
        if encoding.explicit and encoding.little:
            group, number, raw, length = _LE_SHORT.unpack_from(buffer, at)
            short = _SHORT_VRS.get(raw)
            if short is not None and position + 8 + length <= end:  # nearly all elements of nearly all files
                return Element(
                    group << 16 | number, short, position + 8, length, position + 8 + length, encoding
                )
        tag, vr, header, length = self._head(buffer, at, encoding)
        start = position + header
        if start > end:
            raise InvalidObject(errors.TRUNCATED, f"element header at {position}")
        if length == UNDEFINED:
            return self._undefined(tag, vr, start, end, encoding, depth)
        if start + length > end:
            reason = errors.TRUNCATED_PIXEL_DATA if tag in PIXEL_DATA_TAGS else errors.TRUNCATED
            raise InvalidObject(
                reason, f"({tag >> 16:04X},{tag & 0xFFFF:04X}) claims {length}, has {end - start}"
            )
        return Element(tag, vr, start, length, start + length, encoding)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise InvalidObject(errors.TOO_MANY_ELEMENTS)

    @staticmethod
    def _head(buffer: bytes, at: int, encoding: Encoding) -> tuple[int, str, int, int]:
        """Tag, VR, bytes of the header and length of the value, as the element states them."""
        head, u16, u32 = (_LE_HEAD, _LE_U16, _LE_U32) if encoding.little else (_BE_HEAD, _BE_U16, _BE_U32)
        group, number = head.unpack_from(buffer, at)
        tag = group << 16 | number
        if group == 0xFFFE:
            return tag, "NONE", 8, u32.unpack_from(buffer, at + 4)[0]
        if encoding.explicit:
            raw = buffer[at + 4 : at + 6]
            if raw in _SHORT_VRS:
                return tag, _SHORT_VRS[raw], 8, u16.unpack_from(buffer, at + 6)[0]
            # A VR of a later edition has a 32-bit length, as all new ones have.
            late = raw.isalpha() and raw.isupper() and buffer[at + 6 : at + 8] == b"\0\0"
            if raw in _LONG_VRS or late:
                return tag, _LONG_VRS.get(raw, "UN"), 12, u32.unpack_from(buffer, at + 8)[0]
        # Implicit VR; also single elements so written into an explicit data set, as some modalities do.
        return tag, implicit_vr(tag), 8, u32.unpack_from(buffer, at + 4)[0]

    def _undefined(self, tag: int, vr: str, start: int, end: int, encoding: Encoding, depth: int) -> Element:
        if tag in PIXEL_DATA_TAGS:
            finish = self._end_of_fragments(start, end, encoding)
            return Element(tag, vr, start, -1, finish, encoding)
        if vr not in ("SQ", "UN", "OB", "OW"):
            raise InvalidObject(errors.BAD_STRUCTURE, f"undefined length of VR {vr} at {start}")
        inner = IMPLICIT_LITTLE if vr == "UN" and encoding.explicit else encoding
        if vr in ("OB", "OW"):
            return Element(tag, vr, start, -1, self._end_of_fragments(start, end, encoding), encoding)
        finish = start
        for item in self.items(start, end, inner, depth):
            finish = item.end
        return Element(tag, "SQ", start, -1, min(finish + 8, end), inner)

    def items(self, position: int, end: int, encoding: Encoding, depth: int) -> Iterator[Element]:
        """Yield the items of a sequence (tag ITEM) up to its delimiter or `end`; `end` of each is after its
        delimiter."""
        while position + 8 <= end:
            self._spend()
            tag, length = self._item_header(position, encoding)
            if tag == SEQUENCE_END:
                return
            if tag != ITEM:
                raise InvalidObject(errors.BAD_STRUCTURE, f"no item at {position}")
            start = position + 8
            if length == UNDEFINED:
                finish = start
                for element in self.elements(start, end, encoding, depth + 1):
                    finish = element.end
                if finish + 8 > end:
                    raise InvalidObject(errors.TRUNCATED, f"item at {position} has no end")
                yield Element(ITEM, "", start, finish - start, finish + 8, encoding)
                position = finish + 8
                continue
            if start + length > end:
                raise InvalidObject(
                    errors.TRUNCATED, f"item at {position} claims {length}, has {end - start}"
                )
            yield Element(ITEM, "", start, length, start + length, encoding)
            position = start + length

    def sequence_items(self, element: Element, depth: int) -> Iterator[Element]:
        """Items of a sequence element, of defined or undefined length."""
        return self.items(element.start, element.end, element.encoding, depth)

    def check_depth(self, element: Element, depth: int = 0) -> None:
        """Raise InvalidObject where a sequence of defined length nests too deep; other damage inside is let
        be."""
        if depth > MAX_DEPTH:
            raise InvalidObject(errors.TOO_DEEP, f"more than {MAX_DEPTH} levels")
        try:
            for item in self.sequence_items(element, depth):
                for inner in self.elements(item.start, item.start + item.length, element.encoding, depth + 1):
                    if inner.vr == "SQ" and inner.length > 0:
                        self.check_depth(inner, depth + 1)
        except InvalidObject as problem:
            if problem.reason in (errors.TOO_DEEP, errors.TOO_MANY_ELEMENTS):
                raise

    def fragments(self, start: int, end: int, encoding: Encoding) -> Iterator[tuple[int, int]]:
        """Yield (position of the bytes, length) of each fragment of encapsulated data (PS3.5 A.4), offset
        table first."""
        position = start
        while position + 8 <= end:
            self._spend()
            tag, length = self._item_header(position, encoding)
            if tag == SEQUENCE_END:
                return
            if tag != ITEM:
                raise InvalidObject(errors.BAD_STRUCTURE, f"no fragment at {position}")
            if position + 8 + length > end:
                raise InvalidObject(
                    errors.TRUNCATED_PIXEL_DATA, f"fragment claims {length}, has {end - position - 8}"
                )
            yield position + 8, length
            position += 8 + length
        if position != end:
            raise InvalidObject(
                errors.TRUNCATED_PIXEL_DATA, f"{end - position} bytes after the last fragment"
            )

    def _end_of_fragments(self, start: int, end: int, encoding: Encoding) -> int:
        finish = start
        for position, length in self.fragments(start, end, encoding):
            finish = position + length
        return min(finish + 8, end)

    def _item_header(self, position: int, encoding: Encoding) -> tuple[int, int]:
        buffer, origin = self.source.window(position, 8)
        at = position - origin
        if len(buffer) - at < 8:
            raise InvalidObject(errors.TRUNCATED, f"item header at {position}")
        head, u32 = (_LE_HEAD, _LE_U32) if encoding.little else (_BE_HEAD, _BE_U32)
        group, number = head.unpack_from(buffer, at)
        return group << 16 | number, u32.unpack_from(buffer, at + 4)[0]
