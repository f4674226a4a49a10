"""Asking for images that are in the archive, and the panel that says how they come back (7.4)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from placa.domain.access.selectors import get_study
from placa.domain.access.viewers import Viewer
from placa.domain.recall import services
from placa.interfaces.web import recalls
from placa.interfaces.web.account.session import background, go, to_sign_in
from placa.interfaces.web.files.views import viewer_or_none
from placa.interfaces.web.studies import Doors


def _doors(viewer: Viewer, token: str) -> Doors:
    return Doors("recipient" if token else viewer.role, token)


def _nobody(request: HttpRequest, token: str) -> HttpResponse:
    if token:
        raise Http404
    return to_sign_in(request)


@require_POST
def recall(request: HttpRequest, uid: str, token: str = "") -> HttpResponse:
    """Ask for the images of an off-line study; one recall, however many ask. Leads to the study's page."""
    viewer = viewer_or_none(request)
    if viewer is None:
        return _nobody(request, token)
    study = get_study(viewer, uid, need="images")
    if services.ask(viewer=viewer, study_instance_uid=uid) is not None:
        messages.success(request, _("We are bringing the images back."))
    return go(request, _doors(viewer, token).page(study))


@require_safe
@background
def recall_status(request: HttpRequest, uid: str, token: str = "") -> HttpResponse:
    """The panel as it stands. Asked by pages, so it keeps no session alive (case 15)."""
    viewer = viewer_or_none(request)
    if viewer is None:
        return _nobody(request, token)
    return _shown(request, viewer, uid, token, polled=True)


@require_POST
def recall_panel(request: HttpRequest, uid: str, token: str = "") -> HttpResponse:
    """Fold, unfold or close the panel: it stays so on every page."""
    viewer = viewer_or_none(request)
    if viewer is None:
        return _nobody(request, token)
    study, what = get_study(viewer, uid, need="images"), request.POST.get("do", "")
    if what == "close":
        services.close_panel(viewer=viewer, study_instance_uid=uid)
    elif what in ("fold", "unfold"):
        services.fold_panel(viewer=viewer, study_instance_uid=uid, folded=what == "fold")
    else:
        raise Http404
    if request.headers.get("HX-Request") != "true":
        return go(request, _doors(viewer, token).page(study))
    return HttpResponse() if what == "close" else _shown(request, viewer, uid, token)


def _shown(
    request: HttpRequest, viewer: Viewer, uid: str, token: str, *, polled: bool = False
) -> HttpResponse:
    study = get_study(viewer, uid, need="images")
    panel = recalls.panel(viewer, study, _doors(viewer, token))
    context = {"panel": panel, "named": request.GET.get("named", "")}
    answer = render(request, "ui/recall_panel.html", context) if panel else HttpResponse()
    if polled and (panel is None or panel.state != "preparing"):
        answer["HX-Refresh"] = (
            "true"  # the page around it says something else now, too; settled, it asks no more
        )
    answer["Cache-Control"] = "no-store, private"
    return answer
