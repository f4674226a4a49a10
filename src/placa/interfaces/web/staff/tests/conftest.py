"""Staff of the cast, signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

from placa.common import clock
from placa.demo import cast
from placa.domain.access.viewers import roles_of
from placa.domain.accounts.models import User
from placa.domain.institution.models import Site
from placa.domain.intake import services as intake
from placa.domain.intake.models import InboxItem
from placa.domain.people.models import StaffMember
from placa.interfaces.web.account import session

SignIn = Callable[..., Client]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A client signed in as somebody of the cast, in their first role."""

    def enter(name: str) -> Client:
        user = User.objects.get(username=name)
        client = Client()
        client.force_login(user)
        at = clock.now().timestamp()
        kept = client.session
        roles = roles_of(user)
        kept.update({session.ROLE: roles[0] if roles else "", session.SIGNED_IN_AT: at, session.SEEN_AT: at})
        kept.save()
        return client

    return enter


@pytest.fixture
def jefe(sign_in: SignIn) -> Client:
    """The super-user."""
    return sign_in("jefe")


@pytest.fixture
def ines(sign_in: SignIn) -> Client:
    """Patients, upload and orders of Norte."""
    return sign_in("ines")


@pytest.fixture
def employ(sign_in: SignIn) -> Callable[..., Client]:
    """A new member of staff with just these permissions, at these sites."""

    def hire(*permissions: str, sites: tuple[str, ...] = ()) -> Client:
        user = cast.account("tono", "tono@alborada.example", "Toño Prueba")
        member = StaffMember.objects.create(user=user, permissions=list(permissions))
        member.sites.set(Site.objects.filter(code__in=sites))
        return sign_in("tono")

    return hire


@pytest.fixture
def stranger(db: None) -> InboxItem:
    """The study of somebody unknown, waiting in the inbox."""
    uid = cast.STUDIES["stranger"].uid
    intake.match_study(study_instance_uid=uid)
    return InboxItem.objects.get(study__study_instance_uid=uid, resolved_at=None)
