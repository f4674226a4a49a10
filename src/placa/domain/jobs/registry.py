"""The names of jobs and the functions behind them."""

from collections.abc import Callable
from typing import TypeVar

Task = TypeVar("Task", bound=Callable[..., None])
TASKS: dict[str, Callable[..., None]] = {}
PERIODIC: dict[str, int] = {}  # job -> minutes from one run to the next
FIRST: list[Callable[[], None]] = []  # done before each long job


def job(name: str, *, every_minutes: int | None = None) -> Callable[[Task], Task]:
    """Register a function as the job `name`: takes ids only, and may run twice without harm.

    With `every_minutes` it takes nothing and is run again and again (`services.ensure_periodic`).
    """

    def register(function: Task) -> Task:
        if TASKS.setdefault(name, function) is not function:
            raise ValueError(f"two jobs are called {name}")
        if every_minutes is not None:
            PERIODIC[name] = every_minutes
        return function

    return register


def before_long_jobs(function: Callable[[], None]) -> None:
    """Have a long job's worker call `function` before each job: for what somebody waits for, and must not stand in line.

    It does a few minutes' work at most, what is due now, and may run twice without harm.
    """
    if function not in FIRST:
        FIRST.append(function)
