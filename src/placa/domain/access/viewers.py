"""Who asks: a signed-in user in one role, or an anonymous share or visit session."""

from dataclasses import dataclass, field
from typing import Literal

from django.db.models import Exists, OuterRef

from placa.domain.accounts.models import User
from placa.domain.people.models import OrganizationMember, Patient, Permission, Practitioner, StaffMember

Role = Literal["patient", "doctor", "company", "staff", "share", "visit", "nobody"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, in which role. Ids only; `subject` is the row that the role rests on.

    patient: Patient; doctor: Practitioner; company: Organization; staff: StaffMember;
    share: SharePart; visit: VisitCode.
    """

    role: Role
    subject: int = 0
    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    sites: frozenset[int] | None = None  # staff: None is all sites
    is_super: bool = False
    session: str = field(default="", compare=False)
    address: str = field(default="", compare=False)

    @property
    def actor(self) -> str:
        """How the audit log names this viewer."""
        return f"user:{self.user_id}" if self.user_id else f"{self.role}:{self.subject}"

    def may(self, permission: str) -> bool:
        """Whether this viewer is staff with `permission`."""
        return self.role == "staff" and permission in self.permissions


NOBODY = Viewer(role="nobody")


def roles_of(user: User) -> list[Role]:
    """The roles in which `user` may act now, the likeliest first; none for a disabled account."""
    if not user.is_active:
        return []
    held = User.objects.filter(pk=user.pk).values_list(  # one query: every page asks
        Exists(StaffMember.objects.filter(user=OuterRef("pk"))),
        Exists(Practitioner.objects.filter(user=OuterRef("pk"), state=Practitioner.State.ENABLED)),
        Exists(
            OrganizationMember.objects.filter(user=OuterRef("pk"), active=True, organization__enabled=True)
        ),
        Exists(Patient.objects.filter(user=OuterRef("pk"), merged_into=None)),
    )
    roles: tuple[Role, ...] = ("staff", "doctor", "company", "patient")
    return [role for role, has in zip(roles, held.first() or (), strict=False) if has]


def viewer_for(user: User, role: str, *, session: str = "", address: str = "") -> Viewer:
    """The viewer that `user` is in `role`; NOBODY where the account or the role is not (any more) theirs.

    Asked anew at every request, so that a disabled account or company loses everything at once.
    """
    if not user.is_active or user.pk is None:
        return NOBODY
    found: Viewer | None = None
    if role == "patient":
        pk = Patient.objects.filter(user=user, merged_into=None).values_list("pk", flat=True).first()
        found = _viewer(user, "patient", pk, session, address)
    elif role == "doctor":
        enabled = Practitioner.objects.filter(user=user, state=Practitioner.State.ENABLED)
        pk = enabled.values_list("pk", flat=True).first()
        found = _viewer(user, "doctor", pk, session, address)
    elif role == "company":
        active = OrganizationMember.objects.filter(user=user, active=True, organization__enabled=True)
        pk = active.values_list("organization_id", flat=True).first()
        found = _viewer(user, "company", pk, session, address)
    elif role == "staff":
        found = _staff(user, session, address)
    return found or NOBODY


def _viewer(user: User, role: Role, subject: int | None, session: str, address: str) -> Viewer | None:
    if not subject:
        return None
    return Viewer(role=role, subject=subject, user_id=user.pk, session=session, address=address)


def _staff(user: User, session: str, address: str) -> Viewer | None:
    member = StaffMember.objects.filter(user=user).first()
    if member is None:
        return None
    permissions = Permission.values if member.is_super else member.permissions
    sites = None if member.is_super else (frozenset(member.sites.values_list("pk", flat=True)) or None)
    return Viewer(
        role="staff", subject=member.pk, user_id=user.pk, permissions=frozenset(permissions), sites=sites,
        is_super=member.is_super, session=session, address=address,
    )  # fmt: skip
