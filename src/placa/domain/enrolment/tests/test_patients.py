"""Patients' ways in: e-mail, account, welcome mail (1.2, 1.3)."""

import datetime as dt
import re

import pytest
import time_machine

from placa.common import clock
from placa.common.tokens import unseal
from placa.demo import cast
from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.accounts.services import WrongCredentialsError
from placa.domain.enrolment import services, usernames
from placa.domain.enrolment.services import AlreadyActivatedError, CannotEnrolError
from placa.domain.institution import selectors as institution
from placa.domain.institution.services import change_setting
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content
from placa.domain.people.models import Patient

pytestmark = pytest.mark.django_db


def mails(template: str = "welcome") -> list[tuple[str, Content]]:
    rows = OutboxMessage.objects.filter(template=template).order_by("id")
    return [(row.address, Content.load(unseal(row.sealed))) for row in rows]


def secret_of(content: Content) -> str:
    found = re.search(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", content.text)
    assert found
    return found[0]


def nuria() -> Patient:
    return cast.patient("nuria")


def test_one_mail_with_name_password_and_link() -> None:
    user = services.enable_portal(nuria(), "user:1")
    assert user.username == "ncampos"
    ((address, content),) = mails()
    assert address == "nuria@correo.example"
    assert "ncampos" in content.text
    assert "http://127.0.0.1:8000/" in content.text
    secret = secret_of(content)
    assert secret in content.html
    found = accounts.sign_in(name="ncampos", password=secret, address="192.0.2.1")
    assert found.must_change_password
    assert nuria().portal_enabled


def test_enabling_twice_invites_once() -> None:
    services.enable_portal(nuria(), "user:1")
    services.enable_portal(nuria(), "user:1")
    assert len(mails()) == 1


def test_resend_kills_the_older_password() -> None:
    services.enable_portal(nuria(), "user:1")
    services.resend_activation(nuria(), "user:1")
    (_, older), (_, newer) = mails()
    with pytest.raises(WrongCredentialsError):
        accounts.sign_in(name="ncampos", password=secret_of(older), address="192.0.2.1")
    assert accounts.sign_in(name="ncampos", password=secret_of(newer), address="192.0.2.1")


def test_who_is_activated_is_not_invited_again() -> None:
    with pytest.raises(AlreadyActivatedError):
        services.resend_activation(cast.patient("ana"), "user:1")
    assert mails() == []


def test_an_email_makes_the_account_by_itself() -> None:
    patient = nuria()
    user = services.set_email(patient, "nueva@correo.example", "user:1")
    assert user is not None
    assert mails()[0][0] == "nueva@correo.example"
    assert patient.email == nuria().email == "nueva@correo.example"


def test_only_when_staff_tick_it() -> None:
    change_setting(key="portal_enabled_by_itself", value=False, by="test")
    assert services.set_email(nuria(), "nueva@correo.example", "user:1") is None
    assert mails() == []
    services.enable_portal(nuria(), "user:1")
    assert len(mails()) == 1


def test_a_childs_email_is_a_parents() -> None:
    bruno = cast.patient("bruno")
    assert services.set_email(bruno, "ana@correo.example", "user:1") is None
    assert cast.patient("bruno").email == "ana@correo.example"
    with pytest.raises(CannotEnrolError) as error:
        services.enable_portal(bruno, "user:1")
    assert error.value.reason == "age"
    assert mails() == []


@pytest.mark.parametrize(("days", "allowed"), [(-1, False), (0, True), (1, True)])
def test_the_day_one_comes_of_age(days: int, allowed: bool) -> None:
    zone = institution.zone()
    today = clock.today(zone)
    today = today.replace(day=min(today.day, 28))
    born = today.replace(year=today.year - 16) - dt.timedelta(days=days)
    # noon there: in the first hours of a day in UTC it is another day there
    with time_machine.travel(dt.datetime.combine(today, dt.time(12), zone), tick=False):
        patient = Patient(email="x@y.example", birth_date=born)
        assert (services.why_not(patient) is None) == allowed


def test_unknown_age_or_no_email_is_refused() -> None:
    assert services.why_not(Patient(email="x@y.example")) == "birth_date"
    assert services.why_not(Patient(birth_date=dt.date(1980, 1, 1))) == "email"
    with pytest.raises(ValueError, match="e-mail"):
        services.set_email(nuria(), "no mail\nBcc: x@y.example", "user:1")


def test_a_new_address_before_activation_is_invited_anew() -> None:
    services.enable_portal(nuria(), "user:1")
    services.set_email(nuria(), "otra@correo.example", "user:1")
    assert [address for address, _ in mails()] == ["nuria@correo.example", "otra@correo.example"]


def test_an_activated_one_is_told_at_the_old_address() -> None:
    services.set_email(cast.patient("ana"), "otra@correo.example", "user:1")
    assert User.objects.get(username="ana").email == "otra@correo.example"
    assert [address for address, _ in mails("email_changed")] == ["ana@correo.example"]
    assert mails() == []


def test_the_mail_speaks_the_persons_language() -> None:
    Patient.objects.filter(pk=nuria().pk).update(language="en")
    services.enable_portal(nuria(), "user:1")
    ((_, content),) = mails()
    assert "Hello Nuria," in content.text
    assert "Password for the first time" in content.html


@pytest.mark.parametrize(
    ("given", "family", "wanted"),
    [
        ("Nuria", "Campos Lora", "ncampos"),
        ("Ángel", "Núñez", "anunez"),
        ("李", "王", "paciente"),
        ("O'", "D'Or", "odor"),
    ],
)
def test_made_names(given: str, family: str, wanted: str) -> None:
    assert usernames.stem(given, family) == wanted


def test_a_taken_name_gets_a_number() -> None:
    def make(name: str) -> User:
        return User.objects.create(username=name)

    names = [usernames.create_user("ncampos", make).username for _ in range(3)]
    assert names == ["ncampos", "ncampos2", "ncampos3"]
