"""Tells whoever asked for a recall that the images are back: once each, and only who may still open them (7.4, 11.1)."""

from django.conf import settings

from placa.common import clock
from placa.domain.access.models import SharePart
from placa.domain.access.selectors import has_facet
from placa.domain.access.viewers import NOBODY, Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.institution import selectors as institution
from placa.domain.notifications import services as notifications
from placa.domain.recall.models import Asker, Recall
from placa.domain.sharing.selectors import usable_part, viewer_of


def tell(recall: Recall) -> None:
    """Write the mails, SMS and bell notices of a finished recall, in its transaction."""
    for asker in Asker.objects.filter(recall=recall, told_at=None).order_by("pk"):
        if asker.user_id:
            _tell_user(recall, asker)
        elif asker.role == "share":
            _tell_recipient(recall, asker)
        Asker.objects.filter(pk=asker.pk).update(told_at=clock.now())


def _may_open(viewer: Viewer, recall: Recall) -> bool:
    return viewer != NOBODY and has_facet(viewer, recall.study.study_instance_uid, "images")


def _tell_user(recall: Recall, asker: Asker) -> None:
    user = User.objects.filter(pk=asker.user_id or 0).first()
    if user is None or not _may_open(viewer_for(user, asker.role), recall):
        return
    key = f"{recall.pk}:{asker.actor}:{asker.role}"
    path = f"/{asker.role}/studies/{recall.study.study_instance_uid}/"
    context = {"user": user, "link": settings.ENVIRONMENT.base_url + path}
    if user.email:
        notifications.send_mail(
            to=user.email, template="recall_ready", context=context, language=user.language,
            recipient=asker.actor, dedupe_key=f"recall:{key}",
        )  # fmt: skip
    if asker.role == "patient":
        _sms(user.mobile, context, user.language, asker.actor, key)
    notifications.ring(
        user_id=user.pk,
        role=asker.role,
        key="recall_ready",
        parameters={},
        dedupe_key=f"recall-bell:{key}",
        link=path,
    )


def _tell_recipient(recall: Recall, asker: Asker) -> None:
    part = SharePart.objects.select_related("grant").filter(pk=asker.subject).first()
    if part is None or usable_part(part, opening=False) is None or not _may_open(viewer_of(part), recall):
        return
    recipient, key = f"share:{part.public_id}", f"{recall.pk}:{asker.actor}"
    if part.email:
        notifications.send_mail(
            to=part.email, template="recall_ready_share", context={}, language=part.grant.language,
            recipient=recipient, dedupe_key=f"recall:{key}",
        )  # fmt: skip
    _sms(part.mobile, {"link": ""}, part.grant.language, recipient, key)


def _sms(mobile: str, context: dict[str, object], language: str, recipient: str, key: str) -> None:
    if mobile and institution.setting("sms_recall"):
        notifications.send_sms(
            to=mobile, template="recall_ready", context=context, language=language, recipient=recipient,
            dedupe_key=f"recall-sms:{key}",
        )  # fmt: skip
