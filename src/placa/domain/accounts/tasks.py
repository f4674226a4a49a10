"""Jobs of accounts."""

from placa.domain.accounts import recovery, throttle
from placa.domain.jobs.registry import job


@job("accounts.recover")
def recover(request_id: int) -> None:
    """Answer a request from a "forgotten" page."""
    recovery.answer(request_id)


@job("accounts.recover_waiting", every_minutes=5)
def recover_waiting() -> None:
    """Answer the requests whose own job was lost or failed."""
    recovery.answer_waiting()


@job("accounts.tidy", every_minutes=24 * 60)
def tidy() -> None:
    """Forget throttles that are long over."""
    throttle.forget_old()
