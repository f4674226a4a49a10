"""Dates as people read them, one form a kind in every language.

Never a month as a figure, which two readers take for two days.

`SHORT_DATE_FORMAT` for lists and facts ("21 Oct 2025"), `DATE_FORMAT` inside a sentence ("21 October 2025"), each with its
time as `SHORT_DATETIME_FORMAT` and `DATETIME_FORMAT`, `MONTH_DAY_FORMAT` for a day of this year ("21 Oct"). Django takes the
rest, and what forms read, from its own files (`FORMAT_MODULE_PATH`). Data keep ISO 8601.
"""
