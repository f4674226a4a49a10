"""What tells a second content of an image from the one that is kept, in words; for the inbox, and nobody else."""

import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from placa.domain.institution import selectors as institution
from placa.domain.intake.models import InboxItem
from placa.interfaces.web.ui import dates
from placa.standards.dicom.walk import element_name

DATES = ("00080020", "00100030")
DA = re.compile(r"[0-9]{8}")  # PS3.5, 6.2; without it other forms of ISO would do


@dataclass(frozen=True, slots=True)
class Difference:
    """One datum: what it is called, the kept value and the one that arrived."""

    name: str
    kept: str
    arrived: str


@dataclass(frozen=True, slots=True)
class Differences:
    """At most ten data, how many more there are, and a sentence about the rest."""

    rows: list[Difference]
    more: int
    note: str


def differences_of(item: InboxItem) -> Differences | None:
    """What differs, as it was found when the second content arrived; None where nobody looked."""
    found = item.detail.get("differs")
    if found is None:
        return None
    rows = [Difference(name_of(tag), _said(tag, kept), _said(tag, arrived)) for tag, kept, arrived in found]
    return Differences(rows, item.detail.get("more", 0), _note(item.detail.get("pixels", ""), bool(rows)))


def name_of(tag: str) -> str:
    """A data element in words: ours where staff have one for it, else the name in the standard (PS3.6)."""
    known = {
        "00080016": _("Kind of object"),
        "00080020": _("Date of the study"),
        "00080030": _("Time of the study"),
        "00080050": _("Accession number"),
        "00080060": _("Modality"),
        "00080070": _("Manufacturer of the device"),
        "00080080": _("Centre that the device names"),
        "00080090": _("Referring doctor"),
        "00081010": _("Device"),
        "00081030": _("Description of the study"),
        "0008103E": _("Description of the series"),
        "00100010": _("Name"),
        "00100020": _("Number"),
        "00100021": _("Who gave the number"),
        "00100030": _("Birth date"),
        "00100040": _("Sex"),
        "00180015": _("Body part"),
        "00200010": _("Number of the study"),
        "00200011": _("Number of the series"),
        "00200013": _("Number of the image"),
        "0020000D": _("Identifier of the study"),
        "0020000E": _("Identifier of the series"),
        "00200062": _("Side of the body"),
        "00281050": _("Brightness"),
        "00281051": _("Contrast"),
    }.get(tag)
    if known:
        return known
    number = f"({tag[:4]},{tag[4:]})"
    standard = element_name(int(tag, 16))
    return f"{standard} {number}" if standard else _("Private datum %(number)s") % {"number": number}


def _said(tag: str, value: Any) -> str:
    """A value as it is shown: not there, not text, a date in words, or itself."""
    if value is None:
        return _("Not there")
    if tag in DATES and DA.fullmatch(str(value)):
        with suppress(ValueError):  # DICOM's form, and no day of any calendar
            return dates.dated(dt.date.fromisoformat(value), institution.zone())
    return str(value) or _("Not shown here")


def _note(pixels: str, some: bool) -> str:
    return {
        "same": _("The picture itself is the same.") if some else _(
            "Everything that we compared is the same, the picture too: only the way in which the file is written differs."),
        "differ": _("The picture itself is another one."),
    }.get(pixels, _("Whether the picture itself is the same could not be compared."))  # fmt: skip
