"""Forgotten password (by user name) and forgotten user name (by e-mail), 1.6.

The page writes one row and queues one job, whatever was typed; the job looks, and mails or does not.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction

from placa.common import clock
from placa.common.tokens import hashed, random_token, seal, unseal
from placa.domain.accounts import naming, onetime, throttle
from placa.domain.accounts.models import RecoveryRequest, User
from placa.domain.accounts.services import actor, hashed_password, password_changed_letter, set_password
from placa.domain.audit import services as audit
from placa.domain.jobs.services import enqueue
from placa.domain.notifications.services import Letter, compose_mail, post

Kind = RecoveryRequest.Kind


def ask(*, kind: str, typed: str, address: str) -> None:
    """Take a request. Raises ThrottledError for an address that asks too much; says nothing else."""
    throttle.take(throttle.RECOVERY_ADDRESS, throttle.address_subject(address))
    with transaction.atomic():
        request = RecoveryRequest.objects.create(
            kind=Kind(kind), sealed=seal(typed.strip()[:254]), created_at=clock.now()
        )
        enqueue("accounts.recover", request.pk)


def answer(request_id: int) -> None:
    """Answer one request by mail, or not at all; harmless when repeated."""
    request = RecoveryRequest.objects.filter(pk=request_id).first()
    if request is None:
        return
    typed = unseal(request.sealed)
    users = _password_users(typed) if request.kind == Kind.PASSWORD else _name_users(typed)
    try:
        if users:
            throttle.take(throttle.RECOVERY_ACCOUNT, actor(users[0]))
    except throttle.ThrottledError:
        users = []
    token = random_token()
    if not users:
        letter = None
    elif request.kind == Kind.PASSWORD:
        letter = _link_letter(users[0], token)
    else:
        letter = _names_letter(users, request_id)
    with transaction.atomic():
        if not RecoveryRequest.objects.filter(pk=request_id).delete()[0] or letter is None:
            return  # another worker answered, or there is nothing to answer
        post(letter)
        if request.kind == Kind.PASSWORD:
            onetime.issue_link(users[0], token)
        accounts = [actor(user) for user in users]
        detail = {"account": accounts[0]} if request.kind == Kind.PASSWORD else {"accounts": accounts}
        audit.record(action=f"recover_{request.kind}", actor="system", detail=detail)


def answer_waiting() -> int:
    """Answer what has waited for over a minute, because its job failed or was lost; how many."""
    late = clock.now() - dt.timedelta(minutes=1)
    waiting = list(RecoveryRequest.objects.filter(created_at__lt=late).values_list("pk", flat=True)[:200])
    for request_id in waiting:
        answer(request_id)
    return len(waiting)


def _password_users(typed: str) -> list[User]:
    user = naming.find(typed)
    return [user] if user and user.is_active and user.email else []


def _name_users(typed: str) -> list[User]:
    if not typed:
        return []
    return list(User.objects.filter(email__iexact=typed, is_active=True).order_by("username"))


def _link_letter(user: User, token: str) -> Letter:
    link = f"{settings.ENVIRONMENT.base_url}/new-password/{token}"
    return compose_mail(
        to=user.email, template="recover_password", context={"user": user, "link": link},
        language=user.language, recipient=actor(user), dedupe_key=f"recover:{hashed(token)}",
    )  # fmt: skip


def _names_letter(users: list[User], request_id: int) -> Letter:
    first, names = users[0], [user.username for user in users]
    return compose_mail(
        to=first.email, template="recover_name", context={"user": first, "names": names},
        language=first.language, recipient=actor(first), dedupe_key=f"recover-name:{request_id}",
    )  # fmt: skip


def choose_by_link(*, token: str, password: str, address: str) -> User | None:
    """Set a new password by a link; None when it is dead. After WeakPasswordError it lives on."""
    user = onetime.user_of_link(token)
    if user is None:
        return None
    kept = hashed_password(user, password)
    letter = password_changed_letter(user, kept)
    with transaction.atomic():
        if onetime.use_link(token) is None:
            return None
        set_password(user=user, hashed=kept, address=address)
        if letter:
            post(letter)
    return user
