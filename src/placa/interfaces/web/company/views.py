"""The company's portal: exams of the people it pays for, as far as its agreement goes (4.2, 4.5)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from placa.domain.access import search, selectors
from placa.domain.access.search import Filters
from placa.domain.access.types import DiagnosticReport, Study
from placa.domain.access.viewers import Viewer
from placa.domain.people.models import Agreement, Organization
from placa.interfaces.web import listing, recalls, studies, worklist
from placa.interfaces.web.account.session import signed_in, viewer_of
from placa.interfaces.web.ui.rows import Chip
from placa.interfaces.web.worklist import TableRow


@dataclass(frozen=True, slots=True)
class Terms:
    """What the agreements that run today include together. `until`: the last day, None without end."""

    running: bool
    until: dt.date | None = None
    verdict: bool = False
    report: bool = False
    images: bool = False
    download: bool = False

    @property
    def parts(self) -> list[Chip]:
        """Each part in words, those included in colour."""
        return parts_of(self)


def terms_of(agreements: Sequence[Agreement]) -> Terms:
    """The union of `agreements` (the longest first), as the rules of access take them."""
    if not agreements:
        return Terms(running=False)
    return Terms(
        running=True,
        until=agreements[0].ends_on,
        verdict=any(one.verdict for one in agreements),
        report=any(one.report for one in agreements),
        images=any(one.images for one in agreements),
        download=any(one.download for one in agreements),
    )


def parts_of(terms: Terms | Agreement) -> list[Chip]:
    """What is included, and what is not, as chips."""
    parts = (
        ("calendar-check", _("Exam done"), True),
        ("patch-check", _("Verdict"), terms.verdict),
        ("file-earmark-text", _("Report"), terms.report),
        ("images", _("Images"), terms.images),
        ("download", _("Download"), terms.download),
    )
    left_out = _("%(part)s: not included")
    return [
        Chip("accent", icon, name) if included else Chip("line", icon, left_out % {"part": name})
        for icon, name, included in parts
    ]


def verdict_chip(study: Study) -> Chip:
    """The fitness verdict of the order in words."""
    verdict = study.order.fitness_verdict if study.order else ""
    return {
        "fit": Chip("ok", "patch-check", _("Fit")),
        "fit_with_limits": Chip("wait", "patch-exclamation", _("Fit with limits")),
        "unfit": Chip("bad", "x-octagon", _("Not fit")),
    }.get(verdict, Chip("info", "hourglass-split", _("Not given yet")))


@require_GET
@signed_in("company")
def home(request: HttpRequest) -> HttpResponse:
    """The exams this company pays for, newest first, under its agreement."""
    viewer = viewer_of(request)
    running = selectors.running_agreements_of(viewer)
    terms = terms_of(running)
    filters = _filters(request)
    found = worklist.with_people(search.narrowed(selectors.listed(viewer), filters))
    page = search.page(found, request.GET.get("after", ""))
    reports = selectors.reports_listed_of(viewer, page.rows)
    return render(
        request,
        "company/home.html",
        {
            **worklist.list_context(request, filters, page),
            "recalls": recalls.panels(viewer, studies.Doors("company")),
            "company": _company(viewer, running),
            "terms": terms,
            "rows": [_row(study, reports[study.pk], terms) for study in page.rows],
            "states": [
                listing.choice(request, "status", "ready", _("With report")),
                listing.choice(request, "status", "pending", _("Report pending")),
            ]
            if terms.report
            else [],
        },
    )


def _filters(request: HttpRequest) -> Filters:
    """As asked, without what only doctors tell apart."""
    asked = listing.filters_of(request, people=True)
    return replace(asked, status="") if asked.status in ("unread", "urgent") else asked


def _row(study: Study, reports: Sequence[DiagnosticReport], terms: Terms) -> TableRow:
    excluded = _("your agreement does not include it")
    line = worklist.row(
        study,
        reports if terms.report else [],
        "company",
        images_why="" if terms.images else _("your agreement does not include them"),
        report_why="" if terms.report else excluded,
        verdict=verdict_chip(study) if terms.verdict else None,
    )
    return line if terms.report else replace(line, chip=None)  # not even how far the report is


def _company(viewer: Viewer, running: Sequence[Agreement]) -> Organization:
    return running[0].organization if running else Organization.objects.get(pk=viewer.subject)


@require_GET
@signed_in("company")
def study(request: HttpRequest, uid: str) -> HttpResponse:
    """One exam, as far as the agreement goes; no contact data of the person, no sharing."""
    viewer = viewer_of(request)
    found = selectors.get_study(viewer, uid)
    terms = terms_of(selectors.running_agreements_of(viewer))
    context = worklist.study_context(viewer, found, "company", contact=False)
    listed = selectors.reports_listed_of(viewer, [found])[found.pk]
    return render(
        request, "company/study.html", {**context, "terms": terms, "row": _row(found, listed, terms)}
    )


@require_GET
@signed_in("company")
def agreement(request: HttpRequest) -> HttpResponse:
    """What the agreements that run today include, each with its dates."""
    viewer = viewer_of(request)
    running = selectors.running_agreements_of(viewer)
    return render(
        request,
        "company/agreement.html",
        {"company": _company(viewer, running), "agreements": [(one, parts_of(one)) for one in running]},
    )
