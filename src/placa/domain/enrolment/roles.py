"""The roles that a user may choose from (1.2, header switch)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from placa.domain.access import viewers
from placa.domain.accounts.models import User


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """One role; `home_url_name` is the URL name of its portal's first page."""

    key: str
    label: str | Promise
    home_url_name: str


CHOICES = {
    choice.key: choice
    for choice in (
        RoleChoice("patient", _("Patient"), "patient:home"),
        RoleChoice("doctor", _("Doctor"), "doctor:home"),
        RoleChoice("company", _("Company"), "company:home"),
        RoleChoice("staff", _("Administration"), "staff:home"),
    )
}


def roles_of(user: User) -> list[RoleChoice]:
    """The roles in which `user` may act now, the likeliest first; none for a disabled account."""
    return [CHOICES[key] for key in viewers.roles_of(user)]
