"""P2: STOW-RS of a study in one request, until the answer that says every instance is stored."""

import tempfile
import time
from pathlib import Path

from dicomweb import both, sample, store
from table import Row, row

ROUNDS = 3
DRAWN_SECONDS = 4.0  # in which Placa draws what it got: it shall not take the processor from the other side


def rows(quick: bool) -> list[Row]:
    """A new CT study a round for both sides. Placa's answer comes when all of it is on disk and indexed."""
    slices = 100 if quick else 300
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as (_doctor, storing, theirs):
        times = []
        for _ in range(ROUNDS + 1):
            study = sample(slices, 512, 512)
            ours = store(storing, study)
            time.sleep(DRAWN_SECONDS)
            times.append((ours, store(theirs, study)))
    taken, anchor = ([slices / one for one in side] for side in zip(*times[1:], strict=True))
    return [
        row("P2", f"STOW-RS of {slices} CT slices", "1/s", taken, anchor, goal="2x", higher_is_better=True)
    ]
