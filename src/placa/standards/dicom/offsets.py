"""Where each frame of Pixel Data lies in the file (PS3.5 A.4, Annex F; PS3.3 C.7.6.3.1.8 extended offset
table)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from struct import unpack
from typing import Any, Final

from placa.standards.dicom import errors, uids
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.walk import Element, Walker

Span = tuple[int, int]
"""(offset, length) in bytes; absolute in the file unless the table is `inflated`."""

MAX_FRAMES: Final = 400_000
_STARTS: Final = (
    b"\xff\xd8\xff",
    b"\xff\x4f\xff\x51",
    b"\xff\x0a",
    b"\x00\x00\x00\x0cJX",
    b"\x00\x00\x00\x0cjP",
)


@dataclass(frozen=True, slots=True)
class FrameTable:
    """The frames of one instance.

    Native pixel data is described by `start` and `frame_bits`; encapsulated by `spans`, one tuple a frame, of
    one span a fragment. `inflated` says that positions are in the inflated data set of a deflated file, not
    in the file.
    """

    count: int = 0
    start: int = 0
    frame_bits: int = 0
    spans: tuple[tuple[Span, ...], ...] = ()
    inflated: bool = False

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[Span, ...]]:
        return (self[index] for index in range(self.count))

    def __getitem__(self, index: int) -> tuple[Span, ...]:
        """The spans that together are frame `index` (from 0). Raises IndexError."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        if self.spans:
            return self.spans[index]
        first_bit = index * self.frame_bits
        last_bit = first_bit + self.frame_bits
        return ((self.start + first_bit // 8, (last_bit + 7) // 8 - first_bit // 8),)

    @property
    def byte_aligned(self) -> bool:
        """False where single-bit frames begin in the middle of a byte, so that a frame is no plain range of
        bytes."""
        return self.count <= 1 or bool(self.spans) or self.frame_bits % 8 == 0

    @property
    def servable(self) -> bool:
        """True where each frame is one plain range of bytes of the file, ready for sendfile."""
        return not self.inflated and self.byte_aligned and all(len(frame) == 1 for frame in self.spans)

    def to_json(self) -> dict[str, Any]:
        """A small JSON form for the index; `from_json` reads it."""
        body: dict[str, Any] = {"n": self.count}
        if self.spans:
            body["f"] = [[number for span in frame for number in span] for frame in self.spans]
        else:
            body |= {"o": self.start, "b": self.frame_bits}
        if self.inflated:
            body["z"] = True
        return body

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> FrameTable:
        """The table of `to_json`'s form."""
        spans = tuple(tuple(zip(flat[::2], flat[1::2], strict=True)) for flat in body.get("f", ()))
        return cls(body["n"], body.get("o", 0), body.get("b", 0), spans, body.get("z", False))


def native_table(element: Element, base: int, frames: int, frame_bits: int, inflated: bool) -> FrameTable:
    """The table of uncompressed pixel data: as many whole frames as the value holds, at most `frames`."""
    if frame_bits <= 0:
        return FrameTable(inflated=inflated)
    available = element.length * 8 // frame_bits
    return FrameTable(min(frames, available), base + element.start, frame_bits, (), inflated)


def encapsulated_table(
    walker: Walker,
    element: Element,
    frames: int,
    transfer_syntax_uid: str,
    extended: tuple[Span, Span] | None,
) -> FrameTable:
    """The table of encapsulated pixel data.

    `extended` is where the values of Extended Offset Table and its Lengths are. Positions in the result are
    absolute. A video is one entry, whatever the number of its frames.
    """
    fragments = list(islice(walker.fragments(element.start, element.end, element.encoding), MAX_FRAMES + 2))
    if not fragments:
        return FrameTable()
    if len(fragments) > MAX_FRAMES + 1:
        raise InvalidObject(errors.TOO_LARGE, "too many fragments")
    (table_at, table_length), *bodies = fragments
    base = walker.source.base
    if transfer_syntax_uid in uids.VIDEO_SYNTAXES or frames == 1:
        grouped: Sequence[Sequence[Span]] = [bodies] if bodies else []
    elif len(bodies) == frames:
        grouped = [[body] for body in bodies]
    else:
        grouped = (
            _by_extended_table(walker, bodies, extended, frames)
            or _by_basic_table(walker, bodies, (table_at, table_length), frames)
            or _by_codestream_start(walker, bodies, frames)
        )
    spans = tuple(tuple((base + at, length) for at, length in frame) for frame in grouped)
    return FrameTable(len(spans), 0, 0, spans)


def _group_at(bodies: Sequence[Span], offsets: Sequence[int]) -> list[list[Span]]:
    """Group fragments into frames by offsets from the first item's tag; empty where an offset hits no
    item."""
    first = bodies[0][0] - 8 if bodies else 0
    index_of = {at - 8 - first: index for index, (at, _length) in enumerate(bodies)}
    starts = [index_of.get(offset, -1) for offset in offsets]
    if not starts or starts[0] != 0 or any(b <= a for a, b in pairwise(starts)):
        return []
    return [list(bodies[a:b]) for a, b in zip(starts, [*starts[1:], len(bodies)], strict=True)]


def _by_extended_table(
    walker: Walker, bodies: Sequence[Span], extended: tuple[Span, Span] | None, frames: int
) -> list[list[Span]]:
    if extended is None or extended[0][1] != frames * 8:
        return []
    raw = walker.source.read(*extended[0])
    return _group_at(bodies, unpack(f"<{len(raw) // 8}Q", raw))


def _by_basic_table(walker: Walker, bodies: Sequence[Span], table: Span, frames: int) -> list[list[Span]]:
    if table[1] != frames * 4:
        return []
    raw = walker.source.read(*table)
    return _group_at(bodies, unpack(f"<{len(raw) // 4}I", raw))


def _by_codestream_start(walker: Walker, bodies: Sequence[Span], frames: int) -> list[list[Span]]:
    grouped: list[list[Span]] = []
    for at, length in bodies:
        if not grouped or walker.source.read(at, 6).startswith(_STARTS):
            grouped.append([])
        grouped[-1].append((at, length))
    # Fewer codestreams than frames are still worth showing; more are not to be trusted.
    return grouped if len(grouped) <= frames else [[body] for body in bodies[:frames]]
