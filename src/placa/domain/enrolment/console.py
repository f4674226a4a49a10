"""Accounts from the command line, for whoever holds the machine: the first super-user, bearer tokens."""

from django.core.exceptions import ValidationError
from django.db import transaction

from placa.domain.access import viewers
from placa.domain.accounts import bearer
from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.accounts.passwords import WeakPasswordError
from placa.domain.enrolment import members

ACTOR = "console"  # how the audit log names the machine's own keeper


@transaction.atomic
def create_superuser(*, full_name: str, email: str, password: str, username: str = "") -> User:
    """A super-user who may sign in at once: no mail is needed, since an empty installation has no mail yet.

    Raises ValueError for what is no e-mail, and for a password that the policy refuses, naming its rules.
    """
    try:
        member = members.create_staff(
            full_name=full_name, email=email, username=username, by=ACTOR, is_super=True, invited=False
        )
        accounts.choose_password(user=member.user, password=password)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error
    except WeakPasswordError as error:
        wanted = "; ".join(str(rule.label) for rule in error.rules)
        raise ValueError(f"The password is too weak. It wants: {wanted}.") from error
    return member.user


def issue_token(*, username: str, role: str | None = None, hours: int = 1) -> str:
    """A bearer token for the account `username`, in `role` or else in its likeliest one.

    Raises LookupError where there is no such active account, ValueError where the role is not its own.
    """
    user = User.objects.filter(username=username.strip().casefold()).first()
    roles = viewers.roles_of(user) if user else []
    if user is None or not roles:
        raise LookupError(f"There is no active account called {username}.")
    if role is not None and role not in roles:
        raise ValueError(f"{username} is {' and '.join(roles)}, not {role}.")
    return bearer.issue_token(user=user, role=role or roles[0], hours=hours)
