"""The moment at which one asks, and what the settings make of it: cut-offs for dates and ages."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from placa.common import clock
from placa.common.days import years_before
from placa.domain.institution import selectors as institution
from placa.domain.institution.selectors import OwnDelay
from placa.domain.people.models import EXCLUSIVE, Organization


@dataclass(frozen=True)
class Moment:
    """`at` (aware) and everything that rules compare with it, read once a query; what only some rules ask, when asked."""

    at: dt.datetime
    today: dt.date
    release_delay: dt.timedelta
    report_delay: dt.timedelta
    doctor_first: bool
    doctor_first_limit: dt.timedelta
    hand_delivery_blocks_images: bool
    minor_born_after: dt.date  # whoever is born after this day is still under the age of guardianship
    consent_required: bool
    online_since: dt.datetime | None  # studies that started before it are no longer online
    doctor_download: bool
    groups: bool

    @cached_property
    def own_delays(self) -> tuple[OwnDelay, ...]:
        """Release delays of types and sites, the most specific first."""
        return institution.release_delays()

    @cached_property
    def unlinked_wait(self) -> bool:
        """Whether a study without an order waits for staff: by setting, where any company is exclusive."""
        return institution.setting("unlinked_studies_wait") and has_exclusive_company()

    def delay_of(self, exam_type: int | None, site: int | None) -> dt.timedelta:
        """The release delay of an exam of this type at this site (keys of their rows)."""
        for own in self.own_delays:
            if (not own.exam_types or exam_type in own.exam_types) and (not own.sites or site in own.sites):
                return own.delay
        return self.release_delay


def moment(at: dt.datetime | None = None) -> Moment:
    """The cut-offs at `at` (default now), days reckoned in the institution's zone."""
    at = at or clock.now()
    setting = institution.setting
    today = at.astimezone(institution.zone()).date()
    online_days = setting("online_days")
    return Moment(
        at=at,
        today=today,
        release_delay=dt.timedelta(hours=setting("release_delay_hours")),
        report_delay=dt.timedelta(hours=setting("report_release_delay_hours")),
        doctor_first=setting("doctor_first"),
        doctor_first_limit=dt.timedelta(days=setting("doctor_first_limit_days")),
        hand_delivery_blocks_images=setting("hand_delivery_blocks_images"),
        minor_born_after=years_before(today, setting("guardianship_until_age")),
        consent_required=setting("consent_required"),
        online_since=at - dt.timedelta(days=online_days) if online_days else None,
        doctor_download=setting("doctor_download"),
        groups=setting("groups_see_each_other"),
    )


def has_exclusive_company() -> bool:
    """Whether any company makes the studies it pays for exclusive (4.3).

    A disabled one counts too: what waited while it was a customer is not released by its leaving.
    """
    return Organization.objects.filter(EXCLUSIVE).exists()
