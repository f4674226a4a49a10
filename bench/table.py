"""What a benchmark says: one row a figure, with its anchor's figure, the ratio of the two and the goal beside it."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """Medians of the rounds. `ratio` is how many times better Placa is than the anchor (above 1: better)."""

    name: str  # P1, P2, …
    what: str
    unit: str
    placa: float
    worst: float
    anchor: float | None
    ratio: float | None
    goal: str
    note: str
    rounds: list[float]
    anchor_rounds: list[float]


def row(
    name: str, what: str, unit: str, placa: Sequence[float], anchor: Sequence[float] = (), *,
    goal: str = "", note: str = "", higher_is_better: bool = False,
) -> Row:  # fmt: skip
    """A row of rounds that alternated between both sides, in one run on one machine."""
    ours, theirs = statistics.median(placa), statistics.median(anchor) if anchor else None
    ratio = None
    if theirs is not None and ours and theirs:
        ratio = ours / theirs if higher_is_better else theirs / ours
    worst = min(placa) if higher_is_better else max(placa)
    return Row(name, what, unit, ours, worst, theirs, ratio, goal, note, list(placa), list(anchor))


def tell(rows: Sequence[Row], about: dict[str, object], path: Path) -> None:
    """Print the table and write it to `path` as JSON."""
    print(f"{'':4}{'':56}{'Placa':>11}{'worst':>11}{'anchor':>11}{'ratio':>9}  goal")
    for one in rows:
        anchor = f"{one.anchor:.4g}" if one.anchor is not None else "-"
        ratio = f"{one.ratio:.2f}x" if one.ratio is not None else "-"
        figures = f"{one.placa:>11.4g}{one.worst:>11.4g}{anchor:>11}{ratio:>9}"
        print(
            f"{one.name:4}{f'{one.what} [{one.unit}]':56}{figures}  {one.goal}{' · ' if one.note else ''}{one.note}"
        )
    path.write_text(json.dumps({"about": about, "rows": [asdict(one) for one in rows]}, indent=1) + "\n")
