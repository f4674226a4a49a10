"""Encode data elements in Explicit VR Little Endian (PS3.5 7.1.2), text as UTF-8.

For objects that this project makes itself; objects of others are kept as they came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from struct import pack
from typing import Final

_LONG_VRS: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
UTF_8: Final = "ISO_IR 192"

Value = str | bytes | int | float | date | time | None


def element(tag: int, vr: str, value: Value) -> bytes:
    """One element; None and "" give an empty value. US and UL take ints, DA and TM dates and times too.

    Raises ValueError for a value too long for its VR's 16-bit length.
    """
    raw = _raw(vr, value)
    if len(raw) % 2:
        raw += b"\0" if vr in ("UI", "OB", "UN") else b" "
    head = pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in _LONG_VRS:
        return head + pack("<HI", 0, len(raw)) + raw
    if len(raw) > 0xFFFE:
        raise ValueError(f"{len(raw)} bytes in VR {vr}")
    return head + pack("<H", len(raw)) + raw


def _raw(vr: str, value: Value) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if vr in ("US", "UL"):
        return pack("<H" if vr == "US" else "<I", int(str(value)))
    if isinstance(value, date):
        return value.strftime("%Y%m%d").encode()
    if isinstance(value, time):
        return value.strftime("%H%M%S").encode()
    return str(value).encode("utf-8", "replace")


def item(body: bytes) -> bytes:
    """A sequence item of defined length."""
    return pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def sequence(tag: int, items: Iterable[bytes]) -> bytes:
    """A sequence of defined length whose items have these bodies."""
    return element(tag, "SQ", b"".join(item(body) for body in items))


def code_sequence(tag: int, code: tuple[str, str, str]) -> bytes:
    """A code sequence of one item (PS3.3 8.8): (code value, coding scheme designator, code meaning)."""
    value, scheme, meaning = code
    parts = (
        element(0x00080100, "SH", value),
        element(0x00080102, "SH", scheme),
        element(0x00080104, "LO", meaning),
    )
    return sequence(tag, [b"".join(parts)])


def fitted(text: str, limit: int, *, multi_valued: bool = False) -> str:
    """`text` on one line without control characters, at most `limit` characters (PS3.5 6.2 counts
    characters).

    Backslashes, which would make two values of one, become slashes unless `multi_valued`.
    """
    clean = "".join(c if c.isprintable() else " " for c in text)
    if not multi_valued:
        clean = clean.replace("\\", "/")
    return clean.strip()[:limit]
