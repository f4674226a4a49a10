"""Upward notices without imports: a lower room sends, upper rooms connect in their `apps.py`."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Hook(Generic[T]):
    """A named moment. Listeners run in the order of connecting, in the caller's transaction."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[T], None]] = []

    def connect(self, listener: Callable[[T], None]) -> Callable[[T], None]:
        """Add `listener` once; returns it, so that it serves as a decorator."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    def send(self, value: T) -> None:
        """Tell every listener; an error of one is the caller's."""
        for listener in self._listeners:
            listener(value)
