"""Switching off any one rule, or any one condition inside a rule, must change a cell of the matrix."""

import inspect
import types
from typing import Any

import pytest

from placa.domain.access import rules, selectors, viewers
from tests.access.asking import asked, asked_scope
from tests.access.cast_of_matrix import PERSONAS, SCENES, SCOPED
from tests.access.world import World

# a grant -> somebody who has nothing without it
GRANTS = {
    "grant_patient": ["ana"],
    "grant_guardian": ["father"],
    "grant_ordering_doctor": ["diaz"],
    "grant_copied_doctor": ["copia"],
    "grant_group": ["colleague_of_the_group"],
    "grant_stand_in": ["stand_in_today_only"],
    "grant_payer": ["gomez"],
    "grant_share": ["share_by_mail"],
    "grant_visit_code": ["visit_code"],
    "grant_staff": ["only_studies"],
}
# a restriction -> where each role that it binds shows it: persona, or persona@scene, or a scope
RESTRICTIONS = {
    "restrict_exclusive": {
        "patient": "ana", "share": "share_by_mail", "visit": "visit_code", "doctor": "diaz",
        "company": "", "staff": "only_studies",
    },
    "restrict_unlinked": {"patient": "ana", "share": "share_by_mail", "visit": "visit_code"},
    "restrict_before_release": {"patient": "ana", "share": "share_by_mail", "visit": "visit_code"},
    "restrict_hand_delivery": {"patient": "ana", "share": "share_by_mail", "visit": ""},
    "restrict_hidden": {"doctor": "diaz", "company": "gomez"},
    "restrict_online_limit": {
        "patient": "ana@online_45_days", "share": "share_by_mail@online_45_days",
        "visit": "visit_code@online_45_days",
    },
    "restrict_consent": {
        "patient": "ana@consent_missing", "share": "share_by_mail@consent_missing",
        "visit": "visit_code@consent_missing",
    },
    "restrict_share_alive": {"share": "share_revoked"},
    "restrict_share_scope": {"share": "share_images_only"},
    "restrict_agreement_scope": {"company": "company_verdict_only"},
    "restrict_doctor_scope": {"doctor": "diaz"},
    "restrict_visit_scope": {"visit": "visit_code"},
    "restrict_staff_scope": {"staff": "patients_of_one_site"},
    "restrict_report_ready": {
        "patient": "ana", "share": "share_by_mail", "visit": "visit_code", "doctor": "diaz",
        "company": "gomez", "staff": "only_studies",
    },
}  # fmt: skip
# no asker of this role can show the rule alone, because another says the same for it; why
TWICE = {
    (
        "restrict_exclusive",
        "company",
    ): "a company is granted only what it pays for: an exclusive study has one payer",
    ("restrict_hand_delivery", "visit"): "restrict_visit_scope does not even list it",
}

# a condition in the text of rules.py -> what stands there once it is switched off, and who shows it
CONDITIONS = [
    ("of_age, pk=viewer.subject, merged_into=None", "pk=viewer.subject, merged_into=None", "child_with_account"),
    ("of_age, pk=viewer.subject, merged_into=None", "of_age, pk=viewer.subject", "ana_merged"),
    ("if not moment.groups:", "if False:", "colleague_where_groups_are_off"),
    ("_ordered_by(absent) | _copied_to(absent)", "_ordered_by(absent)", "stand_in_for_a_copied_doctor"),
    ("_ordered_by(absent) | _copied_to(absent)", "_copied_to(absent)", "stand_in_today_only"),
    ("starts_on__lte=moment.today, ends_on__gte", "ends_on__gte", "stand_in_from_tomorrow"),
    ("starts_on__lte=moment.today, ends_on__gte=moment.today", "starts_on__lte=moment.today", "stand_in_until_yesterday"),
    ("return theirs & Q(pk__in=part", "return Q(pk__in=part", "share_of_another_patient"),
    ("revoked_at=None, locked_at=None, expires_at__gt=moment.at", "locked_at=None, expires_at__gt=moment.at", "visit_code_revoked"),
    ("revoked_at=None, locked_at=None, expires_at__gt=moment.at", "revoked_at=None, expires_at__gt=moment.at", "visit_code_locked"),
    ("revoked_at=None, locked_at=None, expires_at__gt=moment.at", "revoked_at=None, locked_at=None", "visit_code_expired"),
    ("patient__user=None, patient__birth_date__lte", "patient__birth_date__lte", "visit_code_of_an_account"),
    ("patient__user=None, patient__birth_date__lte=moment.minor_born_after", "patient__user=None", "visit_code_of_a_child"),
    ("ALL if viewer.sites is None else", "ALL if True else", "patients_of_one_site"),
    ('within & Q(patient__isnull=False)', "within", "only_studies"),
    ("released(moment)\n", "ALL\n", "ana"),
    ("if not moment.unlinked_wait:", "if False:", "ana@unlinked_do_not_wait"),
    ("& (Q(released_at=None) | Q(released_at__lte=at))", "", "ana"),
    ("(Q(release=Study.Release.AUTO) & by_clock)", "by_clock", "ana"),
    ("return of_type & at_site", "return of_type", "ana"),
    ("return of_type & at_site", "return at_site", "ana"),
    ("for own in moment.own_delays]", "for own in reversed(moment.own_delays)]", "ana"),
    ("default=Value(usual)", "default=Value(at)", "ana"),
    ("at - moment.doctor_first_limit", "at", "ana@doctor_first"),
    ("    if not moment.doctor_first:\n", "    if True:\n", "ana@doctor_first"),
    ("started & (read | waited)", "started & read", "ana@doctor_first"),
    ("started & (read | waited)", "started & waited", "ana@doctor_first"),
    ("ended_at=None, child__birth_date__gt", "child__birth_date__gt", "father_whose_link_ended"),
    ("child__birth_date__gt=moment.minor_born_after, child__merged_into=None", "child__merged_into=None", "guardian_on_the_16th_birthday"),
    ("child__birth_date__gt=moment.minor_born_after, child__merged_into=None", "child__birth_date__gt=moment.minor_born_after", "guardian_of_merged"),
    ("guarded, left, locked_at=None", "left, locked_at=None", "guardians_share_after_the_link"),
    ("guarded, left, locked_at=None", "guarded, locked_at=None", "share_used_up"),
    ("locked_at=None, grant__revoked_at=None", "grant__revoked_at=None", "share_locked"),
    ("locked_at=None, grant__revoked_at=None", "locked_at=None", "share_revoked"),
    ("grant__starts_at__lte=moment.at, ", "", "share_begins_in_a_second"),
    ("grant__starts_at__lte=moment.at, grant__expires_at__gt=moment.at", "grant__starts_at__lte=moment.at", "share_expired"),
    ("versions__isnull=False", "", "diaz"),
    ("return reports.exclude(status=DiagnosticReport.Status.CANCELLED)", "return reports", "diaz"),
    ("reports.filter(status__in=DiagnosticReport.FINAL_STATES)", "reports", "gomez"),
    ("final.filter(in_time | by_hand)", "final", "ana"),
    ("in_time | by_hand", "in_time", "ana@reports_6_hours_later"),
    ("in_time | by_hand", "by_hand", "ana"),
    ('__released_at__gte=F("final_at")', "__released_at__isnull=False", "ana@reports_6_hours_later"),
    ("final_at__lte=moment.at - moment.report_delay", "final_at__lte=moment.at", "ana@reports_6_hours_later"),
    ("Q(ends_on=None) | Q(ends_on__gte=moment.today),", "", "company_until_yesterday"),
    ("organization__enabled=True, ", "", "company_disabled"),
    (", starts_on__lte=moment.today,\n    )", ",\n    )", "company_from_tomorrow"),
    ('facet == "images" and not moment.hand_delivery_blocks_images', "False", "ana@hand_delivery_shows_images"),
    ("given=True).exclude(Exists(newer))", "given=True)", "ana@consent_withdrawn"),
    ('facet == "download" and not moment.doctor_download', "False", "diaz@doctors_do_not_download"),
    ("if viewer.may(Permission.EXCLUSIVE):", "if False:", "jefe"),
    ('if viewer.role == "company" else NONE', "if False else NONE", "heras"),
]  # fmt: skip
# the same for viewers.py
OF_VIEWERS = [
    ("if not user.is_active or user.pk is None:", "if user.pk is None:", "ana_disabled"),
    ("state=Practitioner.State.ENABLED)\n        pk", ")\n        pk", "diaz_refused"),
    ("user=user, active=True, organization__enabled=True)\n        pk", "user=user, organization__enabled=True)\n        pk", "company_member_disabled"),
]  # fmt: skip


def differs(world: World, where: str) -> bool:
    """Whether the persona (in a scene) or the scope sees anything else than the table says."""
    name, _, scene = where.partition("@")
    if name in SCOPED:
        return bool(asked_scope(world, name, at_once=True))
    return bool(asked(world, name, scene or "defaults", at_once=True))


@pytest.mark.parametrize("name", GRANTS)
def test_without_a_grant(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    off = {
        role: tuple(_nothing if grant.__name__ == name else grant for grant in grants)
        for role, grants in rules.GRANTS.items()
    }
    assert off != rules.GRANTS
    monkeypatch.setattr(rules, "GRANTS", off)
    assert all(differs(world, where) for where in GRANTS[name])


def _nothing(*_asked: Any) -> Any:
    return rules.NONE


CASES = [(rule, role, where) for rule, roles in RESTRICTIONS.items() for role, where in roles.items()]


@pytest.mark.parametrize(("rule", "role", "where"), CASES)
def test_without_a_restriction(
    world: World, monkeypatch: pytest.MonkeyPatch, rule: str, role: str, where: str
) -> None:
    off = tuple(
        rules.Bound(bound.rule, bound.roles - {role}) if bound.rule.__name__ == rule else bound
        for bound in rules.RESTRICTIONS
    )
    assert off != rules.RESTRICTIONS
    monkeypatch.setattr(rules, "RESTRICTIONS", off)
    if where:
        assert differs(world, where)
    else:
        assert (rule, role) in TWICE


@pytest.mark.parametrize(("written", "instead", "where"), CONDITIONS)
def test_without_a_condition(
    world: World, monkeypatch: pytest.MonkeyPatch, written: str, instead: str, where: str
) -> None:
    source = inspect.getsource(rules)
    assert source.count(written) == 1, "the rule is written otherwise now: write its mutation anew"
    mutant = types.ModuleType(rules.__name__)
    exec(compile(source.replace(written, instead), rules.__file__, "exec"), mutant.__dict__)
    monkeypatch.setattr(selectors, "rules", mutant)
    assert differs(world, where)


@pytest.mark.parametrize(("written", "instead", "where"), OF_VIEWERS)
def test_without_a_condition_of_the_viewer(
    world: World, monkeypatch: pytest.MonkeyPatch, written: str, instead: str, where: str
) -> None:
    source = inspect.getsource(viewers.viewer_for)
    assert source.count(written) == 1, "it is written otherwise now: write its mutation anew"
    scope = dict(vars(viewers))
    exec(compile(source.replace(written, instead), viewers.__file__, "exec"), scope)
    monkeypatch.setattr("tests.access.personas.viewer_for", scope["viewer_for"])
    assert differs(world, where)


def test_every_rule_is_switched_off_here() -> None:
    granted = {grant.__name__ for grants in rules.GRANTS.values() for grant in grants}
    assert set(GRANTS) == granted
    bound = {(b.rule.__name__, role) for b in rules.RESTRICTIONS for role in b.roles}
    assert {(rule, role) for rule, role, _where in CASES} == bound
    assert {where.partition("@")[0] for *_rest, where in CASES if where} <= PERSONAS.keys() | SCOPED.keys()
    assert {where.partition("@")[2] for *_rest, where in CONDITIONS} <= SCENES.keys() | {""}
