"""Accounts from the command line."""

import pytest

from placa.domain.access import viewers
from placa.domain.accounts import bearer
from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.enrolment import console
from placa.domain.notifications.models import OutboxMessage

pytestmark = pytest.mark.django_db
PASSWORD = "Lluvia-verde-77!"


def create(**changes: str) -> User:
    answers = {"full_name": "Rosa Peralta", "email": "rosa@example.org", "password": PASSWORD}
    return console.create_superuser(**(answers | changes))


def test_a_new_super_user_may_sign_in_at_once_and_gets_no_mail():
    mails = OutboxMessage.objects.count()
    user = create(username="Rosa")
    signed_in = accounts.sign_in(name="rosa", password=PASSWORD, address="127.0.0.1")
    assert (signed_in.pk, signed_in.must_change_password) == (user.pk, False)
    assert viewers.viewer_for(user, "staff").role == "staff"
    assert OutboxMessage.objects.count() == mails


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"password": "short"}, "too weak.*8 "), ({"email": "nobody"}, "correo|email")],
)
def test_a_refused_super_user_leaves_nothing_behind(changes, why):
    before = User.objects.count()
    with pytest.raises(ValueError, match=why):
        create(**changes)
    assert User.objects.count() == before


def test_a_token_speaks_for_its_user_in_the_likeliest_role():
    found = bearer.resolve_token(console.issue_token(username="Diaz"))
    assert found is not None
    assert (found.user.username, found.role) == ("diaz", "doctor")


def test_a_token_is_given_in_no_other_role_than_the_users_own():
    with pytest.raises(ValueError, match="diaz is doctor, not staff"):
        console.issue_token(username="diaz", role="staff")


@pytest.mark.parametrize("username", ["nobody-at-all", "faro"])  # unknown; waiting for approval
def test_there_is_no_token_for_whom_may_not_act(username):
    with pytest.raises(LookupError, match=username):
        console.issue_token(username=username)
