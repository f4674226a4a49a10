"""The welcome mail: user name, one-time password and the address of the door, in one mail (1.2)."""

from django.conf import settings
from django.db import transaction

from placa.domain.accounts import onetime
from placa.domain.accounts.models import User
from placa.domain.accounts.services import actor
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.notifications.services import send_mail


class AlreadyActivatedError(Exception):
    """The account has a password of its own: recovery is the way, not another invitation."""


@transaction.atomic
def invite(*, user: User, role: str, by: str) -> None:
    """Send the welcome mail with a new one-time password; an older one dies. Raises AlreadyActivatedError."""
    if user.activated_at is not None:
        raise AlreadyActivatedError
    password = onetime.issue_one_time_password(user)
    hours = institution.setting("activation_hours")
    send_mail(
        to=user.email,
        template="welcome",
        context={
            "user": user,
            "password": password,
            "link": f"{settings.ENVIRONMENT.base_url}/",
            "until": user.one_time_until,
            "hours": hours,
            "role": role,
        },
        language=user.language,
        recipient=actor(user),
        dedupe_key=f"welcome:{user.pk}:{user.credentials_version}",
    )
    audit.record(action="invite", actor=by, detail={"account": actor(user)})
