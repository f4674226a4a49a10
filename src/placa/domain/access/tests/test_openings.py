"""What an opening leaves behind, and what it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placa.common import clock
from placa.demo import cast
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.access.selectors import get_study
from placa.domain.access.services import Look, looks_at, names_of, opened
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.people.models import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Viewer:
    return viewer_for(User.objects.get(username="ana"), "patient", session="s", address="192.0.2.1")


@pytest.fixture
def study(ana: Viewer) -> Study:
    return get_study(ana, cast.STUDIES["ana_ct"].uid)


def events(study: Study, action: str) -> int:
    return AuditEvent.objects.filter(study_uid=study.study_instance_uid, action=action).count()


def test_the_second_frame_costs_one_read_and_no_lock(ana: Viewer, study: Study) -> None:
    opened(ana, study, "view_images")
    with CaptureQueriesContext(connection) as asked:
        opened(ana, study, "view_images")
    assert [query["sql"].split()[0] for query in asked.captured_queries] == ["SELECT"]
    assert events(study, "view_images") == 1


def test_every_share_is_an_event_of_its_own(ana: Viewer, study: Study) -> None:
    before = events(study, "share")
    opened(ana, study, "share", share="one")
    opened(ana, study, "share", share="two")
    assert events(study, "share") == before + 2


def test_who_looked_names_nobody_from_when_it_was_another_persons(ana: Viewer, study: Study) -> None:
    opened(ana, study, "view_images")
    assert f"user:{ana.user_id}" in {look.actor for look in looks_at([study])[study.study_instance_uid]}
    study.patient = Patient.objects.exclude(pk=ana.subject).filter(merged_into=None).first()
    study.save()
    assert looks_at([study])[study.study_instance_uid] == []


def test_who_looked_costs_as_many_queries_for_many_as_for_one(ana: Viewer, study: Study) -> None:
    studies = list(Study.objects.filter(patient_id=ana.subject))
    for one in studies:
        opened(ana, one, "view_images")
        for name, role in (("diaz", "doctor"), ("gomez", "company")):
            opened(viewer_for(User.objects.get(username=name), role), one, "view_report")
    part = SharePart.objects.create(
        grant=ShareGrant.objects.create(
            patient_id=ana.subject, starts_at=study.exam_at, expires_at=study.exam_at
        ),
        kind=SharePart.MAIL, email="hugo@x.example", token_hash="x", pin_hash="x",
    )  # fmt: skip
    opened(Viewer(role="share", subject=part.pk), study, "download")
    with CaptureQueriesContext(connection) as asked:
        looks = looks_at(studies)
        names = names_of(look for rows in looks.values() for look in rows)
    assert len(asked.captured_queries) == 4
    assert set(names.values()) >= {"Ana Morales Peralta", "Seguros Quisqueya", "hugo@x.example"}
    assert looks[study.study_instance_uid][0].action == "download"


def test_an_actor_who_is_gone_has_a_name_too() -> None:
    gone = [Look(actor, role, "view_images", clock.now()) for actor, role in GONE]
    assert [names_of(gone)[one] for one in GONE] == [
        "Alguien", "Una empresa", "Quien tiene la hoja impresa", "El centro",
    ]  # fmt: skip


GONE = [("user:0", "doctor"), ("user:0", "company"), ("share:0", "share"), ("system", "")]
