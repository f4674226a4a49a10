"""Behind the jobs port: what carries a job from the process that wants it done to a worker."""

from functools import lru_cache

from django.conf import settings

from placa.domain.jobs.brokers.base import Broker, BrokerAway

__all__ = ["Broker", "BrokerAway", "broker"]


def broker() -> Broker:
    """The broker that PLACA_JOBS_URL names; without one, the database itself."""
    return _broker(settings.ENVIRONMENT.jobs_url)


@lru_cache(maxsize=2)
def _broker(url: str) -> Broker:
    if not url:
        from placa.domain.jobs.brokers.on_database import DatabaseBroker

        return DatabaseBroker()
    from placa.domain.jobs.brokers.on_celery import CeleryBroker

    return CeleryBroker(url)
