"""`|date` of every template, mails and sheets too, with months in small letters where the language has them so."""

from typing import Any

from django import template
from django.template import defaultfilters

from placa.interfaces.web.ui import dates

register = template.Library()
WORDS = ("DATE_FORMAT", "DATETIME_FORMAT", "YEAR_MONTH_FORMAT")  # the short ones are small by themselves


@register.filter(expects_localtime=True, is_safe=False)
def date(value: Any, arg: str | None = None) -> str:
    """Django's filter; whole dates in words are said as inside a sentence."""
    text: str = defaultfilters.date(value, arg)
    return dates.small(text) if arg is None or arg in WORDS else text
