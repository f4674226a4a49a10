"""The broker for sites that run Valkey, Redis or RabbitMQ and Celery already: PLACA_JOBS_URL (extra `celery`).

Only what is due goes to Celery. What is planned, and what is periodic, stays in the database (`plan.py`) and is sent
from there when its moment comes: Celery's own `eta` is held in a worker's memory, and Redis hands it out again and again.
"""

import threading
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from placa.domain.jobs.brokers.base import RUN, Arguments, BrokerAway

SHORT: dict[str, Any] = settings.Q_CLUSTER
LONG: dict[str, Any] = SHORT["ALT_CLUSTERS"]["long"]
CONNECT_SECONDS = 2.0  # whoever queues a job does not wait longer: it is planned in the database instead
MUTEX_SECONDS = 30
TICK = 1.0  # seconds between looks at the plan


class CeleryBroker:
    """Two Celery apps, one a cluster, with the time limits and retries of the database's broker (`Q_CLUSTER`)."""

    def __init__(self, url: str) -> None:
        try:
            import celery
            from kombu.exceptions import OperationalError
        except ImportError as error:
            raise ImproperlyConfigured("PLACA_JOBS_URL needs Celery: install the extra `celery`.") from error
        self._celery, self._away = celery, OperationalError
        self._apps = {long: self._app(url, long) for long in (False, True)}
        self._working_long = False

    def send(self, arguments: Arguments, *, long: bool) -> None:
        try:
            self._apps[long].send_task(RUN, args=list(arguments), queue=_queue(long), retry=False)
        except (OSError, self._away) as error:
            raise BrokerAway from error

    def waiting(self) -> int:
        try:
            return sum(self._length(long) for long in (False, True))
        except (OSError, self._away) as error:
            raise BrokerAway from error

    def is_stuck(self) -> bool:
        return False  # the plan tells: it is watched by the workers themselves

    def in_long_cluster(self) -> bool:
        return self._working_long

    def work(self, *, long: bool) -> None:
        self._working_long = long
        app = self._apps[long]
        if not long:
            self._celery.signals.worker_ready.connect(_watch_plan, weak=False)
        app.worker_main(
            ["worker", "--loglevel=WARNING", f"--queues={_queue(long)}", f"--concurrency={_limits(long)['workers']}",
             "--without-gossip", "--without-mingle"]  # nodes need not know each other
        )  # fmt: skip

    def _length(self, long: bool) -> int:
        with self._apps[long].connection_for_read() as connection:
            answer = connection.default_channel.queue_declare(queue=_queue(long), passive=False, durable=True)
            return int(answer.message_count)

    def _app(self, url: str, long: bool) -> Any:
        app = self._celery.Celery(_queue(long), broker=url, set_as_current=False)
        app.conf.update(
            task_serializer="json", accept_content=["json"], task_ignore_result=True, task_create_missing_queues=True,
            task_default_queue=_queue(long), task_acks_late=True, task_reject_on_worker_lost=True,
            task_acks_on_failure_or_timeout=False, task_time_limit=_limits(long)["timeout"], worker_prefetch_multiplier=1,
            broker_connection_retry_on_startup=True, broker_connection_max_retries=None, worker_hijack_root_logger=False,
            worker_enable_remote_control=False, worker_send_task_events=False,
            broker_transport_options=_transport(url, long),
        )  # fmt: skip
        # tried again before Redis takes the waiting message for one whose worker vanished
        app.task(bind=True, name=RUN, max_retries=_limits(long)["max_attempts"] - 1)(
            _runner(_limits(long)["retry"] // 2)
        )
        return app


def _limits(long: bool) -> dict[str, Any]:
    """Seconds and numbers of a cluster, as the database's broker has them."""
    return LONG if long else SHORT


def _queue(long: bool) -> str:
    return "placa-long" if long else "placa-short"


def _transport(url: str, long: bool) -> dict[str, Any]:
    """Redis keeps one list of what is under way for all queues: each cluster has its own, by a prefix."""
    if not url.startswith(("redis", "valkey")):
        return {}
    return {
        "visibility_timeout": _limits(long)["retry"], "global_keyprefix": f"{_queue(long)}:", "socket_keepalive": True,
        "socket_connect_timeout": CONNECT_SECONDS,
        "unacked_mutex_expire": MUTEX_SECONDS,  # of a worker that was killed while it gave jobs back
    }  # fmt: skip


def _runner(pause: int) -> Any:
    def run(task: Any, *arguments: Any) -> None:
        """One job; what raised is tried again, as the database's broker does."""
        from django.db import close_old_connections

        from placa.domain.jobs import services

        close_old_connections()
        try:
            services.run(*arguments)
        except Exception as error:
            raise task.retry(exc=error, countdown=pause) from error

    return run


def _watch_plan(**_: Any) -> None:
    """Send what is due, for as long as this worker lives; a few who do so at once share the work."""
    from placa.domain.jobs import plan

    threading.Thread(target=plan.watch, args=(TICK,), name="plan", daemon=True).start()
