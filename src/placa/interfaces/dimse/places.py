"""The places of associations, and what each process says of its own: memory that parent and children share."""

import mmap
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass

PLACES = 64
PLACES_AN_ADDRESS = 32
RESTING_SECONDS = 2.0  # idle for that long, an association that stored nothing may have to make room
PATIENT_SECONDS = 30.0  # the same for one that stored something

_STATE = struct.Struct("dq")  # idle since (0: at work), objects stored


@dataclass(frozen=True, slots=True)
class Place:
    """One process's place."""

    memory: mmap.mmap
    number: int

    def begin(self) -> None:
        """A new association: idle from now on, nothing stored."""
        self._write(time.monotonic(), 0)

    def active(self, *, stores: bool) -> None:
        """A message has come."""
        self._write(0.0, self.stored + stores)

    def idle(self) -> None:
        """The message is done."""
        self._write(time.monotonic(), self.stored)

    @property
    def stored(self) -> int:
        """Objects that were sent here."""
        return int(self._read()[1])

    @property
    def resting(self) -> float:
        """Seconds without a message; 0 while one is under way."""
        since = self._read()[0]
        return time.monotonic() - since if since else 0.0

    def _read(self) -> tuple[float, int]:
        since, stored = _STATE.unpack_from(self.memory, self.number * _STATE.size)
        return since, stored

    def _write(self, since: float, stored: int) -> None:
        _STATE.pack_into(self.memory, self.number * _STATE.size, since, stored)


class Places:
    """All places. Whoever takes one and does nothing with it gives it up to the next who comes."""

    def __init__(self) -> None:
        memory = mmap.mmap(-1, PLACES * _STATE.size)
        self._free = [Place(memory, number) for number in range(PLACES)]

    def take(self) -> Place | None:
        """A free place, if there is one."""
        if not self._free:
            return None
        place = self._free.pop()
        place.begin()
        return place

    def give_back(self, place: Place) -> None:
        """Its process has ended."""
        self._free.append(place)


def most_idle(places: Iterable[Place]) -> list[Place]:
    """Who has to make room, of those that rest: those that never stored anything before the others, then the longest
    idle."""
    resting = [
        place for place in places if place.resting > (PATIENT_SECONDS if place.stored else RESTING_SECONDS)
    ]
    return sorted(resting, key=lambda place: (place.stored > 0, -place.resting))
