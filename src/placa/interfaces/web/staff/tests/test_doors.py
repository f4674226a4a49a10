"""Who gets into the staff portal: by role, by permission, by method (9.1, case 2)."""

import uuid

import pytest
from django.urls import reverse

from placa.demo import cast
from placa.domain.audit.models import AuditEvent
from placa.domain.people.models import Permission
from placa.interfaces.web.staff.urls import urlpatterns

pytestmark = pytest.mark.django_db
SOMETHING = uuid.UUID(int=7)
PARTS = {
    "item": SOMETHING, "patient": SOMETHING, "order": SOMETHING, "doctor": SOMETHING, "message": SOMETHING,
    "link": SOMETHING, "identifier": 1, "uid": cast.STUDIES["ana_ct"].uid, "archive": SOMETHING,
    "report": SOMETHING, "device": 10**9,
}  # fmt: skip
# GET pages, written by hand; every other route is a POST
PAGES = {
    "home", "inbox", "inbox_item", "patients", "patient_create", "patient", "patient_edit", "orders",
    "order_create", "order", "studies", "upload", "study", "approvals", "messages",
    "archives", "archive_create", "archive", "study_images", "settings", "rules", "delays", "devices",
    "device_create", "device",
}  # fmt: skip
WRITES = {
    "inbox_assign", "inbox_close", "inbox_reopen", "patient_email", "patient_enable", "patient_resend",
    "patient_identify", "patient_forget", "guardian_link", "guardian_end", "order_cancel", "study_release",
    "study_hand_delivery", "study_hand_over", "study_order", "study_unassign", "study_report", "study_notify",
    "doctor_enable", "doctor_refuse", "message_retry", "archive_test", "study_evict", "study_recall",
    "archive_remove", "report_withdraw",
}  # fmt: skip


def address(name: str) -> str:
    pattern = next(one for one in urlpatterns if one.name == name)
    wanted = pattern.pattern.converters.keys()
    return reverse(f"staff:{name}", kwargs={key: PARTS[key] for key in wanted})


def test_every_route_is_listed_here():
    assert {one.name for one in urlpatterns} == PAGES | WRITES


@pytest.mark.parametrize("name", sorted(PAGES | WRITES))
@pytest.mark.parametrize("person", ["ana", "diaz", "gomez"])
def test_other_portals_people_find_nothing(sign_in, person, name):
    client = sign_in(person)
    send = client.get if name in PAGES else client.post
    assert send(address(name)).status_code == 404
    assert AuditEvent.objects.filter(outcome="refused", action="open_portal").exists()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_nobody_is_sent_to_the_door(client, name):
    response = client.get(address(name))
    assert response.status_code == 302
    assert response.url.startswith("/?next=") or response.url.startswith("/sign-in")


@pytest.mark.parametrize("name", sorted(WRITES))
def test_writes_are_posts_only(jefe, name):
    assert jefe.get(address(name)).status_code == 405


@pytest.mark.parametrize("name", sorted(WRITES))
def test_a_post_without_the_token_is_refused(sign_in, name):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in("jefe").cookies
    assert strict.post(address(name)).status_code == 403


NEEDED = {
    "inbox": "inbox", "inbox_item": "inbox", "inbox_assign": "inbox", "inbox_close": "inbox",
    "inbox_reopen": "inbox", "study_unassign": "inbox",
    "patients": "patients", "patient_create": "patients", "patient": "patients", "patient_edit": "patients",
    "patient_email": "patients", "patient_enable": "patients", "patient_resend": "patients",
    "patient_identify": "patients", "patient_forget": "patients", "guardian_link": "patients",
    "guardian_end": "patients",
    "orders": "orders", "order_create": "orders", "order": "orders", "order_cancel": "orders",
    "study_order": "orders",
    "study_release": "studies", "study_hand_delivery": "studies", "study_hand_over": "studies",
    "study_notify": "studies",
    "upload": "upload", "study_report": "upload", "report_withdraw": "upload",
    "approvals": "doctors", "doctor_enable": "doctors", "doctor_refuse": "doctors",
    "messages": "outbox", "message_retry": "outbox",
    **dict.fromkeys(
        ("archives", "archive_create", "archive", "archive_test", "archive_remove", "settings", "rules", "delays",
         "devices", "device_create", "device"), "settings"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_without_its_permission_a_page_is_not_there_and_that_is_written_down(employ, name):
    client = employ(*(set(Permission.values) - {NEEDED[name]}))
    send = client.get if name in PAGES else client.post
    assert send(address(name)).status_code == 404
    assert AuditEvent.objects.filter(outcome="refused", action="staff_page").exists()


def test_places_without_permission_are_not_in_the_navigation(ines):
    page = ines.get(reverse("staff:home")).content.decode()
    assert f'href="{reverse("staff:patients")}"' in page
    assert f'href="{reverse("staff:inbox")}"' not in page
    assert f'href="{reverse("staff:messages")}"' not in page
    assert f'href="{reverse("staff:approvals")}"' not in page


@pytest.mark.parametrize("name", sorted(PAGES - {"home", "inbox", "patients", "orders", "studies", "upload",
                                                 "approvals", "messages", "patient_create", "order_create",
                                                 "study", "study_images", "archives", "archive_create", "settings",
                                                 "rules", "delays", "devices", "device_create"}))  # fmt: skip
def test_what_is_not_there_is_404(jefe, name):
    assert jefe.get(address(name)).status_code == 404


def test_pages_change_nothing(jefe, stranger):
    from placa.domain.archive.models import Study
    from placa.domain.notifications.models import OutboxMessage
    from placa.domain.orders.models import ServiceRequest
    from placa.domain.people.models import Patient

    def state():
        return (
            list(Study.objects.order_by("pk").values()),
            list(ServiceRequest.objects.order_by("pk").values()),
            list(Patient.objects.order_by("pk").values()),
            OutboxMessage.objects.count(),
        )

    before = state()
    order = ServiceRequest.objects.get(accession_number=cast.STUDIES["ana_ct"].accession)
    for url in (
        *(reverse(f"staff:{name}") for name in ("home", "inbox", "patients", "orders", "studies", "upload")),
        reverse("staff:inbox_item", args=[stranger.public_id]),
        reverse("staff:patient", args=[cast.patient("ana").public_id]),
        reverse("staff:patient", args=[cast.patient("bruno").public_id]),
        reverse("staff:order", args=[order.public_id]),
        reverse("staff:study", args=[cast.STUDIES["ana_ct"].uid]),
        reverse("staff:study", args=[cast.STUDIES["stranger"].uid]),
        reverse("staff:approvals"),
        reverse("staff:messages"),
    ):
        assert jefe.get(url).status_code == 200, url
    assert state() == before
