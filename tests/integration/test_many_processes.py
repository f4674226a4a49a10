"""Several processes at once on PostgreSQL: nothing twice, nothing lost; and the database away and back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from placa.config.tests.postgres import Postgres, postgres
from placa.domain.intake.tests.objects import CT, ct, encoded
from placa.interfaces.dimse.pdu import TRANSIENT
from placa.interfaces.dimse.peers import SECONDS_KEPT
from placa.interfaces.dimse.tests.listener import Child, environment, free_port
from placa.interfaces.dimse.tests.test_store import EXPLICIT, send_raw
from tests.integration.test_run import get

pytestmark = pytest.mark.slow
PATIENCE = 60.0
DJANGO = "import django; django.setup()\n"
SET_UP = (
    DJANGO
    + """
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
from placa.demo import cast, rows
cast.institution_and_sites(); cast.people(); cast.orders(); rows.studies()
from placa.domain.jobs.services import ensure_periodic
ensure_periodic()
"""
)

ADMIT = (
    DJANGO
    + """
from placa.domain.institution.models import DicomPeer
DicomPeer.objects.get_or_create(name="CT1", ae_title="CT1", address="127.0.0.1", may_store=True, enabled=True)
"""
)


@dataclass
class Site:
    """An installation on one PostgreSQL; `home` is what its machines share."""

    server: Postgres
    home: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        return environment(
            self.home, "demo", PLACA_DATABASE_URL=self.server.url(), PLACA_SECRET_KEY="s" * 50,
            DJANGO_SETTINGS_MODULE="placa.config.settings", **more,
        )  # fmt: skip

    def run(self, code: str, *arguments: str) -> str:
        return self.finish(self.start(code, *arguments))

    def start(self, code: str, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.Popen(
            command, env=self.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def finish(self, process: "subprocess.Popen[str]") -> str:
        said, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        return said

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.url()) as connection:
            return connection.execute(query).fetchall()

    def until(self, query: str, wanted: object) -> None:
        """Wait until the first value of `query` is `wanted`."""
        limit = time.monotonic() + PATIENCE
        while (found := self.rows(query)[0][0]) != wanted:
            assert time.monotonic() < limit, f"{query}: {found}, not {wanted}"
            time.sleep(0.1)

    def service(self, *words: str, **more: str) -> "subprocess.Popen[bytes]":
        """One of Placa's services."""
        with (self.home / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "placa.cli", *words], env=self.environment(**more), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = postgres(durable=True)
    home = tmp_path_factory.mktemp("site")
    (home / "static").mkdir()
    found = Site(server, home)
    try:
        found.run(SET_UP)
        yield found
    finally:
        found.end()
        server.destroy()


@contextmanager
def listener(site: Site, **more: str) -> Iterator[Child]:
    """A DICOM listener of the site, on a port of its own."""
    child = Child(site.home, free_port())
    site.service("dicom", PLACA_DICOM_PORT=str(child.port), **more)
    limit = time.monotonic() + PATIENCE
    while not _listens(child.port):
        assert time.monotonic() < limit, (site.home / "dicom.log").read_text()[-3000:]
        time.sleep(0.1)
    yield child


def _listens(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def _answers(where: dict[str, str], status: int) -> bool:
    try:
        return get(where, "/readyz")[0] == status
    except OSError:
        return False


def objects(study: str, first: int, count: int) -> list[tuple[str, bytes]]:
    found = []
    for number in range(first, first + count):
        uid = f"{study}.1.{number}"
        data = ct(
            number, StudyInstanceUID=study, SeriesInstanceUID=f"{study}.1", SOPInstanceUID=uid, PatientID="MANY",
            PatientName="Many^Processes", PatientBirthDate="", AccessionNumber="MANY",
        )  # fmt: skip
        found.append((uid, encoded(data)))
    return found


def send(child: Child, sent: list[tuple[str, bytes]]) -> None:
    with child.association((CT, EXPLICIT)) as association:
        assert all(send_raw(association, CT, uid, data) == 0 for uid, data in sent)


def test_one_study_over_two_listeners_is_one_study(site: Site) -> None:
    import threading

    study = "1.2.826.0.1.3680043.8.498.77"
    with listener(site) as one, listener(site) as two:
        halves = [(one, objects(study, 1, 40)), (two, objects(study, 31, 40))]  # ten of them twice
        threads = [threading.Thread(target=send, args=half) for half in halves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        site.until(f"SELECT count(*) FROM archive_instance WHERE sop_instance_uid LIKE '{study}.%'", 70)
        counted = "number_of_instances, number_of_series, number_of_images"
        site.until(f"SELECT number_of_instances FROM archive_study WHERE study_instance_uid = '{study}'", 70)
        assert site.rows(f"SELECT {counted} FROM archive_study WHERE study_instance_uid = '{study}'") == [
            (70, 1, 70)
        ]
        assert site.rows("SELECT count(*) FROM archive_series s JOIN archive_study t ON t.id = s.study_id "
                         f"WHERE t.study_instance_uid = '{study}'") == [(1,)]  # fmt: skip
        waiting = (
            "SELECT count(*) FROM intake_inboxitem i JOIN archive_study t ON t.id = i.study_id "
            f"WHERE t.study_instance_uid = '{study}' AND i.resolved_at IS NULL"
        )
        site.until(waiting, 1)
    site.end()


RACE = (
    DJANGO
    + """
import sys, time
from placa.domain.archive import services as archive
from placa.domain.orders import services as orders
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization
time.sleep(max(0, float(sys.argv[2]) - time.time()))
order = ServiceRequest.objects.get(accession_number="RACE")
if sys.argv[1] == "link":
    archive.link_order(study_instance_uid="1.2.3.4.77", order=order, by="system")
else:
    payer = Organization.objects.get(name=sys.argv[1])
    orders.update_order(order=order, by="system", payer=payer)
"""
)
PREPARE = (
    DJANGO
    + """
from placa.domain.archive.models import Study
from placa.domain.orders import services as orders
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization
study = Study.objects.filter(study_instance_uid="1.2.3.4.77").first()
study = study or Study.objects.filter(patient__isnull=False, exclusive_to=None, order__isnull=False).first()
order = ServiceRequest.objects.filter(accession_number="RACE").first()
if order is None:
    order = orders.create_order(patient=study.patient, by="system", accession_number="RACE", description="x")
Study.objects.filter(pk=study.pk).update(study_instance_uid="1.2.3.4.77", order=None, exclusive_to=None)
ServiceRequest.objects.filter(pk=order.pk).update(payer=None, status="active")
payer = next(one for one in Organization.objects.all() if one.is_exclusive)
print(payer.name)
"""
)


def test_a_payer_that_changes_while_its_order_is_linked_is_seen(site: Site) -> None:
    for _ in range(2):
        payer = site.run(PREPARE).strip()
        at = str(time.time() + 3)
        for process in [site.start(RACE, "link", at), site.start(RACE, payer, at)]:
            process.communicate(timeout=60)  # one may be told to try again; never may both go past each other
        linked, exclusive, paid = site.rows(
            "SELECT s.order_id IS NOT NULL, s.exclusive_to_id IS NOT NULL, o.payer_id IS NOT NULL FROM archive_study s, "
            "orders_servicerequest o WHERE s.study_instance_uid = '1.2.3.4.77' AND o.accession_number = 'RACE'"
        )[0]
        assert linked or paid
        assert exclusive == (linked and paid)


ASK_TWICE = (
    DJANGO
    + """
import sys, time
from django.db import transaction
from placa.domain.jobs.services import enqueue
with transaction.atomic():
    enqueue("archive.prepare", 0, dedupe_key="one-at-a-time")
    time.sleep(float(sys.argv[1]))
"""
)


def test_a_waiting_job_does_not_run_before_its_second_asker_has_committed(site: Site) -> None:
    site.run(ASK_TWICE, "0")
    asker = site.start(ASK_TWICE, "5")
    limit = time.monotonic() + PATIENCE
    locked = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
    locked += "WHERE c.relname = 'jobs_jobkey' AND l.mode = 'RowShareLock'"
    while site.rows(locked) == [(0,)]:
        assert time.monotonic() < limit
        time.sleep(0.05)
    with psycopg.connect(site.server.url(), autocommit=True) as worker:
        worker.execute("SET lock_timeout = '500ms'")  # what a worker does first, who would wait longer
        with pytest.raises(psycopg.errors.LockNotAvailable):
            worker.execute("DELETE FROM jobs_jobkey WHERE key = 'one-at-a-time'")
    site.finish(asker)


SEND = (
    DJANGO
    + """
import sys, time
from placa.domain.notifications import delivery
time.sleep(max(0, float(sys.argv[1]) - time.time()))
print(delivery.deliver_due())
"""
)
WRITE = (
    DJANGO
    + """
from django.db import transaction
from placa.common import clock
from placa.domain.notifications.models import OutboxMessage
from placa.common.tokens import seal
import json
from placa.domain.notifications.rendering import Content
now = clock.now()
body = Content(subject="s", text="t", html="").dump()
OutboxMessage.objects.all().delete()
OutboxMessage.objects.bulk_create([OutboxMessage(channel="mail", address=f"p{n}@example.org", language="es", template="x",
    dedupe_key=f"many:{n}", sealed=seal(body), created_at=now, not_before=now) for n in range(60)])
"""
)


def test_two_workers_send_each_mail_once(site: Site) -> None:
    site.run(WRITE)
    at = str(time.time() + 3)
    tried = [int(site.finish(one)) for one in [site.start(SEND, at), site.start(SEND, at)]]
    assert sum(tried) == 60
    assert site.rows(
        "SELECT state, max(attempts), count(*) FROM notifications_outboxmessage GROUP BY state"
    ) == [("sent", 1, 60)]


def test_the_database_goes_away_and_comes_back(site: Site) -> None:
    """Case 29: what was acknowledged meanwhile is indexed later; pages say 503; workers go on by themselves."""
    http = free_port()
    where = {"PLACA_HTTP_PORT": str(http)}
    # in test mode static files need not be collected
    site.service("web", **where, PLACA_BASE_URL=f"http://127.0.0.1:{http}", PLACA_ENV="test")
    worker = site.service("worker", "short")
    study = "1.2.826.0.1.3680043.8.498.78"
    with listener(site) as child:
        limit = time.monotonic() + PATIENCE
        while not _answers(where, 200):
            assert time.monotonic() < limit, (site.home / "web.log").read_text()[-3000:]
            time.sleep(0.2)
        sent = objects(study, 1, 20)
        with child.association((CT, EXPLICIT)) as association:
            assert all(send_raw(association, CT, uid, data) == 0 for uid, data in sent[:10])
            site.server.stop()
            for uid, data in sent[10:]:  # Success or "try again"; nothing in between
                assert send_raw(association, CT, uid, data) in (0x0000, 0xA700)
        status, body = get(where, "/")
        assert status == 503, (site.home / "web.log").read_text()[-3000:]
        assert b"Traceback" not in body
        assert get(where, "/readyz")[0] == 503
        assert get(where, "/healthz")[0] == 200
        site.server.start()
        kept = len(child.stored())
        site.until(
            f"SELECT count(*) >= 10 FROM archive_instance WHERE sop_instance_uid LIKE '{study}.%'", True
        )
        # whoever was told to try again does
        send(child, sent)
        site.until(f"SELECT count(*) FROM archive_instance WHERE sop_instance_uid LIKE '{study}.%'", 20)
        assert kept >= 10
        assert get(where, "/readyz")[0] == 200
        assert get(where, "/")[0] == 200
    site.run(
        DJANGO
        + 'from placa.domain.jobs.services import enqueue; enqueue("notifications.sweep", dedupe_key="after")'
    )
    site.until("SELECT count(*) FROM jobs_jobkey WHERE key = 'after'", 0)
    assert worker.poll() is None
    site.end()


def test_a_database_that_hangs_is_one_that_is_away(site: Site) -> None:
    """It takes connections and never answers: what comes is kept, who is not known yet is told to come again."""
    study = "1.2.826.0.1.3680043.8.498.79"
    sent = objects(study, 1, 20)
    site.run(ADMIT)
    with listener(site, PLACA_ENV="test") as child, child.association((CT, EXPLICIT)) as association:
        assert all(send_raw(association, CT, uid, data) == 0 for uid, data in sent[:5])
        with site.server.frozen():
            for uid, data in sent[5:15]:
                assert send_raw(association, CT, uid, data) == 0
            time.sleep(1.5)  # what was read of the peers is old
            with child.association((CT, EXPLICIT), seconds=30) as stranger:
                assert stranger.is_rejected
                assert stranger.acceptor.primitive is not None
                assert stranger.acceptor.primitive.result == TRANSIENT
            assert send_raw(association, CT, *sent[15]) == 0
        time.sleep(SECONDS_KEPT + 0.5)  # so long the listener remembers that it could not ask
        send(child, sent[16:])
        site.until(f"SELECT count(*) FROM archive_instance WHERE sop_instance_uid LIKE '{study}.%'", 20)
    site.end()
