"""PINs of shares: six digits, not starting with zero, never a weak one (5.2)."""

import datetime as dt
import re
import secrets
from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LENGTH = 6
_RING = "01234567890123456789"


def is_pin(text: str) -> bool:
    """Whether `text` is six ASCII digits, the first not zero."""
    return len(text) == LENGTH and text.isascii() and text.isdigit() and text[0] != "0"


def weakness(
    pin: str, birth_dates: Iterable[dt.date | None] = (), numbers: Iterable[str] = ()
) -> str | Promise:
    """Why `pin` must not be used, for the person; "" when it may.

    `birth_dates` are the patient's and the guardian's; `numbers` are phones that go along with the link.
    """
    if not is_pin(pin):
        return _("The PIN has six digits and does not start with zero.")
    if len(set(pin)) <= 2:
        return _("This PIN repeats the same digits. Please choose another.")
    if pin[:3] in (pin[3:], pin[:2:-1]) or pin[:2] * 3 == pin:
        return _("This PIN repeats the same digits. Please choose another.")
    if pin in _RING or pin in _RING[::-1]:
        return _("This PIN is a sequence. Please choose another.")
    if any(part in pin for day in birth_dates if day for part in _date_parts(day)):
        return _("This PIN holds a part of the birth date. Please choose another.")
    if any(pin in re.sub(r"\D", "", number) for number in numbers):
        return _("This PIN is part of a phone number. Please choose another.")
    return ""


def _date_parts(day: dt.date) -> tuple[str, ...]:
    """The ways in which people write a birthday into six digits: the year, day and month, month and day."""
    return (
        f"{day:%Y}",
        f"{day:%d%m}",
        f"{day:%m%d}",
        f"{day.day}{day.month}{day:%y}",
        f"{day.month}{day.day}{day:%y}",
    )


def make(birth_dates: Iterable[dt.date | None] = (), numbers: Iterable[str] = (), without: str = "") -> str:
    """A random PIN that is not weak and does not occur in `without` (the message that goes with the link)."""
    days, phones = list(birth_dates), list(numbers)
    while True:
        pin = str(secrets.randbelow(900_000) + 100_000)
        if not weakness(pin, days, phones) and not mentions(without, pin):
            return pin


def mentions(text: str, pin: str) -> bool:
    """Whether `text` gives `pin` away, its digits perhaps apart by blanks, dots or dashes."""
    return pin in re.sub(r"(?<=\d)[\s.,\-–_/]+(?=\d)", "", text)
