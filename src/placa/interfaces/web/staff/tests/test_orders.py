"""Orders: entered, changed, cancelled; an exclusive payer takes the study from everybody else (9.6, 4.3)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from placa.common import clock
from placa.demo import cast
from placa.domain.access.selectors import studies_visible_to
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.institution.models import ExamType, Site
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization, Practitioner
from placa.domain.reports.models import DiagnosticReport

pytestmark = pytest.mark.django_db


def data(**changes: object) -> dict[str, object]:
    return {
        "patient_number": cast.PATIENTS["carla"].patient_id,
        "exam_type": ExamType.objects.get(code="CARLA_CR").pk,
        "site": Site.objects.get(code="NORTE").pk,
        "requester": Practitioner.objects.get(user__username="diaz").pk,
    } | changes


def create(client, **changes):
    return client.post(reverse("staff:order_create"), data(**changes))


def newest() -> ServiceRequest:
    return ServiceRequest.objects.latest("pk")


def order_of(key: str) -> ServiceRequest:
    return ServiceRequest.objects.get(accession_number=cast.STUDIES[key].accession)


def page_of(order: ServiceRequest) -> str:
    return reverse("staff:order", args=[order.public_id])


def sees(username: str, key: str) -> bool:
    user = User.objects.get(username=username)
    role = {"ana": "patient", "carla": "patient", "diaz": "doctor", "heras": "company"}[username]
    return (
        studies_visible_to(viewer_for(user, role)).filter(study_instance_uid=cast.STUDIES[key].uid).exists()
    )


def test_an_order_gets_the_next_number(ines):
    highest = max(int(o.accession_number[4:]) for o in ServiceRequest.objects.all())
    year = f"{clock.now():%y}"
    assert create(ines).status_code == 302
    made = newest()
    assert made.accession_number == (f"A26-{highest + 1}" if year == "26" else f"A{year}-100001")
    assert (made.patient, made.description, made.modality) == (
        cast.patient("carla"),
        "Radiografía de tórax",
        "CR",
    )


def test_a_number_names_one_order(ines):
    response = create(ines, accession_number=cast.STUDIES["ana_ct"].accession)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["accession_number"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accession_number", "A\\B"),
        ("accession_number", "12345678901234567"),
        ("patient_number", "nobody"),
        ("patient_number", ""),
        ("exam_type", ""),
        ("requester", "999999"),
        ("site", "999999"),
        ("modality", "XX"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(ines, field, value):
    before = ServiceRequest.objects.count()
    response = create(ines, **{field: value})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert ServiceRequest.objects.count() == before


def test_a_new_order_is_linked_to_what_waits_for_its_number(ines):
    study = Study.objects.get(study_instance_uid=cast.STUDIES["carla_cr"].uid)
    Study.objects.filter(pk=study.pk).update(order=None, accession_number="Z9")
    create(ines, accession_number="Z9")
    study.refresh_from_db()
    assert study.order == newest()


def test_an_exclusive_payer_must_be_understood(jefe):
    arl = Organization.objects.get(identifier="arl")
    response = create(jefe, payer=arl.pk)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["understood"]
    assert "ARL Caribe" in response.content.decode()
    assert create(jefe, payer=arl.pk, understood="on").status_code == 302
    assert newest().payer == arl


def test_an_exclusive_payer_takes_the_study_from_everybody_else_at_once(jefe):
    order = order_of("carla_cr")
    assert (sees("carla", "carla_cr"), sees("diaz", "carla_cr"), sees("heras", "carla_cr")) == (
        True,
        True,
        False,
    )
    arl = Organization.objects.get(identifier="arl")
    jefe.post(page_of(order), data(payer=arl.pk, understood="on"))
    assert (sees("carla", "carla_cr"), sees("diaz", "carla_cr"), sees("heras", "carla_cr")) == (
        False,
        False,
        True,
    )
    jefe.post(page_of(order), data(payer=""))
    assert (sees("carla", "carla_cr"), sees("diaz", "carla_cr"), sees("heras", "carla_cr")) == (
        True,
        True,
        False,
    )


def test_after_that_it_is_no_longer_everybodys_on_the_staff(ines):
    arl = Organization.objects.get(identifier="arl")
    response = create(ines, payer=arl.pk, understood="on")
    assert response.url == reverse("staff:orders")
    assert ines.get(page_of(newest())).status_code == 404
    listed = ines.get(reverse("staff:orders")).content.decode()
    assert newest().accession_number not in listed.partition('id="toasts"')[0]


def test_exclusive_orders_are_listed_with_the_permission_only(ines, jefe):
    exclusive = order_of("carla_wc")

    def listed(client):
        return {order.pk for order, _chips in client.get(reverse("staff:orders")).context["rows"]}

    assert exclusive.pk not in listed(ines)
    assert exclusive.pk in listed(jefe)
    assert ines.get(page_of(exclusive)).status_code == 404
    assert ines.post(page_of(exclusive), data()).status_code == 404


def test_of_another_site_there_is_no_order(ines):
    centro = order_of("ana_cr")
    assert ines.get(page_of(centro)).status_code == 404
    assert ines.post(reverse("staff:order_cancel", args=[centro.public_id])).status_code == 404
    rows = ines.get(reverse("staff:orders")).context["rows"]
    assert {order.site.code for order, _chips in rows} == {"NORTE"}


def test_one_orders_for_ones_own_sites_only(ines):
    response = create(ines, site=Site.objects.get(code="CENTRO").pk)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["site"]


def test_changing_the_doctor_changes_who_sees_the_study(ines):
    assert sees("diaz", "carla_cr")
    ines.post(
        page_of(order_of("carla_cr")), data(requester=Practitioner.objects.get(user__username="egea").pk)
    )
    assert not sees("diaz", "carla_cr")


def test_patient_and_number_do_not_change(ines):
    order = order_of("carla_cr")
    ines.post(page_of(order), data(patient=cast.patient("ana").pk, accession_number="NEW", status="revoked"))
    after = ServiceRequest.objects.get(pk=order.pk)
    assert (after.patient, after.accession_number, after.status) == (
        order.patient, order.accession_number, order.status
    )  # fmt: skip


def test_cancelling(ines):
    create(ines)
    made = newest()
    ines.post(reverse("staff:order_cancel", args=[made.public_id]))
    made.refresh_from_db()
    assert made.status == "revoked"
    done = order_of("carla_cr")
    ines.post(reverse("staff:order_cancel", args=[done.public_id]))
    done.refresh_from_db()
    assert done.status == "completed"


def test_from_the_patients_page(ines):
    carla = cast.patient("carla")
    page = ines.get(reverse("staff:order_create"), {"patient": str(carla.public_id)})
    assert "Carla Núñez Sosa" in page.content.decode()
    wrong = ines.get(reverse("staff:order_create"), {"patient": "nonsense"})
    assert wrong.status_code == 404
    create(ines, patient=str(carla.public_id), patient_number=cast.PATIENTS["ana"].patient_id)
    assert newest().patient == carla


def test_search(jefe):
    def found(text):
        rows = jefe.get(reverse("staff:orders"), {"q": text}).context["rows"]
        return {order.accession_number for order, _chips in rows}

    assert found("rodilla") == {order_of("ana_mr").accession_number}
    assert found("nunez lumbosacra") == {order_of("carla_wc").accession_number}
    assert found(order_of("ana_ct").accession_number) == {order_of("ana_ct").accession_number}
    assert found("nothing like it") == set()


def state(client, key):
    """The first chip of an order, in the list and on its page."""
    listed = {order.pk: chips[0].text for order, chips in client.get(reverse("staff:orders")).context["rows"]}
    order = order_of(key)
    assert client.get(page_of(order)).context["chips"][0].text == listed[order.pk]
    return listed[order.pk]


@pytest.fixture
def english(jefe):
    User.objects.filter(username="jefe").update(language="en")
    return jefe


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("ana_ct", "Report signed"), ("ana_cr", "Report awaits signature"), ("ana_us", "Preliminary report"),
        ("ana_mr", "Report awaits review"), ("carla_wc", "Report signed"),
    ],
)  # fmt: skip
def test_a_done_order_says_how_its_report_stands(english, key, said):
    assert state(english, key) == said


def test_images_without_a_report_are_said_to_have_come(english):
    study = Study.objects.get(study_instance_uid=cast.STUDIES["ana_ct"].uid)
    Study.objects.filter(pk=study.pk).update(number_of_images=3)
    DiagnosticReport.objects.filter(study=study).update(status="cancelled")
    assert state(english, "ana_ct") == "Images received"
    Study.objects.filter(pk=study.pk).update(order=None)
    assert state(english, "ana_ct") == "Done"


def test_an_order_of_which_nothing_came_is_ordered(english):
    create(english)
    assert english.get(page_of(newest())).context["chips"][0].text == "Ordered"


def test_a_page_of_orders_asks_for_what_came_at_once(jefe):
    with CaptureQueriesContext(connection) as asked:
        assert len(jefe.get(reverse("staff:orders")).context["rows"]) > 8
    for table in ('"archive_study"."order_id" IN', 'FROM "reports_diagnosticreport"'):
        assert sum(table in query["sql"] for query in asked) == 1, table
