"""The only way to a study: `studies_visible_to` for lists, `get_study` for one, both from the same rules."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from placa.domain.access import rules
from placa.domain.access.models import SharePart
from placa.domain.access.moment import Moment, moment
from placa.domain.access.rules import Facet
from placa.domain.access.viewers import Viewer
from placa.domain.access.ways import is_walked
from placa.domain.access.ways import ways as ways_of
from placa.domain.archive.models import Study
from placa.domain.audit import services as audit
from placa.domain.people.models import Agreement, Patient
from placa.domain.reports.models import DiagnosticReport


class NotVisible(ObjectDoesNotExist):
    """Not there, or not for this viewer: outside, nobody can tell the two apart (404)."""


def studies_visible_to(
    viewer: Viewer, *, at: dt.datetime | None = None, need: Facet = "row"
) -> QuerySet[Study]:
    """Studies of which `viewer` has the facet `need` at `at` (default now), newest first.

    Each row says what else it has: `may_images`, `may_report`, `may_download`, `may_share` (bool).
    """
    when = moment(at)
    return _told(Study.objects.filter(_facet(viewer, when, need)), _facets(viewer, when))


def known_visible_to(
    viewer: Viewer, *, at: dt.datetime | None = None, need: Facet = "row"
) -> QuerySet[Study]:
    """The same, for whoever names few studies by another condition: each is asked whether it is granted."""
    when = moment(at)
    return _told(Study.objects.filter(_asked(viewer, when, need)), _facets(viewer, when))


def plain_visible_to(viewer: Viewer, *, need: Facet) -> QuerySet[Study]:
    """As `known_visible_to`, now, in no order; what else each may is not said."""
    return Study.objects.filter(_asked(viewer, moment(), need)).order_by()


def names_visible(viewer: Viewer, column: str = "study_uid") -> Exists:
    """Of rows that name a study by its UID in `column`: whether `viewer` may see that study's row."""
    return Exists(plain_visible_to(viewer, need="row").filter(study_instance_uid=OuterRef(column)))


@dataclass(frozen=True, slots=True)
class Listed:
    """The studies of a viewer as a list asks for them: `ways` say which, `rows` what of those whose keys are known.

    Every way is walked by an index of its own, in the order of the list; together they hold the same studies as
    `studies_visible_to`, some of them twice. Only they are narrowed.
    """

    ways: tuple[QuerySet[Study], ...]
    rows: QuerySet[Study]
    others: tuple[
        QuerySet[Study], ...
    ] = ()  # ways of which no index knows the order: these are read and sorted
    facets: Mapping[str, Case | Value] = field(default_factory=dict)  # what each row says it may, by name

    def filter(self, *conditions: Q) -> "Listed":
        """Only studies of which all of `conditions` hold."""
        return self._each(lambda way: way.filter(*conditions))

    def told(self) -> "Listed":
        """The same, to be narrowed by what each may: `may_report` and its like (reckoning them all costs, so only then)."""
        return self._each(lambda way: way.annotate(**self.facets))

    def _each(self, change: Callable[[QuerySet[Study]], QuerySet[Study]]) -> "Listed":
        return replace(self, ways=tuple(map(change, self.ways)), others=tuple(map(change, self.others)))


def listed(viewer: Viewer) -> Listed:
    """`studies_visible_to` for a list."""
    when = moment()
    plain, facets = _listed(viewer, when, "row"), _facets(viewer, when)
    return replace(plain, rows=_told(plain.rows, facets), facets=facets)


def plain_listed(viewer: Viewer, *, need: Facet) -> Listed:
    """Studies of which `viewer` has the facet `need` now, for a list; what else each may is not said."""
    return _listed(viewer, moment(), need)


def _listed(viewer: Viewer, when: Moment, need: Facet) -> Listed:
    left = _left(viewer, when, need)
    grants = _grants(viewer, when)
    allowed = _only(
        Study.objects.all(), left
    )  # once for all ways: making a question takes longer than asking it
    parts = [way for grant in grants for way in ways_of(grant)] if left is not rules.NONE else []
    ways, others = (
        tuple(_only(allowed, way) for way in parts if is_walked(way) is walked) for walked in (True, False)
    )
    return Listed(ways, _only(allowed, reduce(_either, grants, rules.NONE)), others)


def _facets(viewer: Viewer, when: Moment) -> dict[str, Case | Value]:
    """What each row may beside being listed, by name: what restricts the other facets."""
    return {f"may_{facet}": _flag(_left(viewer, when, facet)) for facet in rules.FACETS if facet != "row"}


def _told(studies: QuerySet[Study], facets: Mapping[str, Case | Value]) -> QuerySet[Study]:
    """`studies`, each of which was granted, with `facets` and what pages show beside them."""
    related = ("patient", "order__requester", "order__exam_type", "order__payer", "site")
    return studies.select_related(*related).annotate(**facets)


def get_study(
    viewer: Viewer,
    study_instance_uid: str,
    *,
    need: Facet = "row",
    at: dt.datetime | None = None,
    bare: bool = False,
) -> Study:
    """The study, if `viewer` has the facet `need`; else the refusal is audited, NotVisible raised.

    `bare`: it says of no other facet whether it has it, and what pages show beside it is not read along.
    """
    if bare:
        found = _granted_one(viewer, moment(at), need, study_instance_uid)
    else:
        visible = known_visible_to(viewer, at=at, need=need)
        found = visible.filter(study_instance_uid=study_instance_uid).first()
    if found is None:
        audit.record(
            action=f"open_{need}", outcome="refused", actor=viewer.actor, role=viewer.role,
            session=viewer.session, address=viewer.address, study_uid=study_instance_uid, once_in_window=True,
        )  # fmt: skip
        raise NotVisible(need)
    if at is None and not bare:
        found.asked_by = viewer
    return found


def has_facet(viewer: Viewer, study_instance_uid: str, need: Facet) -> bool:
    """Whether `viewer` has the facet now; no audit event: for what a page offers, not what it opens."""
    return plain_visible_to(viewer, need=need).filter(study_instance_uid=study_instance_uid).exists()


def openable_reports_of(viewer: Viewer, study: Study) -> list[DiagnosticReport]:
    """The reports of one study that `viewer` may open, oldest first; none without the facet `report`.

    A study that `get_study` gave to this very viewer says itself whether they have it.
    """
    asked = study.asked_by == viewer
    if not (study.may_report if asked else has_facet(viewer, study.study_instance_uid, "report")):
        return []
    reports = rules.openable_reports(viewer, moment()).filter(study=study).distinct()
    return list(reports.order_by("id").prefetch_related("versions"))


def reports_listed_of(viewer: Viewer, studies: Iterable[Study]) -> dict[int, list[DiagnosticReport]]:
    """Reports of listed studies, for their status only (nothing of the content), by key of the study."""
    by_study: dict[int, list[DiagnosticReport]] = {study.pk: [] for study in studies}
    reports = DiagnosticReport.objects.filter(study__in=by_study.keys())
    for report in reports.exclude(status=DiagnosticReport.Status.CANCELLED).order_by("id"):
        if report.study_id is not None:
            by_study[report.study_id].append(report)
    return by_study


def hears_of_reports(viewer: Viewer) -> bool:
    """Whether `viewer` is told how far a report is: not where the share or the agreement leaves reports out."""
    if viewer.role == "share":
        return SharePart.objects.filter(pk=viewer.subject, grant__report=True).exists()
    if viewer.role == "company":
        return any(one.report for one in running_agreements_of(viewer))
    return True


def reports_withdrawn_of(viewer: Viewer, study: Study) -> list[DiagnosticReport]:
    """Reports of a listed study that were taken back, for staff: their history, never their content."""
    if viewer.role != "staff":
        return []
    withdrawn = DiagnosticReport.objects.filter(study=study, status=DiagnosticReport.Status.CANCELLED)
    return list(withdrawn.order_by("id"))


def without_final_report() -> Q:
    """Studies that have no signed report."""
    final = DiagnosticReport.objects.filter(study=OuterRef("pk"), status__in=DiagnosticReport.FINAL_STATES)
    return ~Q(Exists(final))


def patients_in_sight(viewer: Viewer) -> QuerySet[Patient]:
    """A patient's own row and the children that they are guardian of, oneself first; else nobody."""
    if viewer.role != "patient":
        return Patient.objects.none()
    children = rules.active_guardianships(moment()).filter(guardian_id=viewer.subject)
    mine = Q(pk=viewer.subject, merged_into=None)
    return Patient.objects.filter(mine | Q(pk__in=children.values("child"))).order_by(
        Case(When(pk=viewer.subject, then=0), default=1), "birth_date"
    )


def running_agreements_of(viewer: Viewer) -> list[Agreement]:
    """The agreements of a company that run today, the one that lasts longest first; none for anybody else."""
    if viewer.role != "company":
        return []
    longest = F("ends_on").desc(nulls_first=True)
    running = rules.running_agreements(viewer, moment()).select_related("organization")
    return list(running.order_by(longest, "pk"))


def release_moment(study: Study, when: Moment | None = None) -> dt.datetime | None:
    """When the patient's side opens, by the rules of 2.4; None while staff decide it."""
    when = when or moment()
    if study.release == Study.Release.NOW:
        return study.released_at or study.clock_start
    if study.release == Study.Release.HELD or (when.unlinked_wait and study.order is None):
        return None
    delay = when.delay_of(study.order.exam_type_id if study.order else None, study.site_id)
    if not when.doctor_first:
        return study.clock_start + delay
    at_latest = study.clock_start + when.doctor_first_limit
    read = min(study.doctor_read_at or at_latest, at_latest)
    return max(study.clock_start, read) + delay


def report_opens(study: Study, report: DiagnosticReport, when: Moment) -> dt.datetime | None:
    """When a signed report of a released study opens to the patient's side (decision 0006); None for an unsigned one."""
    if report.final_at is None or (study.released_at and study.released_at >= report.final_at):
        return report.final_at  # staff released what was final by then
    return report.final_at + when.report_delay


def grants_of(viewer: Viewer, study: Study, *, at: dt.datetime | None = None) -> list[str]:
    """Names of the rules that speak for `viewer` on `study`."""
    when, one = moment(at), Study.objects.filter(pk=study.pk)
    grants = rules.GRANTS.get(viewer.role, ())
    return [grant.__name__ for grant in grants if one.filter(grant(viewer, when)).exists()]


def explain(viewer: Viewer, study: Study, *, at: dt.datetime | None = None) -> dict[str, list[str]]:
    """Names of the rules that speak for `viewer` on `study` (grants), and of those that block each facet."""
    when = moment(at)
    one = Study.objects.filter(pk=study.pk)
    answer = {"grants": grants_of(viewer, study, at=at)}
    for facet in rules.FACETS:
        answer[facet] = [
            bound.rule.__name__
            for bound in rules.RESTRICTIONS
            if viewer.role in bound.roles and not one.filter(bound.rule(viewer, when, facet)).exists()
        ]
    return answer


def _granted_one(viewer: Viewer, when: Moment, need: Facet, study_instance_uid: str) -> Study | None:
    """One study with the flag of the facet `need`, if any grant gives it and the restrictions leave it.

    Grant by grant: the first one mostly says yes, and four in one query take four times as long to write as to ask.
    """
    left = _both(Q(study_instance_uid=study_instance_uid), _left(viewer, when, need))
    for grant in rules.GRANTS.get(viewer.role, ()):
        found = Study.objects.filter(_both(grant(viewer, when), left)).order_by().first()
        if found is not None:
            setattr(found, f"may_{need}", True)
            return found
    return None


def _flag(allowed: Q) -> Case | Value:
    if allowed is rules.ALL or allowed is rules.NONE:
        return Value(allowed is rules.ALL, output_field=BooleanField())
    return Case(When(allowed, then=Value(True)), default=False, output_field=BooleanField())


def _facet(viewer: Viewer, when: Moment, facet: Facet) -> Q:
    return _both(_granted(viewer, when), _left(viewer, when, facet))


def _granted(viewer: Viewer, when: Moment) -> Q:
    return rules.any_of(*_grants(viewer, when))


def _asked(viewer: Viewer, when: Moment, facet: Facet) -> Q:
    """The same as `_facet`, asked of a study."""
    return _both(reduce(_either, _grants(viewer, when), rules.NONE), _left(viewer, when, facet))


def _grants(viewer: Viewer, when: Moment) -> list[Q]:
    return [grant(viewer, when) for grant in rules.GRANTS.get(viewer.role, ())]


def _left(viewer: Viewer, when: Moment, facet: Facet) -> Q:
    """What the restrictions leave of a facet; for a download there must be something to take along."""
    left = _restricted(viewer, when, facet)
    if facet != "download":
        return left
    return _both(left, _either(_restricted(viewer, when, "images"), _restricted(viewer, when, "report")))


def _restricted(viewer: Viewer, when: Moment, facet: Facet) -> Q:
    left = rules.ALL
    for bound in rules.RESTRICTIONS:
        if viewer.role in bound.roles:
            left = _both(left, bound.rule(viewer, when, facet))
    return left


# what says nothing is left out: the database is asked no more than it must be


def _both(one: Q, other: Q) -> Q:
    if one is rules.NONE or other is rules.NONE:
        return rules.NONE
    if one is rules.ALL or other is rules.ALL:
        return other if one is rules.ALL else one
    return one & other


def _only(studies: QuerySet[Study], allowed: Q) -> QuerySet[Study]:
    return studies if allowed is rules.ALL else studies.filter(allowed)


def _either(one: Q, other: Q) -> Q:
    if one is rules.ALL or other is rules.ALL:
        return rules.ALL
    if one is rules.NONE or other is rules.NONE:
        return other if one is rules.NONE else one
    return one | other
