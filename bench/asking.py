"""The other half of p9_lists.py: in a process with one database, fill it, or ask it and print figures as JSON."""

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from crowd import FIRST, fill
from placa.demo import cast
from placa.demo.accounts import PASSWORD
from placa.domain.accounts.bearer import issue_token
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.people.models import OrganizationMember, Patient, Permission, Practitioner, StaffMember


class Clock:
    """Seconds spent in the database."""

    spent = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.spent += time.perf_counter() - began


@contextmanager
def timed(clock: Clock) -> Iterator[list[float]]:
    """Milliseconds: in all, in the database, and of processors (which others that compute meanwhile disturb little)."""
    found: list[float] = []
    clock.spent = 0.0
    busy, began = _busy(), time.perf_counter()
    yield found
    found += [(time.perf_counter() - began) * 1000, clock.spent * 1000, (_busy() - busy) * 1000]


def _busy() -> float:
    """Seconds of processors that this process and its PostgreSQL backend have taken."""
    own = time.process_time()
    if connection.vendor != "postgresql":
        return own
    backend = connection.connection.info.backend_pid if connection.connection else 0
    return own + int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9


def main() -> None:
    what, studies, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    patients = studies * 3 // 10
    settings.ALLOWED_HOSTS = ["*"]
    if what == "fill":
        began = time.perf_counter()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        cast.institution_and_sites()
        cast.people()
        cast.orders()
        fill(studies, patients)
        print(f"{studies} studies in {time.perf_counter() - began:.0f} s")
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    figures = {}
    clock = Clock()
    with connection.execute_wrapper(clock):
        for name, ask in questions(studies, patients).items():
            ask(0)  # what is read once a process
            ask(1)
            taken = []
            for number in range(2, rounds + 2):
                with timed(clock) as one:
                    ask(number)
                taken.append(one)
            figures[name] = dict(
                zip(("server", "database", "cpu"), map(list, zip(*taken, strict=True)), strict=True)
            )
            if os.environ.get("PLACA_BENCH_ALOUD"):
                print(name, [round(sorted(side)[-2]) for side in figures[name].values()], flush=True)
    print(json.dumps(figures))


def questions(studies: int, patients: int) -> dict[str, Callable[[int], None]]:
    """Each list and search by its name, asked as its persona; the number varies what is looked for."""
    return {**_of_staff(studies, patients), **_of_portals(), **_of_programs(studies, patients)}


def _get(client: Client, address: Callable[[int], str], **headers: str) -> Callable[[int], None]:
    def ask(number: int) -> None:
        answer = client.get(address(number), headers=headers or None)
        assert answer.status_code in (200, 204), (address(number), answer.status_code)

    return ask


def _of_staff(studies: int, patients: int) -> dict[str, Callable[[int], None]]:
    families, given = _names("bench_family"), _names("bench_given")
    StaffMember.objects.filter(user__username="ines").update(permissions=list(Permission.values))
    staff, site = _as("jefe"), _as("ines")
    page = "/staff/studies/"

    def some(number: int) -> int:
        return 1 + number * 7919 % (studies - 1)

    return {
        "staff: all studies": _get(staff, lambda n: page),
        "staff: later page": _get(staff, lambda n: f"{page}?after={_cursor(studies // 2 + n)}"),
        "staff of one site: all studies": _get(site, lambda n: page),
        "staff of one site: later page": _get(site, lambda n: f"{page}?after={_cursor(studies // 2 + n)}"),
        "staff of one site: studies, name": _get(site, lambda n: f"{page}?q={families[20 + n * 7 % 380]}"),
        "staff of one site: all orders": _get(site, lambda n: "/staff/orders/"),
        "staff of one site: all patients": _get(site, lambda n: "/staff/patients/"),
        "staff: studies, frequent name": _get(staff, lambda n: f"{page}?q={families[n % 5]}"),
        "staff: studies, name": _get(staff, lambda n: f"{page}?q={families[20 + n * 7 % 380]}"),
        "staff: studies, beginning of a name": _get(staff, lambda n: f"{page}?q={families[n * 7 % 400][:3]}"),
        "staff: studies, name and given name": _get(
            staff, lambda n: f"{page}?q={families[n * 7 % 400]}+{given[n * 3 % 150]}"),
        "staff: studies, accession number": _get(staff, lambda n: f"{page}?q=B{some(n)}"),
        "staff: studies, identifier": _get(staff, lambda n: f"{page}?q=402-{1000000 + n * 977 % patients}"),
        "staff: studies, nothing found": _get(staff, lambda n: f"{page}?q=xyzzy{n}"),
        "staff: studies, dates": _get(staff, lambda n: f"{page}?from={_day(n)}&to={_day(n, 30)}"),
        "staff: studies, dates and name": _get(
            staff, lambda n: f"{page}?from={_day(n)}&to={_day(n, 30)}&q={families[n * 7 % 400]}"),
        "staff: studies, modality": _get(staff, lambda n: f"{page}?modality={MODALITIES[n % len(MODALITIES)]}"),
        "staff: studies, kind of exam": _get(staff, lambda n: f"{page}?kind={KINDS[n % len(KINDS)]}"),
        "staff: studies, state": _get(staff, lambda n: f"{page}?state={STATES[n % len(STATES)]}"),
        "staff: studies that want a report": _get(staff, lambda n: "/staff/upload/"),
        "staff: all patients": _get(staff, lambda n: "/staff/patients/"),
        "staff: patients by name": _get(staff, lambda n: f"/staff/patients/?q={families[n * 7 % 400]}+{given[n % 150]}"),
        "staff: all orders": _get(staff, lambda n: "/staff/orders/"),
        "staff: urgent orders": _get(staff, lambda n: "/staff/orders/?status=urgent"),
        "staff: home": _get(staff, lambda n: "/staff/"),
        "staff: orders by number": _get(staff, lambda n: f"/staff/orders/?q=B{some(n)}"),
    }  # fmt: skip


def _of_portals() -> dict[str, Callable[[int], None]]:
    families = _names("bench_family")
    doctor, large = _doctor("diaz", FIRST + 7), _doctor("egea", FIRST)
    company, insurer = _company("gomez", FIRST + 7), _company("heras", FIRST)
    patient = _patient()
    return {
        "doctor: list": _get(doctor, lambda n: "/doctor/"),
        "doctor: name": _get(doctor, lambda n: f"/doctor/?q={families[n % 40]}"),
        "doctor: modality": _get(doctor, lambda n: f"/doctor/?modality={MODALITIES[n % len(MODALITIES)]}"),
        "doctor: dates": _get(doctor, lambda n: f"/doctor/?from={_day(n)}&to={_day(n, 90)}"),
        "doctor of 1 %: list": _get(large, lambda n: "/doctor/"),
        "doctor of 1 %: urgent": _get(large, lambda n: "/doctor/?status=urgent"),
        "doctor of 1 %: name": _get(large, lambda n: f"/doctor/?q={families[n % 40]}"),
        "doctor of 1 %: modality": _get(large, lambda n: f"/doctor/?modality={MODALITIES[n % len(MODALITIES)]}"),
        "company: list": _get(company, lambda n: "/company/"),
        "company: name": _get(company, lambda n: f"/company/?q={families[n % 40]}"),
        "company: modality": _get(company, lambda n: f"/company/?modality={MODALITIES[n % len(MODALITIES)]}"),
        "company: dates": _get(company, lambda n: f"/company/?from={_day(n)}&to={_day(n, 90)}"),
        "company: with report": _get(company, lambda n: "/company/?status=ready"),
        "company of 10 %: list": _get(insurer, lambda n: "/company/"),
        "company of 10 %: dates": _get(insurer, lambda n: f"/company/?from={_day(n)}&to={_day(n, 90)}"),
        "company of 10 %: modality": _get(insurer, lambda n: f"/company/?modality={MODALITIES[n % len(MODALITIES)]}"),
        "patient: list": _get(patient, lambda n: "/patient/"),
    }  # fmt: skip


def _of_programs(studies: int, patients: int) -> dict[str, Callable[[int], None]]:
    families, given = _names("bench_family"), _names("bench_given")
    page, root = "limit=50", "1.2.826.0.1.3680043.8.498"

    def some(number: int) -> int:
        return 1 + number * 7919 % (studies - 1)

    def qido(
        level: str, query: Callable[[int], str], username: str = "jefe", role: str = "staff"
    ) -> Callable[[int], None]:
        token = issue_token(user=User.objects.get(username=username), role=role)
        client = Client()
        return _get(client, lambda n: f"/dicomweb/{level}?{page}&{query(n)}", authorization=f"Bearer {token}")

    def one(below: str) -> Callable[[int], None]:
        token = issue_token(user=User.objects.get(username="jefe"), role="staff")
        return _get(
            Client(), lambda n: f"/dicomweb/studies/{root}.{some(n)}/{below}", authorization=f"Bearer {token}"
        )

    return {
        "QIDO studies: newest": qido("studies", lambda n: ""),
        "QIDO studies: PatientID": qido("studies", lambda n: f"PatientID=402-{1000001 + n * 977 % patients}-1"),
        "QIDO studies: PatientID*": qido("studies", lambda n: f"PatientID=402-{(1000001 + n * 977 % patients) // 10}*"),
        "QIDO studies: AccessionNumber": qido("studies", lambda n: f"AccessionNumber=B{some(n)}"),
        "QIDO studies: StudyDate": qido("studies", lambda n: f"StudyDate={_day(n).replace('-', '')}"),
        "QIDO studies: StudyDate, a month": qido(
            "studies", lambda n: f"StudyDate={_day(n).replace('-', '')}-{_day(n, 30).replace('-', '')}"),
        "QIDO studies: PatientName*": qido("studies", lambda n: f"PatientName={families[n * 7 % 400]}*"),
        "QIDO studies: PatientName, two parts": qido(
            "studies", lambda n: f"PatientName={families[n * 7 % 400]}^{given[n * 3 % 150]}*"),
        "QIDO studies: *PatientName*": qido("studies", lambda n: f"PatientName=*{families[n * 7 % 400][1:]}*"),
        "QIDO studies: *PatientName": qido("studies", lambda n: f"PatientName=*{given[n * 7 % 150][1:]}"),
        "QIDO studies: *PatientName*, of nobody": qido("studies", lambda n: f"PatientName=*xyzzy{n}*"),
        "QIDO studies: ModalitiesInStudy": qido("studies", lambda n: f"ModalitiesInStudy={MODALITIES[n % len(MODALITIES)]}"),
        "QIDO studies: offset 1,000": qido("studies", lambda n: "offset=1000"),
        "QIDO studies of a doctor": qido("studies", lambda n: "", "diaz", "doctor"),
        "QIDO studies of a doctor of 1 %": qido("studies", lambda n: "", "egea", "doctor"),
        "QIDO studies of a member of one site": qido("studies", lambda n: "", "ines"),
        "QIDO studies of a company of 10 %": qido("studies", lambda n: "", "heras", "company"),
        "QIDO series: newest": qido("series", lambda n: ""),
        "QIDO series: Modality": qido("series", lambda n: f"Modality={MODALITIES[n % len(MODALITIES)]}"),
        "QIDO series: SeriesInstanceUID": qido("series", lambda n: f"SeriesInstanceUID={root}.{some(n)}.1"),
        "QIDO series: of a study": one("series"),
        "QIDO instances: newest": qido("instances", lambda n: ""),
        "QIDO instances: SOPInstanceUID": qido("instances", lambda n: f"SOPInstanceUID={root}.{some(n)}.1.1"),
        "QIDO instances: of a study": one("instances"),
    }  # fmt: skip


# the last but one is of one study in ten thousand, the last of none
MODALITIES = ("CT", "MR", "MG", "ECG", "NM", "PT")
KINDS = ("radiology", "laboratory", "ecg", "eeg", "other")
STATES = ("unmatched", "held", "hand", "no_order", "exclusive", "away")


def _names(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM {table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def _day(number: int, later: int = 0) -> str:
    """A day of the last years, or `later` days after it."""
    return str(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=100 + number * 37 % 1600 - later))


def _cursor(number: int) -> str:
    row = Study.objects.get(pk=FIRST + number)
    return f"{row.exam_at.timestamp():.6f}_{row.pk}"


def _as(username: str) -> Client:
    client = Client()
    answer = client.post("/", {"username": username, "password": PASSWORD})
    assert answer.status_code == 302, answer.status_code
    return client


def _doctor(username: str, key: int) -> Client:
    """One of the crowd's under the account of the cast's."""
    user = User.objects.get(username=username)
    Practitioner.objects.filter(user=user).update(user=None)
    Practitioner.objects.filter(pk=key).update(user=user)
    return _as(username)


def _patient() -> Client:
    user = User.objects.get(username="ana")
    Patient.objects.filter(user=user).update(user=None)
    Patient.objects.filter(pk=FIRST + 7).update(user=user)
    return _as("ana")


def _company(username: str, key: int) -> Client:
    OrganizationMember.objects.filter(user__username=username).update(organization=key)
    return _as(username)


if __name__ == "__main__":
    main()
