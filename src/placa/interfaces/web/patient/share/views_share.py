"""Sharing in four short steps: who, what and until when, PIN, review; then done (5.1–5.4)."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from placa.common import tokens
from placa.domain.access.selectors import NotVisible
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.domain.sharing import periods, pins, selectors, services
from placa.domain.sharing.errors import InvalidShareError
from placa.domain.sharing.selectors import earlier_of
from placa.interfaces.web.account.session import signed_in, viewer_of
from placa.interfaces.web.patient.share import draft as drafts
from placa.interfaces.web.patient.share import summary, told
from placa.interfaces.web.patient.share.draft import Draft
from placa.interfaces.web.patient.share.forms import HowForm, Person, PinForm, WhoForm

PAGE = require_http_methods(["GET", "HEAD", "POST"])


@PAGE
@signed_in("patient")
def who(request: HttpRequest) -> HttpResponse:
    """First step. A new share begins with `?study=` (several allowed); reading the page keeps nothing."""
    kept = drafts.load(request)
    asked = request.POST.getlist("study") or request.GET.getlist("study")
    draft = drafts.new(asked) if asked else kept
    if draft is None:
        return redirect("patient:home")
    viewer = viewer_of(request)
    studies, paper_only = _shareable(viewer, draft.studies)
    start = {"message": draft.message, "shows_contact": draft.shows_contact}
    form = WhoForm(request.POST if request.method == "POST" else None, emails=draft.emails, initial=start)
    if request.method == "POST" and "add" in request.POST:
        form = WhoForm(request.POST)
        form.people.append(Person())
        form.is_bound = False
        form.initial = {key: request.POST.get(key, "") for key in start}
    elif request.method == "POST" and form.is_valid():
        if not form.print_only and paper_only:
            messages.error(request, _("Before its release it can only be printed."))
        else:
            return _keep_who(request, kept if kept and kept.studies == draft.studies else draft, form)
    context = {"form": form, "studies": draft.studies if asked else [], "paper_only": paper_only}
    return _page(request, "who", 1, draft, studies, context)


def _keep_who(request: HttpRequest, draft: Draft, form: WhoForm) -> HttpResponse:
    emails = [] if form.print_only else form.emails
    changes = {"message": form.cleaned_data["message"], "shows_contact": form.cleaned_data["shows_contact"]}
    same = emails == draft.emails and form.print_only == draft.print_only
    pins_left = draft.pins if same else {}
    drafts.save(request, draft, emails=emails, print_only=form.print_only, pins=pins_left, **changes)
    return redirect("patient:share_how")


Step = Callable[[HttpRequest, Draft, Viewer, list[Study]], HttpResponse]


def _step(done: Callable[[Draft], object], before: str) -> Callable[[Step], Callable[..., HttpResponseBase]]:
    """For a step after the first: `view(request, draft, viewer, studies)`, once `done` says that the one before is; else
    back to that one."""

    def decorate(view: Step) -> Callable[..., HttpResponseBase]:
        @PAGE
        @signed_in("patient")
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            draft = drafts.load(request)
            if draft is None or not done(draft):
                return redirect(before)
            viewer = viewer_of(request)
            studies, _paper = _shareable(viewer, draft.studies)
            return view(request, draft, viewer, studies)

        return guarded

    return decorate


@_step(lambda draft: draft.has_who, "patient:share_who")
def how(request: HttpRequest, draft: Draft, viewer: Viewer, studies: list[Study]) -> HttpResponse:
    """Second step: images, report, download, earlier studies; until when; openings."""
    earlier = [] if draft.print_only else earlier_of(viewer, studies)
    form = HowForm(request.POST if request.method == "POST" else None, initial=_how_initial(draft))
    if request.method == "POST" and _is_current(request, draft) and form.is_valid():
        data = form.cleaned_data
        try:
            periods.period(studies, days=data["days"], until=data["until"])
        except InvalidShareError as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused.reason))
        else:
            until = data.pop("until")
            drafts.save(request, draft, **data, until=until.isoformat() if until else "")
            return redirect("patient:share_pin")
    starts_at = periods.start_of(studies)
    context = {
        "form": form,
        "choice": form.data if form.is_bound else _how_initial(draft),
        "offered": [(str(days), days, end) for days, end in _offered(studies, starts_at)],
        "latest": periods.local(periods.last_moment(periods.longest(studies, starts_at))),
        "earlier": earlier,
    }
    return _page(request, "how", 2, draft, studies, context)


def _how_initial(draft: Draft) -> dict[str, Any]:
    days = "date" if draft.until else str(draft.days or _usual_days())
    flags = ("images", "report", "download", "earlier", "tells_openings")
    chosen: dict[str, Any] = {name: "on" for name in flags if getattr(draft, name)}
    return {**chosen, "days": days, "until": draft.until, "openings_maximum": draft.openings_maximum}


def _usual_days() -> int:
    offered = sorted(institution.setting("share_days"))
    return int(offered[len(offered) // 2]) if offered else 30


def _offered(studies: list[Study], starts_at: dt.datetime) -> list[tuple[int, dt.datetime]]:
    ends = periods.offered(studies, starts_at)
    return [(days, periods.local(periods.last_moment(end))) for days, end in ends.items()]


@_step(lambda draft: draft.has_period, "patient:share_how")
def pin(request: HttpRequest, draft: Draft, viewer: Viewer, studies: list[Study]) -> HttpResponse:
    """Third step: a PIN the portal proposes, or one's own; and how it travels."""
    must_choose = bool(institution.setting("share_pin_chosen"))
    own = must_choose or request.POST.get("mode", request.GET.get("mode", "")) == "own"
    secrets = services.secrets_for(viewer, studies)
    form = PinForm(
        request.POST if request.method == "POST" else None, chosen=own, secrets=secrets, message=draft.message
    )
    if request.method == "POST" and _is_current(request, draft):
        if "other" in request.POST:
            drafts.save(request, draft, pins=_proposals(draft, secrets), pin_chosen=False)
            return redirect("patient:share_pin")
        if form.is_valid() and _keep_pin(request, draft, form):
            return redirect("patient:share_review")
    if not own and (not draft.pins or draft.pin_chosen):
        proposed = _proposals(draft, secrets)
        # proposing keeps nothing on a GET: the proposal travels in the page's form, sealed
        draft = replace(draft, pins=proposed, pin_chosen=False)
    context = {
        "form": form,
        "own": own,
        "must_choose": must_choose,
        "targets": [(name, draft.pins.get(name, "")) for name in _targets(draft)],
        "sealed": tokens.seal(json.dumps(draft.pins)),
        "lines": [(email, draft.mobiles.get(email, "")) for email in draft.emails],
        "delivery": request.POST.get("delivery") or draft.delivery,
    }
    return _page(request, "pin", 3, draft, studies, context)


def _keep_pin(request: HttpRequest, draft: Draft, form: PinForm) -> bool:
    delivery = form.cleaned_data["delivery"] or "mail"
    numbers = [number.strip() for number in request.POST.getlist("mobile")]
    mobiles = dict(zip(draft.emails, numbers, strict=False)) if delivery == "sms" else {}
    if delivery == "sms" and (len(mobiles) < len(draft.emails) or not all(map(_is_mobile, mobiles.values()))):
        form.add_error("delivery", _("Please write a mobile number for each person."))
        return False
    chosen = form.cleaned_data["pin"]
    made = dict.fromkeys(_targets(draft), chosen) if chosen else _sealed_pins(request, draft)
    drafts.save(request, draft, pins=made, pin_chosen=bool(chosen), delivery=delivery, mobiles=mobiles)
    return True


def _is_mobile(number: str) -> bool:
    digits = number.replace(" ", "").replace("-", "").removeprefix("+")
    return digits.isdecimal() and 8 <= len(digits) <= 15


def _sealed_pins(request: HttpRequest, draft: Draft) -> dict[str, str]:
    """The proposal that the page showed; made anew where it does not fit this draft (any more)."""
    try:
        shown = json.loads(tokens.unseal(request.POST.get("sealed", "")))
    except ValueError:
        return {}
    return {name: shown[name] for name in _targets(draft) if name in shown}


def _targets(draft: Draft) -> list[str]:
    return draft.emails or [services.SHEET]


def _proposals(draft: Draft, secrets: tuple[list[dt.date | None], list[str]]) -> dict[str, str]:
    return {name: pins.make(*secrets, without=draft.message) for name in _targets(draft)}


@_step(lambda draft: draft.pins, "patient:share_pin")
def review(request: HttpRequest, draft: Draft, viewer: Viewer, studies: list[Study]) -> HttpResponse:
    """Last step: everything once more, then share, print, or both."""
    if request.method == "POST" and _is_current(request, draft):
        try:
            made = _create(viewer, draft, studies, request.POST.get("action", "share"))
        except InvalidShareError as refused:
            messages.error(request, str(refused.reason))
        else:
            told.keep(request, made.keys, made=True)
            drafts.drop(request)
            return redirect("patient:share_done")
    disclaimer = institution.text("disclaimer", get_language() or "")
    facts = summary.review(draft, studies)
    return _page(request, "review", 4, draft, studies, {"facts": facts, "disclaimer": disclaimer})


def _create(viewer: Viewer, draft: Draft, studies: list[Study], action: str) -> services.Made:
    paper = draft.print_only or action in ("print", "both")
    recipients = [] if draft.print_only or action == "print" else draft.emails
    uids = [study.study_instance_uid for study in studies]
    if draft.earlier and recipients:
        uids += [study.study_instance_uid for study in earlier_of(viewer, studies)]
    return services.create_share(
        viewer=viewer, study_uids=uids, recipients=recipients, days=None if draft.until else draft.days,
        until=dt.date.fromisoformat(draft.until) if draft.until else None, pin=_pins(draft, recipients),
        message=draft.message, images=draft.images, report=draft.report, download=draft.download,
        openings_maximum=draft.openings_maximum, shows_contact=draft.shows_contact,
        tells_openings=draft.tells_openings, delivery=draft.delivery, mobiles=draft.mobiles,  # type: ignore[arg-type]
        with_sheet=paper,
    )  # fmt: skip


def _pins(draft: Draft, recipients: list[str]) -> str | dict[str, str]:
    first = next(iter(draft.pins.values()))
    if draft.pin_chosen:
        return first
    # who asked for paper alone was shown one PIN: it is the one on the paper
    return draft.pins if recipients or len(draft.pins) > 1 else {services.SHEET: first}


@require_GET
@signed_in("patient")
def done(request: HttpRequest) -> HttpResponse:
    """What has happened, the PINs to tell, the sheet to print."""
    kept = told.read(request)
    if kept is None:
        return redirect("patient:shares")
    try:
        share = selectors.get_share(viewer_of(request), uuid.UUID(kept.share))
    except NotVisible as error:
        raise Http404 from error
    context = {"share": share, "made": kept.made, "help_topic": "share", **summary.done(share, kept.pins)}
    return render(request, "patient/share/done.html", context)


def _shareable(viewer: Viewer, uids: list[str]) -> tuple[list[Study], bool]:
    """The studies, and whether they wait for release: those can only be printed. Else Http404."""
    try:
        try:
            return services.shareable(viewer, uids), False
        except NotVisible:
            return services.shareable(viewer, uids, sheet_only=True), True
    except (NotVisible, InvalidShareError) as error:
        raise Http404 from error


def _is_current(request: HttpRequest, draft: Draft) -> bool:
    """Whether the form belongs to this draft: another tab may have begun a new one meanwhile."""
    if request.POST.get("mark") == draft.mark:
        return True
    messages.warning(request, _("You began another share in the meantime. Please look at it once more."))
    return False


def _page(
    request: HttpRequest, name: str, step: int, draft: Draft, studies: list[Study], context: dict[str, Any]
) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.is_bound and form.errors else 200
    full = {"draft": draft, "step": step, "help_topic": "share", **summary.frame(draft, studies), **context}
    return render(request, f"patient/share/{name}.html", full, status=status)
