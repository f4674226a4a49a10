"""Reads of the job queue: does anybody work on it?"""

from dataclasses import dataclass

from placa.domain.jobs import plan
from placa.domain.jobs.brokers import BrokerAway, broker


@dataclass(frozen=True, slots=True)
class Queue:
    """How many jobs wait, and whether workers take them."""

    waiting: int
    working: bool


def queue() -> Queue:
    """The queue now. Not working: a due job or a periodic one has not been taken for five minutes, or none is planned."""
    try:
        waiting, stuck = broker().waiting(), broker().is_stuck()
    except BrokerAway:
        return Queue(0, False)
    return Queue(waiting, plan.is_watched() and not stuck)
