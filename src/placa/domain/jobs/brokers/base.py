"""What the jobs port asks of a broker. Both brokers pass the same tests (`tests/test_brokers.py`)."""

from typing import Protocol

RUN = "placa.domain.jobs.services.run"
Argument = int | str
Arguments = tuple[Argument, ...]  # name of the job, its dedupe key or "", its ids


class BrokerAway(Exception):
    """The broker cannot be reached now."""


class Broker(Protocol):
    """Carries jobs to workers, each at least once: one whose worker died, or that raised, is taken again."""

    def send(self, arguments: Arguments, *, long: bool) -> None:
        """Hand over a job that is due now. Raises BrokerAway."""

    def waiting(self) -> int:
        """How many jobs wait. Raises BrokerAway."""

    def is_stuck(self) -> bool:
        """Whether a due job has not been taken for minutes."""

    def in_long_cluster(self) -> bool:
        """Whether this process works on long jobs."""

    def work(self, *, long: bool) -> None:
        """Work on short or on long jobs until told to end (SIGTERM); the short ones' worker watches the plan too."""
