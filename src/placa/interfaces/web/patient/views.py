"""The patient's portal: home, study page, my data, who has looked."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from placa.common import clock
from placa.domain.access import reading, search, selectors
from placa.domain.access import services as access
from placa.domain.access.images import OpenStudy
from placa.domain.access.moment import Moment, moment
from placa.domain.access.services import Look
from placa.domain.access.types import DiagnosticReport, Study
from placa.domain.institution import selectors as institution
from placa.domain.people.models import Patient
from placa.domain.sharing import selectors as sharing
from placa.interfaces.web import listing, recalls, studies
from placa.interfaces.web.account.session import signed_in, viewer_of
from placa.interfaces.web.facts import banner, study_facts
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Fact, Person, StudyRow

RECENT = dt.timedelta(days=60)


@require_GET
@signed_in("patient")
def home(request: HttpRequest) -> HttpResponse:
    """The studies of the person switched to, grouped as one reads them; a search shows one flat list."""
    viewer = viewer_of(request)
    family = list(selectors.patients_in_sight(viewer))
    chosen = _chosen(family, request.GET.get("person", ""))
    filters = listing.filters_of(request)
    found = search.narrowed(selectors.listed(viewer).filter(Q(patient=chosen)), filters)
    page = search.page(found, request.GET.get("after", ""))
    reports = selectors.reports_listed_of(viewer, page.rows)
    when = moment()
    new = reading.new_to(viewer, page.rows, when)
    first_page = not request.GET.get("after")
    groups = _groups(page.rows, reports, new, when, flat=filters.active or not first_page)
    return render(
        request,
        "patient/home.html",
        {
            "person": chosen,
            "people": _switch(request, family, chosen),
            "groups": groups,
            "filters": filters,
            "kinds": [
                listing.choice(request, "kind", kind, name) for kind, name in listing.kind_names().items()
            ],
            "states": [
                listing.choice(request, "status", "ready", _("With report")),
                listing.choice(request, "status", "pending", _("Report pending")),
            ],
            "everything": listing.address(request, q="", kind="", status="", **{"from": "", "to": ""}),
            "next_page": listing.address(request, after=page.next) if page.next else "",
            "first_page": first_page,
            "sentence": _sentence(groups) if first_page and not filters.active else "",
            "greeting": _greeting(chosen, viewer.subject),
            "recalls": recalls.panels(viewer, studies.Doors("patient")),
            "shared": [
                (share, ", ".join(studies.title(one) for one in share.studies))
                for share in sharing.live_shares_of(viewer)
            ],
        },
    )


def _chosen(family: Sequence[Patient], public_id: str) -> Patient | None:
    for person in family:
        if str(person.public_id) == public_id:
            return person
    return family[0] if family else None


def _switch(request: HttpRequest, family: Sequence[Patient], chosen: Patient | None) -> list[Person]:
    today = clock.today(institution.zone())
    home_url = reverse("patient:home")
    people = []
    for index, person in enumerate(family):
        note = dates.age(person.birth_date, today) if index and person.birth_date else ""
        url = f"{home_url}?person={person.public_id}" if index else home_url
        people.append(Person(_short(person), url, person == chosen, note, child=index > 0))
    return people


def _short(person: Patient) -> str:
    """The first given name; the family name of somebody on file without one."""
    return (person.full_name.split() or [""])[0]


def _greeting(person: Patient | None, own: int) -> str:
    if person is None:
        return _("Results")
    name = _short(person)
    if person.pk != own:
        return _("Results of %(name)s") % {"name": name}
    hour = clock.now().astimezone(institution.zone()).hour
    if hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    return (_("Good afternoon, %(name)s") if hour < 19 else _("Good evening, %(name)s")) % {"name": name}


Group = tuple[str, list[StudyRow], bool]  # title, rows, whether their number is said


def _groups(
    rows: Sequence[Study],
    reports: dict[int, list[DiagnosticReport]],
    new: dict[int, bool],
    when: Moment,
    *,
    flat: bool,
) -> list[Group]:
    """New, on the way, then by month of this year and by year before.

    New is what can be read and was not opened, of a recent exam or of one of which something was read before (`new`, as
    `reading.new_to` says): what is counted, grouped and marked so is the same.
    """
    zone = institution.zone()
    grouped: dict[str, list[StudyRow]] = defaultdict(list)
    fresh, coming = _("New"), _("On its way")
    order = [fresh, coming]
    for study in rows:
        group = dates.day_group(study.exam_at, zone)
        recent = not study.hand_delivery and study.exam_at > when.at - RECENT
        is_new = study.may_report and study.pk in new and (recent or new[study.pk])
        own = reports[study.pk]
        if not flat and is_new:
            group = fresh
        elif not flat and recent and not study.may_report and selectors.release_moment(study, when):
            group = coming  # what staff hold back is not on its way
        if group not in order:
            order.append(group)
        big = group == fresh and not grouped[fresh] and study.may_images and study.number_of_images > 0
        grouped[group].append(studies.patient_row(study, own, when=when, is_new=is_new, big=big))
    return [(name, grouped[name], name != fresh) for name in order if grouped[name]]


def _sentence(groups: Sequence[Group]) -> str:
    counts = {name: len(rows) for name, rows, _counted in groups}
    fresh, coming = counts.get(_("New"), 0), counts.get(_("On its way"), 0)
    parts = []
    if fresh:
        parts.append(
            ngettext("You have %(n)d new result.", "You have %(n)d new results.", fresh) % {"n": fresh}
        )
    if coming:
        parts.append(ngettext("%(n)d is on its way.", "%(n)d are on their way.", coming) % {"n": coming})
    return " ".join(parts)


@require_GET
@signed_in("patient")
def study(request: HttpRequest, uid: str) -> HttpResponse:
    """Everything about one study that its patient may know (2.5)."""
    viewer = viewer_of(request)
    found = selectors.get_study(viewer, uid)
    access.opened(viewer, found, "view")
    reports = selectors.reports_listed_of(viewer, [found])[found.pk]
    row = studies.patient_row(found, reports)
    how = studies.standing(found, studies.newest(reports))
    readable = selectors.openable_reports_of(viewer, found)
    doors = studies.Doors("patient")
    shown = [(report, doors.report(found, report), report.versions.last()) for report in readable]
    if read := studies.with_words(shown):
        access.opened(viewer, found, "view_report", read=read)  # their words are on this page
    opened = OpenStudy(found, viewer) if row.images.url else None
    panel = recalls.panel(viewer, found, doors)
    return render(
        request,
        "patient/study.html",
        {
            "study": found,
            "row": row,
            "banner": banner(found.patient) if found.patient else [],
            "facts": study_facts(found),
            "series": opened.series() if opened else [],
            "doors": doors,
            "viewer_url": row.images.url,
            "reports": shown,
            "report_states": [(report, studies.report_chip(report)) for report in reports],
            "zip_url": doors.zip(found) if found.may_download and row.images.url else "",
            "zip_status_url": doors.zip_status(found),
            "zip_bytes": found.bytes,
            "recall": panel,
            "note": _note(how, panel_says=panel is not None and bool(row.report.url)),
            "whole": how.whole,
            "looked": looked([found])[uid][:4],
        },
    )


def _note(how: studies.Standing, *, panel_says: bool) -> str:
    """Why something is closed, said once: not what the panel says of images, nor what stands in place of the report."""
    if how.whole:
        return how.note
    return "" if panel_says or how.why == how.report_why else how.why


Looked = list[tuple[str, str, dt.datetime]]


def looked(found: Sequence[Study]) -> dict[str, Looked]:
    """Who opened, downloaded or shared each study, and when last, in plain words, newest first (2.16), by UID."""
    looks = access.looks_at(found)
    names = access.names_of(look for rows in looks.values() for look in rows)
    return {uid: _in_words(rows, names) for uid, rows in looks.items()}


def _in_words(looks: list[Look], names: dict[tuple[str, str], str]) -> Looked:
    newest: dict[tuple[str, str], dt.datetime] = {}
    for look in looks:
        newest.setdefault((names[look.actor, look.role], action_name(look.action)), look.at)
    return [(who, what, at) for (who, what), at in newest.items()]


def action_name(action: str) -> str:
    """An audited action as people say it."""
    return {
        "view": _("Opened the page"),
        "view_images": _("Looked at the images"),
        "view_report": _("Read the report"),
        "download": _("Downloaded"),
        "share": _("Shared it"),
    }.get(action, _("Opened it"))


@require_GET
@signed_in("patient")
def accesses(request: HttpRequest) -> HttpResponse:
    """Who has looked at which study, in plain words."""
    viewer = viewer_of(request)
    own = list(selectors.studies_visible_to(viewer)[:100])
    looks = looked(own)
    by_study = [(studies.title(one), one, looks[one.study_instance_uid]) for one in own]
    return render(request, "patient/accesses.html", {"by_study": [entry for entry in by_study if entry[2]]})


@require_GET
@signed_in("patient")
def profile(request: HttpRequest) -> HttpResponse:
    """My data, as the institution has them (2.10)."""
    family = list(selectors.patients_in_sight(viewer_of(request)))
    person = family[0] if family else None
    return render(request, "patient/profile.html", {"person": person, "sections": _sections(person)})


def _sections(person: Patient | None) -> list[tuple[str, list[Fact]]]:
    if person is None:
        return []
    more = [
        Fact(_("Marital status"), person.marital_status),
        Fact(_("Address"), person.address),
        Fact(_("Other phone"), person.phone),
        Fact(_("Family doctor"), person.family_doctor),
        Fact(_("Contact person"), person.contact_person),
    ]
    return [(_("Basic data"), banner(person)), (_("Contact"), more)]
