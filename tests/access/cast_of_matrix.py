"""Every persona of the matrix, and which column of the table says what it sees of which copy."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from placa.demo import cast
from placa.domain.people.models import Consent, Organization
from tests.access import personas as p
from tests.access import table
from tests.access.states import DAY, NOW, SECOND
from tests.access.world import PATIENT_OF, choose

TODAY = NOW.date()


@dataclass(frozen=True, slots=True)
class Row:
    """A persona: how it comes about, and the columns it follows, by copy. No column: it sees nothing."""

    make: p.Persona
    role: str
    sees: dict[str, str]


def _row(make: p.Persona, role: str, **sees: str) -> Row:
    return Row(make, role, sees)


EVERYWHERE = ("adult", "child", "walkin")


def _staff(make: p.Persona, column: str = "") -> Row:
    return Row(make, "staff", {copy: column for copy in EVERYWHERE} if column else {})


LEAP = dt.date(2010, 6, 17)  # sixteen years before TODAY

PERSONAS: dict[str, Row] = {
    # patients and guardians
    "ana": _row(p.user("ana", "patient"), "patient", adult="own", child="own"),
    "carla": _row(p.user("carla", "patient"), "patient"),
    "ana_disabled": _row(p.disabled("ana", "patient"), "patient"),
    "ana_merged": _row(p.merged_ana, "patient"),
    "father": _row(p.father(), "patient", child="own"),
    "father_whose_link_ended": _row(p.father(ended_at=NOW - DAY), "patient"),
    "guardian_of_another": _row(p.guardian_of_another, "patient"),
    "guardian_of_merged": _row(p.guardian_of_merged, "patient"),
    "guardian_a_day_before_16": _row(
        p.guardian_of_child_born(LEAP + dt.timedelta(days=1)), "patient", child="own"
    ),
    "guardian_on_the_16th_birthday": _row(p.guardian_of_child_born(LEAP), "patient"),
    "guardian_of_unknown_age": _row(p.guardian_of_child_born(None), "patient"),
    "child_grown_up_today": _row(p.grown_up_child, "patient", child="own"),
    "child_with_account": _row(p.child_with_account, "patient"),
    # doctors
    "diaz": _row(p.user("diaz", "doctor"), "doctor", adult="diaz"),
    "copia": _row(p.user("copia", "doctor"), "doctor", adult="copia"),
    "egea": _row(p.user("egea", "doctor"), "doctor", adult="egea"),
    "faro_waiting": _row(p.user("faro", "doctor"), "doctor"),
    "diaz_waiting": _row(p.doctor_in("waiting"), "doctor"),
    "diaz_refused": _row(p.doctor_in("refused"), "doctor"),
    "diaz_licence_disabled": _row(p.doctor_in("disabled"), "doctor"),
    "diaz_account_disabled": _row(p.disabled("diaz", "doctor"), "doctor"),
    "colleague_of_the_group": _row(p.colleague, "doctor", adult="diaz"),
    "colleague_where_groups_are_off": _row(p.colleague_where_groups_are_off, "doctor"),
    "stand_in_today_only": _row(p.stand_in(0, 0), "doctor", adult="diaz"),
    "stand_in_for_a_copied_doctor": _row(p.stand_in(0, 0, "copia"), "doctor", adult="copia"),
    "stand_in_until_yesterday": _row(p.stand_in(-9, -1), "doctor"),
    "stand_in_from_tomorrow": _row(p.stand_in(1, 9), "doctor"),
    "ana_as_a_doctor": _row(p.user("ana", "doctor"), "doctor"),
    "diaz_as_staff": _row(p.user("diaz", "staff"), "doctor"),
    # companies
    "gomez": _row(p.user("gomez", "company"), "company", adult="gomez"),
    "heras": _row(p.user("heras", "company"), "company", adult="heras", child="heras", walkin="heras"),
    "company_until_today": _row(p.company(ends_on=TODAY), "company", adult="gomez"),
    "company_until_yesterday": _row(p.company(ends_on=TODAY - dt.timedelta(days=1)), "company"),
    "company_from_today": _row(p.company(starts_on=TODAY), "company", adult="gomez"),
    "company_from_tomorrow": _row(p.company(starts_on=TODAY + dt.timedelta(days=1)), "company"),
    "heras_until_yesterday": _row(p.company("heras", ends_on=TODAY - dt.timedelta(days=1)), "company"),
    "company_disabled": _row(p.company_disabled, "company"),
    "company_member_disabled": _row(p.member_disabled, "company"),
    "gomez_account_disabled": _row(p.disabled("gomez", "company"), "company"),
    # staff
    "jefe": _staff(p.user("jefe", "staff"), "jefe"),
    "jefe_disabled": _staff(p.disabled("jefe", "staff")),
    "only_studies": _staff(p.staff("studies"), "clerk"),
    "only_inbox": _staff(p.staff("inbox"), "inbox"),
    "only_exclusive": _staff(p.staff("exclusive")),
    "no_study_permission": _staff(
        p.staff("doctors", "companies", "outbox", "audit", "settings", "exclusive")
    ),
    "patients_of_one_site": _staff(p.staff("patients", site="NORTE"), "norte"),
    "orders_of_one_site": _staff(p.staff("orders", site="NORTE"), "norte"),
    "ines": _staff(p.user("ines", "staff"), "norte"),
    # shares
    "share_by_mail": _row(p.share_of(), "share", adult="share"),
    "share_by_sheet": _row(p.share_of(kind="sheet"), "share", adult="share"),
    "share_to_the_last_second": _row(p.share_of(expires_at=NOW + SECOND), "share", adult="share"),
    "share_expired": _row(p.share_of(starts_at=NOW - 9 * DAY, expires_at=NOW), "share"),
    "share_begins_now": _row(p.share_of(starts_at=NOW), "share", adult="share"),
    "share_begins_in_a_second": _row(p.share_of(starts_at=NOW + SECOND), "share"),
    "share_revoked": _row(p.share_of(revoked_at=NOW - SECOND), "share"),
    "share_locked": _row(p.share_with(locked_at=NOW - SECOND), "share"),
    "share_in_its_last_opening": _row(p.share_with(openings=3), "share", adult="share"),
    "share_used_up": _row(p.share_with(openings=4), "share"),
    "share_of_another_patient": _row(p.share_of("adult", "carla"), "share"),
    "guardians_share": _row(p.guardians_share(), "share", child="share"),
    "guardians_share_a_day_before_16": _row(
        p.guardians_share(LEAP + dt.timedelta(days=1)), "share", child="share"
    ),
    "guardians_share_on_the_16th_birthday": _row(p.guardians_share(LEAP), "share"),
    "guardians_share_after_the_link": _row(p.guardians_share(ended_at=NOW - DAY), "share"),
    # visit codes
    "visit_code": _row(p.visit(), "visit", walkin="visit"),
    "visit_code_expired": _row(p.visit(expires_at=NOW), "visit"),
    "visit_code_revoked": _row(p.visit(revoked_at=NOW - SECOND), "visit"),
    "visit_code_locked": _row(p.visit(locked_at=NOW - SECOND), "visit"),
    "visit_code_of_a_child": _row(p.visit("child"), "visit"),
    "visit_code_of_an_account": _row(p.walkin_registers, "visit"),
    "visit_code_at_16_today": _row(p.visit_of_grown(birth_date=LEAP), "visit", walkin="visit"),
    "visit_code_at_15": _row(p.visit_of_grown(birth_date=LEAP + dt.timedelta(days=1)), "visit"),
    "visit_code_of_unknown_age": _row(p.visit_of_grown(birth_date=None), "visit"),
    # nobody
    "nobody": _row(p.nobody, "nobody"),
}

SCOPED: dict[str, tuple[str, p.Persona]] = {
    "company_verdict_only": ("company", p.company(verdict=True, report=False, images=False)),
    "company_report_only": ("company", p.company(images=False)),
    "company_images_only": ("company", p.company(report=False)),
    "company_with_download": ("company", p.company(download=True)),
    "company_report_and_download": ("company", p.company(images=False, download=True)),
    "company_download_of_nothing": ("company", p.company(images=False, report=False, download=True)),
    "share_images_only": ("share", p.share_of(report=False, download=False)),
    "share_report_only": ("share", p.share_of(images=False, download=False)),
    "share_without_download": ("share", p.share_of(download=False)),
    "share_report_and_download": ("share", p.share_of(images=False)),
}


# --- scenes: what the institution, or the patients, chose otherwise


def _setting(**settings: object) -> Callable[[], None]:
    return lambda: choose(**settings)


def _no_exclusive_company() -> None:
    Organization.objects.filter(identifier="arl").update(exclusive=False)


def _consent(*given: bool) -> Callable[[], None]:
    def scene() -> None:
        choose(consent_required=True)
        for key in PATIENT_OF.values():
            for days, answer in enumerate(given):
                at = NOW - (10 - days) * DAY
                Consent.objects.create(patient=cast.patient(key), given=answer, at=at)

    return scene


SCENES: dict[str, tuple[Callable[[], None], str]] = {
    "defaults": (lambda: None, "state own"),
    "hand_delivery_shows_images": (
        _setting(hand_delivery_blocks_images=False), table.HAND_DELIVERY_SHOWS_IMAGES,
    ),
    "unlinked_do_not_wait": (_setting(unlinked_studies_wait=False), table.UNLINKED_DO_NOT_WAIT),
    "no_exclusive_company": (_no_exclusive_company, table.UNLINKED_DO_NOT_WAIT),
    "online_45_days": (_setting(online_days=45), table.ONLINE_45_DAYS),
    "no_release_delay": (_setting(release_delay_hours=0), table.NO_RELEASE_DELAY),
    "reports_6_hours_later": (_setting(report_release_delay_hours=6), table.REPORTS_6_HOURS_LATER),
    "doctors_do_not_download": (_setting(doctor_download=False), table.DOCTORS_DO_NOT_DOWNLOAD),
    "doctor_first": (_setting(doctor_first=True), table.DOCTOR_FIRST),
    "consent_missing": (_consent(), table.NO_CONSENT),
    "consent_withdrawn": (_consent(True, False), table.NO_CONSENT),
    "consent_given": (_consent(True), "state own"),
    "consent_given_again": (_consent(False, True), "state own"),
}  # fmt: skip
# one for each column: asked again under every scene
REPRESENTATIVES = (
    "ana", "diaz", "copia", "egea", "colleague_of_the_group", "gomez", "heras", "jefe", "only_studies",
    "only_inbox", "patients_of_one_site", "share_by_mail", "guardians_share", "visit_code",
)  # fmt: skip
