"""Signing in, one-time passwords, tokens, disabling."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth import hashers

from placa.common import clock
from placa.common.hashers import QuickArgon2
from placa.demo.accounts import PASSWORD
from placa.domain.accounts import bearer, onetime, services, throttle
from placa.domain.accounts.models import User
from placa.domain.accounts.services import WrongCredentialsError
from placa.domain.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def user(name: str = "ana") -> User:
    return User.objects.get(username=name)


def sign_in(name: str = "ana", password: str = PASSWORD, address: str = "192.0.2.1") -> User:
    return services.sign_in(name=name, password=password, address=address)


@pytest.mark.parametrize("name", ["ana", " ANA ", "ana@correo.example", "Ana@Correo.example", "402-1180-7"])
def test_by_name_mail_or_document(name: str) -> None:
    assert sign_in(name) == user()


@pytest.mark.parametrize(
    ("name", "password"),
    [("ana", "wrong"), ("nobody", PASSWORD), ("", ""), ("ana", ""), ("402-2291-3", PASSWORD)],
)
def test_wrong(name: str, password: str) -> None:
    with pytest.raises(WrongCredentialsError):
        sign_in(name, password)


def test_an_address_of_two_accounts_names_neither() -> None:
    User.objects.filter(username="carla").update(email="ana@correo.example")
    with pytest.raises(WrongCredentialsError):
        sign_in("ana@correo.example")
    assert sign_in("ana") == user()


def test_a_disabled_account_is_a_wrong_password() -> None:
    services.disable(user=user(), by="user:1")
    with pytest.raises(WrongCredentialsError):
        sign_in()
    services.enable(user=user(), by="user:1")
    assert sign_in() == user()


@pytest.mark.parametrize("name", ["ana", "nobody", "disabled", "unusable"])
def test_every_name_costs_one_verification(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a sign-in is that of argon2: it runs once, with the same parameters, for every name (case 13)."""
    User.objects.create(username="disabled", is_active=False, password=user().password)
    User.objects.create(username="unusable", password=hashers.make_password(None))
    services._nobody()
    counted: list[str] = []
    real = hashers.get_hasher("argon2").verify

    def verify(self: object, password: str, encoded: str) -> bool:
        counted.append(encoded.split("$")[3])
        return bool(real(password, encoded))

    monkeypatch.setattr(QuickArgon2, "verify", verify)
    with pytest.raises(WrongCredentialsError):
        sign_in(name, "wrong")
    assert len(counted) == 1
    assert counted[0] == user().password.split("$")[3]


def test_a_hundred_failures_lock_and_the_owner_recovers() -> None:
    evaluated = 0
    for _ in range(100):
        try:
            sign_in("ana", "wrong", address="192.0.2.9")
        except WrongCredentialsError:
            evaluated += 1
        except throttle.ThrottledError:
            pass
    assert evaluated == throttle.SIGN_IN_ACCOUNT.free
    with pytest.raises(throttle.ThrottledError):
        sign_in(address="192.0.2.10")  # the right password, locked
    services.choose_password(user=user(), password="Guayac-7788")  # by a link
    assert sign_in(password="Guayac-7788", address="192.0.2.10") == user()


def test_an_unknown_name_locks_the_same() -> None:
    outcomes = []
    for _ in range(7):
        with pytest.raises((WrongCredentialsError, throttle.ThrottledError)) as error:
            sign_in("nobody", "wrong")
        outcomes.append(error.type)
    assert outcomes == [WrongCredentialsError] * 5 + [throttle.ThrottledError] * 2


def test_spraying_over_many_accounts_locks_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "check_password", lambda password, encoded: password == PASSWORD)
    for number in range(throttle.SIGN_IN_ADDRESS.free):
        with pytest.raises(WrongCredentialsError):
            sign_in(f"name{number}", "Verano2026!")
    with pytest.raises(throttle.ThrottledError):
        sign_in("one more", "Verano2026!")
    assert sign_in(address="198.51.100.4") == user()


def test_staff_unlock() -> None:
    for _ in range(5):
        with pytest.raises(WrongCredentialsError):
            sign_in("ana", "wrong")
    assert services.locked_until(user()) is not None
    services.unlock(user=user(), by="user:9")
    assert sign_in() == user()


def test_nothing_secret_is_audited() -> None:
    with pytest.raises(WrongCredentialsError):
        sign_in("paciente-x", "Secreto-77")
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.outcome, event.actor) == ("sign_in", "refused", "unknown")
    assert "Secreto" not in str(event.__dict__)
    assert "paciente-x" not in str(event.__dict__)


# --- one-time passwords (case 16)


def test_one_time_password_works_once() -> None:
    secret = onetime.issue_one_time_password(user())
    found = sign_in(password=secret)
    assert found.must_change_password
    with pytest.raises(WrongCredentialsError):
        sign_in(password=secret)


def test_one_time_password_expires() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        secret = onetime.issue_one_time_password(user())
        time.shift(dt.timedelta(hours=72))
        with pytest.raises(WrongCredentialsError):
            sign_in(password=secret)


def test_a_newer_one_kills_the_older() -> None:
    older = onetime.issue_one_time_password(user())
    newer = onetime.issue_one_time_password(user())
    with pytest.raises(WrongCredentialsError):
        sign_in(password=older)
    assert sign_in(password=newer) == user()


def test_one_of_two_parallel_uses_wins() -> None:
    onetime.issue_one_time_password(user())
    first, second = user(), user()
    assert onetime.use_up(first)
    assert not onetime.use_up(second)


# --- sessions and tokens end


def test_changing_the_password_ends_sessions_and_tokens() -> None:
    ana = user()
    token = bearer.issue_token(user=ana, role="patient")
    mark = ana.get_session_auth_hash()
    services.change_password(user=ana, old=PASSWORD, new="Guayac-7788", address="192.0.2.1")
    assert user().get_session_auth_hash() != mark
    assert bearer.resolve_token(token) is None


def test_changing_wants_the_old_one() -> None:
    with pytest.raises(WrongCredentialsError):
        services.change_password(user=user(), old="wrong", new="Guayac-7788", address="192.0.2.1")
    assert sign_in() == user()


def test_token() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        token = bearer.issue_token(user=user(), role="patient", hours=1)
        found = bearer.resolve_token(token)
        assert found is not None
        assert (found.user, found.role) == (user(), "patient")
        assert bearer.resolve_token(token + "x") is None
        time.shift(dt.timedelta(hours=1))
        assert bearer.resolve_token(token) is None


def test_token_of_a_disabled_account_is_dead() -> None:
    token = bearer.issue_token(user=user(), role="patient")
    User.objects.filter(username="ana").update(is_active=False)
    assert bearer.resolve_token(token) is None
