"""P3: WADO-RS metadata of a study, gzip, signed in as its doctor."""

import statistics
import tempfile
import time
from pathlib import Path

from dicomweb import Connection, Sample, Side, both, sample, store
from table import Row, row

TIMES = 10


def rows(quick: bool) -> list[Row]:
    """The same study again and again on one connection, as programs ask; and after a pause, when no permit is left."""
    study = sample(100 if quick else 300, 512, 512)
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as (doctor, storing, theirs):
        store(storing, study)
        store(theirs, study)
        rounds = [(_median(doctor, study), _median(theirs, study)) for _ in range(4)][1:]
        alone = [_after_a_pause(doctor, study) for _ in range(3)]
    ours, anchor = (list(side) for side in zip(*rounds, strict=True))
    return [
        row("P3", f"metadata of {len(study.files)} CT slices, gzip", "s", ours, anchor, goal="100x"),
        row("P3", "the same, one request after a pause", "s", alone, anchor, goal="100x"),
    ]


def _median(side: Side, study: Sample) -> float:
    connection = Connection(side)
    found = [_once(connection, study) for _ in range(TIMES)]
    connection.close()
    return statistics.median(found)


def _after_a_pause(side: Side, study: Sample) -> float:
    connection = Connection(side)
    time.sleep(1.2)
    took = _once(connection, study)
    connection.close()
    return took


def _once(connection: Connection, study: Sample) -> float:
    began = time.perf_counter()
    status, size = connection.get(f"/studies/{study.study}/metadata", "application/dicom+json", gzip=True)
    if status != 200 or not size:
        raise SystemExit(f"metadata answered {status}")
    return time.perf_counter() - began
