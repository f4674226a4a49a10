"""Staff, doctors, companies' users; the last super-user (case 9)."""

import pytest
from django.core.exceptions import ValidationError

from placa.domain.access import viewers
from placa.domain.accounts.models import User
from placa.domain.enrolment import members, services
from placa.domain.enrolment.members import LastSuperUserError
from placa.domain.notifications.models import OutboxMessage
from placa.domain.people.models import Organization, Practitioner, StaffMember

pytestmark = pytest.mark.django_db


def user(name: str) -> User:
    return User.objects.get(username=name)


def jefe() -> StaffMember:
    return StaffMember.objects.get(user__username="jefe")


def roles(name: str) -> list[str]:
    return [choice.key for choice in services.roles_of(user(name))]


def test_staff_are_invited() -> None:
    member = services.create_staff(
        full_name="Kiko Lara", email="kiko@alborada.example", by="user:1", permissions=["inbox"]
    )
    assert member.user.username == "klara"
    assert roles("klara") == ["staff"]
    assert OutboxMessage.objects.get(template="welcome").address == "kiko@alborada.example"


def test_an_unknown_permission_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown permissions"):
        services.create_staff(full_name="K L", email="k@l.example", by="user:1", permissions=["everything"])


def test_a_company_user() -> None:
    company = Organization.objects.get(identifier="quisqueya")
    made = services.create_company_user(
        organization=company, full_name="Lía Mota", email="lia@quisqueya.example", by="user:1"
    )
    assert roles(made.username) == ["company"]
    with pytest.raises(ValidationError):
        services.create_company_user(organization=company, full_name="X", email="no mail", by="user:1")


def test_a_waiting_doctor_has_no_role_until_enabled() -> None:
    assert roles("faro") == []
    services.enable_doctor(practitioner=Practitioner.objects.get(user__username="faro"), by="user:1")
    assert roles("faro") == ["doctor"]


def test_roles_of_the_cast() -> None:
    names = ["ana", "diaz", "gomez", "heras", "ines", "jefe"]
    assert [roles(name) for name in names] == [
        ["patient"],
        ["doctor"],
        ["company"],
        ["company"],
        ["staff"],
        ["staff"],
    ]


def test_disabling_takes_every_role() -> None:
    services.disable_account(user=user("diaz"), by="user:1")
    assert roles("diaz") == []
    assert viewers.viewer_for(user("diaz"), "doctor") == viewers.NOBODY


def test_the_last_super_user_stays() -> None:
    with pytest.raises(LastSuperUserError):
        services.disable_account(user=user("jefe"), by="user:1")
    with pytest.raises(LastSuperUserError):
        members.set_staff_rights(member=jefe(), is_super=False, permissions=[], sites=[], by="user:1")
    assert jefe().is_super
    services.create_staff(full_name="Otro Jefe", email="o@alborada.example", by="user:1", is_super=True)
    members.set_staff_rights(member=jefe(), is_super=False, permissions=["inbox"], sites=[], by="user:1")
    assert not jefe().is_super
