"""Jobs of recall and eviction."""

from placa.domain.jobs.registry import before_long_jobs, job
from placa.domain.jobs.services import enqueue
from placa.domain.recall import eviction, prefetch, work

before_long_jobs(work.run_due)


@job("recall.run")
def run(recall_id: int) -> None:
    """Fetch what is missing of one study."""
    work.run(recall_id)


@job("recall.sweep", every_minutes=1)
def sweep() -> None:
    """Take up recalls that are due and that nobody works on."""
    work.sweep()


@job("recall.evict")
def evict(study_id: int) -> None:
    """Have the archive keep a study, then let its images go."""
    eviction.keep_and_evict(study_id)


@job("recall.evict_due", every_minutes=60)
def evict_due() -> None:
    """Queue the sweep of evictions among the long jobs: it reads every study and may remove many files."""
    enqueue("recall.evict_sweep", dedupe_key="recall.evict_sweep", long=True)


@job("recall.evict_sweep")
def evict_sweep() -> None:
    """Let go what the settings say."""
    eviction.sweep()


@job("recall.prefetch")
def prefetch_earlier(order_id: int) -> None:
    """Recall earlier studies ahead of an exam."""
    prefetch.prefetch(order_id)
