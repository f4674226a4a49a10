"""What an opening leaves behind, and what it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placa.demo import cast
from placa.domain.access.selectors import get_study
from placa.domain.access.services import looks_at, opened
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
    assert f"user:{ana.user_id}" in {event.actor for event in looks_at(study)}
    study.patient = Patient.objects.exclude(pk=ana.subject).filter(merged_into=None).first()
    study.save()
    assert looks_at(study) == []
