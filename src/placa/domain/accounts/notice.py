"""The notice on the use of information (1.5): who still has to answer it, and what they answered."""

from placa.common import clock
from placa.domain.accounts.models import NoticeAcceptance, User
from placa.domain.accounts.services import actor
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Text


def pending(user: User, accepted_now: int | None) -> bool:
    """Whether `user` must answer the notice; `accepted_now` is the version accepted in this session."""
    version = institution.notice_version()
    if version is None or accepted_now == version:
        return False
    if institution.setting("notice_every_time"):
        return True
    return not NoticeAcceptance.objects.filter(
        user=user, accepted=True, text__kind=Text.Kind.NOTICE, text__version=version
    ).exists()


def answer(*, user: User, text: Text, accepted: bool, address: str, session: str) -> None:
    """Keep who accepted or declined which version, in which language, and when."""
    NoticeAcceptance.objects.create(user=user, text=text, accepted=accepted, at=clock.now())
    audit.record(
        action="notice", actor=actor(user), outcome="success" if accepted else "refused", address=address,
        session=session, detail={"version": text.version, "language": text.language},
    )  # fmt: skip
