"""Pages of long tables by key instead of by offset, and counts that stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
COUNTED = 1_000  # rows that are counted; beyond it is "more than"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, the cursor of the next page ("" at the end), and how many there are in all, at most COUNTED + 1."""

    rows: list[Row]
    next: str
    total: int

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self.total > COUNTED


def page(
    rows: QuerySet[Row], *, by: str, cursor: str = "", size: int = 40, ways: Sequence[Q] = (Q(),)
) -> Page[Row]:
    """The rows after `cursor` in the order of `by` ("-field" for descending) and key.

    A cursor is the key of the last row shown; one that makes no sense, or whose row is gone, starts anew.
    `ways` are conditions of which each row meets exactly one, and each of which has an index in this order.
    """
    field, down = by.removeprefix("-"), by.startswith("-")
    total = len(rows.order_by().values_list("pk")[: COUNTED + 1])
    after = rows.order_by().filter(pk=cursor).values_list(field, "pk").first() if _is_key(cursor) else None
    left = rows
    if after is not None:
        than = "lt" if down else "gt"
        within = Q(**{f"{field}__{than}e": after[0]})  # what an index knows: of the OR alone it takes none
        left = rows.filter(within, Q(**{f"{field}__{than}": after[0]}) | Q(**{f"pk__{than}": after[1]}))
    # first which, then what of them: beside tables that are joined SQLite forgets the order's index
    order = (by, "-pk" if down else "pk")
    ordered = left.order_by(*order)
    if len(ways) > 1:
        ordered = joined([ordered.filter(way).values("pk")[: size + 1] for way in ways]).order_by(*order)
    keys = list(ordered.values_list("pk", flat=True)[: size + 1])
    found = rows.in_bulk(keys[:size]) if keys else {}
    shown = [found[key] for key in keys[:size] if key in found]
    return Page(shown, str(keys[size - 1]) if len(keys) > size else "", total)


def joined(keys: Sequence[QuerySet[Any, Any]]) -> QuerySet[Any]:
    """Rows of any of these keys (of one model), each list of them a question of its own.

    So an OR is walked part by part, each in the order of its index and cut off where enough was found: of the whole a
    database would sort everything. SQLite joins no list that is cut off, unless it stands in another question.
    """
    manager = keys[0].model._default_manager
    first, *others = (manager.filter(pk__in=some).order_by().values("pk") for some in keys)
    found: QuerySet[Any] = manager.filter(pk__in=first.union(*others, all=True))
    return found


def _is_key(cursor: str) -> bool:
    return cursor.isascii() and cursor.isdecimal() and len(cursor) < 19
