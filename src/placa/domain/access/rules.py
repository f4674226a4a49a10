"""Who may see what: one named function a rule, each returning a `Q` over Study.

Grants are OR-ed, restrictions AND-ed; each restriction says whom it binds. Rules are subqueries or plain
columns, so that they neither duplicate rows nor leak through joins. A grant names its studies (`__in` a query that
does not depend on the study), so that a list begins with the few that are granted; a restriction asks each of them
(`Exists()`).
The table they come from is in docs/decisions and in the specification's architecture.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value, When

from placa.domain.access.models import ShareGrant, SharePart, VisitCode
from placa.domain.access.moment import Moment
from placa.domain.access.viewers import Role, Viewer
from placa.domain.access.ways import ways
from placa.domain.archive.models import Study
from placa.domain.institution.selectors import OwnDelay
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import (
    Agreement,
    Consent,
    Guardianship,
    Patient,
    Permission,
    Practitioner,
    StandIn,
)
from placa.domain.reports.models import DiagnosticReport

Facet = Literal["row", "images", "report", "download", "share"]
FACETS: tuple[Facet, ...] = ("row", "images", "report", "download", "share")
PERSONAL: frozenset[Role] = frozenset({"patient", "share", "visit"})  # a guardian asks as a patient

Grant = Callable[[Viewer, Moment], Q]
Restriction = Callable[[Viewer, Moment, Facet], Q]
NONE = Q(pk__in=[])
ALL = Q(pk__isnull=False)  # never the empty Q: OR-ed with another it would vanish
# a study's copies of its order's doctor and payer have the index by which lists are walked; the order decides
REQUESTER_HOLDS, PAYER_HOLDS = Q(order__requester=F("requester")), Q(order__payer=F("payer"))


# --- grants: each answers which studies a viewer has anything to do with


def grant_patient(viewer: Viewer, moment: Moment) -> Q:
    """The patient's own studies, unless still under the age at which guardians act (2.9)."""
    of_age = Q(birth_date=None) | Q(birth_date__lte=moment.minor_born_after)
    own = Patient.objects.filter(of_age, pk=viewer.subject, merged_into=None)
    return Q(patient__in=own.values("pk"))


def grant_guardian(viewer: Viewer, moment: Moment) -> Q:
    """Studies of the children linked to this patient, until the day they come of age (2.9)."""
    links = active_guardianships(moment).filter(guardian_id=viewer.subject)
    return Q(patient__in=links.values("child"))


def grant_ordering_doctor(viewer: Viewer, moment: Moment) -> Q:
    """Studies this doctor ordered (3.2)."""
    return _ordered_by([viewer.subject])


def grant_copied_doctor(viewer: Viewer, moment: Moment) -> Q:
    """Studies on whose order this doctor is copied (3.5)."""
    return _copied_to([viewer.subject])


def grant_group(viewer: Viewer, moment: Moment) -> Q:
    """Studies ordered by a colleague of the same practice group (3.5, setting)."""
    if not moment.groups:
        return NONE
    colleagues = Practitioner.objects.filter(groups__members=viewer.subject)
    return _ordered_by(colleagues.values_list("pk", flat=True).distinct())


def grant_stand_in(viewer: Viewer, moment: Moment) -> Q:
    """Studies ordered by, or copied to, a doctor whom this one stands in for today (3.5)."""
    today = StandIn.objects.filter(
        stand_in_id=viewer.subject, starts_on__lte=moment.today, ends_on__gte=moment.today
    )
    absent = list(today.values_list("absent_id", flat=True))
    return _ordered_by(absent) | _copied_to(absent)


def grant_payer(viewer: Viewer, moment: Moment) -> Q:
    """Studies whose order this company pays for, under an agreement that runs today (4.2, 4.5)."""
    return Q(payer=viewer.subject) & PAYER_HOLDS & Q(Exists(running_agreements(viewer, moment)))


def grant_share(viewer: Viewer, moment: Moment) -> Q:
    """The studies of one share, while they are still its patient's (5.5)."""
    part = SharePart.objects.filter(pk=viewer.subject)
    theirs = Q(patient__in=part.values("grant__patient"))
    return theirs & Q(pk__in=part.values("grant__studies"))


def grant_visit_code(viewer: Viewer, moment: Moment) -> Q:
    """The one study of a visit code, of an adult patient without an account (1.12)."""
    code = VisitCode.objects.filter(
        pk=viewer.subject, revoked_at=None, locked_at=None, expires_at__gt=moment.at
    )
    return Q(
        pk__in=code.values("study"), patient__user=None, patient__birth_date__lte=moment.minor_born_after
    )


def grant_staff(viewer: Viewer, moment: Moment) -> Q:
    """Studies of the sites of a member of staff; unmatched ones through the inbox (9.1, 9.7)."""
    if not viewer.permissions & STAFF_ROWS:
        return NONE
    within = ALL if viewer.sites is None else Q(site_id__in=viewer.sites) | Q(site=None)
    matched = within & Q(patient__isnull=False)
    return within if viewer.may(Permission.INBOX) else matched


STAFF_ROWS = frozenset(
    {Permission.INBOX, Permission.PATIENTS, Permission.ORDERS, Permission.STUDIES, Permission.UPLOAD}
)
GRANTS: dict[Role, tuple[Grant, ...]] = {
    "patient": (grant_patient, grant_guardian),
    "doctor": (grant_ordering_doctor, grant_copied_doctor, grant_group, grant_stand_in),
    "company": (grant_payer,),
    "share": (grant_share,),
    "visit": (grant_visit_code,),
    "staff": (grant_staff,),
}


# --- restrictions: each answers which studies it leaves for a facet


def restrict_exclusive(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A study exclusive to a company is that company's and authorised staff's alone (4.3)."""
    if viewer.may(Permission.EXCLUSIVE):
        return ALL
    own = Q(exclusive_to_id=viewer.subject) if viewer.role == "company" else NONE
    return Q(exclusive_to=None) | own


def restrict_unlinked(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """Without an order it may yet prove exclusive: it waits for staff, unseen (setting)."""
    if not moment.unlinked_wait:
        return ALL
    return Q(order__isnull=False) | Q(release=Study.Release.NOW)


def restrict_before_release(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """Before release there is the row and nothing else (2.4)."""
    return ALL if facet == "row" else released(moment)


def restrict_hand_delivery(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A study for hand delivery is listed; its report, and its images by setting, are not online (2.3)."""
    if facet == "row" or (facet == "images" and not moment.hand_delivery_blocks_images):
        return ALL
    return Q(hand_delivery=False)


def restrict_hidden(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """What the patient hides does not exist for doctors and companies (2.20)."""
    return Q(hidden_by_patient=False)


def restrict_online_limit(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """After the days a study stays online, its row remains (2.19, setting)."""
    if facet == "row" or moment.online_since is None:
        return ALL
    return Q(clock_start__gt=moment.online_since)


def restrict_consent(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """Where the institution needs consent, without it there is the row only (2.19, setting)."""
    if facet == "row" or not moment.consent_required:
        return ALL
    online = Consent.objects.filter(kind="online_results", patient_id=OuterRef("patient_id"))
    newer = Consent.objects.filter(
        kind="online_results", patient_id=OuterRef("patient_id"), at__gt=OuterRef("at")
    )
    newest = online.filter(given=True).exclude(Exists(newer))
    return Q(Exists(newest))


def restrict_share_alive(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A share ends at its date, by its owner, by its lock, with its guardianship (5.6, 5.7, 2.9)."""
    return Q(Exists(live_parts(moment).filter(pk=viewer.subject)))


def restrict_share_scope(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A share has the parts that the patient chose, and is never shared onward (5.5, 5.9)."""
    if facet == "share":
        return NONE
    return _flags(facet, ShareGrant.objects.filter(parts=viewer.subject))


def restrict_agreement_scope(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A company sees what its agreement says, and never shares (4.2, 4.5)."""
    if facet == "share":
        return NONE
    return _flags(facet, running_agreements(viewer, moment))


def restrict_doctor_scope(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A doctor never shares, and downloads by setting (3.3)."""
    if facet == "share" or (facet == "download" and not moment.doctor_download):
        return NONE
    return ALL


def restrict_visit_scope(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A visit code opens and downloads, it does not share; hand delivery is never listed by it (1.12)."""
    return NONE if facet == "share" else Q(hand_delivery=False)


def restrict_staff_scope(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """Any study permission shows rows; opening one wants `studies`, or `inbox` before matching.

    A share is a patient's: before matching there is nobody to share for.
    """
    if facet == "row" or viewer.may(Permission.STUDIES):
        return Q(patient__isnull=False) if facet == "share" else ALL
    return Q(patient=None) if facet == "images" and viewer.may(Permission.INBOX) else NONE


def restrict_report_ready(viewer: Viewer, moment: Moment, facet: Facet) -> Q:
    """A report opens once there is one: final for everybody, preliminary for doctors and staff (2.3)."""
    if facet != "report":
        return ALL
    return Q(Exists(openable_reports(viewer, moment).filter(study=OuterRef("pk"))))


@dataclass(frozen=True, slots=True)
class Bound:
    """A restriction and the roles it binds."""

    rule: Restriction
    roles: frozenset[Role]


def _binds(rule: Restriction, *roles: Role) -> Bound:
    return Bound(rule, frozenset(roles))


RESTRICTIONS: tuple[Bound, ...] = (
    _binds(restrict_exclusive, "patient", "share", "visit", "doctor", "company", "staff"),
    _binds(restrict_unlinked, *PERSONAL),
    _binds(restrict_before_release, *PERSONAL),
    _binds(restrict_hand_delivery, *PERSONAL),
    _binds(restrict_hidden, "doctor", "company"),
    _binds(restrict_online_limit, *PERSONAL),
    _binds(restrict_consent, *PERSONAL),
    _binds(restrict_share_alive, "share"),
    _binds(restrict_share_scope, "share"),
    _binds(restrict_agreement_scope, "company"),
    _binds(restrict_doctor_scope, "doctor"),
    _binds(restrict_visit_scope, "visit"),
    _binds(restrict_staff_scope, "staff"),
    _binds(restrict_report_ready, "patient", "share", "visit", "doctor", "company", "staff"),
)


# --- what rules share


def any_of(*grants: Q) -> Q:
    """What any of `grants` gives. Each is asked alone and the keys are joined: of an OR no database takes an index."""
    given = [grant for grant in grants if grant is not NONE]
    if len(given) < 2:
        return given[0] if given else NONE
    apart = [part for grant in given for part in ways(grant)]
    if not apart:
        return NONE
    first, *others = (Study.objects.filter(part).order_by().values("pk") for part in apart)
    return Q(pk__in=first.union(*others, all=True) if others else first)


def _ordered_by(doctors: Iterable[int]) -> Q:
    """Studies ordered by one of `doctors`, who are named: of doctors in a subquery SQLite asks every study."""
    keys = list(doctors)
    return Q(requester__in=keys) & REQUESTER_HOLDS if keys else NONE


def _copied_to(doctors: Iterable[int]) -> Q:
    """Studies on whose order one of `doctors` is copied."""
    keys = list(doctors)
    copied = ServiceRequest.copies_to.through.objects.filter(practitioner__in=keys)
    return Q(order__in=copied.values("servicerequest")) if keys else NONE


def released(moment: Moment) -> Q:
    """Released by staff, or by the clock: the delay of its type and site has passed since `clock_start`."""
    at, by_clock = moment.at, _clock_past(moment)
    by_staff = Q(release=Study.Release.NOW) & (Q(released_at=None) | Q(released_at__lte=at))
    return by_staff | (Q(release=Study.Release.AUTO) & by_clock)


def _clock_past(moment: Moment) -> Q:
    """The delay has passed since the clock started: with doctor first, at the reading or the limit (2.4)."""
    started = Q(clock_start__lte=_delay_before(moment, moment.at))
    if not moment.doctor_first:
        return started
    read = Q(doctor_read_at__lte=_delay_before(moment, moment.at))
    waited = Q(clock_start__lte=_delay_before(moment, moment.at - moment.doctor_first_limit))
    return started & (read | waited)


def _delay_before(moment: Moment, at: dt.datetime) -> Case | dt.datetime:
    """`at` less the delay of the study's type and site: the most specific one that is set."""
    usual = at - moment.release_delay
    cases = [When(_applies(own), then=Value(at - own.delay)) for own in moment.own_delays]
    return Case(*cases, default=Value(usual), output_field=DateTimeField()) if cases else usual


def _applies(own: OwnDelay) -> Q:
    of_type = Q(order__exam_type__in=own.exam_types) if own.exam_types else ALL
    at_site = Q(site__in=own.sites) if own.sites else ALL
    return of_type & at_site


def active_guardianships(moment: Moment) -> QuerySet[Guardianship]:
    """Links that were not ended and whose child is still under age today; an unknown age is no minor's."""
    return Guardianship.objects.filter(
        ended_at=None, child__birth_date__gt=moment.minor_born_after, child__merged_into=None
    )


def live_parts(moment: Moment) -> QuerySet[SharePart]:
    """Keys of shares that work at this moment: begun, not ended, not locked, openings left."""
    guarded = Q(grant__guardianship=None) | Q(
        grant__guardianship__in=active_guardianships(moment).values("pk")
    )
    left = Q(grant__openings_maximum=None) | Q(openings__lte=F("grant__openings_maximum"))
    return SharePart.objects.filter(
        guarded, left, locked_at=None, grant__revoked_at=None,
        grant__starts_at__lte=moment.at, grant__expires_at__gt=moment.at,
    )  # fmt: skip


def openable_reports(viewer: Viewer, moment: Moment) -> QuerySet[DiagnosticReport]:
    """Reports this viewer may open on a study it may see; withdrawn ones are nobody's."""
    reports = DiagnosticReport.objects.filter(versions__isnull=False)
    if viewer.role in ("doctor", "staff"):
        return reports.exclude(status=DiagnosticReport.Status.CANCELLED)
    final = reports.filter(status__in=DiagnosticReport.FINAL_STATES)
    if viewer.role == "company":
        return final
    in_time = Q(final_at__lte=moment.at - moment.report_delay)
    by_hand = Q(study__released_at__gte=F("final_at"))  # staff released what was final by then
    return final.filter(in_time | by_hand)


def running_agreements(viewer: Viewer, moment: Moment) -> QuerySet[Agreement]:
    """Agreements of this company that run today; together they say what it sees (4.5)."""
    return Agreement.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=moment.today),
        organization_id=viewer.subject, organization__enabled=True, starts_on__lte=moment.today,
    )  # fmt: skip


def _flags(facet: Facet, rows: QuerySet[Any]) -> Q:
    """`facet` where a row (share or agreement) has its flag; `row` needs none."""
    return ALL if facet == "row" else Q(Exists(rows.filter(**{facet: True})))
