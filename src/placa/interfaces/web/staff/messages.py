"""The outbox of mails and SMS: what went out, what failed, once more (9.9). Secrets stay sealed."""

import uuid

from django.contrib import messages as toasts
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from placa.domain.audit import services as audit
from placa.domain.notifications import selectors, services
from placa.domain.notifications.models import OutboxMessage
from placa.interfaces.web import listing
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff.doors import fetch, page, staff
from placa.interfaces.web.ui.rows import Chip

SIZE = 50
LOOKS = {
    "waiting": ("info", "clock"),
    "sending": ("info", "send"),
    "sent": ("ok", "check-circle"),
    "failed": ("bad", "x-circle"),
}


@require_GET
@staff("messages")
def messages(request: HttpRequest) -> HttpResponse:
    """Every message with its state; addresses are masked."""
    state, channel = request.GET.get("state", ""), request.GET.get("channel", "")
    found = selectors.outbox(
        state=state if state in OutboxMessage.State.values else "",
        channel=channel if channel in OutboxMessage.Channel.values else "",
    )
    shown = Paginator(found, SIZE).get_page(request.GET.get("page"))
    return page(
        request,
        "messages",
        {
            "shown": shown,
            "rows": [_row(message) for message in shown],
            "narrowed": bool(state or channel),
            "filters": [
                *(
                    listing.choice(request, "state", value, str(label))
                    for value, label in OutboxMessage.State.choices
                ),
                *(
                    listing.choice(request, "channel", value, str(label))
                    for value, label in OutboxMessage.Channel.choices
                ),
            ],
            "everything": request.path,
            "previous": listing.address(request, page=str(shown.previous_page_number()))
            if shown.has_previous()
            else "",
            "next": listing.address(request, page=str(shown.next_page_number())) if shown.has_next() else "",
        },
    )


def _row(message: OutboxMessage) -> dict[str, object]:
    look, picture = LOOKS[message.state]
    return {
        "message": message,
        "to": selectors.masked(message.address),
        "about": about(message.template),
        "trouble": trouble_words(message.last_error),
        "chip": Chip(look, picture, message.get_state_display()),  # type: ignore[arg-type]
    }


def about(template: str) -> str:
    """What a message is about, without what it says."""
    return {
        "welcome": _("Welcome"),
        "result": _("New result"),
        "result_doctor": _("New result, to the doctor"),
        "report_amended": _("Corrected report"),
        "report_amended_doctor": _("Corrected report, to the doctor"),
        "report_amended_share": _("Corrected report, to a recipient"),
        "report_withdrawn": _("Withdrawn report"),
        "report_withdrawn_doctor": _("Withdrawn report, to the doctor"),
        "report_withdrawn_share": _("Withdrawn report, to a recipient"),
        "recover_password": _("New password"),
        "recover_name": _("User name"),
        "password_changed": _("Password changed"),
        "email_changed": _("E-mail changed"),
        "recall_ready": _("The images are back"),
        "recall_ready_share": _("The images are back, to a recipient"),
        "share_link": _("Share: link"),
        "share_pin": _("Share: PIN"),
        "share_opened": _("Share: opened"),
        "share_locked": _("Share: locked"),
    }.get(template, template.replace("_", " ").capitalize())


def trouble_words(said: str) -> str:
    """Why a message has not gone out: what the transport noted, as staff say it; a server's own words are kept."""
    if not said:
        return ""
    if said.endswith("is not set"):
        return _("No server is set up for it.")
    if said.isidentifier():  # the name of a network error
        return _("The server does not answer.")
    if said.startswith("5"):
        return _("The server refuses it: %(said)s") % {"said": said}
    return _("The server could not take it: %(said)s") % {"said": said}


@require_POST
@staff("messages")
def retry(request: HttpRequest, message: uuid.UUID) -> HttpResponse:
    """Try a message again that had failed."""
    viewer = viewer_of(request)
    found = fetch(request, OutboxMessage.objects.defer("sealed"), message)
    if services.retry(message=found):
        audit.record(action="retry_message", actor=viewer.actor, detail={"message": found.pk})
        toasts.success(request, _("We try it again now."))
    else:
        toasts.error(request, _("Only a message that failed can be tried again."))
    return redirect("staff:messages")
