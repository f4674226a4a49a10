"""Jobs of the intake."""

from placa.domain.archive.storage import StorageError
from placa.domain.intake import scrubbing
from placa.domain.intake.recovery import SETTLED
from placa.domain.intake.recovery import recover as recover_files
from placa.domain.jobs.registry import job
from placa.domain.jobs.services import RetriableError, enqueue


@job("intake.recover", every_minutes=10)
def recover() -> None:
    """Index files that were stored and have no row: the web process that took them died (STOW-RS)."""
    try:
        recover_files(settled=SETTLED)
    except StorageError as error:
        raise RetriableError("the storage is away") from error


@job("intake.scrub_by_night", every_minutes=60)
def scrub_by_night() -> None:
    """In the small hours, have the next part of the stored files looked at."""
    if scrubbing.is_night():
        enqueue("intake.scrub", dedupe_key="intake.scrub", long=True)


@job("intake.scrub")
def scrub() -> None:
    """Look at the next part of the stored files."""
    try:
        scrubbing.scrub_tonight()
    except StorageError as error:
        raise RetriableError("the storage is away") from error
