"""The report beside the images: it is read once it was shown there, and not by the images alone."""

import uuid

import pytest
from django.test import Client, RequestFactory

from placa.demo import cast
from placa.domain.access.images import OpenStudy
from placa.domain.access.reading import new_to
from placa.domain.access.selectors import get_study
from placa.domain.access.services import opened
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.audit.models import AuditEvent
from placa.domain.reports.models import DiagnosticReport
from placa.domain.reports.services import add_version
from placa.domain.sharing.tests import world
from placa.interfaces.web.doctor.tests.browser import enter, keys, page
from placa.interfaces.web.viewer.context import context

pytestmark = pytest.mark.django_db
UID = cast.STUDIES["ana_ct"].uid


def report() -> DiagnosticReport:
    return DiagnosticReport.objects.get(study__study_instance_uid=UID)


def told(name: str, role: str) -> str:
    """Where the viewer of `name` says that the report was shown."""
    viewer = viewer_for(User.objects.get(username=name), role)
    found = get_study(viewer, UID, need="images")
    return str(context(RequestFactory().get("/"), viewer, OpenStudy(found, viewer), "")["report"]["read_url"])


def test_a_doctor_has_read_it_when_it_was_shown() -> None:
    client, address = enter("diaz"), told("diaz", "doctor")
    diaz = viewer_for(User.objects.get(username="diaz"), "doctor")
    opened(diaz, get_study(diaz, UID), "view_images")
    assert "ana_ct" in keys(page(client, "/doctor/?status=unread"))
    assert client.post(address).status_code == 204
    assert "ana_ct" not in keys(page(client, "/doctor/?status=unread"))
    assert AuditEvent.objects.filter(action="view_report", study_uid=UID, role="doctor").count() == 1


def test_a_page_that_is_older_than_a_correction_reads_the_older_one() -> None:
    client, address = enter("ana"), told("ana", "patient")
    add_version(report=report(), status="amended", source="hl7", by="system", text="Corrección.")
    assert client.post(address).status_code == 204
    ana = viewer_for(User.objects.get(username="ana"), "patient")
    assert new_to(ana, [get_study(ana, UID)]) == {report().study_id: True}
    assert client.post(told("ana", "patient")).status_code == 204
    assert new_to(ana, [get_study(ana, UID)]) == {}


def test_what_is_no_report_or_no_version_of_it_is_not_there() -> None:
    client, right = enter("ana"), f"/files/{UID}/report/{report().public_id}/read/"
    assert client.post(f"{right}2").status_code == 404
    assert client.post(f"{right}99999999999999999999").status_code == 404
    assert client.post(f"/files/{UID}/report/{uuid.uuid4()}/read/1").status_code == 404
    assert client.post(f"/files/1.2.3/report/{report().public_id}/read/1").status_code == 404
    assert client.get(f"{right}1").status_code == 405
    assert not AuditEvent.objects.filter(action="view_report", role="patient", outcome="success").exists()


def test_the_holder_of_a_share_says_it_behind_the_pin_only() -> None:
    made = world.share()
    token = world.token_of(made.keys[0])
    address = f"/s/{token}/files/{UID}/report/{report().public_id}/read/1"
    holder = Client()
    assert holder.post(address).status_code == 404
    assert holder.post(f"/s/{token}", {"pin": made.keys[0].pin}).status_code == 302
    assert holder.post(address).status_code == 204
    event = AuditEvent.objects.get(action="view_report", study_uid=UID)
    assert (event.actor, event.role) == (f"share:{made.keys[0].part.pk}", "share")
    assert Client().post(address.removeprefix(f"/s/{token}")).status_code == 302  # nobody signs in
