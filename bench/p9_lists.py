"""P9: lists and searches over many studies and over few, on SQLite and on PostgreSQL, each asked over its page.

Time in the server, from the request to the finished page (no network, one process); beside it the database's part.
The anchor is the same question to 10,000 studies.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from placa.config.tests.postgres import postgres
from placa.interfaces.dimse.tests.listener import environment
from table import Row, row

SMALL = 10_000
HERE = Path(__file__).resolve().parent


def rows(quick: bool) -> list[Row]:
    """p95 of every question; `placa` the many, `anchor` the few."""
    many, rounds = (100_000, 20) if quick else (1_000_000, 40)
    found = []
    for database in os.environ.get("PLACA_BENCH_DATABASES", "sqlite,postgres").split(","):
        few = measure(database, SMALL, rounds)
        lots = measure(database, many, rounds)
        print(f"    {database}: {many} studies were made in {lots['filled']:.0f} s", flush=True)
        for name, taken in lots["figures"].items():
            before = few["figures"][name]
            print(f"    {database:8} {name:38} p95 {p95(taken['server']):7.1f} ms (database {p95(taken['database']):6.1f}); "
                  f"with {SMALL}: {p95(before['server']):6.1f} ({p95(before['database']):5.1f})", flush=True)  # fmt: skip
            found.append(
                row("P9", f"{database}: {name}", "ms", taken["server"], before["server"],
                    goal="p95 20 ms; 1.5x of 10,000", note=f"p95 {p95(taken['server']):.1f}")
            )  # fmt: skip
    return found


def measure(database: str, studies: int, rounds: int) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Figures of one database with that many studies."""
    server = postgres() if database == "postgres" else None
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "static").mkdir()
            own = environment(
                Path(folder), "test", DJANGO_SETTINGS_MODULE="placa.config.settings",
                **({"PLACA_DATABASE_URL": server.url()} if server else {}),
            )  # fmt: skip
            command = [
                sys.executable,
                str(HERE / "p9_asking.py"),
                str(studies),
                str(studies * 3 // 10),
                str(rounds),
            ]
            done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=900, cwd=HERE)
            if done.returncode:
                raise SystemExit(done.stderr[-3000:])
            return json.loads(done.stdout.splitlines()[-1])
    finally:
        if server:
            server.destroy()


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
