"""The other half of p9_lists.py: in a process with one database, fill it, ask it, print figures as JSON."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from crowd import DOCTORS, FIRST, fill
from placa.demo import cast
from placa.domain.accounts.bearer import issue_token
from placa.domain.accounts.models import User
from placa.domain.people.models import OrganizationMember, Patient, Practitioner


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
    found: list[float] = []
    clock.spent = 0.0
    began = time.perf_counter()
    yield found
    found += [(time.perf_counter() - began) * 1000, clock.spent * 1000]


def main() -> None:
    studies, patients, rounds = map(int, sys.argv[1:4])
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    cast.institution_and_sites()
    cast.people()
    cast.orders()
    began = time.perf_counter()
    fill(studies, patients)
    filled = time.perf_counter() - began
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
            figures[name] = {"server": [one[0] for one in taken], "database": [one[1] for one in taken]}
    print(json.dumps({"filled": filled, "figures": figures}))


def questions(studies: int, patients: int) -> dict[str, Callable[[int], None]]:
    """Each list and search by its name, asked as its persona; the number varies what is looked for."""
    staff, doctor, patient, company = _as("jefe"), _doctor(), _patient(), _company()
    token = issue_token(user=User.objects.get(username="jefe"), role="staff")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM bench_family ORDER BY id")
        families = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT name FROM bench_given ORDER BY id")
        given = [row[0] for row in cursor.fetchall()]

    def get(client: Client, address: Callable[[int], str], **headers: str) -> Callable[[int], None]:
        def ask(number: int) -> None:
            answer = client.get(address(number), headers=headers or None)
            assert answer.status_code == 200, (address(number), answer.status_code)

        return ask

    api = {"authorization": f"Bearer {token}"}
    qido, some = "/dicomweb/studies?limit=50", lambda n: 1 + n * 7919 % (studies - 1)
    return {
        "staff: all studies": get(staff, lambda n: "/staff/studies/"),
        "staff: studies, frequent name": get(staff, lambda n: f"/staff/studies/?q={families[n % 5]}"),
        "staff: studies, name and given name": get(
            staff, lambda n: f"/staff/studies/?q={families[n * 7 % 400]}+{given[n * 3 % 150]}"),
        "staff: studies, accession number": get(staff, lambda n: f"/staff/studies/?q=B{some(n)}"),
        "staff: studies, identifier": get(staff, lambda n: f"/staff/studies/?q=402-{1000000 + n * 977 % patients}"),
        "staff: studies, nothing found": get(staff, lambda n: f"/staff/studies/?q=xyzzy{n}"),
        "staff: all patients": get(staff, lambda n: "/staff/patients/"),
        "staff: patients by name": get(staff, lambda n: f"/staff/patients/?q={families[n * 7 % 400]}+{given[n % 150]}"),
        "staff: all orders": get(staff, lambda n: "/staff/orders/"),
        "staff: orders by number": get(staff, lambda n: f"/staff/orders/?q=B{some(n)}"),
        "doctor: list": get(doctor, lambda n: "/doctor/"),
        "doctor: search": get(doctor, lambda n: f"/doctor/?q={families[n % 40]}"),
        "company: list": get(company, lambda n: "/company/"),
        "patient: list": get(patient, lambda n: "/patient/"),
        "QIDO: newest": get(Client(), lambda n: qido, **api),
        "QIDO: PatientID": get(Client(), lambda n: f"{qido}&PatientID=402-{1000001 + n * 977 % patients}-1", **api),
        "QIDO: AccessionNumber": get(Client(), lambda n: f"{qido}&AccessionNumber=B{some(n)}", **api),
        "QIDO: StudyDate": get(Client(), lambda n: f"{qido}&StudyDate=2024{1 + n % 9:02}11", **api),
        "QIDO: PatientName": get(Client(), lambda n: f"{qido}&PatientName={families[n * 7 % 400]}*", **api),
    }  # fmt: skip


def _as(username: str) -> Client:
    from placa.domain.accounts.models import User

    return _client(User.objects.get(username=username))


def _client(user: User) -> Client:
    from placa.demo.accounts import PASSWORD

    client = Client()
    answer = client.post("/", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302, answer.status_code
    return client


def _doctor() -> Client:
    """One of the two thousand, under the account of the cast's."""
    user = User.objects.get(username="diaz")
    Practitioner.objects.filter(user=user).update(user=None)
    Practitioner.objects.filter(pk=FIRST + 7 % DOCTORS).update(user=user)
    return _client(user)


def _patient() -> Client:
    user = User.objects.get(username="ana")
    Patient.objects.filter(user=user).update(user=None)
    Patient.objects.filter(pk=FIRST + 7).update(user=user)
    return _client(user)


def _company() -> Client:
    user = User.objects.get(username="gomez")
    OrganizationMember.objects.filter(user=user).update(organization=FIRST + 7)
    return _client(user)


if __name__ == "__main__":
    main()
