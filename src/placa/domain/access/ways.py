"""A grant in parts of which each has an index: by algebra alone, so that no rule stands here."""

from functools import reduce
from itertools import product
from operator import and_
from typing import Any

from django.db.models import Q, QuerySet


def ways(grant: Q) -> list[Q]:
    """`grant` in parts, one for every value of a list and every side of an OR; together they give what it gives.

    For each of them a database walks an index in the order of the lists; of the whole it would sort everything.
    """
    parts = _parts(grant)
    return [grant] if len(parts) == 1 else parts


def is_walked(way: Q) -> bool:
    """Whether columns say what a part gives, so that an index may have it in the order of the lists; no list of keys."""
    return all(
        is_walked(child)
        if isinstance(child, Q)
        else not (isinstance(child, tuple) and isinstance(child[1], QuerySet))
        for child in way.children
    )


def _parts(grant: Q) -> list[Q]:
    if grant.negated or grant.connector not in (Q.AND, Q.OR):
        return [grant]
    apart = [_parts_of(child) for child in grant.children]
    if grant.connector == Q.OR:
        return [part for parts in apart for part in parts]
    return [reduce(and_, parts) for parts in product(*apart)]


def _parts_of(child: Any) -> list[Q]:
    if isinstance(child, Q):
        return _parts(child)
    if (
        isinstance(child, tuple)
        and child[0].endswith("__in")
        and isinstance(child[1], list | set | frozenset)
    ):
        return [Q(**{child[0].removesuffix("__in"): value}) for value in sorted(child[1])]
    return [Q(child)]
