"""Person names (VR PN, PS3.5 6.2.1): parts, display, folding for search, and the rule of conflict."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Letters that Unicode does not take apart into base and accent.
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)
_APOSTROPHES = dict.fromkeys((0x27, 0x60, 0xB4, 0x2018, 0x2019, 0x02BC), None)  # all that pass for one


@dataclass(frozen=True, slots=True)
class PersonName:
    """One PN value; components of the alphabetic group, and the other two groups as they stand."""

    family: str = ""
    given: str = ""
    middle: str = ""
    prefix: str = ""
    suffix: str = ""
    ideographic: str = ""
    phonetic: str = ""

    @property
    def display(self) -> str:
        """As people write it: "Morales Peralta^Ana" gives "Ana Morales Peralta"."""
        parts = (self.prefix, self.given, self.middle, self.family, self.suffix)
        shown = " ".join(part for part in parts if part)
        return shown or _joined(self.ideographic) or _joined(self.phonetic)


def _joined(group: str) -> str:
    return " ".join(part.strip() for part in group.split("^") if part.strip())


def parse(value: str) -> PersonName:
    """Parse a PN value; absent components and groups are empty, surplus ones are dropped."""
    groups = [group.strip(" \0") for group in value.split("=")] + ["", "", ""]
    parts = [" ".join(part.split()) for part in groups[0].split("^")] + [""] * 5
    family, given, middle, prefix, suffix = parts[:5]
    return PersonName(family, given, middle, prefix, suffix, groups[1], groups[2])


def display(value: str) -> str:
    """The name as people write it (see `PersonName.display`)."""
    return parse(value).display


def fold(text: str) -> str:
    """Lower case without accents and punctuation, words separated by one space: "O'Neill-Peña" -> "oneill
    pena"."""
    bare = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold().translate(_LETTERS)
    kept = (c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def name_tokens(value: str) -> tuple[str, ...]:
    """Folded words of all components of the alphabetic group (else of the ideographic one), sorted."""
    return tuple(sorted(name_key(value).split()))


def name_key(value: str) -> str:
    """The folded name, family first, for prefix search: "Peña^José" -> "pena jose"."""
    alphabetic, _, others = value.partition("=")
    return fold(alphabetic) or fold(others.partition("=")[0])


def edit_distance(a: str, b: str, limit: int) -> int:
    """Levenshtein distance of `a` and `b`, or `limit + 1` as soon as it is larger than `limit`."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    previous = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        row = [i]
        for j, right in enumerate(b, 1):
            row.append(min(row[-1] + 1, previous[j] + 1, previous[j - 1] + (left != right)))
        if min(row) > limit:
            return limit + 1
        previous = row
    return min(previous[-1], limit + 1)


def same_person_names(a: str, b: str) -> bool:
    """False where two PN values conflict: the folded, sorted tokens are neither subset nor within edit
    distance 2.

    An empty name says nothing and so does not conflict.
    """
    left, right = name_tokens(a), name_tokens(b)
    if set(left) <= set(right) or set(right) <= set(left):
        return True
    return edit_distance(" ".join(left), " ".join(right), 2) <= 2
