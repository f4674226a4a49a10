"""Studies as doctors and companies work through them: rows of a table, and the page of one study.

As in `studies.py`, nothing is decided here: what has an address has it because `access` said so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from placa.common import clock
from placa.domain.access import search, selectors
from placa.domain.access import services as access
from placa.domain.access.images import OpenStudy
from placa.domain.access.search import Filters
from placa.domain.access.selectors import Listed
from placa.domain.access.types import DiagnosticReport, Study
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.interfaces.web import listing, recalls, studies
from placa.interfaces.web.facts import banner, study_facts
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Chip, Fact, Opener

PREVIOUS = 5  # earlier studies of the same person on a study's page


@dataclass(frozen=True, slots=True)
class TableRow:
    """One study of a work list; `note` is age, sex and identifier of the person."""

    study: Study
    url: str
    name: str
    note: str
    title: str
    where: str
    chip: Chip | None
    images: Opener
    report: Opener
    modality: str = ""
    thumbnail: str = ""
    unread: bool = False
    urgent: bool = False
    verdict: Chip | None = None
    what: str = ""  # says to a screen reader which row a button belongs to; no two rows say the same
    by_hand: Chip | None = None  # the patient gets the result in person, and online not at all


def with_people(found: Listed) -> Listed:
    """`found`, its rows with the identifiers of their patients in one more query."""
    return replace(found, rows=found.rows.prefetch_related("patient__identifiers"))


def row(
    study: Study,
    reports: Sequence[DiagnosticReport],
    portal: str,
    *,
    images_why: str = "",
    report_why: str = "",
    unread: bool = False,
    verdict: Chip | None = None,
) -> TableRow:
    """A row of the portal `portal`; `images_why` and `report_why` say why what is closed is closed."""
    doors, report = studies.Doors(portal), studies.newest(reports)
    closed = images_why or _images_why(study), report_why or _report_why(report)
    images, readable = studies.openers(study, reports, doors, *closed)
    return TableRow(
        study=study,
        url=doors.page(study),
        name=name_of(study),
        note=note_of(study),
        title=studies.title(study),
        where=study.site.name if study.site else "",
        chip=studies.report_chip(report),
        images=images,
        report=readable,
        modality=studies.modality(study),
        thumbnail=doors.thumbnail(study) if images.url else "",
        unread=unread,
        urgent=bool(portal == "doctor" and study.order and study.order.urgent),
        verdict=verdict,
        what=_what(study),
        by_hand=_by_hand(study) if portal == "doctor" else None,
    )


def _what(study: Study) -> str:
    return ", ".join((name_of(study), studies.title(study), dates.exact(study.exam_at, institution.zone())))


def _by_hand(study: Study) -> Chip | None:
    """The report is signed for the doctor; the patient is told that they get it in person (2.3)."""
    if not study.hand_delivery:
        return None
    if study.handed_over_at is not None:
        return Chip("mute", "person-check", _("Handed over"))
    return Chip("mute", "person-raised-hand", _("Hand delivery"), _("The patient gets it in person"))


def name_of(study: Study) -> str:
    """The person's name as on file, else as the modality sent it."""
    return study.patient.full_name if study.patient else study.patient_name.replace("^", " ").strip()


def note_of(study: Study) -> str:
    """Age, sex and identifier in one line."""
    person = study.patient
    if person is None:
        return study.dicom_patient_id
    age = dates.age(person.birth_date, clock.today(institution.zone())) if person.birth_date else ""
    sex = str(person.get_sex_display()) if person.sex else ""
    identifiers = [identifier.value for identifier in person.identifiers.all()]
    return " · ".join(part for part in (age, sex, *identifiers[:1]) if part)


def _images_why(study: Study) -> str:
    if study.number_of_images == 0:
        return _("this exam has no images")
    if study.availability == study.Availability.RECALLING:
        return _("they are being brought back")
    if study.availability != study.Availability.ONLINE:
        return _("they are in the archive")
    return _("they are not available")


def _report_why(report: DiagnosticReport | None) -> str:
    if report is None:
        return _("it is not written yet")
    why = {
        "registered": _("it awaits review, since: %(when)s"),
        "partial": _("it awaits signature, since: %(when)s"),
    }.get(report.status, _("it is not signed yet"))
    return why % {"when": studies.said(report.updated_at)}


def list_context(request: HttpRequest, filters: Filters, page: search.Page) -> dict[str, Any]:
    """What every list says beside its rows: filters, addresses, how many are shown."""
    return {
        "filters": filters,
        "modalities": [listing.choice(request, "modality", code, code) for code in listing.MODALITIES],
        "everything": request.path,
        "start": listing.address(request),
        "next_page": listing.address(request, after=page.next) if page.next else "",
        "first_page": not request.GET.get("after"),
        "shown": len(page.rows),
        "too_many": bool(filters.active and page.next and not request.GET.get("after")),
    }


def study_context(viewer: Viewer, found: Study, portal: str, *, contact: bool) -> dict[str, Any]:
    """The page of one study; its opening is audited, and the reading of a report whose text it shows."""
    access.opened(viewer, found, "view")
    listed = selectors.reports_listed_of(viewer, [found])[found.pk]
    readable = selectors.openable_reports_of(viewer, found)
    doors = studies.Doors(portal)
    shown = [(report, doors.report(found, report), report.versions.last()) for report in readable]
    if read := studies.with_words(shown):
        access.opened(viewer, found, "view_report", read=read)
    line = row(found, listed, portal)
    opened = OpenStudy(found, viewer) if line.images.url else None
    return {
        "study": found,
        "row": line,
        "banner": banner(found.patient, contact=contact) if found.patient else _sent(found),
        "facts": study_facts(found),
        "series": opened.series() if opened else [],
        "zip_url": zip_url(found, doors) if line.images.url else "",
        "zip_bytes": opened.bytes() if opened and found.may_download else 0,
        "reports": shown,
        "may_download": found.may_download,
        **_previous(viewer, found, portal, doors),
        "recall": recalls.panel(viewer, found, doors),
    }


def zip_url(study: Study, doors: studies.Doors) -> str:
    """Address of the whole study as a ZIP; empty where it may not be taken along or that door is not routed."""
    if not study.may_download:
        return ""
    try:
        return doors.zip(study)
    except NoReverseMatch:
        return ""


def _sent(study: Study) -> list[Fact]:
    return [Fact(_("Patient"), name_of(study)), Fact(_("Identifiers"), study.dicom_patient_id)]


def _previous(viewer: Viewer, study: Study, portal: str, doors: studies.Doors) -> dict[str, Any]:
    """Earlier studies of the same person among those that this viewer sees (title, address, study); where there are
    more, the address of the list of that person's exams, and how many it has."""
    if study.patient is None:
        return {}
    theirs = selectors.known_visible_to(viewer).filter(patient=study.patient)
    found = list(theirs.filter(exam_at__lt=study.exam_at)[: PREVIOUS + 1])
    more = len(found) > PREVIOUS
    return {
        "previous": [(studies.title(one), doors.page(one), one) for one in found[:PREVIOUS]],
        "exams_url": f"{reverse(f'{portal}:home')}?person={study.patient.public_id}" if more else "",
        "exams_count": theirs.count() if more else 0,
    }
