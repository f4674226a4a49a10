"""The notice on the use of information (1.5): who still has to answer it, and what they answered."""

from collections.abc import Collection

from placa.common import clock
from placa.domain.accounts.models import NoticeAcceptance, User
from placa.domain.accounts.services import actor
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Text


def pending(user: User, role: str, accepted_now: Collection[str]) -> bool:
    """Whether `user` must answer the notice of `role`; `accepted_now` are the marks of texts accepted in this session.

    Who has still to choose a role opens nothing, and is asked once it is chosen.
    """
    asked = institution.notice_asked(role) if role else None
    if asked is None:
        return False
    kind, version = asked
    if Text(kind=kind, version=version).mark in accepted_now:
        return False
    if institution.setting("notice_every_time"):
        return True
    return not NoticeAcceptance.objects.filter(
        user=user, accepted=True, text__kind=kind, text__version=version
    ).exists()


def answer(*, user: User, text: Text, accepted: bool, address: str, session: str) -> None:
    """Keep who accepted or declined which version, in which language, and when."""
    NoticeAcceptance.objects.create(user=user, text=text, accepted=accepted, at=clock.now())
    audit.record(
        action="notice", actor=actor(user), outcome="success" if accepted else "refused", address=address,
        session=session, detail={"kind": text.kind, "version": text.version, "language": text.language},
    )  # fmt: skip
