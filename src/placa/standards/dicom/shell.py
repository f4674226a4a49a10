"""An object around its pixels: what the sandbox hands out, so that nobody holds a whole cine loop in memory."""

from __future__ import annotations

from dataclasses import dataclass
from struct import calcsize, pack, unpack_from
from typing import Final

_HEAD: Final = ">IQQ?"


@dataclass(frozen=True, slots=True)
class Shell:
    """The bytes before and behind the pixels of an object in Explicit VR Little Endian.

    `frame_bytes`: of each decoded frame that belongs between, 0 where the stored bytes do; `swapped`: these are big
    endian words. `pixel_bytes`: of all of it.
    """

    before: bytes
    behind: bytes
    frame_bytes: int
    pixel_bytes: int
    swapped: bool

    def packed(self) -> bytes:
        """One string of it, for the way out of the sandbox."""
        head = pack(_HEAD, len(self.before), self.frame_bytes, self.pixel_bytes, self.swapped)
        return head + self.before + self.behind

    @classmethod
    def unpacked(cls, data: bytes) -> Shell:
        """What `packed` made."""
        length, frame_bytes, pixel_bytes, swapped = unpack_from(_HEAD, data)
        start = calcsize(_HEAD)
        return cls(data[start : start + length], data[start + length :], frame_bytes, pixel_bytes, swapped)
