"""Settings: institution, rules, release delays, devices; who may, what is kept, what is refused (9.9)."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse
from django.utils.translation import gettext

from placa.domain.accounts.models import User
from placa.domain.audit.models import AuditEvent
from placa.domain.institution import selectors
from placa.domain.institution.definitions import DEFINITIONS
from placa.domain.institution.models import DicomPeer, ExamType, Institution, ReleaseDelay, Site
from placa.domain.institution.services import change_setting
from placa.interfaces.web.staff.settings_forms import GROUPS, RulesForm

pytestmark = pytest.mark.django_db
PAGES = ("settings", "rules", "delays", "devices", "device_create")
DEVICE = {
    "name": "TC Norte", "ae_title": "CT_NORTE", "address": "10.1.2.3", "port": "", "site": "", "default_issuer": "",
    "may_store": "on", "enabled": "on",
}  # fmt: skip


def url(name: str, *args: object) -> str:
    return reverse(f"staff:{name}", args=args)


def told(action: str) -> list[dict[str, Any]]:
    return [event.detail for event in AuditEvent.objects.filter(action=action)]


def as_typed(**changes: object) -> dict[str, Any]:
    """What the rules page posts, with some fields typed anew; None empties one, False unticks it."""
    now = {key: selectors.setting(key) for key in DEFINITIONS}
    fields = {
        key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in now.items()
    }
    fields |= changes
    return {key: value for key, value in fields.items() if value is not None and value is not False} | {
        "shown": json.dumps(now)
    }


@pytest.mark.parametrize("name", PAGES)
def test_the_permission_opens_the_pages_and_nothing_else_does(jefe, ines, employ, name):
    assert jefe.get(url(name)).status_code == 200
    assert ines.get(url(name)).status_code == 404
    assert url("settings") not in ines.get(url("home")).content.decode()
    clerk = employ("settings")
    assert clerk.get(url(name)).status_code == 200
    assert url("settings") in clerk.get(url("home")).content.decode()


def test_who_the_institution_is(jefe):
    typed = {
        "name": "Clínica Alborada", "short_name": "Alborada", "address": "Calle 1", "phone": "+1 809 555 0199",
        "email": "hola@alborada.example", "hours": "Lunes a viernes", "accent": "#8A1538",
    }  # fmt: skip
    assert jefe.post(url("settings"), typed).status_code == 302
    kept = Institution.objects.get()
    assert (kept.name, kept.phone, kept.accent) == ("Clínica Alborada", "+1 809 555 0199", "#8a1538")
    assert "Clínica Alborada" in jefe.get(url("settings")).content.decode()
    assert {"phone", "accent"} <= set(told("save_institution")[0]["fields"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("email", "nobody"), ("accent", "red"), ("accent", "#12"), ("phone", "call!")],
)
def test_what_is_no_name_mail_colour_or_phone_is_refused(jefe, field, value):
    before = Institution.objects.values().get()
    typed = {"name": "X", "email": "", "accent": "", "phone": ""} | {field: value}
    answer = jefe.post(url("settings"), typed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Institution.objects.values().get() == before


@pytest.mark.parametrize(
    ("colour", "level"), [("#126ed5", "success"), ("#ffd400", "warning"), ("", "success")]
)
def test_a_colour_that_cannot_be_read_is_kept_and_said(jefe, colour, level):
    answer = jefe.post(url("settings"), {"name": "X", "accent": colour}, follow=True)
    assert [one.level_tag for one in answer.context["messages"]] == [level]


def test_every_setting_stands_under_one_title():
    assert sorted(key for _title, keys in GROUPS for key in keys) == sorted(DEFINITIONS)


def test_rules_are_changed_one_by_one_and_told(jefe):
    page = jefe.get(url("rules")).content.decode()
    assert all(f'id="id_{key}"' in page for key in DEFINITIONS)
    assert jefe.post(url("rules"), as_typed()).status_code == 302
    assert told("change_setting") == []
    jefe.post(
        url("rules"),
        as_typed(release_delay_hours=48, sms_new_result="on", share_days="45,15", online_days=45),
    )
    assert selectors.setting("release_delay_hours") == 48
    assert selectors.setting("sms_new_result") is True
    assert selectors.setting("share_days") == [15, 45]
    assert {"key": "release_delay_hours", "from": 24, "to": 48} in told("change_setting")
    assert len(told("change_setting")) == 4
    jefe.post(url("rules"), as_typed(online_days=None, sms_new_result=False))
    assert selectors.setting("online_days") is None
    assert selectors.setting("sms_new_result") is False


def test_a_page_that_stood_open_takes_nothing_back(jefe):
    stale = as_typed(idle_minutes=20)
    change_setting(key="doctor_download", value=False, by="user:9")
    jefe.post(url("rules"), stale)
    assert (selectors.setting("idle_minutes"), selectors.setting("doctor_download")) == (20, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [("idle_minutes", 1), ("idle_minutes", "x"), ("scrub_days", None), ("online_days", 0), ("share_days", "15,x"),
     ("share_days", ""), ("share_days", "0"), ("share_days", "15, 46"), ("release_delay_hours", -1)],
)  # fmt: skip
def test_rules_that_do_not_fit_are_refused_and_the_others_stay(jefe, field, value):
    answer = jefe.post(url("rules"), as_typed(recall_hours=9) | {field: "" if value is None else value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert selectors.setting("recall_hours") == 4


@pytest.mark.parametrize("installed", [True, False])
def test_ohif_is_offered_only_where_it_is_installed(jefe, monkeypatch, installed):
    built = {"index.html": None} if installed else {}
    monkeypatch.setattr("placa.interfaces.web.staff.settings_forms.ohif.built", lambda: built)
    page = jefe.get(url("rules"))
    said = gettext("OHIF is not installed with this portal: there is nothing to open.")
    assert page.context["form"].fields["doctor_ohif"].disabled is not installed
    assert (said in page.content.decode()) is not installed
    jefe.post(url("rules"), as_typed(doctor_ohif=False, idle_minutes=20))
    assert (selectors.setting("doctor_ohif"), selectors.setting("idle_minutes")) == (not installed, 20)


@pytest.mark.parametrize("shown", ["", "{", "[]", "7"])
def test_without_what_was_shown_everything_counts_as_typed(jefe, shown):
    typed = as_typed(idle_minutes=30) | {"shown": shown}
    form = RulesForm(typed)
    if form.is_valid():
        assert set(form.typed()) == set(DEFINITIONS)
    else:
        assert list(form.errors) == ["shown"]


def test_delays_by_exam_site_and_both(jefe):
    exam, site = ExamType.objects.order_by("name").first(), Site.objects.order_by("name").first()
    assert exam is not None
    assert site is not None
    ExamType.objects.update(release_delay_hours=None)
    Site.objects.update(release_delay_hours=None)
    ReleaseDelay.objects.all().delete()
    for typed in (
        {"exam_type": exam.pk, "hours": 72},
        {"site": site.pk, "hours": 12},
        {"exam_type": exam.pk, "site": site.pk, "hours": 0},
    ):
        assert jefe.post(url("delays"), typed).status_code == 302
    assert jefe.get(url("delays")).context["rows"] == [(exam, site, 0), (exam, None, 72), (None, site, 12)]
    jefe.post(url("delays"), {"exam_type": exam.pk, "site": site.pk, "hours": 5})
    assert selectors.delays_set()[0] == (exam, site, 5)
    jefe.post(url("delays"), {"do": "remove", "exam_type": exam.pk, "site": site.pk})
    jefe.post(url("delays"), {"do": "remove", "exam_type": exam.pk})
    assert selectors.delays_set() == [(None, site, 12)]
    assert told("set_delay")[-1] == {"exam_type": exam.pk, "site": None, "hours": None}


@pytest.mark.parametrize(
    "typed",
    [
        {"hours": 5},
        {"exam_type": 1, "hours": -1},
        {"exam_type": 10**9, "hours": 5},
        {"site": "x", "hours": 5},
    ],
)
def test_delays_that_do_not_fit_are_refused(jefe, typed):
    before = selectors.delays_set()
    assert jefe.post(url("delays"), typed).status_code == 422
    assert jefe.post(url("delays"), {"do": "remove", "exam_type": "x"}).status_code == 404
    assert selectors.delays_set() == before


@pytest.mark.parametrize(
    ("mode", "peer", "said"),
    [
        ("demo", None, "In this demonstration any program"), ("demo", {}, "In this demonstration any program"),
        ("production", None, "No device may send now"), ("production", {"enabled": False}, "No device may send now"),
        ("production", {"may_store": False}, "No device may send now"), ("production", {}, "Only these devices may send"),
    ],
)  # fmt: skip
def test_the_page_says_who_may_send_and_nothing_against_it(jefe, settings, mode, peer, said):
    User.objects.filter(username="jefe").update(language="en")
    DicomPeer.objects.all().delete()
    if peer is not None:
        DicomPeer.objects.create(name="CT", ae_title="CT", address="10.0.0.7", **{"may_store": True, **peer})
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode=mode)
    page = jefe.get(url("devices")).content.decode()
    claims = ("In this demonstration any program", "No device may send now", "Only these devices may send")
    assert [claim for claim in claims if claim in page] == [said]


def test_a_device_is_admitted_and_shut_out(jefe):
    assert jefe.post(url("device_create"), DEVICE).status_code == 302
    made = DicomPeer.objects.get(ae_title="CT_NORTE")
    assert selectors.storing_peer("CT_NORTE", "10.1.2.3") == made
    assert "CT_NORTE" in jefe.get(url("devices")).content.decode()
    jefe.post(url("device", made.pk), {**DEVICE, "enabled": ""})
    assert selectors.storing_peer("CT_NORTE", "10.1.2.3") is None
    assert [one["enabled"] for one in told("save_peer")] == [True, False]
    assert jefe.get(url("device", 10**9)).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("ae_title", ""), ("ae_title", "A" * 17), ("ae_title", "A\\B"), ("ae_title", "Ñ"), ("address", "ct.local"),
     ("port", "70000"), ("site", "999999"), ("name", "")],
)  # fmt: skip
def test_a_device_that_does_not_fit_is_refused(jefe, field, value):
    before = DicomPeer.objects.count()
    answer = jefe.post(url("device_create"), DEVICE | {field: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert DicomPeer.objects.count() == before


def test_no_two_entries_mean_the_same_device(jefe):
    jefe.post(url("device_create"), DEVICE)
    answer = jefe.post(url("device_create"), DEVICE | {"name": "Other"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["ae_title"] == [
        gettext("Another entry has this AE title at this address.")
    ]
    assert jefe.post(url("device_create"), DEVICE | {"address": "10.1.2.4"}).status_code == 302
