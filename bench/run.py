"""`make bench`: first figures, in one table and in bench/results.json. `--quick` takes two minutes.

What is not measured yet says so, and why; a figure without its anchor is no ratio and is not called one.
"""

import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import django

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ["PLACA_ENV"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
os.environ["PLACA_HOME"] = tempfile.mkdtemp(prefix="placa-bench-own-")
django.setup()

import receive  # noqa: E402 - found by the path above
import viewer  # noqa: E402 - found by the path above
from house import house  # noqa: E402 - found by the path above

NO_ANCHOR = "OHIF on Orthanc not measured: @ohif/app is not set up here yet, so this is no ratio"
Row = dict[str, object]


def main() -> None:
    """Measure, print the table, write the results."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started is ended all the same
    quick = "--quick" in sys.argv[1:]
    slices, rounds = (50, 3) if quick else (300, 5)
    folder = Path(tempfile.mkdtemp(prefix="placa-bench-"))
    try:
        with house(folder / "home") as running:
            studies = [receive.one_study(running, slices) for _ in range(rounds)]
            cold, warm = viewer.first_image(running, studies[-1].study, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(os.environ["PLACA_HOME"], ignore_errors=True)
    rows = [
        _row("P7", "first preview, cold cache", "s", [one.preview for one in cold], NO_ANCHOR),
        _row("P7", "first diagnostic image, cold cache", "s", [one.pixels for one in cold], NO_ANCHOR),
        _row("P7", "first diagnostic image, warm cache", "s", [one.pixels for one in warm], NO_ANCHOR),
        _row("P8", f"last C-STORE of {slices} CT slices to viewable by the doctor", "s",
             [one.waiting for one in studies], "goal: p95 of 2 s"),
        _row("P1", "C-STORE of CT slices on one association", "1/s",
             [slices / one.sending for one in studies], "sender in Python; Orthanc not measured", min),
    ]  # fmt: skip
    _tell(rows, {"quick": quick, "slices": slices, "rounds": rounds, "load": os.getloadavg()[0]})


def _row(
    name: str,
    what: str,
    unit: str,
    figures: list[float],
    note: str,
    worst: Callable[[list[float]], float] = max,
) -> Row:
    return {
        "name": name, "what": what, "unit": unit, "median": round(statistics.median(figures), 3),
        "worst": round(worst(figures), 3), "rounds": [round(one, 3) for one in figures], "note": note,
    }  # fmt: skip


def _tell(rows: list[Row], about: dict[str, object]) -> None:
    print(f"{'':4}{'':58}{'median':>9}{'worst':>9}")
    for row in rows:
        print(
            f"{row['name']:4}{row['what']:58}{row['median']:>9}{row['worst']:>9} {row['unit']:4} {row['note']}"
        )
    (HERE / "results.json").write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
