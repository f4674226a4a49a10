"""Rows of series that are being looked at, kept in this process while their study's state says that they are the same.

Whether somebody may see them is not asked here: their permit says so, and is where the state comes from (decision 0016). A
file that lies elsewhere since is not found, or not what its row says; then `forget` has the next one read the rows anew.
"""

import threading
from collections import OrderedDict
from typing import Final

from placa.domain.access.images import OpenStudy, speaks
from placa.domain.access.types import Instance

WHOLE_SERIES: Final = 2_000  # instances that are read at once
MOST: Final = 10_000  # rows that a process keeps
State = tuple[int, ...]  # of a study, as `OpenStudy` says it; its key comes first
_kept: Final[OrderedDict[tuple[State, str], dict[str, Instance]]] = OrderedDict()  # by state and series
_lock = threading.Lock()


def row_of(state: State, series: str, instance: str) -> Instance | None:
    """A row that is at hand; none of an object that holds words, for not everybody may read those."""
    return _kept.get((state, series), {}).get(instance)


def bring(state: State, opened: OpenStudy, found: Instance) -> None:
    """Read the rows of all of an instance's series, unless they are at hand or too many."""
    key = (state, found.series.series_instance_uid)
    if key in _kept or found.series.number_of_instances > WHOLE_SERIES:
        return
    rows = {row.sop_instance_uid: row for row in opened.instances_of(found.series) if not speaks(row)}
    with _lock:
        _kept[key] = rows
        while sum(map(len, _kept.values())) > MOST:
            _kept.popitem(last=False)


def forget(study: int) -> None:
    """Drop the rows of the study with this key: one of them was not right."""
    with _lock:
        for key in [key for key in _kept if key[0][0] == study]:
            del _kept[key]
