"""P4: WADO-RS frames as they are stored, six at a time, signed in, the access rule checked."""

import tempfile
from functools import partial
from pathlib import Path

from dicomweb import Connection, Load, Sample, Side, both, many, sample, store
from table import Row, row

ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


def rows(quick: bool) -> list[Row]:
    """Every frame of a CT study once a round, in order."""
    study = sample(100 if quick else 300, 512, 512)
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as (mine, storing, theirs):
        store(storing, study)
        store(theirs, study)
        loads = [(_round(mine, study), _round(theirs, study)) for _ in range(4)][1:]
    rates = [[load.rate for load in side] for side in zip(*loads, strict=True)]
    slow = [[load.p95 for load in side] for side in zip(*loads, strict=True)]
    return [
        row("P4", "frames of 512 x 512, six at a time", "1/s", *rates, goal="4x", higher_is_better=True),
        row("P4", "the same, 95th percentile", "s", *slow, goal="4x"),
    ]


def _round(side: Side, study: Sample) -> Load:
    return many(
        side, [partial(Connection.get, path=f"{one}/frames/1", accept=ACCEPT) for one in study.instances()]
    )
