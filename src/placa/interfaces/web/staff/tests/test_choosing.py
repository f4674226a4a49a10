"""Nothing is chosen beforehand: the order that a study answers, and the person whose it is (9.7, 9.8)."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils.translation import gettext

from placa.demo import cast
from placa.domain.archive.models import Study
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Patient

pytestmark = pytest.mark.django_db
EQUAL = "Candidate %(n)s · %(equal)s of 4 equal"


def study(key: str) -> Study:
    return Study.objects.get(study_instance_uid=cast.STUDIES[key].uid)


def arrived(**changes: object) -> None:
    Study.objects.filter(study_instance_uid=cast.STUDIES["stranger"].uid).update(**changes)


def page_of(jefe, item):
    """What staff see of a thing that waits."""
    return jefe.get(reverse("staff:inbox_item", args=[item.public_id]))


def told_of(page, number: int) -> str:
    """The dialog in which a study is assigned to the candidate `number`."""
    body = str(page.content.decode())
    return body.partition(f'<dialog class="p-dialog" id="assign-{number}"')[2].partition("</dialog>")[0]


@pytest.mark.parametrize(
    ("equal", "noted", "danger"),
    [(1, True, True), (2, True, False), (3, True, False), (4, False, False)],
)
def test_the_dialog_says_how_much_is_equal_and_warns_below_two(jefe, stranger, equal, noted, danger):
    ana = cast.patient("ana")
    arrived(
        patient_sex="F", patient_name="MORALES^ANA", patient_birth_date=dt.date(1950, 1, 2),
        dicom_patient_id="402-1180-9",
    )  # fmt: skip
    if equal > 1:
        arrived(dicom_patient_id=cast.PATIENTS["ana"].patient_id)
    if equal > 2:
        arrived(patient_name=f"{ana.family_name}^{ana.given_name}")
    if equal > 3:
        arrived(patient_birth_date=ana.birth_date)
    page = page_of(jefe, stranger)
    assert [(one.patient, one.equal) for one in page.context["candidates"]][:1] == [(ana, equal)]
    said, dialog = gettext(EQUAL) % {"n": 1, "equal": equal}, told_of(page, 1)
    assert (said in dialog) is noted
    assert ('class="btn btn-danger"' in dialog) is danger
    assert ('class="btn btn-primary"' in dialog) is not danger
    assert said in page.content.decode()  # above its column in any case


def test_each_candidate_has_a_dialog_of_its_own_with_its_own_figure(jefe, stranger):
    ana, carla = cast.patient("ana"), cast.patient("carla")
    Patient.objects.filter(pk=carla.pk).update(birth_date=ana.birth_date)
    arrived(
        patient_name=f"{ana.family_name}^{ana.given_name}", patient_birth_date=ana.birth_date, patient_sex="F",
        dicom_patient_id="",
    )  # fmt: skip
    page = page_of(jefe, stranger)
    shown = page.context["candidates"]
    assert {one.patient for one in shown} >= {ana, carla}
    for number, one in enumerate(shown, start=1):
        dialog = told_of(page, number)
        assert f'value="{one.patient.public_id}"' in dialog
        assert (gettext(EQUAL) % {"n": number, "equal": one.equal}) in dialog
        assert ('class="btn btn-danger"' in dialog) is (one.equal < 2)


def choice_of_order(jefe, key: str) -> str:
    """The form that links a study to an order of its patient."""
    body = str(jefe.get(reverse("staff:study", args=[cast.STUDIES[key].uid])).content.decode())
    return body.partition('<select class="form-select" id="order-choice"')[2].partition("</select>")[0]


def test_an_order_must_be_chosen_and_none_is_chosen_beforehand(jefe):
    jefe.post(reverse("staff:study_order", args=[cast.STUDIES["ana_ct"].uid]), {"do": "unlink"})
    options = choice_of_order(jefe, "ana_ct")
    first = options.partition("<option")[2].partition("</option>")[0]
    assert " required>" in options.partition("<option")[0]
    assert first == f' value="">{gettext("Not chosen")}'
    assert "selected" not in options
    assert options.count("<option") > 2


@pytest.mark.parametrize("order", [None, "", "x", "00000000-0000-0000-0000-000000000000"])
def test_no_order_is_linked_that_nobody_chose(jefe, order):
    uid = cast.STUDIES["ana_ct"].uid
    jefe.post(reverse("staff:study_order", args=[uid]), {"do": "unlink"})
    answer = jefe.post(reverse("staff:study_order", args=[uid]), {} if order is None else {"order": order})
    assert answer.status_code == 404
    assert study("ana_ct").order is None


def test_an_exclusive_order_says_so_where_it_is_chosen(jefe):
    uid = cast.STUDIES["carla_cr"].uid
    jefe.post(reverse("staff:study_order", args=[uid]), {"do": "unlink"})
    wc = ServiceRequest.objects.get(accession_number=cast.STUDIES["carla_wc"].accession)
    option = (
        choice_of_order(jefe, "carla_cr").partition(f'value="{wc.public_id}">')[2].partition("</option>")[0]
    )
    assert gettext("exclusive") in option
    own = ServiceRequest.objects.get(accession_number=cast.STUDIES["carla_cr"].accession)
    option = (
        choice_of_order(jefe, "carla_cr").partition(f'value="{own.public_id}">')[2].partition("</option>")[0]
    )
    assert option
    assert gettext("exclusive") not in option
    jefe.post(reverse("staff:study_order", args=[uid]), {"order": str(own.public_id)})
    assert study("carla_cr").order == own
