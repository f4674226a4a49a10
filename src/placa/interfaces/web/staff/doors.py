"""Who may enter which place of the staff portal, and what happens to whoever may not."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from placa.domain.access.viewers import Viewer
from placa.domain.audit import services as audit
from placa.domain.intake.selectors import inbox_visible_to
from placa.domain.notifications import selectors as notifications
from placa.domain.people import selectors as people
from placa.domain.people.models import Patient, Permission
from placa.interfaces.web.account.session import signed_in, viewer_of
from placa.interfaces.web.ui import navigation

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

ANY_STUDY = (
    Permission.STUDIES, Permission.UPLOAD, Permission.ORDERS, Permission.PATIENTS, Permission.INBOX,
)  # fmt: skip
# a place of the navigation, and the permissions of which one opens it (9.1)
PLACES: dict[str, tuple[Permission, ...]] = {
    "inbox": (Permission.INBOX,),
    "approvals": (Permission.DOCTORS,),
    "studies": ANY_STUDY,
    "orders": (Permission.ORDERS,),
    "upload": (Permission.UPLOAD,),
    "patients": (Permission.PATIENTS,),
    "messages": (Permission.OUTBOX,),
    "archives": (Permission.SETTINGS,),
    "settings": (Permission.SETTINGS,),
}


def may_enter(viewer: Viewer, place: str) -> bool:
    """Whether `viewer` may enter a place of PLACES."""
    return any(viewer.may(permission) for permission in PLACES[place])


def staff(place: str = "") -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """For every view: signed in as staff, with a permission of `place`; else audited and 404."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if place and not may_enter(viewer_of(request), place):
                refuse(request, place)
            return view(request, *args, **kwargs)

        return signed_in("staff")(guarded)

    return decorate


def needs(request: HttpRequest, permission: Permission) -> Viewer:
    """The viewer, who has `permission`; else audited and 404."""
    viewer = viewer_of(request)
    if not viewer.may(permission):
        refuse(request, permission)
    return viewer


def refuse(request: HttpRequest, what: str) -> NoReturn:
    """Audit that this request was refused, and answer as if the page were not there (case 2)."""
    viewer = viewer_of(request)
    match = request.resolver_match
    audit.record(
        action="staff_page", outcome="refused", actor=viewer.actor, role=viewer.role, session=viewer.session,
        address=viewer.address, detail={"page": match.url_name if match else "", "wanted": what},
    )  # fmt: skip
    raise Http404


def looked_at(viewer: Viewer, patient: Patient) -> None:
    """Audit that `viewer` opened a page with a patient's data; once in five minutes (9.10)."""
    audit.record(
        action="view_patient", actor=viewer.actor, role=viewer.role, session=viewer.session,
        address=viewer.address, patient=str(patient.pk), once_in_window=True,
    )  # fmt: skip


def fetch(request: HttpRequest, rows: QuerySet[M], public_id: uuid.UUID) -> M:
    """The one of `rows` (what the viewer may have) with this public id; else audited and 404."""
    found = rows.filter(public_id=public_id).first()
    if found is None:
        refuse(request, rows.model.__name__)
    return found


def posted_id(request: HttpRequest, name: str) -> uuid.UUID:
    """A public id from the form; nobody's where it is none."""
    try:
        return uuid.UUID(request.POST.get(name, ""))
    except ValueError:
        return uuid.UUID(int=0)


def route(name: str, **parts: object) -> str:
    """Address of another door's page, empty where this installation does not have it."""
    try:
        return reverse(name, kwargs=parts)
    except NoReverseMatch:
        return ""


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page of the portal: with the places this member may enter, and how much waits in each."""
    viewer = viewer_of(request)
    match = request.resolver_match
    closed = {route(f"staff:{place}") for place in PLACES if not may_enter(viewer, place)}
    shown = [
        item
        for item in navigation.main_nav("staff", match.view_name if match else "")
        if item.url not in closed
    ]
    whole = {"nav": shown, "nav_counts": counts(viewer), "may": {name: True for name in viewer.permissions}}
    return render(request, f"staff/{template}.html", whole | (context or {}), status=status)


def counts(viewer: Viewer) -> dict[str, int]:
    """How much waits in the places that this member may enter."""
    found: dict[str, int] = {}
    if may_enter(viewer, "inbox"):
        found["inbox"] = inbox_visible_to(viewer).count()
    if may_enter(viewer, "approvals"):
        found["approvals"] = people.waiting_doctors().count()
    if may_enter(viewer, "messages"):
        found["messages"] = notifications.outbox(state="failed").count()
    return found
