"""The names of jobs and the functions behind them."""

from collections.abc import Callable
from typing import TypeVar

Task = TypeVar("Task", bound=Callable[..., None])
TASKS: dict[str, Callable[..., None]] = {}


def job(name: str) -> Callable[[Task], Task]:
    """Register a function as the job `name`: takes ids only, and may run twice without harm."""

    def register(function: Task) -> Task:
        if TASKS.setdefault(name, function) is not function:
            raise ValueError(f"two jobs are called {name}")
        return function

    return register
