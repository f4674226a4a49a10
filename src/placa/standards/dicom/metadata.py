"""The DICOM JSON Model (PS3.18 Annex F) of an instance: all but bulk data, which is named by URI.

What a value's VR does not allow is passed on as well as it can be; nothing in a value raises.
"""

from __future__ import annotations

import json
import math
import os
import struct
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Any, Final

from pydicom._dicom_dict import DicomDictionary

from placa.standards.dicom import errors
from placa.standards.dicom.charset import TextDecoder, decoder_for
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import Scan
from placa.standards.dicom.offsets import Span
from placa.standards.dicom.part10 import data_set_source, read_file_meta
from placa.standards.dicom.source import ByteSource, FileSource
from placa.standards.dicom.walk import PIXEL_DATA_TAGS, Element, Encoding, Walker, implicit_vr

JsonDataSet = dict[str, dict[str, Any]]

INLINE_LIMIT: Final = 1024  # bytes of a binary value that go into the metadata itself
TEXT_LIMIT: Final = 64 * 1024
_REMEMBERED: Final = 128  # bytes of an element that may be remembered
_CHARSET: Final = 0x00080005
_UTF8: Final = {"vr": "CS", "Value": ["ISO_IR 192"]}  # of what is said here, whatever the object is in
_PIXEL_REPRESENTATION: Final = 0x00280103
_BINARY: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_WORD: Final = {"OW": "H", "OF": "I", "OL": "I", "OD": "Q", "OV": "Q"}
_NUMBERS: Final = {
    "US": "H",
    "SS": "h",
    "UL": "I",
    "SL": "i",
    "UV": "Q",
    "SV": "q",
    "FL": "f",
    "FD": "d",
}
_SINGLE_TEXT: Final = frozenset(("LT", "ST", "UT", "UR"))
_MULTI_TEXT: Final = frozenset(("AE", "AS", "CS", "DA", "DT", "LO", "SH", "TM", "UC", "UI"))


def metadata_json(
    path: str | os.PathLike[str], bulk_data_root: str, offset: int = 0, length: int | None = None
) -> JsonDataSet:
    """The JSON model of the object in a file (or in `length` bytes of it from `offset`), without group 0002.

    BulkDataURI is `bulk_data_root`, a slash and a pointer that `locate_bulk_data` reads: the tag, or for
    nested ones tag/item number/tag. Raises InvalidObject where the structure, not a value, is broken.
    """
    with FileSource(path, offset, length) as source:
        meta = read_file_meta(source)
        data, position = data_set_source(source, meta)
        walker = Walker(data)
        return _model(walker, _top_level(walker, position, meta.encoding), bulk_data_root)


def metadata_text(scanned: Scan, bulk_data_root: str) -> str:
    """The JSON text of an object that was walked just now (see `metadata_json`).

    Slices of a series say mostly the same: what a short element becomes is remembered from the one before.
    """
    walker, kept = Walker(scanned.source), scanned.elements
    if kept is None or any(one.tag >= next_.tag for one, next_ in pairwise(kept)):  # a tag may come twice
        elements = _top_level(walker, scanned.position, scanned.meta.encoding)
        return _dumped(_model(walker, elements, bulk_data_root))
    builder = _Builder(walker, bulk_data_root.rstrip("/"))
    return "{" + ",".join(builder.texts(kept)) + "}"


def _model(walker: Walker, elements: Iterator[Element], bulk_data_root: str) -> JsonDataSet:
    builder = _Builder(walker, bulk_data_root.rstrip("/"))
    result = builder.data_set(elements, decoder_for(""), signed=False, pointer="", depth=0)
    if "00080005" in result:
        result["00080005"] = _UTF8
    return result


def _top_level(walker: Walker, position: int, encoding: Encoding) -> Iterator[Element]:
    """The elements, without the padding of zeros that may follow them."""
    return takewhile(lambda element: element.tag, walker.top_level(position, walker.source.size, encoding))


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True)
class _Builder:
    walker: Walker
    root: str

    def texts(self, elements: Iterable[Element]) -> Iterator[str]:
        """A member of the JSON object for each element of the top level, in ascending order of tags."""
        charset, signed = "", False
        read = self.walker.source.read
        for element in elements:
            tag, vr, start, length, _end, encoding = element
            if tag & 0xFFFF == 0:
                continue  # group lengths, and the zeros behind the data set
            if tag == _CHARSET:
                charset = _charset_of(read(start, length))
                yield f'"00080005":{_dumped(_UTF8)}'
                continue
            if tag == _PIXEL_REPRESENTATION:
                signed = read(start, 2).strip(b"\0") == b"\1"
            if vr == "UN" or signed:
                vr = _true_vr(element, signed)
            if 0 < length <= _REMEMBERED and vr != "SQ" and tag not in PIXEL_DATA_TAGS:
                yield _member(tag, vr, read(start, length), charset, encoding)
                continue
            key, decoder = f"{tag:08X}", decoder_for(charset)
            said = (
                self._sequence(element, decoder, signed, key, 0)
                if vr == "SQ"
                else self._value(element, vr, decoder, key)
            )
            yield f'"{key}":{_dumped(said)}'

    def data_set(
        self, elements: Iterator[Element], decoder: TextDecoder, *, signed: bool, pointer: str, depth: int
    ) -> JsonDataSet:
        result: JsonDataSet = {}
        read = self.walker.source.read
        for element in elements:
            tag = element.tag
            if tag & 0xFFFF == 0:
                continue  # group lengths are of no meaning in JSON
            if tag == _CHARSET:
                decoder = decoder_for(_charset_of(read(element.start, element.length)))
            elif tag == _PIXEL_REPRESENTATION:
                signed = read(element.start, 2).strip(b"\0") == b"\1"
            vr = _true_vr(element, signed)
            key = f"{tag:08X}"
            if vr == "SQ":
                result[key] = self._sequence(element, decoder, signed, f"{pointer}{key}", depth)
            else:
                result[key] = self._value(element, vr, decoder, f"{pointer}{key}")
        return result

    def _sequence(
        self, element: Element, decoder: TextDecoder, signed: bool, pointer: str, depth: int
    ) -> dict[str, Any]:
        items = []
        for number, item in enumerate(self.walker.sequence_items(element, depth)):
            inner = self.walker.elements(item.start, item.start + item.length, element.encoding, depth + 1)
            items.append(
                self.data_set(inner, decoder, signed=signed, pointer=f"{pointer}/{number}/", depth=depth + 1)
            )
        return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}

    def _value(self, element: Element, vr: str, decoder: TextDecoder, pointer: str) -> dict[str, Any]:
        length = element.length
        if length == 0:
            return {"vr": vr}
        limit = INLINE_LIMIT if vr in _BINARY else TEXT_LIMIT
        if length < 0 or element.tag in PIXEL_DATA_TAGS or length > limit:
            return {"vr": vr, "BulkDataURI": f"{self.root}/{pointer}"}
        return _said(vr, self.walker.source.read(element.start, length), decoder, element.encoding.little)


def _charset_of(raw: bytes) -> str:
    return raw.decode("ascii", "replace").strip(" \0")


@lru_cache(maxsize=2048)
def _member(tag: int, vr: str, raw: bytes, charset: str, encoding: Encoding) -> str:
    return f'"{tag:08X}":{_dumped(_said(vr, raw, decoder_for(charset), encoding.little))}'


def _said(vr: str, raw: bytes, decoder: TextDecoder, little: bool) -> dict[str, Any]:
    if vr in _BINARY:
        return {"vr": vr, "InlineBinary": b64encode(_little(raw, vr, little)).decode("ascii")}
    values = _values(raw, vr, decoder, little)
    return {"vr": vr, "Value": values} if values else {"vr": vr}


def _true_vr(element: Element, signed: bool) -> str:
    """The VR to state: the dictionary's where the file says UN, SS where an implicit one depends on
    signedness."""
    vr = element.vr
    if vr == "UN" and element.length >= 0:
        known = implicit_vr(element.tag)
        # A sequence as UN holds implicit VR, which the walk of this element would not expect: leave it
        # opaque.
        vr = known if known not in ("SQ", "UN") else vr
    if signed and vr == "US" and not element.encoding.explicit:
        entry = DicomDictionary.get(element.tag)
        if entry is not None and entry[0] == "US or SS":
            return "SS"
    return vr


def _little(raw: bytes, vr: str, little: bool) -> bytes:
    """Binary values are little endian in JSON, whatever the file."""
    word = _WORD.get(vr)
    if little or word is None:
        return raw
    size = struct.calcsize(word)
    words = array(word if word != "I" or array("I").itemsize == 4 else "L", raw[: len(raw) // size * size])
    words.byteswap()
    return words.tobytes()


def _values(raw: bytes, vr: str, decoder: TextDecoder, little: bool) -> list[Any]:
    number = _NUMBERS.get(vr)
    if number is not None:
        return _numbers(raw, number, little)
    if vr == "AT":
        pairs = _numbers(raw, "H", little)
        return [f"{a:04X}{b:04X}" for a, b in zip(pairs[::2], pairs[1::2], strict=False)]
    text = decoder.text(raw, name=vr == "PN")
    if vr in _SINGLE_TEXT:
        kept = text.rstrip(" \0")
        return [kept] if kept else []
    parts = [part.strip(" \0") for part in text.split("\\")]
    convert: Callable[[str], Any] = _CONVERT.get(vr, _text_or_none)
    values = [convert(part) for part in parts]
    return values if any(value is not None for value in values) else []


def _numbers(raw: bytes, code: str, little: bool) -> list[Any]:
    size = struct.calcsize(f"<{code}")
    count = len(raw) // size
    found = struct.unpack_from(f"{'<' if little else '>'}{count}{code}", raw)
    if code in "fd":
        return [value if math.isfinite(value) else None for value in found]
    return list(found)


def _text_or_none(part: str) -> str | None:
    return part or None


def _integer(part: str) -> int | float | str | None:
    try:
        return int(part) if part else None
    except ValueError:
        return _decimal(part)


def _decimal(part: str) -> int | float | str | None:
    """A number; where it is none, the text itself, which F.2.3 allows for DS and IS."""
    if not part:
        return None
    try:
        number = float(part)
    except ValueError:
        return part
    return number if math.isfinite(number) else part


def _person_name(part: str) -> dict[str, str] | None:
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), part.split("="), strict=False)
    return {name: group.strip() for name, group in groups if group.strip()} or None


_CONVERT: Final[dict[str, Callable[[str], Any]]] = {"PN": _person_name, "IS": _integer, "DS": _decimal}


# --- Bulk data
# ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BulkData:
    """Where a value's bytes are: `spans` of the file, or of the inflated data set where `inflated`."""

    vr: str
    spans: tuple[Span, ...]
    inflated: bool

    @property
    def length(self) -> int:
        """Bytes in all."""
        return sum(length for _offset, length in self.spans)


def locate_bulk_data(
    path: str | os.PathLike[str], pointer: str, offset: int = 0, length: int | None = None
) -> BulkData | None:
    """Where the value that a BulkDataURI's `pointer` names is, or None. Encapsulated data: its fragments'
    bytes."""
    steps = pointer.split("/")
    with FileSource(path, offset, length) as source:
        meta = read_file_meta(source)
        data, position = data_set_source(source, meta)
        walker = Walker(data)
        element = _follow(walker, _top_level(walker, position, meta.encoding), steps)
        if element is None or element.vr == "SQ":
            return None
        spans: tuple[Span, ...] = ((element.start, element.length),)
        if element.length < 0:
            _table, *bodies = walker.fragments(element.start, element.end, element.encoding)
            spans = tuple(bodies)
        base = data.base
        return BulkData(element.vr, tuple((base + at, size) for at, size in spans), meta.is_deflated)


def _follow(walker: Walker, elements: Iterator[Element], steps: list[str]) -> Element | None:
    try:
        tag = int(steps[0], 16)
        wanted = int(steps[1]) if len(steps) > 2 else -1
    except ValueError:
        return None
    element = next((candidate for candidate in elements if candidate.tag == tag), None)
    if element is None or len(steps) == 1:
        return element
    if element.vr != "SQ" or len(steps) < 3:
        return None
    for number, item in enumerate(walker.sequence_items(element, 0)):
        if number == wanted:
            inner = walker.elements(item.start, item.start + item.length, element.encoding, 1)
            return _follow(walker, inner, steps[2:])
    return None


def read_bulk_data(
    path: str | os.PathLike[str], bulk: BulkData, offset: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """The bytes of a located value, at most a MiB at a time."""
    with FileSource(path, offset, length) as source:
        data: ByteSource = source
        if bulk.inflated:
            data, _position = data_set_source(source, read_file_meta(source))
        for start, size in bulk.spans:
            at, end = start - data.base, start - data.base + size
            while at < end:
                part = data.read(at, min(end - at, 1024 * 1024))
                if not part:
                    raise InvalidObject(errors.TRUNCATED, "the file became shorter while it was read")
                yield part
                at += len(part)
