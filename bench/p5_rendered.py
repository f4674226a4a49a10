"""P5: a picture rendered as JPEG, the first time and again, signed in as the doctor."""

import statistics
import tempfile
import time
from pathlib import Path

from dicomweb import CR, Connection, Sample, Side, both, sample, store
from table import Row, row

ROUNDS = 3
OPENED_SECONDS = (
    5.0  # after its last image a doctor opens a study: by then what arrives is drawn (decision 0021)
)


def rows(quick: bool) -> list[Row]:
    """Radiographs of 2500 x 3000 and slices of 512 x 512, new ones a round for both sides.

    One study is asked for at once and again, while it is still being drawn; another one seconds after it came.
    """
    found = []
    kinds = (("CR 2500 x 3000", 2 if quick else 4, 3000, 2500, CR), ("CT 512 x 512", 20, 512, 512, ""))
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as (doctor, storing, theirs):
        for name, count, height, width, sop_class in kinds:
            at_once, later = [], []
            for _ in range(ROUNDS + 1):
                for rounds, seconds in ((at_once, 0.0), (later, OPENED_SECONDS)):
                    study = sample(count, height, width, sop_class=sop_class)
                    store(storing, study)
                    store(theirs, study)
                    time.sleep(seconds)
                    rounds.append((_first_and_again(doctor, study), _first_and_again(theirs, study)))
            for when, rounds, at, goal in (
                ("first, seconds after it came", later, 0, "2.5x"),
                ("first, at once", at_once, 0, "2.5x"),
                ("again", at_once, 1, "20x"),
            ):
                ours, anchor = ([one[at] for one in side] for side in zip(*rounds[1:], strict=True))
                found.append(row("P5", f"rendered JPEG of {name}, {when}", "s", ours, anchor, goal=goal))
    return found


def _first_and_again(side: Side, study: Sample) -> tuple[float, float]:
    """Medians over the pictures of a study."""
    connection = Connection(side)
    times = [[_once(connection, one) for one in study.instances()] for _ in range(2)]
    connection.close()
    return statistics.median(times[0]), statistics.median(times[1])


def _once(connection: Connection, instance: str) -> float:
    began = time.perf_counter()
    status, size = connection.get(f"{instance}/rendered", "image/jpeg")
    if status != 200 or not size:
        raise SystemExit(f"rendered answered {status}")
    return time.perf_counter() - began
