"""What turns stored values into grey levels or colours besides plain numbers: LUTs, palettes, functional
groups.

Sources: PS3.3 C.11.1 (Modality LUT), C.11.2 (VOI LUT), C.7.6.3.1.5 and C.7.9 (palettes, segmented),
C.7.6.16.2.9 and .10 (Pixel Value Transformation and Frame VOI LUT functional groups).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from placa.standards.dicom import errors, values
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader
from placa.standards.dicom.part10 import data_set_source, read_file_meta
from placa.standards.dicom.source import FileSource
from placa.standards.dicom.walk import Element, Walker

_LUT_LIMIT: Final = 4 * 1024 * 1024
_MODALITY_LUTS, _VOI_LUTS = 0x00283000, 0x00283010
_DESCRIPTOR, _LUT_DATA = 0x00283002, 0x00283006
_PALETTE: Final = (0x00281101, 0x00281102, 0x00281103)
_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_TRANSFORMATION, _FRAME_VOI = 0x00289145, 0x00289132
_CENTER, _WIDTH, _INTERCEPT, _SLOPE, _FUNCTION = 0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281056


@dataclass(frozen=True, slots=True)
class Lut:
    """A lookup table: `entries[0]` is for the value `first`; values outside take the end entries."""

    first: int
    bits: int
    entries: NDArray[np.uint16]

    def of(self, samples: NDArray[Any]) -> NDArray[np.uint16]:
        """The entries for `samples`."""
        indices = np.clip(samples.astype(np.int64) - self.first, 0, len(self.entries) - 1)
        found: NDArray[np.uint16] = self.entries[indices]
        return found


@dataclass(frozen=True, slots=True)
class Lookups:
    """Grey scale and colour transformations of one frame."""

    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    window_center: tuple[float, ...] = ()
    window_width: tuple[float, ...] = ()
    voi_lut_function: str = ""
    modality_lut: Lut | None = None
    voi_lut: Lut | None = None
    palette: tuple[Lut, Lut, Lut] | None = None


def lookups_of(
    path: str | os.PathLike[str],
    header: InstanceHeader,
    index: int = 0,
    offset: int = 0,
    length: int | None = None,
) -> Lookups:
    """The transformations of frame `index`; the file is read only where the header is not enough."""
    plain = Lookups(
        1.0 if header.rescale_slope is None or header.rescale_slope == 0 else header.rescale_slope,
        header.rescale_intercept or 0.0,
        header.window_center,
        header.window_width,
        header.voi_lut_function,
    )
    if not header.has_lookup_tables:
        return plain
    with FileSource(path, offset, length) as source:
        meta = read_file_meta(source)
        data, position = data_set_source(source, meta)
        reader = _Reader(Walker(data), header.pixel_representation == 1)
        return reader.lookups(reader.walker.elements(position, data.size, meta.encoding), index, plain)


@dataclass(slots=True)
class _Reader:
    walker: Walker
    signed: bool

    def lookups(self, elements: Iterator[Element], index: int, found: Lookups) -> Lookups:
        palette: dict[int, Element] = {}
        per_frame: Element | None = None
        for element in elements:
            tag = element.tag
            if tag == _MODALITY_LUTS:
                found = replace(found, modality_lut=self._lut_of_sequence(element))
            elif tag == _VOI_LUTS:
                negative = found.rescale_intercept < 0  # its input is the Modality LUT's output (C.11.2.1.1)
                found = replace(found, voi_lut=self._lut_of_sequence(element, signed=negative))
            elif tag == _SHARED:
                found = self._group(element, 0, found)
            elif tag == _PER_FRAME:
                per_frame = element
            elif 0x00281101 <= tag <= 0x00281223:
                palette[tag] = element
            elif tag >= 0x7FE00000:
                break
        if per_frame is not None:
            found = self._group(per_frame, index, found)
        return replace(found, palette=self._palette(palette))

    def _inside(self, element: Element, number: int = 0) -> dict[int, Element]:
        """The elements of item `number` of a sequence, by tag."""
        if element.vr != "SQ":
            return {}
        for position, item in enumerate(self.walker.sequence_items(element, 0)):
            if position == number:
                end = item.start + item.length
                return {
                    inner.tag: inner for inner in self.walker.elements(item.start, end, element.encoding, 1)
                }
        return {}

    def _group(self, groups: Element, number: int, found: Lookups) -> Lookups:
        group = self._inside(groups, number)
        if _TRANSFORMATION in group:
            inner = self._inside(group[_TRANSFORMATION])
            slope, intercept = self._decimals(inner.get(_SLOPE)), self._decimals(inner.get(_INTERCEPT))
            if slope and slope[0]:
                found = replace(found, rescale_slope=slope[0])
            if intercept:
                found = replace(found, rescale_intercept=intercept[0])
        if _FRAME_VOI in group:
            inner = self._inside(group[_FRAME_VOI])
            center, width = self._decimals(inner.get(_CENTER)), self._decimals(inner.get(_WIDTH))
            if center and width:
                function = self._text(inner.get(_FUNCTION))
                found = replace(found, window_center=center, window_width=width, voi_lut_function=function)
        return found

    def _bytes(self, element: Element | None) -> bytes:
        if element is None or not 0 < element.length <= _LUT_LIMIT:
            return b""
        return self.walker.source.read(element.start, element.length)

    def _text(self, element: Element | None) -> str:
        return self._bytes(element).decode("ascii", "replace").strip(" \0")

    def _decimals(self, element: Element | None) -> tuple[float, ...]:
        return values.parse_many_ds(self._text(element))

    def _lut_of_sequence(self, sequence: Element, *, signed: bool = False) -> Lut | None:
        inner = self._inside(sequence)
        return self._lut(inner.get(_DESCRIPTOR), inner.get(_LUT_DATA), signed=signed)

    def _lut(
        self,
        descriptor: Element | None,
        data: Element | None,
        *,
        segmented: bool = False,
        signed: bool = False,
    ) -> Lut | None:
        described, raw = self._bytes(descriptor), self._bytes(data)
        if len(described) < 6 or not raw or descriptor is None:
            return None
        order = "<" if descriptor.encoding.little else ">"
        count, first, bits = (int(number) for number in np.frombuffer(described[:6], f"{order}u2"))
        count = count or 65536
        if (self.signed or signed or descriptor.vr == "SS") and first >= 0x8000:
            first -= 0x10000
        if segmented:
            return Lut(first, 16, _expand(np.frombuffer(raw[: len(raw) // 2 * 2], f"{order}u2"), count))
        if bits <= 8 and len(raw) < count * 2:
            entries = np.frombuffer(raw, np.uint8)[:count].astype(np.uint16)
        else:
            entries = np.frombuffer(raw[: len(raw) // 2 * 2], f"{order}u2")[:count].astype(np.uint16)
        if len(entries) == 0:
            return None
        if bits == 16 and entries.max() <= 255 and count <= 256:
            bits = 8  # common mistake: 8-bit entries in a table that claims 16
        return Lut(first, bits if 8 <= bits <= 16 else 16, entries)

    def _palette(self, found: dict[int, Element]) -> tuple[Lut, Lut, Lut] | None:
        tables = []
        for descriptor in _PALETTE:
            plain, parts = found.get(descriptor + 0x100), found.get(descriptor + 0x120)
            table = self._lut(found.get(descriptor), plain or parts, segmented=plain is None)
            if table is None:
                return None
            tables.append(table)
        return tables[0], tables[1], tables[2]


def _expand(words: NDArray[np.uint16], count: int) -> NDArray[np.uint16]:
    """A segmented palette as a plain one (PS3.3 C.7.9.2). Raises InvalidObject(undecodable) where it makes no
    sense."""
    out: list[int] = []
    data = [int(word) for word in words]

    def run(at: int, limit: int, nested: bool) -> None:
        segments = 0
        while at + 2 <= len(data) and len(out) < count and segments < limit:
            segments += 1
            opcode, length = data[at], data[at + 1]
            if opcode == 0:
                out.extend(data[at + 2 : at + 2 + length])
                at += 2 + length
            elif opcode == 1 and at + 2 < len(data) and out:
                start, target = out[-1], data[at + 2]
                out.extend(round(start + (target - start) * step / length) for step in range(1, length + 1))
                at += 3
            elif opcode == 2 and not nested and at + 3 < len(data):
                # The offset counts bytes of 16-bit words from the first segment, low word first.
                run((data[at + 2] | data[at + 3] << 16) // 2, length, True)
                at += 4
            else:
                raise InvalidObject(errors.UNDECODABLE, f"palette segment {opcode} at {at}")

    run(0, len(data), False)
    if not out:
        raise InvalidObject(errors.UNDECODABLE, "an empty palette")
    return np.array(out[:count], np.uint16)
