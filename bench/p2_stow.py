"""P2: STOW-RS of a study in one request, until the answer that says every instance is stored."""

import tempfile
from pathlib import Path

from dicomweb import both, sample, store
from table import Row, row

ROUNDS = 3


def rows(quick: bool) -> list[Row]:
    """A new CT study a round for both sides. Placa's answer comes when all of it is on disk and indexed."""
    slices = 100 if quick else 300
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as (_doctor, storing, theirs):
        times = []
        for _ in range(ROUNDS + 1):
            study = sample(slices, 512, 512)
            times.append((store(storing, study), store(theirs, study)))
    ours, anchor = ([slices / one for one in side] for side in zip(*times[1:], strict=True))
    return [
        row("P2", f"STOW-RS of {slices} CT slices", "1/s", ours, anchor, goal="2x", higher_is_better=True)
    ]
