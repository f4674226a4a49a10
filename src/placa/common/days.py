"""Reckoning with calendar days."""

import datetime as dt


def years_before(day: dt.date, years: int) -> dt.date:
    """The day `years` years before `day`; 29 February becomes the 28th in a common year.

    So somebody born on 29 February completes a year of age on 1 March of a common year.
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
