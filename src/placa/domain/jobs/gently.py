"""Work that nobody waits for, at low priority."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from django.db import connections

from placa.domain.jobs.brokers import broker

NICENESS: Final = 10  # a tenth of what a page gets of a busy core: late, but never starved
T = TypeVar("T")


def gently(work: Callable[[], T]) -> T:
    """Do `work` at low priority where this is the long jobs' worker; else as it is.

    A niceness cannot be taken back, and the next long job may be one that somebody waits for. On Linux it is a thread's
    own: so it ends with a thread.
    """
    if not broker().in_long_cluster():
        return work()
    with ThreadPoolExecutor(1, thread_name_prefix="gentle") as pool:
        return pool.submit(_nicely, work).result()


def _nicely(work: Callable[[], T]) -> T:
    os.nice(NICENESS)
    try:
        return work()
    finally:
        connections.close_all()  # those of this thread
