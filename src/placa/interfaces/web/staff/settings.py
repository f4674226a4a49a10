"""Settings: who the institution is, its rules, release delays by exam and site, devices that may send (9.9, 2.4, 10.1)."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from placa.domain.institution import selectors, services
from placa.domain.institution.models import DicomPeer, ExamType, Institution, Site
from placa.interfaces.web.account.session import viewer_of
from placa.interfaces.web.staff.doors import page, refuse, staff
from placa.interfaces.web.staff.settings_forms import DelayForm, DeviceForm, InstitutionForm, RulesForm
from placa.interfaces.web.ui.rows import Filter


def _page(request: HttpRequest, template: str, form: Any = None, **context: Any) -> HttpResponse:
    match = request.resolver_match
    here = match.url_name if match else ""
    tabs = [
        Filter(label, reverse(f"staff:{name}"), name == here)
        for name, label in (
            ("settings", _("Institution")),
            ("rules", _("Rules")),
            ("delays", _("Release delays")),
            ("devices", _("Devices")),
        )
    ]
    whole = {"tabs": tabs, "form": form, "help_topic": "settings", **context}
    return page(request, template, whole, status=422 if form is not None and form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff("settings")
def institution(request: HttpRequest) -> HttpResponse:
    """Name, contact and colour of the institution."""
    form = InstitutionForm(
        request.POST or None, instance=Institution.objects.first() or Institution()
    )  # not the one that is remembered
    if request.method == "POST" and form.is_valid():
        kept = form.save(commit=False)
        worn = services.save_institution(
            institution=kept, changed=form.changed_data, by=viewer_of(request).actor
        )
        if kept.accent and len(worn) < 2:
            messages.warning(request, _colour_words(worn))
        else:
            messages.success(request, _("Saved."))
        return redirect("staff:settings")
    return _page(request, "settings", form)


def _colour_words(worn: frozenset[str]) -> str:
    return {
        frozenset({"light"}): _("Saved. The dark pages keep their own colour: on them this one cannot be read well."),
        frozenset({"dark"}): _("Saved. The light pages keep their own colour: on them this one cannot be read well."),
    }.get(worn, _("Saved. The pages keep their own colour: this one cannot be read well on them."))  # fmt: skip


@require_http_methods(["GET", "POST"])
@staff("settings")
def rules(request: HttpRequest) -> HttpResponse:
    """Every setting with its value; what was typed is kept and audited, what another changed meanwhile stays."""
    form = RulesForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = services.change_settings(values=form.typed(), by=viewer_of(request).actor)
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return redirect("staff:rules")
    return _page(request, "settings_rules", form)


@require_http_methods(["GET", "POST"])
@staff("settings")
def delays(request: HttpRequest) -> HttpResponse:
    """Release delays that differ from the institution's: by exam, by site, by both."""
    if request.method == "POST" and request.POST.get("do") == "remove":
        return _remove_delay(request)
    form = DelayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.set_delay(**form.cleaned_data, by=viewer_of(request).actor)
        messages.success(request, _("Saved."))
        return redirect("staff:delays")
    usual = selectors.setting("release_delay_hours")
    return _page(request, "settings_delays", form, rows=selectors.delays_set(), usual=usual)


def _remove_delay(request: HttpRequest) -> HttpResponse:
    exam_type = ExamType.objects.filter(pk=_number(request, "exam_type")).first()
    site = Site.objects.filter(pk=_number(request, "site")).first()
    if exam_type is None and site is None:
        refuse(request, "delay")
    services.set_delay(exam_type=exam_type, site=site, hours=None, by=viewer_of(request).actor)
    messages.success(request, _("Removed."))
    return redirect("staff:delays")


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


@require_GET
@staff("settings")
def devices(request: HttpRequest) -> HttpResponse:
    """Devices that may speak DICOM with the portal."""
    rows = DicomPeer.objects.select_related("site").order_by("name")
    environment = django_settings.ENVIRONMENT
    ours = {"aet": environment.dicom_aet, "port": environment.dicom_port}
    return _page(request, "settings_devices", rows=rows, who_sends=_who_sends(rows), **ours)


def _who_sends(rows: Iterable[DicomPeer]) -> str:
    if django_settings.ENVIRONMENT.is_demo:
        return _(
            "In this demonstration any program on this machine may send, under any name. "
            "Elsewhere only the devices that are entered here may."
        )
    if any(row.enabled and row.may_store for row in rows):
        return _("Only these devices may send images: each is known by its AE title and its address.")
    return _("No device may send now. Images come as files, or from programs that have an access token.")


@require_http_methods(["GET", "POST"])
@staff("settings")
def create_device(request: HttpRequest) -> HttpResponse:
    """A new device."""
    return _edit(request, DicomPeer())


@require_http_methods(["GET", "POST"])
@staff("settings")
def device(request: HttpRequest, device: int) -> HttpResponse:
    """One device."""
    found = DicomPeer.objects.filter(pk=device).first()
    if found is None:
        refuse(request, "device")
    return _edit(request, found)


def _edit(request: HttpRequest, row: DicomPeer) -> HttpResponse:
    form = DeviceForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        services.save_peer(peer=form.save(commit=False), by=viewer_of(request).actor)
        messages.success(request, _("Saved. The listener knows it in a second."))
        return redirect("staff:devices")
    return _page(request, "settings_device", form, device=row if row.pk else None)
