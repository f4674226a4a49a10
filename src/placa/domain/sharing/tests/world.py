"""Shortcuts for the tests of shares: who asks, a share of Ana's CT, and what was mailed."""

from typing import Any

from placa.common.tokens import unseal
from placa.demo import cast
from placa.domain.access.viewers import Viewer, roles_of, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content
from placa.domain.sharing import services

CT = cast.STUDIES["ana_ct"].uid
HUGO = "hugo.lantigua@medicos.example"


def viewer(username: str) -> Viewer:
    """`username` of the cast in their first role."""
    user = User.objects.get(username=username)
    return viewer_for(user, roles_of(user)[0])


def study(key: str) -> Study:
    """A study of the cast."""
    return Study.objects.get(study_instance_uid=cast.STUDIES[key].uid)


def share(username: str = "ana", **changes: Any) -> services.Made:
    """Ana shares her CT with Hugo for 30 days, unless `changes` say otherwise."""
    asked: dict[str, Any] = {"study_uids": [CT], "recipients": [HUGO], "days": 30} | changes
    if "until" in changes:
        asked.pop("days")
    return services.create_share(viewer=viewer(username), **asked)


def token_of(key: services.Key) -> str:
    """The token in a key's link."""
    return key.link.rpartition("/")[2]


def mails(to: str) -> dict[str, Content]:
    """What was written to an address, newest last, by template."""
    rows = OutboxMessage.objects.filter(address=to).order_by("id")
    return {row.template: Content.load(unseal(row.sealed)) for row in rows}


def wrong(pin: str) -> str:
    """A PIN that is not `pin`."""
    return str((int(pin) - 100_000 + 1) % 900_000 + 100_000)
