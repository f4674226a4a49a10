"""The inbox: compare, assign, reject, put back (9.7). Nothing is guessed, nothing is deleted."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override

from placa.common import clock
from placa.demo import cast
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import Site
from placa.domain.intake.inbox import NOT_INDEXABLE, NOT_READABLE
from placa.domain.intake.models import InboxItem
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Patient
from placa.interfaces.web.staff import words
from placa.standards.dicom import errors

pytestmark = pytest.mark.django_db
UID = cast.STUDIES["stranger"].uid


def study() -> Study:
    return Study.objects.get(study_instance_uid=UID)


def arrived(**changes: object) -> None:
    Study.objects.filter(study_instance_uid=UID).update(**changes)


def url(name: str, item: InboxItem) -> str:
    return reverse(f"staff:{name}", args=[item.public_id])


def candidates(client, item, **query):
    return {
        one.patient.given_name: one
        for one in client.get(url("inbox_item", item), query).context["candidates"]
    }


def test_the_list_shows_what_waits(jefe, stranger):
    page = jefe.get(reverse("staff:inbox"))
    assert [item.pk for item, _chip, _line, _picture in page.context["waiting"]] == [stranger.pk]
    assert "Pedro Desconocido" in page.content.decode()
    assert page.context["nav_counts"]["inbox"] == 1


def test_a_row_shows_and_says_what_arrived(jefe, stranger):
    site = Site.objects.get(code="NORTE")
    arrived(modalities_in_study=["CR"], number_of_images=2, site=site, study_description="Tórax")
    page = jefe.get(reverse("staff:inbox"))
    ((_item, _chip, line, picture),) = page.context["waiting"]
    assert line.split(" · ")[:4] == ["Tórax", "CR", "Pedro Desconocido", site.name]
    assert picture == reverse("dicomweb:study_thumbnail", kwargs={"study": UID}) + "?viewport=480,480"
    assert f'<img src="{picture}"' in page.content.decode()
    arrived(number_of_images=0)
    assert jefe.get(reverse("staff:inbox")).context["waiting"][0][3] == ""


def test_a_row_of_a_file_says_in_words_why_it_waits(jefe):
    User.objects.filter(username="jefe").update(language="en")
    InboxItem.objects.create(
        kind="unreadable",
        storage_key="x",
        sender="peer:CT1",
        detail={"reason": NOT_READABLE},
        created_at=clock.now(),
    )
    page = jefe.get(reverse("staff:inbox"))
    assert page.context["waiting"][0][2:] == ("CT1 · It could not be read.", "")
    assert NOT_READABLE not in page.content.decode()


def test_nobody_like_this_on_file(jefe, stranger):
    assert candidates(jefe, stranger) == {}


def test_candidates_are_compared_side_by_side(jefe, stranger):
    ana = cast.patient("ana")
    assert ana.birth_date is not None
    wrong_day = ana.birth_date.replace(day=2, month=1)
    arrived(
        patient_name="MORALES^ANA",
        patient_birth_date=wrong_day,
        patient_sex="M",
        dicom_patient_id="402-1180-9",
    )
    found = candidates(jefe, stranger)
    assert list(found) == ["Ana"]  # Bruno shares a family name only: too little
    assert {key: one.state for key, one in found["Ana"].likeness.items()} == {
        "name": "near", "birth_date": "differs", "sex": "differs", "identifier": "near",
    }  # fmt: skip


def test_day_and_month_that_changed_places_look_alike(jefe, stranger):
    Patient.objects.filter(pk=cast.patient("ana").pk).update(birth_date=dt.date(1985, 8, 5))
    arrived(patient_name="Morales Peralta^Ana", patient_birth_date=dt.date(1985, 5, 8))
    likeness = candidates(jefe, stranger)["Ana"].likeness
    assert (likeness["name"].state, likeness["birth_date"].state) == ("same", "near")


def test_assigning(jefe, stranger):
    carla = cast.patient("carla")
    response = jefe.post(url("inbox_assign", stranger), {"patient": str(carla.public_id), "order": ""})
    assert response.url == reverse("staff:inbox")
    assert study().patient == carla
    stranger.refresh_from_db()
    assert (stranger.resolution, stranger.resolved_by[:5]) == ("assigned", "user:")
    assert AuditEvent.objects.filter(action="assign_patient", study_uid=UID).exists()


def test_assigning_with_an_order(jefe, stranger):
    carla = cast.patient("carla")
    order = ServiceRequest.objects.create(
        accession_number="X1", patient=carla, description="Tórax", ordered_at=study().exam_at
    )
    jefe.post(url("inbox_assign", stranger), {"patient": str(carla.public_id), "order": str(order.public_id)})
    assert (study().patient, study().order) == (carla, order)


def test_an_order_of_somebody_else_is_refused(jefe, stranger):
    of_ana = ServiceRequest.objects.get(accession_number=cast.STUDIES["ana_ct"].accession)
    data = {"patient": str(cast.patient("carla").public_id), "order": str(of_ana.public_id)}
    assert jefe.post(url("inbox_assign", stranger), data).status_code == 404
    assert study().patient is None


@pytest.mark.parametrize("patient", ["", "nonsense", "00000000-0000-0000-0000-000000000007"])
def test_nobody_to_assign_to(jefe, stranger, patient):
    assert jefe.post(url("inbox_assign", stranger), {"patient": patient}).status_code == 404
    assert study().patient is None


def test_an_assignment_can_be_undone(jefe, stranger):
    jefe.post(url("inbox_assign", stranger), {"patient": str(cast.patient("carla").public_id)})
    jefe.post(reverse("staff:study_unassign", args=[UID]))
    assert study().patient is None
    assert InboxItem.objects.filter(study=study(), resolved_at=None).count() == 1


def test_rejecting_deletes_nothing_and_can_be_undone(jefe, stranger):
    jefe.post(url("inbox_close", stranger), {"decision": "rejected"})
    assert study().patient is None
    page = jefe.get(reverse("staff:inbox"))
    assert page.context["waiting"] == []
    assert [item.pk for item, _chip, _line in page.context["decided"]] == [stranger.pk]
    jefe.post(url("inbox_reopen", stranger))
    stranger.refresh_from_db()
    assert stranger.resolved_at is None
    actions = AuditEvent.objects.filter(study_uid=UID).values_list("action", flat=True)
    assert {"inbox_rejected", "inbox_reopened"} <= set(actions)


def test_a_study_without_patient_cannot_be_kept_as_it_is(jefe, stranger):
    jefe.post(url("inbox_close", stranger), {"decision": "kept"})
    stranger.refresh_from_db()
    assert stranger.resolved_at is None


def test_a_file_that_cannot_be_read_is_shown_and_kept(jefe, db):
    from placa.common import clock

    item = InboxItem.objects.create(
        kind="unreadable", storage_key="2026/11/22/aa/x.dcm", sender="peer:CT1",
        detail={"reason": "<b>broken</b>", "patient_id": "<b>7</b>"}, created_at=clock.now(),
    )  # fmt: skip
    page = jefe.get(url("inbox_item", item)).content.decode()
    assert "broken" not in page  # a reason that nobody knows is said in general words
    assert words.reason_words("broken") in page
    assert "&lt;b&gt;7" in page
    assert "CT1" in page
    jefe.post(url("inbox_close", item), {"decision": "kept"})
    item.refresh_from_db()
    assert item.resolution == "kept"


def test_searching_another_person(jefe, stranger):
    assert list(candidates(jefe, stranger, q="nuria")) == ["Nuria"]


def test_another_sites_things_do_not_wait_here(employ, stranger):
    arrived(site=Site.objects.get(code="CENTRO"))
    norte = employ("inbox", sites=("NORTE",))
    assert norte.get(reverse("staff:inbox")).context["waiting"] == []
    assert norte.get(url("inbox_item", stranger)).status_code == 404
    data = {"patient": str(cast.patient("carla").public_id)}
    assert norte.post(url("inbox_assign", stranger), data).status_code == 404
    assert study().patient is None


def test_a_site_assigns_to_its_own_patients_or_by_the_very_number(employ, stranger):
    centro = employ("inbox", sites=("CENTRO",))
    carla = cast.patient("carla")  # has studies at Norte only
    data = {"patient": str(carla.public_id)}
    assert centro.post(url("inbox_assign", stranger), data).status_code == 404
    arrived(dicom_patient_id=cast.PATIENTS["carla"].patient_id)
    assert centro.post(url("inbox_assign", stranger), data).status_code == 302
    assert study().patient == carla


def test_too_many_are_said_to_be_more(jefe, db):
    from placa.common import clock

    InboxItem.objects.bulk_create(
        InboxItem(kind="unreadable", storage_key=f"k{n}", created_at=clock.now()) for n in range(63)
    )
    page = jefe.get(reverse("staff:inbox"))
    assert (len(page.context["waiting"]), page.context["left_out"]) == (60, 3)


def test_a_damaged_file_is_said_in_words_and_what_to_do(jefe):
    study = Study.objects.get(study_instance_uid=cast.STUDIES["ana_ct"].uid)
    item = InboxItem.objects.create(
        study=study,
        kind="damaged",
        detail={"instances": [1, 2], "damage": ["crc", "missing"]},
        created_at=clock.now(),
    )
    page = jefe.get(url("inbox_item", item))
    assert page.status_code == 200
    assert page.context["reason"].count(".") == 1
    assert "crc" not in page.context["reason"]
    assert page.context["advice"]


def test_who_sent_it_is_said_in_words(jefe, stranger):
    for kept, said in (("peer:STORESCU", "STORESCU"), ("import", gettext("import of files"))):
        InboxItem.objects.filter(pk=stranger.pk).update(sender=kept, kind="other_content")
        assert jefe.get(url("inbox_item", stranger)).context["sender"] == said
        line = jefe.get(reverse("staff:inbox")).context["waiting"][0][2]
        assert line.endswith(f" · {said}")
        assert "peer:" not in jefe.get(url("inbox_item", stranger)).content.decode()


def test_what_arrived_says_the_sex_in_words(jefe, stranger):
    arrived(patient_name="MORALES^ANA", patient_sex="F", dicom_patient_id="402-1180-9")
    rows = {row[0]: row[1] for row in jefe.get(url("inbox_item", stranger)).context["rows"]}
    assert rows[gettext("Sex")] == str(Patient.Sex("F").label)


def test_who_does_not_create_the_patient_is_back_at_what_waits(jefe, stranger):
    page = jefe.get(reverse("staff:patient_create"), {"study": UID})
    assert page.context["back"][0] == url("inbox_item", stranger)
    wrong = jefe.post(reverse("staff:patient_create"), {"study": UID})
    assert wrong.content.decode().count(f'href="{url("inbox_item", stranger)}"') == 2  # above, and Cancel
    assert jefe.get(reverse("staff:patient_create")).context["back"][0] == reverse("staff:patients")


@pytest.fixture
def conflict(stranger) -> InboxItem:
    """The stranger's study got a second content of one of its images."""
    differs = [
        ["00081030", "TC de <b>abdomen</b>", "Otra cosa"],
        ["00100040", "F", None],
        ["00100030", "19850508", "19851399"],
        ["00081111", "", ""],
    ]
    return InboxItem.objects.create(
        kind=InboxItem.Kind.OTHER_CONTENT, study=study(), created_at=clock.now(),
        detail={"bytes": 1, "differs": [*differs, ["00091010", "a", "b"]], "more": 3, "pixels": "differ"},
    )  # fmt: skip


def test_staff_see_what_differs_between_two_contents(jefe, conflict):
    User.objects.filter(username="jefe").update(language="en")
    page = jefe.get(url("inbox_item", conflict))
    rows = [(one.name, one.kept, one.arrived) for one in page.context["differences"].rows]
    assert rows == [
        ("Description of the study", "TC de <b>abdomen</b>", "Otra cosa"),
        ("Sex", "F", "Not there"),
        ("Birth date", "8 May 1985", "19851399"),
        ("Referenced Performed Procedure Step Sequence (0008,1111)", "Not shown here", "Not shown here"),
        ("Private datum (0009,1010)", "a", "b"),
    ]
    text = page.content.decode()
    assert "TC de &lt;b&gt;abdomen&lt;/b&gt;" in text
    assert "And 3 more." in text
    assert "The picture itself is another one." in text


def test_an_older_item_says_nothing_of_what_differs(jefe, conflict):
    conflict.detail = {"bytes": 1}
    conflict.save()
    page = jefe.get(url("inbox_item", conflict))
    assert page.status_code == 200
    assert page.context["differences"] is None
    assert 'id="differs"' not in page.content.decode()


def test_nobody_else_is_told_what_differs(sign_in, employ, conflict):
    for name in ("ana", "diaz"):
        assert sign_in(name).get(url("inbox_item", conflict)).status_code in (302, 403, 404)
    upload_only = employ("upload")
    assert upload_only.get(url("inbox_item", conflict)).status_code in (302, 403, 404)


CODES = [code for name, code in vars(errors).items() if name.isupper()]


@pytest.mark.parametrize("code", [*CODES, NOT_READABLE, NOT_INDEXABLE])
def test_every_reason_is_said_in_words_in_four_languages(code):
    said = {}
    for language in ("en", "es", "it", "pt"):
        with override(language):
            said[language] = words.reason_words(code)
            own = said[language] != words.reason_words("a code of tomorrow")
            assert own or code == NOT_READABLE
    assert code not in said["en"]
    assert len(set(said.values())) == 4


def test_an_unreadable_file_says_why_on_its_page(jefe):
    item = InboxItem.objects.create(
        kind="unreadable",
        storage_key="x",
        sender="peer:CT1",
        detail={"reason": "not-readable"},
        created_at=clock.now(),
    )
    body = jefe.get(url("inbox_item", item)).content.decode()
    assert "not-readable" not in body
    assert words.reason_words("not-readable") in body


def test_a_study_taken_from_the_one_who_fits_does_not_wait_as_one_of_two(jefe):
    uid = cast.STUDIES["ana_ct"].uid
    jefe.post(reverse("staff:study_unassign", args=[uid]))
    item = InboxItem.objects.get(study__study_instance_uid=uid, resolved_at=None)
    page = jefe.get(url("inbox_item", item))
    body = page.content.decode()
    assert str(InboxItem.Kind.PUT_BACK.label) in body
    assert str(InboxItem.Kind.TWO_CANDIDATES.label) not in body
    assert [one.patient for one in page.context["candidates"]][:1] == [cast.patient("ana")]
    jefe.post(url("inbox_assign", item), {"patient": str(cast.patient("ana").public_id)})
    assert Study.objects.get(study_instance_uid=uid).patient == cast.patient("ana")


def test_what_found_its_patient_is_not_put_back(jefe, stranger):
    jefe.post(url("inbox_close", stranger), {"decision": "rejected"})
    arrived(patient=cast.patient("carla"))
    answer = jefe.post(url("inbox_reopen", stranger))
    assert answer.url == reverse("staff:inbox")
    assert jefe.get(answer.url).context["waiting"] == []
