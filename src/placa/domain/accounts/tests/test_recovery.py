"""Forgotten password and user name (1.6; cases 13, 16)."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placa.common import clock
from placa.common.tokens import unseal
from placa.demo.accounts import PASSWORD
from placa.domain.accounts import onetime, recovery, services, throttle
from placa.domain.accounts.models import RecoveryLink, RecoveryRequest, User
from placa.domain.accounts.passwords import WeakPasswordError
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content

pytestmark = pytest.mark.django_db
ADDRESS = "192.0.2.1"


def user(name: str = "ana") -> User:
    return User.objects.get(username=name)


def ask(typed: str, kind: str = "password") -> list[OutboxMessage]:
    """Ask, let the job answer, and give the mails."""
    before = set(OutboxMessage.objects.values_list("pk", flat=True))
    recovery.ask(kind=kind, typed=typed, address=ADDRESS)
    for request in RecoveryRequest.objects.all():
        recovery.answer(request.pk)
    return list(OutboxMessage.objects.exclude(pk__in=before))


def words(message: OutboxMessage) -> Content:
    return Content.load(unseal(message.sealed))


def token_of(message: OutboxMessage) -> str:
    found = re.search(r"/new-password/(\S+)", words(message).text)
    assert found
    return found[1]


def test_link_gives_a_new_password_once() -> None:
    (mail,) = ask("ana")
    assert mail.address == "ana@correo.example"
    token = token_of(mail)
    assert onetime.user_of_link(token) == user()
    assert recovery.choose_by_link(token=token, password="Guayac-7788", address=ADDRESS) == user()
    assert recovery.choose_by_link(token=token, password="Guayac-9999", address=ADDRESS) is None
    assert services.sign_in(name="ana", password="Guayac-7788", address=ADDRESS) == user()


def test_looking_uses_nothing_up_and_a_weak_password_neither() -> None:
    token = onetime.issue_link(user())
    for _ in range(3):
        assert onetime.user_of_link(token) == user()
    with pytest.raises(WeakPasswordError):
        recovery.choose_by_link(token=token, password="ana", address=ADDRESS)
    assert recovery.choose_by_link(token=token, password="Guayac-7788", address=ADDRESS) == user()


def test_link_expires_and_older_ones_die() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        older, newer = onetime.issue_link(user()), onetime.issue_link(user())
        assert onetime.user_of_link(older) is None
        time.shift(dt.timedelta(minutes=59, seconds=59))
        assert onetime.user_of_link(newer) == user()
        time.shift(dt.timedelta(seconds=1))
        assert onetime.user_of_link(newer) is None


def test_only_the_hash_is_kept() -> None:
    token = onetime.issue_link(user())
    assert token not in str(RecoveryLink.objects.get().__dict__)


def test_parallel_uses_one_wins() -> None:
    token = onetime.issue_link(user())
    assert onetime.use_link(token) == user()
    assert onetime.use_link(token) is None


@pytest.mark.parametrize("typed", ["nobody", "", "bruno", "ana' OR 1=1"])
def test_unknown_gets_no_mail(typed: str) -> None:
    assert ask(typed) == []


def test_disabled_gets_no_mail() -> None:
    services.disable(user=user(), by="user:1")
    assert ask("ana") == []


def test_known_and_unknown_cost_the_page_the_same() -> None:
    """The same statements are run for both: one row, one job (case 13)."""
    recovery.ask(kind="password", typed="warm", address="192.0.2.7")
    costs = []
    for typed in ("ana", "nobody"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            recovery.ask(kind="password", typed=typed, address="192.0.2.7")
        costs.append([re.sub(r"'[^']*'|\d+|\"s\d+\w+\"", "?", q["sql"])[:60] for q in queries])
    assert costs[0] == costs[1]


def test_all_names_of_one_address_in_one_mail() -> None:
    User.objects.filter(username="carla").update(email="ANA@correo.example")
    (mail,) = ask("ana@correo.example", "name")
    assert "ana" in words(mail).text
    assert "carla" in words(mail).text


def test_answered_once() -> None:
    recovery.ask(kind="password", typed="ana", address=ADDRESS)
    request = RecoveryRequest.objects.get()
    recovery.answer(request.pk)
    recovery.answer(request.pk)
    assert OutboxMessage.objects.filter(template="recover_password").count() == 1


def test_one_account_is_not_flooded() -> None:
    assert sum(len(ask("ana")) for _ in range(10)) == throttle.RECOVERY_ACCOUNT.free


def test_one_address_is_slowed() -> None:
    for number in range(throttle.RECOVERY_ADDRESS.free):
        recovery.ask(kind="password", typed=f"n{number}", address=ADDRESS)
    with pytest.raises(throttle.ThrottledError):
        recovery.ask(kind="password", typed="one more", address=ADDRESS)


def test_recovery_opens_a_locked_account() -> None:
    for _ in range(5):
        with pytest.raises(services.WrongCredentialsError):
            services.sign_in(name="ana", password="wrong", address=ADDRESS)
    with pytest.raises(throttle.ThrottledError):
        services.sign_in(name="ana", password=PASSWORD, address=ADDRESS)
    (mail,) = ask("ana")
    recovery.choose_by_link(token=token_of(mail), password="Guayac-7788", address=ADDRESS)
    assert services.sign_in(name="ana", password="Guayac-7788", address=ADDRESS) == user()


def test_what_was_typed_is_sealed_and_forgotten() -> None:
    recovery.ask(kind="password", typed="ana", address=ADDRESS)
    request = RecoveryRequest.objects.get()
    assert request.sealed != "ana"
    recovery.answer(request.pk)
    assert not RecoveryRequest.objects.exists()
