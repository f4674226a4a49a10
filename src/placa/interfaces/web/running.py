"""Answers that run for long: within every second it is asked again whether whoever gets them still may (S3, case 9).

A sign-out, a new password, a disabled account, an ended role or share and a study that was withdrawn cut the stream.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from django.contrib import auth
from django.contrib.sessions.backends.base import UpdateError
from django.http import Http404, HttpRequest

from placa.domain.access.rules import Facet
from placa.domain.access.selectors import has_facet
from placa.domain.access.viewers import NOBODY, Viewer, viewer_for
from placa.domain.accounts.bearer import resolve_token
from placa.domain.accounts.models import User
from placa.domain.downloads.errors import DownloadCutError
from placa.interfaces.web.account import session as sessions
from placa.interfaces.web.recipient.session import share_viewer

ASKED_AGAIN_SECONDS = 0.8  # access is asked this often while bytes run; the promise is a second (S3)
NOTED_EVERY = dt.timedelta(minutes=1)


def guarded(chunks: Iterator[bytes], allowed: Callable[[], bool]) -> Iterator[bytes]:
    """`chunks`, as long as access holds. Raises DownloadCutError: the connection must break, not end."""
    asked = time.monotonic()
    for chunk in chunks:
        if time.monotonic() - asked >= ASKED_AGAIN_SECONDS:
            if not allowed():
                raise DownloadCutError
            asked = time.monotonic()
        yield chunk


def still_has(request: HttpRequest, viewer: Viewer, token: str, uid: str, facet: Facet) -> bool:
    """Whether whoever asked as `viewer` would get `facet` of the study now."""
    now = viewer_now(request, viewer, token)
    return now is not None and has_facet(now, uid, facet)


def viewer_now(request: HttpRequest, viewer: Viewer, token: str) -> Viewer | None:
    """Whom the session, bearer token or share behind a running answer makes now; None where it ended.

    Read from the database anew. A running answer counts as use of the session, as a page would.
    """
    if not token and sessions.bearer_of(request) is not None:
        return _by_bearer(request, viewer)
    request.session = type(request.session)(request.session.session_key)
    now = _by_share(request, token) if token else _by_session(request, viewer)
    if now is None:
        return None
    if request.session.modified:
        try:
            request.session.save()
        except UpdateError:  # it ended in this very moment
            return None
    return now


def _by_bearer(request: HttpRequest, viewer: Viewer) -> Viewer | None:
    found = resolve_token(request.headers.get("Authorization", "").partition(" ")[2].strip())
    return _in_role(found.user, viewer) if found is not None else None


def _by_share(request: HttpRequest, token: str) -> Viewer | None:
    try:
        return share_viewer(request, token)
    except Http404:
        return None


def _by_session(request: HttpRequest, viewer: Viewer) -> Viewer | None:
    user = auth.get_user(request)  # nobody, once the session or the credentials behind it ended
    if not isinstance(user, User):
        return None
    sessions.touch(request, at_least=NOTED_EVERY)
    return _in_role(user, viewer)


def _in_role(user: User, viewer: Viewer) -> Viewer | None:
    now = viewer_for(user, viewer.role)
    return replace(now, session=viewer.session, address=viewer.address) if now != NOBODY else None
