"""Lights of the staff home: each one asks the thing itself, now."""

import shutil
import socket
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from placa.domain.institution import selectors as institution
from placa.domain.intake.selectors import file_state
from placa.domain.jobs.selectors import queue
from placa.interfaces.web.ui import dates

PATIENCE = 0.25  # seconds for a listener on this machine to answer
FULL = 85  # per cent of the disk from which staff are warned


@dataclass(frozen=True, slots=True)
class Light:
    """One part of the system: whether it is well, in words."""

    label: str
    text: str
    ok: bool


def lights() -> list[Light]:
    """Listener, workers, stored files, space."""
    return [_listener(), _workers(), _files(), _space()]


def _listener() -> Light:
    """Whether the DICOM port takes a connection."""
    environment = settings.ENVIRONMENT
    host = "127.0.0.1" if environment.bind in ("0.0.0.0", "::", "") else environment.bind  # noqa: S104
    try:
        with socket.create_connection((host, environment.dicom_port), timeout=PATIENCE):
            return Light(_("Receiving images"), _("listening"), True)
    except OSError:
        return Light(_("Receiving images"), _("not answering"), False)


def _workers() -> Light:
    now = queue()
    if not now.working:
        return Light(_("Background work"), _("nobody is working"), False)
    text = ngettext("%(n)d waiting", "%(n)d waiting", now.waiting) % {"n": now.waiting}
    return Light(_("Background work"), text, True)


def _files() -> Light:
    """Whether all stored files are as they came, as far as the nightly check has seen."""
    state = file_state()
    if state.damaged:
        text = ngettext("%(n)d damaged", "%(n)d damaged", state.damaged) % {"n": state.damaged}
        return Light(_("Stored files"), text, False)
    if state.all_checked_at is None:
        return Light(_("Stored files"), _("being checked"), True)
    when = dates.moment(state.all_checked_at, institution.zone())
    return Light(_("Stored files"), _("all checked: %(when)s") % {"when": when}, True)


def _space() -> Light:
    """How full the disk is on which files are kept."""
    try:
        usage = shutil.disk_usage(settings.ENVIRONMENT.home)
    except OSError:
        return Light(_("Space"), _("cannot be read"), False)
    percent = round(usage.used * 100 / usage.total)
    return Light(_("Space"), _("%(percent)d %% used") % {"percent": percent}, percent < FULL)
