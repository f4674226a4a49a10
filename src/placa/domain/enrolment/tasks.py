"""Jobs of enrolment."""

from placa.domain.enrolment import notices
from placa.domain.jobs.registry import job


@job("enrolment.notices")
def check(study_id: int) -> None:
    """Tell of one study."""
    notices.check(study_id)


@job("enrolment.notices_due", every_minutes=1)
def check_due() -> None:
    """Tell of every study whose moment has come."""
    notices.check_due()
