"""External archives: what is set up, whether it answers; and for one study, evict and recall (9.8)."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from placa.domain.access import selectors
from placa.domain.access.types import Study
from placa.domain.audit import services as audit
from placa.domain.institution.models import ExternalArchive
from placa.domain.institution.services import save_archive
from placa.domain.people.models import Permission
from placa.domain.recall import eviction
from placa.domain.recall import selectors as recalls
from placa.domain.recall import services as recalling
from placa.domain.recall.eviction import NotEvictable
from placa.domain.recall.models import Copy, Recall
from placa.domain.recall.peers import peer_of
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff.archive_forms import ArchiveForm
from placa.interfaces.web.staff.doors import fetch, needs, page, refuse, staff
from placa.standards.dicom.peers import base

ROWS = ExternalArchive.objects.exclude(kind=ExternalArchive.Kind.FOLDER)


@require_GET
@staff("archives")
def archives(request: HttpRequest) -> HttpResponse:
    """The archives in the order in which they are asked."""
    return page(request, "archives", {"rows": ExternalArchive.objects.all(), "running": recalls.running()})


@require_http_methods(["GET", "POST"])
@staff("archives")
def create(request: HttpRequest) -> HttpResponse:
    """A new archive."""
    return _edit(request, ExternalArchive())


@require_http_methods(["GET", "POST"])
@staff("archives")
def archive(request: HttpRequest, archive: uuid.UUID) -> HttpResponse:
    """One archive; its password is never shown, and stays unless another is typed."""
    return _edit(request, fetch(request, ROWS.all(), archive))


def _edit(request: HttpRequest, row: ExternalArchive) -> HttpResponse:
    form = ArchiveForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        secret = form.cleaned_data["secret"] or None
        saved = save_archive(archive=form.save(commit=False), secret=secret, by=viewer_of(request).actor)
        messages.success(request, _("Saved. Test now whether it answers."))
        return redirect("staff:archive", archive=saved.public_id)
    known = row.pk is not None
    context = {"form": form, "archive": row if known else None}
    return page(request, "archive", context, status=422 if form.errors else 200)


@require_POST
@staff("archives")
def test(request: HttpRequest, archive: uuid.UUID) -> HttpResponse:
    """Ask the archive whether it is there and lets us (C-ECHO, or a search for one study)."""
    row = fetch(request, ROWS.all(), archive)
    try:
        peer_of(row).echo()
        messages.success(request, _("It answers."))
        outcome = "success"
    except base.PeerError as error:
        messages.error(request, trouble_words(error.reason))
        outcome = "failure"
    audit.record(
        action="test_archive", actor=viewer_of(request).actor, outcome=outcome, detail={"archive": row.pk}
    )
    return redirect("staff:archive", archive=row.public_id)


def trouble_words(reason: str) -> str:
    """Why an archive could not do it, in words."""
    return {
        base.REFUSED: _("It refuses us: check AE title, password and certificate, on both sides."),
        base.CANCELLED: _("It cancelled the request."),
        base.NOT_ACCEPTED: _("It does not take this kind of request or object."),
        base.BAD_ANSWER: _("Its answer cannot be understood."),
        base.ADDRESS: _("This address is not allowed, or it sends us elsewhere."),
        "unknown-host": _("There is no machine of this name."),
        "not-kept": _("It does not keep exactly what was sent."),
        "no-archive": _("No archive is set up."),
        "storage": _("There is no room here to take the images."),
    }.get(reason, _("It does not answer."))


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images of a study are, for its page."""

    state: str
    copies: list[Copy]
    recall: Recall | None
    trouble: str
    may_evict: bool
    may_recall: bool
    is_running: bool


def of_study(study: Study) -> Images:
    """Where the images of a study are, and what can be done."""
    latest, copies = recalls.latest(study), recalls.copies_of(study)
    kept = any(copy.confirmed_at for copy in copies)
    code = "" if kept else next((copy.trouble for copy in copies if copy.trouble), "")
    running = latest is not None and latest.finished_at is None
    if latest is not None and running and latest.trouble:
        code = latest.trouble
    set_up = ExternalArchive.objects.filter(enabled=True).exists()
    online = study.availability == Study.Availability.ONLINE
    return Images(
        state=study.get_availability_display(),
        copies=copies,
        recall=None if online else latest,
        trouble=trouble_words(code) if code else "",
        may_evict=online and set_up and study.number_of_instances > 0,
        may_recall=not online and set_up and not running,
        is_running=running,
    )


def _study(request: HttpRequest, uid: str) -> Study:
    return selectors.get_study(needs(request, Permission.STUDIES), uid)


@require_POST
@staff("studies")
def evict(request: HttpRequest, uid: str) -> HttpResponse:
    """Let the images go once the archive has confirmed that it keeps them."""
    found = _study(request, uid)
    try:
        eviction.ask(study=found, by=viewer_of(request).actor)
        messages.success(request, _("They leave as soon as the archive has confirmed that it keeps them."))
    except NotEvictable as stays:
        messages.warning(
            request,
            {
                "in_use": _("Somebody is looking at them. Try again in two hours."),
                "arriving": _("They came just now. Try again in two hours."),
                "damaged": _("A file of this study is damaged"),
            }.get(stays.why, _("There is nothing to evict.")),
        )
    return redirect("staff:study", uid=uid)


@require_POST
@staff("studies")
def recall(request: HttpRequest, uid: str) -> HttpResponse:
    """Bring the images back, or end a recall that runs."""
    found, viewer = _study(request, uid), viewer_of(request)
    what = request.POST.get("do", "")
    if what == "cancel":
        if recalling.cancel(study=found, by=viewer.actor):
            messages.success(request, _("The recall is cancelled."))
    elif what == "ask":
        if recalling.ask(viewer=viewer, study_instance_uid=uid) is not None:
            messages.success(request, _("The images are being brought back. We let you know."))
        else:
            messages.warning(request, _("They cannot be brought back just now."))
    else:
        refuse(request, "recall")
    return redirect("staff:study", uid=uid)
