"""Dates as people say them, in the institution's time zone; the forms of each language stand in `config/formats`."""

import datetime as dt
from functools import lru_cache

from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from placa.common import clock

SMALL_NAMES = ("es", "it", "pt")  # languages that write months and days of the week in small letters


def moment(value: dt.datetime | dt.date, zone: dt.tzinfo) -> str:
    """`value` as one says it today: "Yesterday, 10:40", "Thursday 12, 9:20", "4 Mar 2024".

    A datetime must be aware and is told in `zone`; a plain date has no time. Beyond six days only the date
    is said.
    """
    local = value.astimezone(zone) if isinstance(value, dt.datetime) else value
    day = local.date() if isinstance(local, dt.datetime) else local
    hour = clock_time(local) if isinstance(local, dt.datetime) else ""
    distance = (day - clock.today(zone)).days
    near = {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow")}.get(distance)
    if near is None and abs(distance) <= 6:
        near = _capital(small(date_format(day, pgettext("near date, Django format", "l j"))))
    if near is not None:
        return _("%(day)s, %(time)s") % {"day": near, "time": hour} if hour else near
    if day.year == clock.today(zone).year:
        return date_format(day, "MONTH_DAY_FORMAT")
    return date_format(day, "SHORT_DATE_FORMAT")


def dated(value: dt.datetime | dt.date, zone: dt.tzinfo) -> str:
    """The date with its year, "4 Mar 2024", however near: for what is compared by its date."""
    local = value.astimezone(zone) if isinstance(value, dt.datetime) else value
    return date_format(local, "SHORT_DATE_FORMAT")


def exact(value: dt.datetime | dt.date, zone: dt.tzinfo) -> str:
    """The whole date, with weekday and, for a datetime, the time in `zone`."""
    local = value.astimezone(zone) if isinstance(value, dt.datetime) else value
    if not isinstance(local, dt.datetime):
        return _whole_day(get_language(), local)
    text = _whole_day(get_language(), local.date())
    return _("%(day)s, %(time)s") % {"day": text, "time": clock_time(local)}


# a page of a list says a hundred days and hours, mostly the same ones as the page before
@lru_cache(maxsize=8_192)
def _whole_day(language: str | None, day: dt.date) -> str:
    """The day in `language`, which is the active one."""
    return small(date_format(day, pgettext("whole date, Django format", "l, j F Y")))


def clock_time(value: dt.datetime) -> str:
    """Hours and minutes of an already local `value`."""
    return _hour(get_language(), value.hour, value.minute)


@lru_cache(maxsize=8_192)
def _hour(language: str | None, hour: int, minute: int) -> str:
    return time_format(dt.time(hour, minute), pgettext("time, Django format", "G:i"))


def day_group(value: dt.datetime | dt.date, zone: dt.tzinfo) -> str:
    """Title of the group of a list that `value` belongs to: "November", or "2024" for another year."""
    local = value.astimezone(zone) if isinstance(value, dt.datetime) else value
    if local.year == clock.today(zone).year:
        return _capital(date_format(local, "F"))
    return str(local.year)


def age(birth: dt.date, on: dt.date) -> str:
    """Age on the day `on`, in years; months below two years, days in the first month; "" when born later."""
    if birth > on:
        return ""
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    if months >= 24:
        years = months // 12
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    if months >= 1:
        return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    days = (on - birth).days
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def small(text: str) -> str:
    """A date as it stands inside a sentence: Django gives Italian and Portuguese names of months and days capitals."""
    return text.lower() if get_language() in SMALL_NAMES else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
