"""The staff home: what waits, today's figures, what just happened, how the system is."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from placa.common import clock
from placa.domain.access import selectors
from placa.domain.access import services as access
from placa.domain.access.records import orders_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.audit import selectors as audit
from placa.domain.enrolment import figures
from placa.domain.institution import selectors as institution
from placa.domain.intake.selectors import inbox_visible_to
from placa.domain.notifications import selectors as notifications
from placa.domain.people import selectors as people
from placa.interfaces.web import studies as study_words
from placa.interfaces.web.account.session import user_of, viewer_of
from placa.interfaces.web.staff import health, words
from placa.interfaces.web.staff.doors import may_enter, page, staff
from placa.interfaces.web.ui import dates

EVENTS = 8
TOLD = (
    "assign_patient", "link_order", "unlink", "release_now", "hold", "hand_over", "report_version", "report_withdrawn",
    "share", "tell_again", "inbox_rejected",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Todo:
    """A tile of what waits."""

    icon: str
    kind: str
    count: int
    title: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure of today with its week as a small chart (points of a 120 × 40 drawing)."""

    label: str
    value: int
    delta: str
    good: str
    points: str


@require_GET
@staff()
def home(request: HttpRequest) -> HttpResponse:
    """The first page after sign-in."""
    viewer = viewer_of(request)
    user = user_of(request)
    zone = institution.zone()
    today = dates.exact(clock.today(zone), zone)
    where = [site.name for site in institution.sites() if viewer.sites is None or site.pk in viewer.sites]
    return page(
        request,
        "home",
        {
            "greeting": _greeting(user.full_name if user else ""),
            "day": f"{today[:1].upper()}{today[1:]}",
            "where": ", ".join(where) if viewer.sites is not None else "",
            "todos": _todos(viewer),
            "stats": _stats(viewer) if may_enter(viewer, "studies") else [],
            "happened": _happened(viewer),
            "lights": health.lights(),
            "may_upload": may_enter(viewer, "upload"),
            "may_order": may_enter(viewer, "orders"),
        },
    )


def _greeting(full_name: str) -> str:
    hour = clock.now().astimezone(institution.zone()).hour
    name = {"name": (full_name.split() or [""])[0]}
    if hour < 12:
        return _("Good morning, %(name)s") % name
    if hour < 19:
        return _("Good afternoon, %(name)s") % name
    return _("Good evening, %(name)s") % name


def _todos(viewer: Viewer) -> list[Todo]:
    """What waits in the places that this member may enter."""
    zone = institution.zone()
    found = []
    if may_enter(viewer, "inbox"):
        items = inbox_visible_to(viewer)
        oldest = items.order_by("created_at").first()
        since = _("The oldest: %(when)s") % {"when": dates.moment(oldest.created_at, zone)} if oldest else ""
        found.append(_todo("inbox", "bad", items.count(), _("In the inbox"), since, "staff:inbox"))
    if may_enter(viewer, "orders"):
        urgent = orders_visible_to(viewer).filter(urgent=True, status="active")
        found.append(
            _todo("exclamation-triangle", "bad", urgent.count(), _("Urgent and not done"), "", "staff:orders")
        )
    if may_enter(viewer, "approvals"):
        waiting = list(people.waiting_doctors())
        names = ", ".join(doctor.family_name for doctor in waiting[:3])
        found.append(
            _todo("person-check", "wait", len(waiting), _("Doctors to approve"), names, "staff:approvals")
        )
    if may_enter(viewer, "messages"):
        failed = notifications.outbox(state="failed").count()
        found.append(_todo("envelope-x", "wait", failed, _("Messages not sent"), "", "staff:messages"))
    return found


def _todo(icon: str, kind: str, count: int, title: str, text: str, view: str) -> Todo:
    query = {"staff:orders": "?status=urgent", "staff:messages": "?state=failed"}.get(view, "")
    return Todo(icon, kind if count else "ok", count, title, text or ("" if count else _("Nothing waits")),
                reverse(view) + query)  # fmt: skip


def _stats(viewer: Viewer) -> list[Stat]:
    week = figures.week(viewer)
    return [
        _stat(_("Studies received"), week.received),
        _stat(_("Results announced"), week.told),
        _stat(_("Opened by patients"), week.opened),
        _stat(_("Shares made"), week.shared),
    ]


def _stat(label: str, series: figures.Series) -> Stat:
    more = series.more
    delta = ""
    if more:
        delta = (_("%(n)d more than yesterday") if more > 0 else _("%(n)d fewer than yesterday")) % {
            "n": abs(more)
        }
    top = max(series.days) or 1
    points = " ".join(f"{index * 20},{38 - 34 * n / top:.0f}" for index, n in enumerate(series.days))
    return Stat(label, series.today, delta, "yes" if more >= 0 else "", points)


def _happened(viewer: Viewer) -> list[dict[str, Any]]:
    """The newest changes to studies that this member may see."""
    events = list(audit.newest_of(selectors.names_visible(viewer), TOLD, EVENTS))
    names = access.names_of(events)
    uids = [event.study_uid for event in events]
    seen = selectors.known_visible_to(viewer).filter(study_instance_uid__in=uids)
    titles = {study.study_instance_uid: study for study in seen}
    return [
        {
            "event": event,
            "study": titles[event.study_uid],
            "title": study_words.title(titles[event.study_uid]),
            "what": words.action_words(event.action),
            "who": names[event.actor, event.role],
            "icon": words.action_icon(event.action),
        }
        for event in events
        if event.study_uid in titles
    ]
