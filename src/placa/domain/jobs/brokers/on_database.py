"""The broker that needs nothing else: rows in the database, taken by django-q2."""

import datetime as dt

from django.core.management import call_command
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from placa.common import clock
from placa.domain.jobs.brokers.base import RUN, Arguments

LATE = dt.timedelta(minutes=5)  # a worker takes a job within a second


class DatabaseBroker:
    """django-q2's ORM broker; its cluster is chosen when the process starts (`Q_CLUSTER_NAME`)."""

    def send(self, arguments: Arguments, *, long: bool) -> None:
        async_task(RUN, *arguments, cluster="long" if long else None)

    def waiting(self) -> int:
        return int(OrmQ.objects.count())

    def is_stuck(self) -> bool:
        return bool(OrmQ.objects.filter(lock__lt=clock.now() - LATE).exists())

    def in_long_cluster(self) -> bool:
        return bool(Conf.CLUSTER_NAME == "long")

    def work(self, *, long: bool) -> None:
        call_command("qcluster")
