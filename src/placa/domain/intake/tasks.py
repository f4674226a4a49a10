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


@job("intake.recover_all_days", every_minutes=24 * 60)
def recover_all_days() -> None:
    """Have all days searched: a file whose day was before the mark, by a wrong clock, is found a day later."""
    enqueue("intake.recover_everywhere", dedupe_key="intake.recover_everywhere", long=True)


@job("intake.recover_everywhere")
def recover_everywhere() -> None:
    """Index files without rows, whatever day their names say."""
    try:
        recover_files(settled=SETTLED, everywhere=True)
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
