"""Argon2 takes its time, and SQLite has one write lock: no password is hashed inside a transaction."""

from collections.abc import Callable
from typing import Any

import pytest

from placa.demo import cast
from placa.demo.accounts import PASSWORD
from placa.domain.accounts import onetime, recovery
from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.enrolment import services
from placa.domain.notifications import rendering
from placa.domain.people.models import Organization, Practitioner

pytestmark = pytest.mark.django_db
Watch = Callable[[Any, str], list[str]]


def company() -> Organization:
    return Organization.objects.get(identifier="quisqueya")


def new_doctor() -> Practitioner:
    return Practitioner.objects.create(given_name="Eva", family_name="Luna", email="eva@x.example")


@pytest.mark.parametrize(
    "act",
    [
        lambda: services.enable_portal(cast.patient("nuria"), "user:1"),
        lambda: services.set_email(cast.patient("nuria"), "n@x.example", "user:1"),
        lambda: services.create_staff(full_name="K L", email="k@x.example", by="user:1"),
        lambda: services.create_company_user(
            organization=company(), full_name="L M", email="l@x.example", by="user:1"
        ),
        lambda: services.enable_doctor(practitioner=new_doctor(), by="user:1"),
    ],
    ids=["patient", "e-mail", "staff", "company", "doctor"],
)
def test_an_invitations_password_is_hashed_before(act: Callable[[], object], never_locked: Watch) -> None:
    hashed = never_locked(onetime, "make_password")
    act()
    assert hashed == ["make_password"]


def test_a_new_password_is_hashed_and_its_mail_written_before(never_locked: Watch) -> None:
    ana = User.objects.get(username="ana")
    hashed, written = never_locked(accounts, "make_password"), never_locked(rendering, "mail")
    accounts.change_password(user=ana, old=PASSWORD, new="Guayac-7788", address="192.0.2.1")
    token = onetime.issue_link(ana)
    recovery.choose_by_link(token=token, password="Guayac-9999", address="192.0.2.1")
    assert (len(hashed), len(written)) == (2, 2)
