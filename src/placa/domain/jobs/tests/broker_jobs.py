"""Jobs that leave a trace on disk, for workers and callers in processes of their own (`test_brokers.py`)."""

import os
import time
from pathlib import Path
from typing import Any

RETRY, TIMEOUT, PAUSE = 4, 3, 1  # seconds, instead of minutes


def prepare() -> None:
    """Django with short retries, and the jobs registered; before anything else reads the settings."""
    import django
    from django.conf import settings

    quick = {"retry": RETRY, "timeout": TIMEOUT, "poll": 0.1, "guard_cycle": 0.3}
    clusters: dict[str, Any] = settings.Q_CLUSTER
    clusters.update(quick)
    clusters["ALT_CLUSTERS"]["long"].update(quick)
    django.setup()
    import datetime as dt

    from placa.domain.jobs import services
    from placa.domain.jobs.registry import job

    services.RETRY_PAUSE = dt.timedelta(seconds=PAUSE)
    job("test.note", every_minutes=None)(note)
    job("test.fails_first")(fails_first)
    job("test.not_now")(not_now)
    job("test.never")(never)
    job("test.slow_once")(slow_once)
    job("test.tick", every_minutes=1)(tick)


def trace() -> Path:
    return Path(os.environ["PLACA_HOME"]) / "trace"


def leave(word: str) -> int:
    """Write one line in one go; how often the same was left before."""
    before = said().count(word)
    with trace().open("a") as file:
        file.write(f"{word}\n")
    return before


def said() -> list[str]:
    return trace().read_text().split("\n") if trace().exists() else []


def note(number: int) -> None:
    leave(f"note {number} {os.environ['PLACA_TEST_WORKER']}")


def tick() -> None:
    leave("tick")


def fails_first(number: int) -> None:
    if leave(f"fails {number}") == 0:
        raise ZeroDivisionError


def not_now(number: int) -> None:
    from placa.domain.jobs.services import RetriableError

    if leave(f"not_now {number}") == 0:
        raise RetriableError("later")


def never(number: int) -> None:
    from placa.domain.jobs.services import PermanentError

    leave(f"never {number}")
    raise PermanentError


def slow_once(number: int) -> None:
    if leave(f"slow {number} begun") == 0:
        time.sleep(TIMEOUT - 1)
    leave(f"slow {number} done")
