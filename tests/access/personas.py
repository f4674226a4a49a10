"""Who asks: every persona puts itself into the world (in a transaction of its own) and says its viewers."""

import datetime as dt
from collections.abc import Callable

from placa.demo import cast
from placa.domain.access.models import VisitCode
from placa.domain.access.viewers import NOBODY, Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.institution.models import Site
from placa.domain.people.models import (
    Agreement,
    Guardianship,
    Organization,
    OrganizationMember,
    Patient,
    PracticeGroup,
    Practitioner,
    StaffMember,
    StandIn,
)
from tests.access.states import DAY, NOW, STATES
from tests.access.world import World, account, choose, share

Persona = Callable[[World], list[Viewer]]
TODAY = NOW.date()
ONE = dt.timedelta(days=1)


def of(username: str, role: str) -> list[Viewer]:
    """The viewer that an account is in a role."""
    return [viewer_for(User.objects.get(username=username), role)]


def user(username: str, role: str) -> Persona:
    """An account of the cast as it stands."""
    return lambda world: of(username, role)


def disabled(username: str, role: str) -> Persona:
    """An account that staff have disabled (case 9)."""

    def persona(world: World) -> list[Viewer]:
        User.objects.filter(username=username).update(is_active=False)
        return of(username, role)

    return persona


def nobody(world: World) -> list[Viewer]:
    """Who is not signed in."""
    return [NOBODY]


# --- patients and guardians


def _patient(username: str, **values: object) -> Patient:
    return Patient.objects.create(
        user=account(username), family_name=username, given_name="X", name_key=username,
        **({"birth_date": dt.date(1980, 1, 1)} | values),
    )  # fmt: skip


def father(**link: object) -> Persona:
    """The other guardian of Bruno; `link` changes the guardianship."""

    def persona(world: World) -> list[Viewer]:
        guardian = _patient("father")
        Guardianship.objects.create(guardian=guardian, child=cast.patient("bruno"), kind="father", **link)
        return of("father", "patient")

    return persona


def guardian_of_child_born(born: dt.date | None) -> Persona:
    """Bruno's other guardian, had Bruno been born on `born`."""

    def persona(world: World) -> list[Viewer]:
        Patient.objects.filter(pk=cast.patient("bruno").pk).update(birth_date=born)
        return father()(world)

    return persona


def guardian_of_another(world: World) -> list[Viewer]:
    """A guardian, but of a child without studies."""
    guardian = _patient("aunt")
    child = Patient.objects.create(
        family_name="y", given_name="Y", name_key="y", birth_date=dt.date(2015, 3, 1)
    )
    Guardianship.objects.create(guardian=guardian, child=child, kind="tutor")
    return of("aunt", "patient")


def grown_up_child(world: World) -> list[Viewer]:
    """A person with an account and parents, of age today: what was theirs is."""
    bruno = cast.patient("bruno")
    Patient.objects.filter(pk=bruno.pk).update(user=account("bruno"), birth_date=dt.date(2010, 6, 17))
    return of("bruno", "patient")


def child_with_account(world: World) -> list[Viewer]:
    """A child that should have no account, and signs in."""
    bruno = cast.patient("bruno")
    Patient.objects.filter(pk=bruno.pk).update(user=account("bruno"))
    return of("bruno", "patient")


def merged_ana(world: World) -> list[Viewer]:
    """Ana's viewer, from before her record was merged into another: it is nobody's now."""
    before = of("ana", "patient")
    ana = cast.patient("ana")
    Patient.objects.filter(pk=ana.pk).update(merged_into=cast.patient("nuria"))
    Guardianship.objects.update(ended_at=NOW)
    return before + of("ana", "patient")


def guardian_of_merged(world: World) -> list[Viewer]:
    """The guardian of a child whose record was merged into another."""
    viewers = father()(world)
    Patient.objects.filter(pk=cast.patient("bruno").pk).update(merged_into=cast.patient("nuria"))
    return viewers


# --- doctors


def doctor(username: str, state: str = "enabled") -> Practitioner:
    """Another doctor."""
    return Practitioner.objects.create(
        user=account(username), family_name=username, given_name="X", name_key=username, state=state
    )


def colleague(world: World) -> list[Viewer]:
    """A doctor of Díaz's practice group."""
    group = PracticeGroup.objects.create(name="Centro Médico")
    group.members.add(doctor("colleague"), Practitioner.objects.get(user__username="diaz"))
    return of("colleague", "doctor")


def colleague_where_groups_are_off(world: World) -> list[Viewer]:
    """The same, where the institution does not let groups see each other's studies."""
    choose(groups_see_each_other=False)
    return colleague(world)


def stand_in(first: int, last: int, username: str = "diaz") -> Persona:
    """Stands in for Díaz, or for `username`, from `first` to `last` (days from today)."""

    def persona(world: World) -> list[Viewer]:
        absent = Practitioner.objects.get(user__username=username)
        StandIn.objects.create(
            absent=absent, stand_in=doctor("vega"), starts_on=TODAY + first * ONE, ends_on=TODAY + last * ONE
        )
        return of("vega", "doctor")

    return persona


def doctor_in(state: str) -> Persona:
    """Díaz, in another state of his licence."""

    def persona(world: World) -> list[Viewer]:
        Practitioner.objects.filter(user__username="diaz").update(state=state)
        return of("diaz", "doctor")

    return persona


# --- companies


def company(username: str = "gomez", **agreement: object) -> Persona:
    """A company's user, with another agreement."""

    def persona(world: World) -> list[Viewer]:
        Agreement.objects.filter(organization__members__user__username=username).update(**agreement)
        return of(username, "company")

    return persona


def company_disabled(world: World) -> list[Viewer]:
    """A viewer from before staff disabled the company, and one from after (4.4)."""
    before = of("gomez", "company")
    Organization.objects.filter(identifier="quisqueya").update(enabled=False)
    return before + of("gomez", "company")


def member_disabled(world: World) -> list[Viewer]:
    """Somebody who no longer works for the company."""
    OrganizationMember.objects.filter(user__username="gomez").update(active=False)
    return of("gomez", "company")


# --- staff


def staff(*permissions: str, site: str = "") -> Persona:
    """A member of staff with just these permissions."""

    def persona(world: World) -> list[Viewer]:
        member = StaffMember.objects.create(user=account("clerk"), permissions=list(permissions))
        if site:
            member.sites.add(Site.objects.get(code=site))
        return of("clerk", "staff")

    return persona


# --- shares and visit codes


def share_of(copy: str = "adult", patient: str = "ana", **grant: object) -> Persona:
    """A live share of every study of a copy, and of two that are not that patient's."""

    def persona(world: World) -> list[Viewer]:
        others = [world.studies["released", "walkin"], world.studies["unmatched", "walkin"]]
        part = share([*world.of(copy), *others], patient, **grant)  # type: ignore[arg-type]
        return [Viewer(role="share", subject=part.pk)]

    return persona


def share_with(**values: object) -> Persona:
    """A share whose part (key) stands differently."""

    def persona(world: World) -> list[Viewer]:
        part = share(world.of("adult"), openings_maximum=3)
        for name, value in values.items():
            setattr(part, name, value)
        part.save()
        return [Viewer(role="share", subject=part.pk)]

    return persona


def share_of_one(world: World) -> list[Viewer]:
    """A share of a single study: nothing else of the patient goes along."""
    part = share([world.studies["released", "adult"]])
    return [Viewer(role="share", subject=part.pk)]


def guardians_share(born: dt.date = dt.date(2015, 3, 1), **link: object) -> Persona:
    """A share that Ana made of Bruno's studies as his mother."""

    def persona(world: World) -> list[Viewer]:
        bruno = cast.patient("bruno")
        Patient.objects.filter(pk=bruno.pk).update(birth_date=born)
        tie = Guardianship.objects.get(child=bruno)
        Guardianship.objects.filter(pk=tie.pk).update(**link)
        return share_of("child", "bruno", guardianship=tie)(world)

    return persona


def visit(copy: str = "walkin", **code: object) -> Persona:
    """A visit code for each study of a copy; each shows its own or none."""

    def persona(world: World) -> list[Viewer]:
        values = {"expires_at": NOW + DAY} | code
        made = [
            VisitCode.objects.create(study_id=pk, code_hash=f"{copy}-{pk}", **values)
            for pk in world.of(copy, STATES)
        ]
        return [Viewer(role="visit", subject=row.pk) for row in made]

    return persona


def visit_of_grown(**values: object) -> Persona:
    """A walk-in's visit codes, where the walk-in is somebody else than an adult without an account."""

    def persona(world: World) -> list[Viewer]:
        Patient.objects.filter(pk=cast.patient("nuria").pk).update(**values)
        return visit()(world)

    return persona


def walkin_registers(world: World) -> list[Viewer]:
    """A walk-in's visit codes, after the walk-in got an account."""
    Patient.objects.filter(pk=cast.patient("nuria").pk).update(user=account("nuria"))
    return visit()(world)
