"""`/demo/outbox`: every mail and SMS of the demo as it would have arrived, with links to follow."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from placa.domain.notifications import selectors
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# a mail carries its own styles, and its links open beside the page that shows it
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"],
}


def is_here(request: HttpRequest) -> bool:
    """Whether the demo runs, and whoever asks sits at this machine (and not behind a proxy on it)."""
    if not settings.ENVIRONMENT.is_demo or "X-Forwarded-For" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def demo_only(view: View[P]) -> View[P]:
    """404 outside the demo and for anybody elsewhere: one-time passwords and PINs are readable here."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_here(request):
            raise Http404
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


@require_safe
@demo_only
def messages(request: HttpRequest) -> HttpResponse:
    """The list, newest first, fifty on a page."""
    rows = Paginator(OutboxMessage.objects.order_by("-id"), 50).get_page(request.GET.get("page"))
    shown = [(row, selectors.kept_words(row)) for row in rows]
    return render(request, "demo/outbox.html", {"messages_shown": shown, "page": rows})


def _content(public_id: UUID) -> tuple[OutboxMessage, Content]:
    row = get_object_or_404(OutboxMessage, public_id=public_id)
    content = selectors.kept_words(row)
    if content is None:
        raise Http404
    return row, content


@require_safe
@demo_only
def message(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One message: subject, text with links, HTML in a frame."""
    row, content = _content(public_id)
    return render(request, "demo/outbox_message.html", {"row": row, "content": content})


@csp(MAIL_POLICY)  # type: ignore[arg-type]  # the decorator is typed for views without arguments
@require_safe
@demo_only
def html(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The HTML part as a mail program shows it; its links leave the frame."""
    _, content = _content(public_id)
    framed = content.html.replace("<head>", '<head><base target="_top">', 1)
    return HttpResponse(framed, headers={"X-Frame-Options": "SAMEORIGIN"})
