"""Jobs of the outbox."""

from placa.domain.jobs.registry import job
from placa.domain.notifications import delivery


@job("notifications.send")
def send(message_id: int) -> None:
    """Send one message."""
    delivery.deliver(message_id)


@job("notifications.sweep", every_minutes=1)
def sweep() -> None:
    """Take back what a dead worker held, and send what is due."""
    delivery.take_back_stuck()
    delivery.deliver_due()
