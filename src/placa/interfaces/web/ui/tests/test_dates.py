"""Dates as people say them, in the institution's zone."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import translation
from django.utils.timezone import override

from placa.interfaces.web.ui import dates

ZONE = ZoneInfo("America/Santo_Domingo")  # four hours behind UTC, no summer time
NOW = dt.datetime(2026, 11, 17, 11, 20, tzinfo=ZONE)


def at(day: int, hour: int = 10, minute: int = 40, month: int = 11, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (at(17), "Today, 10:40"),
        (at(16, 0, 5), "Yesterday, 0:05"),
        (at(18), "Tomorrow, 10:40"),
        (at(12, 9, 20), "Thursday 12, 9:20"),
        (at(23, 8, 0), "Monday 23, 8:00"),
        (at(10), "10 Nov"),
        (at(4, month=3, year=2024), "4 Mar 2024"),
        (dt.date(2026, 11, 17), "Today"),
        (dt.date(2026, 11, 12), "Thursday 12"),
    ],
)
def test_a_moment_is_said_as_people_say_it(value: dt.datetime | dt.date, said: str) -> None:
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        assert dates.moment(value, ZONE) == said


def test_the_day_is_the_institutions_not_utc() -> None:
    late = dt.datetime(2026, 11, 17, 2, 30, tzinfo=dt.UTC)  # the evening before in Santo Domingo
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        assert dates.moment(late, ZONE) == "Yesterday, 22:30"
        assert dates.exact(late, ZONE) == "Monday, 16 November 2026, 22:30"


@pytest.mark.parametrize(
    ("birth", "said"),
    [
        (dt.date(1985, 5, 8), "41 years"),
        (dt.date(2024, 11, 17), "2 years"),
        (dt.date(2024, 11, 18), "23 months"),
        (dt.date(2026, 10, 17), "1 month"),
        (dt.date(2026, 10, 18), "30 days"),
        (dt.date(2026, 11, 18), ""),
    ],
)
def test_age_is_in_years_then_months_then_days(birth: dt.date, said: str) -> None:
    with translation.override("en"):
        assert dates.age(birth, dt.date(2026, 11, 17)) == said


def test_a_list_is_grouped_by_month_then_year() -> None:
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        assert dates.day_group(at(1), ZONE) == "November"
        assert dates.day_group(at(1, year=2024), ZONE) == "2024"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Monday, 2 March 2026", "10 Nov", "Monday 16", "November", "2 March 2026")),
        ("it", ("lunedì 2 marzo 2026", "10 nov", "Lunedì 16", "Novembre", "2 marzo 2026")),
        ("pt", ("segunda-feira, 2 de março de 2026", "10 nov", "Segunda-feira, 16", "Novembro", "2 de março de 2026")),
        ("es", ("lunes 2 de marzo de 2026", "10 nov", "Lunes 16", "Noviembre", "2 de marzo de 2026")),
    ],
)  # fmt: skip
def test_months_and_days_are_small_inside_a_sentence(language: str, said: tuple[str, ...]) -> None:
    day = dt.date(2026, 3, 2)
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=False), translation.override(language):
        assert (
            dates.exact(day, ZONE),
            dates.moment(dt.date(2026, 11, 10), ZONE),
            dates.moment(dt.date(2026, 11, 16), ZONE),
            dates.day_group(at(10), ZONE),
            Template('{{ day|date:"DATE_FORMAT" }}').render(Context({"day": day})),
        ) == said


@pytest.mark.parametrize(("language", "month"), [("en", "Oct"), ("es", "oct"), ("it", "ott"), ("pt", "out")])
def test_no_month_is_a_figure(language: str, month: str) -> None:
    """What one reader takes for the tenth of a month is the month to another: a word is what it is to both."""
    at = dt.datetime(2025, 10, 21, 9, 5, tzinfo=ZONE)
    template = Template('{{ at|date:"SHORT_DATE_FORMAT" }}; {{ at|date:"SHORT_DATETIME_FORMAT" }}; {{ day }}')
    with translation.override(language), override(ZONE):
        shown = template.render(Context({"at": at, "day": at.date()})).split("; ")
        assert shown[:2] == [f"21 {month} 2025", f"21 {month} 2025, 9:05"]
        assert dates.dated(at, ZONE) == dates.dated(at.date(), ZONE) == shown[0]
        assert not any(character in shown[2] for character in "/.-")


def test_a_date_that_is_typed_is_still_understood() -> None:
    with translation.override("it"):
        assert forms.DateField().to_python("21/10/2025") == dt.date(2025, 10, 21)


def test_a_form_of_its_own_is_left_alone() -> None:
    with translation.override("it"):
        shown = Template('{{ day|date:"M" }} {{ day|date:"Y-m-d" }} {{ none|date }}')
        assert shown.render(Context({"day": dt.date(2026, 3, 2), "none": None})) == "Mar 2026-03-02 "
