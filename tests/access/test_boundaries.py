"""The second at which access begins and ends, in zones with and without summer time (cases 7 and 8)."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from placa.common import clock
from placa.demo import cast
from placa.domain.access.rules import Facet
from placa.domain.access.selectors import studies_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Institution
from placa.domain.people.models import Agreement, Guardianship, Patient
from tests.access.personas import of
from tests.access.world import choose

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)
ZONES = ["America/Santo_Domingo", "Europe/Rome"]


def in_zone(name: str) -> ZoneInfo:
    Institution.objects.update(time_zone=name)
    institution.forget()
    return ZoneInfo(name)


def sees(viewer: Viewer, key: str, at: dt.datetime, need: Facet = "images") -> bool:
    with clock.standing_at(at):
        found = studies_visible_to(viewer, need=need)
        return found.filter(study_instance_uid=cast.STUDIES[key].uid).exists()


def ends_at(viewer: Viewer, key: str, moment: dt.datetime) -> bool:
    """Whether the row is there until the second before `moment` and gone from then on."""
    return sees(viewer, key, moment - SECOND, "row") and not sees(viewer, key, moment, "row")


@pytest.mark.parametrize(
    ("started", "opens"),
    [
        ("2026-03-28T12:00+01:00", "2026-03-29T13:00+02:00"),  # the night in which an hour is missing
        ("2026-10-24T12:00+02:00", "2026-10-25T11:00+01:00"),  # the night in which an hour comes twice
        ("2026-06-30T23:59:59+02:00", "2026-07-01T23:59:59+02:00"),  # across midnight and month
    ],
)
def test_the_delay_is_24_hours_whatever_the_clocks_say(started: str, opens: str) -> None:
    in_zone("Europe/Rome")
    Study.objects.filter(study_instance_uid=cast.STUDIES["ana_ct"].uid).update(
        clock_start=dt.datetime.fromisoformat(started)
    )
    (ana,) = of("ana", "patient")
    moment = dt.datetime.fromisoformat(opens)
    assert sees(ana, "ana_ct", moment - SECOND, "row")
    assert not sees(ana, "ana_ct", moment - SECOND)
    assert sees(ana, "ana_ct", moment)


def born(day: dt.date) -> Viewer:
    """Ana's viewer, had her child been born on `day`."""
    Patient.objects.filter(pk=cast.patient("bruno").pk).update(birth_date=day)
    assert Guardianship.objects.filter(ended_at=None).count() == 1
    return of("ana", "patient")[0]


@pytest.mark.parametrize("zone", ZONES)
def test_a_guardian_until_midnight_before_the_16th_birthday(zone: str) -> None:
    here = in_zone(zone)
    ana = born(dt.date(2014, 7, 9))
    assert ends_at(ana, "bruno_dx", dt.datetime(2030, 7, 9, tzinfo=here))


@pytest.mark.parametrize("zone", ZONES)
def test_born_on_29_february_of_age_in_a_leap_year(zone: str) -> None:
    here = in_zone(zone)
    ana = born(dt.date(2012, 2, 29))
    assert ends_at(ana, "bruno_dx", dt.datetime(2028, 2, 29, tzinfo=here))


@pytest.mark.parametrize("zone", ZONES)
def test_born_on_29_february_of_age_in_a_common_year(zone: str) -> None:
    here = in_zone(zone)
    choose(guardianship_until_age=18)
    ana = born(dt.date(2012, 2, 29))
    assert ends_at(ana, "bruno_dx", dt.datetime(2030, 3, 1, tzinfo=here))


@pytest.mark.parametrize("zone", ZONES)
def test_an_agreement_until_the_end_of_its_last_day(zone: str) -> None:
    here = in_zone(zone)
    Agreement.objects.update(ends_on=dt.date(2030, 10, 27))  # the day on which Rome's clocks go back
    (gomez,) = of("gomez", "company")
    assert ends_at(gomez, "ana_ct", dt.datetime(2030, 10, 28, tzinfo=here))
