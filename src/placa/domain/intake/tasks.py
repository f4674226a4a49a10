"""Jobs of the intake."""

import datetime as dt

from placa.domain.intake.recovery import recover as recover_files
from placa.domain.jobs.registry import job

SETTLED = dt.timedelta(minutes=5)  # younger files are still on their way to their rows


@job("intake.recover", every_minutes=10)
def recover() -> None:
    """Index files that were stored and have no row: the web process that took them died (STOW-RS)."""
    recover_files(settled=SETTLED)
