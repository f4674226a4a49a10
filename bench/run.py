"""`make bench`: every measurement of performance.md that exists by now, one table, bench/results.json.

`--quick` takes minutes; `--only P1,P5` measures these alone. Each measurement is a module `p<N>_<what>.py` in this
folder with `rows(quick: bool) -> list[Row]`; what is not measured has no module, and so no row.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import django

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ["PLACA_ENV"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
os.environ["PLACA_HOME"] = tempfile.mkdtemp(prefix="placa-bench-own-")
django.setup()

from table import Row, tell


def main() -> int:
    """Measure, print the table, write the results. A measurement that fails says so and spoils no other."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started is ended all the same
    options = _options()
    rows: list[Row] = []
    failed = []
    try:
        for path in sorted(HERE.glob("p[0-9]*_*.py"), key=_number):
            if options.only and f"P{_number(path)}" not in options.only:
                continue
            print(f"... {path.stem}", flush=True)
            try:
                rows += importlib.import_module(path.stem).rows(options.quick)
            except (Exception, SystemExit):
                traceback.print_exc()
                failed.append(path.stem)
    finally:
        shutil.rmtree(os.environ["PLACA_HOME"], ignore_errors=True)
    about = {"quick": options.quick, "load": os.getloadavg()[0], "failed": failed}
    tell(rows, about, HERE / "results.json")
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Placa against its anchors.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", type=lambda text: set(text.upper().split(",")))
    return parser.parse_args()


def _number(path: Path) -> int:
    return int(path.stem[1:].partition("_")[0])


if __name__ == "__main__":
    sys.exit(main())
