"""Read values of text VRs leniently (PS3.5 6.2): what cannot be read is None or empty, never an error.

What costs most to read is remembered: the objects of a study repeat it.
"""

from __future__ import annotations

import math
import re
from datetime import date, time
from functools import lru_cache

_DA = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})$")
_TM = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.(\d{1,6}))?$")


@lru_cache(maxsize=256)
def parse_da(value: str) -> date | None:
    """A DA, also in the old form with dots; None where empty or no date."""
    match = _DA.match(value.strip(" \0"))
    if not match:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


@lru_cache(maxsize=256)
def parse_tm(value: str) -> time | None:
    """A TM, also in the old form with colons; None where empty or no time."""
    match = _TM.match(value.strip(" \0"))
    if not match:
        return None
    hour, minute, second, fraction = match.groups()
    try:
        # 60 is a leap second (PS3.5 table 6.2-1), which Python's time does not know.
        return time(
            int(hour), int(minute or 0), min(int(second or 0), 59), int((fraction or "0").ljust(6, "0"))
        )
    except ValueError:
        return None


def parse_is(value: str) -> int | None:
    """The first value of an IS; DS-like spellings ("3.0") are read too."""
    number = parse_ds(value)
    return int(number) if number is not None and abs(number) < 2**31 else None


def parse_ds(value: str) -> float | None:
    """The first value of a DS; decimal commas are read as points."""
    first = value.split("\\", 1)[0].strip(" \0").replace(",", ".")
    try:
        number = float(first)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@lru_cache(maxsize=256)
def parse_many_ds(value: str) -> tuple[float, ...]:
    """All values of a DS that are numbers."""
    found = (parse_ds(part) for part in value.split("\\"))
    return tuple(number for number in found if number is not None)
