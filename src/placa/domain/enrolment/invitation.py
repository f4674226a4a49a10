"""The welcome mail: user name, one-time password and the address of the door, in one mail (1.2)."""

from django.conf import settings
from django.db import transaction

from placa.common.tokens import hashed
from placa.domain.accounts import onetime
from placa.domain.accounts.models import User
from placa.domain.accounts.onetime import OneTimePassword
from placa.domain.accounts.services import actor
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.notifications.services import compose_mail, post


class AlreadyActivatedError(Exception):
    """The account has a password of its own: recovery is the way, not another invitation."""


def invite(*, user: User, role: str, by: str, password: OneTimePassword | None = None) -> None:
    """Send the welcome mail with a new one-time password; an older one dies. Raises AlreadyActivatedError.

    Inside a transaction of the caller's, `password` was made before it.
    """
    if user.activated_at is not None:
        raise AlreadyActivatedError
    password = password or onetime.new_one_time_password()
    letter = compose_mail(
        to=user.email,
        template="welcome",
        context={
            "user": user,
            "password": password.text,
            "link": f"{settings.ENVIRONMENT.base_url}/",
            "until": password.until,
            "hours": institution.setting("activation_hours"),
            "role": role,
        },
        language=user.language,
        recipient=actor(user),
        dedupe_key=f"welcome:{user.pk}:{hashed(password.hashed)[:32]}",
    )
    with transaction.atomic():
        onetime.issue_one_time_password(user, password)
        post(letter)
        audit.record(action="invite", actor=by, detail={"account": actor(user)})
