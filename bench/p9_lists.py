"""P9: lists and searches over many studies and over few, on SQLite and on PostgreSQL, each asked over its page.

Time in the server, from the request to the finished page (no network, one process); beside it the database's part.
The anchor is the same question to 10,000 studies. The crowds are made once for each schema and kept in `.cache/bench`.
"""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import placa
from placa.config.tests.postgres import postgres
from placa.interfaces.dimse.tests.listener import environment
from table import Row, row

SMALL, QUICK, FULL = 10_000, 200_000, 1_000_000
MAKING_SECONDS, ASKING_SECONDS = 3600, 900
HERE = Path(__file__).resolve().parent
KEPT = HERE.parent / ".cache" / "bench"
Figures = dict[str, dict[str, list[float]]]  # question: milliseconds by "server", "database", "cpu"


def rows(quick: bool) -> list[Row]:
    """Every question; `placa` the many, `anchor` the few, `note` the p95 of both."""
    many, rounds = (QUICK, 20) if quick else (FULL, 40)
    found = []
    for database in os.environ.get("PLACA_BENCH_DATABASES", "sqlite,postgres").split(","):
        few, lots = ask(database, SMALL, rounds), ask(database, many, rounds)
        for name, taken in lots.items():
            server, inside, before = p95(taken["server"]), p95(taken["database"]), p95(few[name]["server"])
            cpu, little = p95(taken["cpu"]), p95(few[name]["cpu"])
            print(f"    {database:8} {name:38} p95 {server:7.1f} ms (database {inside:6.1f}, CPU {cpu:6.1f}); "
                  f"with {SMALL}: {before:6.1f} ({p95(few[name]['database']):5.1f}, {little:5.1f}); "
                  f"CPU {cpu / little:.2f}x", flush=True)  # fmt: skip
            found.append(
                row("P9", f"{database}: {name}", "ms", taken["server"], few[name]["server"],
                    goal="p95 20 ms; 1.5x of 10,000",
                    note=f"p95 {server:.1f}, of 10,000 {before:.1f}; in the database {inside:.1f}; "
                         f"CPU {cpu:.1f}, {little:.1f}")
            )  # fmt: skip
    return found


def ask(database: str, studies: int, rounds: int) -> Figures:
    """Figures of one database with that many studies."""
    with crowd(database, studies) as own:
        told: Figures = json.loads(_run(own, "ask", studies, rounds).splitlines()[-1])
        return told


@contextmanager
def crowd(database: str, studies: int) -> Iterator[dict[str, str]]:
    """The environment of a process that finds that many studies in its database; made where they are not there yet."""
    place = KEPT / f"p9-{database}-{studies}-{_schema()}"
    for old in KEPT.glob(f"p9-{database}-{studies}-*"):
        if old != place or not (place / "made").exists():
            shutil.rmtree(old)
    place.mkdir(parents=True, exist_ok=True)
    server = postgres(home=place) if database == "postgres" else None
    url = server.url() if server else f"sqlite:///{place / 'placa.sqlite3'}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            own = environment(
                Path(folder), "demo", DJANGO_SETTINGS_MODULE="placa.config.settings", PLACA_DATABASE_URL=url
            )
            if not (place / "made").exists():
                print(f"    {database}: making {studies} studies", flush=True)
                print(f"    {_run(own, 'fill', studies, 0).splitlines()[-1]}", flush=True)
                (place / "made").touch()
            yield own
    finally:
        if server:
            server.stop()


def _run(own: dict[str, str], what: str, studies: int, rounds: int) -> str:
    command = [sys.executable, str(HERE / "asking.py"), what, str(studies), str(rounds)]
    limit = MAKING_SECONDS if what == "fill" else ASKING_SECONDS
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=limit, cwd=HERE)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return done.stdout


def _schema() -> str:
    """What a crowd depends on, in short."""
    code = Path(next(iter(placa.__path__)))
    files = [
        HERE / "crowd.py",
        code / "common/words.py",
        code / "common/vocabulary.py",
        *sorted(code.rglob("migrations/*.py")),
    ]
    found: Any = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes())
    return str(found.hexdigest()[:8])


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
