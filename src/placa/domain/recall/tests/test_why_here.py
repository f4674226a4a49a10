"""What staff asked to leave and did not: why, until it leaves or is asked for anew."""

import datetime as dt

import pytest

from placa.common import clock
from placa.domain.archive.models import Instance, Study
from placa.domain.audit import services as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import ExternalArchive
from placa.domain.recall import copies, eviction, selectors
from placa.domain.recall.models import Copy

DAY = dt.timedelta(days=1)


def asked(study: Study) -> None:
    eviction.ask(study=study, by="user:1")


def why(study: Study) -> str:
    stay = eviction.why_here(study)
    return stay.why if stay else ""


def trouble(study: Study) -> str:
    failed = selectors.failed_of(selectors.copies_of(study))
    return failed.trouble if failed else ""


@pytest.mark.usefixtures("pacs")
def test_nothing_heard_for_an_hour_is_said_until_it_has_left(study: Study, now: dt.datetime) -> None:
    asked(study)
    assert (eviction.is_under_way(study), why(study)) == (True, "")
    for later in (dt.timedelta(hours=1), 30 * DAY):
        with clock.standing_at(now + later):
            assert (eviction.is_under_way(study), why(study)) == (False, "silent")
    with clock.standing_at(now + 30 * DAY):
        eviction.keep_and_evict(study.pk)
        study.refresh_from_db()
        assert (study.availability, why(study)) == ("offline", "")


@pytest.mark.usefixtures("pacs")
def test_somebody_looks_at_it_when_its_turn_comes(study: Study, now: dt.datetime) -> None:
    asked(study)
    audit.record(action="view_images", actor="user:9", study_uid=study.study_instance_uid)
    for _again in range(2):
        eviction.keep_and_evict(study.pk)
    assert why(study) == "in_use"
    assert eviction.why_here(study) == eviction.Stay("in_use", now)
    assert AuditEvent.objects.filter(action="evict_stayed").count() == 1
    with clock.standing_at(now + DAY):
        assert why(study) == "in_use"
        asked(study)
        assert (eviction.is_under_way(study), why(study)) == (True, "")


@pytest.mark.usefixtures("now")
def test_without_an_archive(study: Study) -> None:
    asked(study)
    eviction.keep_and_evict(study.pk)
    assert why(study) == "no-archive"


@pytest.mark.usefixtures("pacs", "now")
def test_damage_found_meanwhile(study: Study) -> None:
    asked(study)
    Instance.objects.filter(pk=Instance.objects.filter(study=study)[0].pk).update(damage="crc")
    eviction.keep_and_evict(study.pk)
    assert why(study) == "damaged"


@pytest.mark.usefixtures("pacs", "now")
def test_nobody_asked_so_nobody_is_told(study: Study) -> None:
    audit.record(action="view_images", actor="user:9", study_uid=study.study_instance_uid)
    eviction.keep_and_evict(study.pk)
    assert why(study) == ""
    assert not AuditEvent.objects.filter(action="evict_stayed").exists()


def test_an_archive_that_kept_it_once_and_answers_no_more(
    study: Study, pacs: ExternalArchive, now: dt.datetime
) -> None:
    copies.keep(study)
    Copy.objects.filter(study=study).update(failed_at=now, trouble="no-connection")
    assert trouble(study) == "no-connection"
    assert selectors.failing() == {pacs.pk: 1}
    ExternalArchive.objects.filter(pk=pacs.pk).update(enabled=False)
    assert trouble(study) == ""


def test_where_one_archive_has_confirmed_it_another_does_not_speak(
    study: Study, pacs: ExternalArchive, now: dt.datetime
) -> None:
    copies.keep(study)
    other = ExternalArchive.objects.create(name="Other", kind="folder", url="/nowhere", priority=1)
    Copy.objects.create(study=study, archive=other, failed_at=now, trouble="no-connection")
    assert trouble(study) == ""
    assert selectors.failing() == {}
