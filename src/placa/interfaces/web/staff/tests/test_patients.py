"""Patients: found, created, corrected, invited; guardians of children."""

import datetime as dt

import pytest
from django.urls import reverse

from placa.common import clock
from placa.demo import cast
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.services import change_setting
from placa.domain.notifications.models import OutboxMessage
from placa.domain.people.models import Guardianship, Patient

pytestmark = pytest.mark.django_db
NEW = {
    "given_name": "Pedro", "family_name": "Desconocido", "birth_date": "1980-02-03", "sex": "M",
    "identifier": "900-0000-0", "issuer": "", "email": "", "mobile": "", "phone": "", "address": "",
    "language": "es",
}  # fmt: skip


def page_of(key: str) -> str:
    return reverse("staff:patient", args=[cast.patient(key).public_id])


def act(name: str, key: str, *more: object) -> str:
    return reverse(f"staff:{name}", args=[cast.patient(key).public_id, *more])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nunez", {"Carla Núñez Sosa"}),
        ("CARLA SOSA", {"Carla Núñez Sosa"}),
        ("402-44", {"Nuria Campos Lora"}),
        ("ana@correo", {"Ana Morales Peralta"}),
        ("morales", {"Ana Morales Peralta", "Bruno Reyes Morales"}),
        ("nobody", set()),
        ("402 or 1=1", set()),
    ],
)
def test_search(jefe, text, found):
    rows = jefe.get(reverse("staff:patients"), {"q": text}).context["rows"]
    assert {person.full_name for person, _chip in rows} == found


def test_creating_a_patient_matches_what_waits(jefe, stranger):
    response = jefe.post(reverse("staff:patient_create"), NEW)
    made = Patient.objects.get(identifiers__value="900-0000-0")
    assert response.url == reverse("staff:patient", args=[made.public_id])
    stranger.refresh_from_db()
    assert stranger.resolved_at is not None
    assert Study.objects.get(study_instance_uid=cast.STUDIES["stranger"].uid).patient == made
    assert AuditEvent.objects.filter(action="create_patient", patient=str(made.pk)).exists()


def test_created_from_the_study_it_is_filled_in_and_assigned(jefe, stranger):
    uid = cast.STUDIES["stranger"].uid
    form = jefe.get(reverse("staff:patient_create"), {"study": uid}).context["form"]
    assert form.initial["family_name"] == "Desconocido"
    assert form.initial["given_name"] == "Pedro"
    assert form.initial["identifier"] == "900-0000-0"
    jefe.post(reverse("staff:patient_create"), NEW | {"identifier": "900-0000-1", "study": uid})
    made = Patient.objects.get(identifiers__value="900-0000-1")
    assert Study.objects.get(study_instance_uid=uid).patient == made


def test_from_a_study_needs_the_inbox(ines, stranger):
    response = ines.get(reverse("staff:patient_create"), {"study": cast.STUDIES["stranger"].uid})
    assert response.status_code == 404


def test_an_identifier_names_one_patient(jefe):
    taken = cast.PATIENTS["ana"].patient_id
    response = jefe.post(reverse("staff:patient_create"), NEW | {"identifier": f" {taken} "})
    assert response.status_code == 422
    assert "Ana Morales Peralta" in str(response.context["form"].errors["identifier"])
    assert response.context["form"]["family_name"].value() == "Desconocido"
    assert not Patient.objects.filter(family_name="Desconocido").exists()


def test_a_namesake_must_be_looked_at_first(jefe):
    data = NEW | {"given_name": "Ana", "family_name": "MORALES PERALTA", "birth_date": ""}
    response = jefe.post(reverse("staff:patient_create"), data)
    assert response.status_code == 422
    assert [person.pk for person in response.context["form"].namesakes] == [cast.patient("ana").pk]
    assert jefe.post(reverse("staff:patient_create"), data | {"another": "on"}).status_code == 302


def test_fields_that_are_not_offered_are_ignored(jefe):
    boss = {"user": "1", "portal_enabled": "on", "merged_into": str(cast.patient("ana").pk), "is_super": "1"}
    jefe.post(reverse("staff:patient_create"), NEW | boss)
    made = Patient.objects.get(identifiers__value="900-0000-0")
    assert (made.user, made.portal_enabled, made.merged_into) == (None, False, None)


@pytest.mark.parametrize(("field", "value"), [("birth_date", "2999-01-01"), ("mobile", "call me"), ("sex", "X"),
                                              ("identifier", "  "), ("email", "no mail")])  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field(jefe, field, value):
    response = jefe.post(reverse("staff:patient_create"), NEW | {field: value})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert f'id="id_{field}-error"' in response.content.decode()


def test_correcting_the_birth_date_solves_a_conflict(jefe, stranger):
    uid = cast.STUDIES["stranger"].uid
    Study.objects.filter(study_instance_uid=uid).update(patient_birth_date=dt.date(1980, 3, 2))
    jefe.post(reverse("staff:patient_create"), NEW)
    made = Patient.objects.get(identifiers__value="900-0000-0")
    assert Study.objects.get(study_instance_uid=uid).patient is None
    jefe.post(reverse("staff:patient_edit", args=[made.public_id]), NEW | {"birth_date": "1980-03-02"})
    assert Study.objects.get(study_instance_uid=uid).patient == made


def test_an_email_invites(jefe):
    change_setting(key="portal_enabled_by_itself", value=True, by="test")
    jefe.post(act("patient_email", "nuria"), {"email": "nuria@otro.example"})
    person = cast.patient("nuria")
    assert person.user is not None
    assert OutboxMessage.objects.filter(template="welcome", recipient=f"user:{person.user_id}").count() == 1
    page = jefe.get(page_of("nuria")).content.decode()
    assert "n…@otro.example" in page


def test_without_the_setting_staff_enable_the_portal(jefe):
    change_setting(key="portal_enabled_by_itself", value=False, by="test")
    jefe.post(act("patient_email", "nuria"), {"email": "nuria@otro.example"})
    assert cast.patient("nuria").user is None
    jefe.post(act("patient_enable", "nuria"))
    assert cast.patient("nuria").user is not None
    jefe.post(act("patient_resend", "nuria"))
    assert OutboxMessage.objects.filter(template="welcome").count() == 2


def test_a_child_gets_no_account(jefe):
    jefe.post(act("patient_email", "bruno"), {"email": "mama@correo.example"})
    jefe.post(act("patient_enable", "bruno"))
    assert cast.patient("bruno").user is None
    assert not OutboxMessage.objects.filter(template="welcome").exists()


def test_whoever_is_active_is_not_invited_again(jefe):
    response = jefe.post(act("patient_resend", "ana"), follow=True)
    assert not OutboxMessage.objects.filter(template="welcome").exists()
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_another_number_and_its_removal(jefe):
    ana = cast.patient("ana")
    first = ana.identifiers.get()
    jefe.post(act("patient_forget", "ana", first.pk))
    assert ana.identifiers.count() == 1  # the last one stays
    jefe.post(act("patient_identify", "ana"), {"value": "ALB-77", "issuer": ""})
    assert set(ana.identifiers.values_list("value", "issuer")) == {
        (first.value, cast.ISSUER), ("ALB-77", cast.ISSUER)
    }  # fmt: skip
    carla = cast.patient("carla").identifiers.get()
    assert jefe.post(act("patient_forget", "ana", carla.pk)).status_code == 404
    taken = jefe.post(act("patient_identify", "ana"), {"value": carla.value, "issuer": ""})
    assert taken.status_code == 422


def link(client, child="bruno", **data):
    wanted = {"guardian": cast.PATIENTS["carla"].patient_id, "kind": "tutor", "proof": "Acta 3"} | data
    return client.post(act("guardian_link", child), wanted)


def test_a_guardian_is_linked_with_proof(jefe):
    assert link(jefe).status_code == 302
    made = Guardianship.objects.get(guardian=cast.patient("carla"))
    assert (made.child, made.kind, made.proof, made.ended_at) == (
        cast.patient("bruno"),
        "tutor",
        "Acta 3",
        None,
    )


@pytest.mark.parametrize(
    ("data", "child", "field"),
    [
        ({"proof": "  "}, "bruno", "proof"),
        ({"guardian": "nobody"}, "bruno", "guardian"),
        ({"guardian": cast.PATIENTS["bruno"].patient_id}, "bruno", "guardian"),
        ({"guardian": cast.PATIENTS["ana"].patient_id}, "bruno", "guardian"),
        ({}, "nuria", "guardian"),
        ({"kind": "boss"}, "bruno", "kind"),
    ],
    ids=["no proof", "unknown", "oneself", "linked already", "of age", "bad kind"],
)
def test_what_is_no_guardianship(jefe, data, child, field):
    before = Guardianship.objects.count()
    response = link(jefe, child, **data)
    assert response.status_code == 422
    assert list(response.context["guardian_form"].errors) == [field]
    assert Guardianship.objects.count() == before


def test_a_minor_is_nobodys_guardian(jefe):
    young = clock.now().date() - dt.timedelta(days=365 * 15)
    Patient.objects.filter(pk=cast.patient("carla").pk).update(birth_date=young)
    assert link(jefe).status_code == 422


def test_the_link_ends_at_once(jefe, sign_in):
    from placa.domain.access.selectors import patients_in_sight
    from placa.domain.access.viewers import viewer_for

    ana = cast.patient("ana")
    assert ana.user is not None
    viewer = viewer_for(ana.user, "patient")
    assert patients_in_sight(viewer).count() == 2
    jefe.post(reverse("staff:guardian_end", args=[ana.wards.get().public_id]))
    assert patients_in_sight(viewer).count() == 1


def test_of_another_site_there_is_nobody(employ):
    client = employ("patients", "orders", sites=("CENTRO",))
    rows = client.get(reverse("staff:patients")).context["rows"]
    # Ana has studies at Centro; Nuria has none anywhere; Bruno and Carla only at Norte
    assert {person.given_name for person, _chip in rows} == {"Ana", "Nuria"}
    assert client.get(page_of("carla")).status_code == 404
    assert client.post(act("patient_email", "carla"), {"email": "x@y.example"}).status_code == 404
    assert cast.patient("carla").email == cast.PATIENTS["carla"].email
    assert client.get(page_of("ana")).status_code == 200


def test_an_identifier_of_another_site_is_not_told_whose(employ):
    client = employ("patients", sites=("CENTRO",))
    response = client.post(
        reverse("staff:patient_create"), NEW | {"identifier": cast.PATIENTS["carla"].patient_id}
    )
    assert response.status_code == 422
    assert "Carla" not in response.content.decode()


def test_a_namesake_of_another_site_is_not_told(employ):
    client = employ("patients", sites=("CENTRO",))
    carla = cast.patient("carla")
    names = {"given_name": carla.given_name, "family_name": carla.family_name, "birth_date": ""}
    response = client.post(reverse("staff:patient_create"), NEW | names)
    assert response.status_code == 302
    assert Patient.objects.filter(name_key=carla.name_key).count() == 2


def test_a_page_shows_no_exclusive_study_without_the_permission(ines, jefe):
    exclusive = cast.STUDIES["carla_wc"].uid
    assert exclusive not in ines.get(page_of("carla")).content.decode()
    assert cast.STUDIES["carla_wc"].description not in ines.get(page_of("carla")).content.decode()
    assert exclusive in jefe.get(page_of("carla")).content.decode()


def test_names_are_shown_as_text(jefe):
    jefe.post(reverse("staff:patient_create"), NEW | {"given_name": "<script>alert(1)</script>"})
    page = jefe.get(reverse("staff:patients")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_who_opened_a_file_is_kept_each_patient_for_themselves(jefe):
    for key in ("ana", "ana", "carla"):
        jefe.get(page_of(key))
    seen = AuditEvent.objects.filter(action="view_patient").values_list("patient", flat=True)
    assert sorted(seen) == sorted(str(cast.patient(key).pk) for key in ("ana", "carla"))
