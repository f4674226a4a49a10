"""External archives: what is set up, whether it answers; and for one study, evict and recall (9.8)."""

import datetime as dt
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from placa.domain.access import selectors
from placa.domain.access.types import Study
from placa.domain.audit import services as audit
from placa.domain.institution.models import ExternalArchive
from placa.domain.people.models import Permission
from placa.domain.recall import archives as keeping
from placa.domain.recall import eviction
from placa.domain.recall import selectors as recalls
from placa.domain.recall import services as recalling
from placa.domain.recall.archives import NeededError
from placa.domain.recall.eviction import NotEvictable
from placa.domain.recall.models import Copy, Recall
from placa.domain.recall.peers import peer_of
from placa.interfaces.web.account.session import background, viewer_of
from placa.interfaces.web.staff.archive_forms import ArchiveForm
from placa.interfaces.web.staff.doors import fetch, needs, page, refuse, route, staff
from placa.standards.dicom.peers import base

ROWS = ExternalArchive.objects.exclude(kind=ExternalArchive.Kind.FOLDER)


@require_GET
@staff("archives")
def archives(request: HttpRequest) -> HttpResponse:
    """The archives in the order in which they are asked."""
    failing = recalls.failing()
    rows = [(one, failing.get(one.pk, 0)) for one in ExternalArchive.objects.all()]
    return page(request, "archives", {"rows": rows, "running": recalls.running()})


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
    known = row.pk is not None
    if request.method == "POST" and form.is_valid():
        secret = form.cleaned_data["secret"] or None
        try:
            saved = keeping.save(archive=form.save(commit=False), secret=secret, by=viewer_of(request).actor)
        except NeededError as needed:
            form.add_error("enabled", _needed_words(needed.studies))
        else:
            messages.success(request, _("Saved. Test now whether it answers."))
            return redirect("staff:archive", archive=saved.public_id)
    context = {"form": form, "archive": row if known else None, **_said(request, row)}
    return page(request, "archive", context, status=422 if form.errors else 200)


def _said(request: HttpRequest, row: ExternalArchive) -> dict[str, str]:
    """What the last test or the wish to remove it came to, as the address says it; looked at anew where it can be."""
    answer, needed = request.GET.get("answer", ""), 0
    if row.pk is not None and request.GET.get("needed"):
        needed = keeping.only_here(row)
    return {
        "answers": "yes" if answer == "yes" else "",
        "trouble": trouble_words(answer) if answer not in ("", "yes") else "",
        "needed": _needed_words(needed) if needed else "",
    }


def _needed_words(studies: int) -> str:
    return ngettext(
        "%(n)d study has its images only there. Recall it first.",
        "%(n)d studies have their images only there. Recall them first.",
        studies,
    ) % {"n": studies}


@require_POST
@staff("archives")
def remove(request: HttpRequest, archive: uuid.UUID) -> HttpResponse:
    """Forget an archive; not while studies have their images there alone."""
    row = fetch(request, ROWS.all(), archive)
    try:
        keeping.remove(archive=row, by=viewer_of(request).actor)
    except NeededError:
        return redirect(reverse("staff:archive", kwargs={"archive": row.public_id}) + "?needed=1")
    messages.success(request, _("Removed: %(name)s") % {"name": row.name})
    return redirect("staff:archives")


@require_POST
@staff("archives")
def test(request: HttpRequest, archive: uuid.UUID) -> HttpResponse:
    """Ask the archive whether it is there and lets us (C-ECHO, or a search for one study)."""
    row = fetch(request, ROWS.all(), archive)
    outcome, answer = "success", "yes"
    try:
        peer_of(row).echo()
    except base.PeerError as error:
        outcome, answer = "failure", error.reason
    audit.record(
        action="test_archive", actor=viewer_of(request).actor, outcome=outcome,
        detail={"archive": row.pk, "answer": answer},
    )  # fmt: skip
    said = urlencode({"answer": answer})
    return redirect(f"{reverse('staff:archive', kwargs={'archive': row.public_id})}?{said}")


def trouble_words(reason: str) -> str:
    """Why an archive could not do it, in words."""
    return {
        base.REFUSED: _("It refuses us: check AE title, password and certificate, on both sides."),
        base.CANCELLED: _("It cancelled the request."),
        base.NOT_ACCEPTED: _("It does not take this kind of request or object."),
        base.BAD_ANSWER: _("Its answer cannot be understood."),
        base.ADDRESS: _("This address is not allowed, or it sends us elsewhere."),
        "unknown-host": _("There is no machine of this name."),
        "no-connection": _("Nothing listens at this address and port, or a firewall is in between."),
        "connection-lost": _("It broke the connection off."),
        "cut-off": _("It broke the connection off."),
        "port-taken": _("The port for its storage commitment is taken here by another program."),
        "no-report": _("It took our request for storage commitment and never reported back."),
        "not-kept": _("It does not keep exactly what was sent."),
        "no-archive": _("No archive is set up."),
        "storage": _("There is no room here to take the images."),
    }.get(reason, _("It does not answer."))


def stays_words(why: str) -> str:
    """Why images are not let go, or are here still though they were asked to leave, in words."""
    return {
        "in_use": _("Somebody is looking at them. Try again in two hours."),
        "arriving": _("They came just now. Try again in two hours."),
        "damaged": _("A file of this study is damaged"),
        "not_confirmed": _("The archive has not confirmed that it keeps all of them. Try again."),
        "nothing": _("There is nothing to evict."),
        "state": _("There is nothing to evict."),
        eviction.SILENT: _(
            "Nothing was heard of it for an hour. Look at the home page whether the background work runs, then try again."
        ),
    }.get(why) or trouble_words(why)


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images of a study are, for its page."""

    state: str
    copies: list[Copy]
    recall: Recall | None
    trouble: str
    failed_at: dt.datetime | None  # when that was; None where it is not kept
    may_evict: bool
    may_recall: bool
    is_running: bool
    is_leaving: bool
    viewer_url: str  # empty where they cannot be looked at now

    @property
    def moves(self) -> bool:
        """Whether the page asks again how they stand."""
        return self.is_running or self.is_leaving


def of_study(study: Study) -> Images:
    """Where the images of a study are, and what can be done."""
    latest, copies = recalls.latest(study), recalls.copies_of(study)
    running = latest is not None and latest.finished_at is None
    stuck, failed_at = _stuck(study, copies)
    recalling_fails = latest.trouble if latest is not None and running else ""
    code = recalling_fails or stuck
    set_up = ExternalArchive.objects.filter(enabled=True).exists()
    online = study.availability == Study.Availability.ONLINE
    leaving = eviction.is_under_way(study)
    opens = online and study.may_images and study.number_of_images
    return Images(
        state=_("Online: they could not leave") if online and stuck else study.get_availability_display(),
        copies=copies,
        recall=None if online else latest,
        trouble=stays_words(code) if code else "",
        failed_at=None if recalling_fails else failed_at,
        may_evict=online and set_up and study.number_of_instances > 0 and not leaving,
        may_recall=not online and set_up and not running,
        is_running=running,
        is_leaving=leaving,
        viewer_url=route("viewer:open", uid=study.study_instance_uid) if opens else "",
    )


def _stuck(study: Study, copies: list[Copy]) -> tuple[str, dt.datetime | None]:
    """Why the images did not leave when that was last tried, a code, and when; nothing where all is well."""
    if (stay := eviction.why_here(study)) is not None:
        return stay.why, stay.at
    failed = recalls.failed_of(copies)
    return (failed.trouble, failed.failed_at) if failed is not None else ("", None)


@require_GET
@background
@staff("studies")
def images(request: HttpRequest, uid: str) -> HttpResponse:
    """The card as it stands. Asked by the page while images move, so it keeps no session alive (case 15)."""
    viewer = viewer_of(request)
    study = selectors.get_study(viewer, uid)
    may = {name: True for name in viewer.permissions}
    context = {"study": study, "images": of_study(study), "may": may, "polled": True}
    answer = render(request, "staff/study_images.html", context)
    answer["Cache-Control"] = "no-store, private"
    return answer


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
        messages.error(request, stays_words(stays.why))
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
            messages.error(request, _("They cannot be brought back just now."))
    else:
        refuse(request, "recall")
    return redirect("staff:study", uid=uid)
