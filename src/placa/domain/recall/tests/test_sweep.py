"""The sweep of evictions: what an archive refuses does not stand in the way of the rest."""

import datetime as dt

import pytest

from placa.common import clock
from placa.domain.archive.models import Instance, Study
from placa.domain.audit import services as audit
from placa.domain.institution.models import ExternalArchive
from placa.domain.institution.services import change_setting
from placa.domain.jobs.models import JobKey
from placa.domain.recall import eviction, tasks
from placa.domain.recall.models import Copy
from placa.domain.recall.tests.conftest import DAY

GIGABYTE = 1024**3


def copied(study: Study, number: int, came: dt.datetime) -> Study:
    """Another study like it, that came at `came`."""
    row = Study.objects.get(pk=study.pk)
    row.pk, row._state.adding = None, True
    row.public_id = Study._meta.get_field("public_id").get_default()
    row.study_instance_uid, row.last_received_at, row.bytes = f"1.2.99.{number}", came, GIGABYTE
    row.save()
    return row


@pytest.fixture
def many(study: Study, pacs: ExternalArchive, now: dt.datetime) -> list[Study]:
    """Four studies of a gigabyte, the oldest first, and nothing else that may leave."""
    Study.objects.update(availability="unavailable")
    Instance.objects.filter(pk=Instance.objects.filter(study=study)[0].pk).update(bytes=4 * GIGABYTE)
    found = [copied(study, n, now - (100 - n) * DAY) for n in range(4)]
    Study.objects.filter(pk__in=[one.pk for one in found]).update(availability="online")
    return found


def queued() -> list[str]:
    eviction.sweep()
    return sorted(JobKey.objects.filter(name="recall.evict").values_list("key", flat=True))


def keys(studies: list[Study]) -> list[str]:
    return sorted(f"recall.evict:{one.pk}" for one in studies)


BY_SIZE, BY_AGE = ("archive_gigabytes_maximum", 1), ("evict_after_days", 30)


@pytest.mark.parametrize("setting", [BY_SIZE, BY_AGE])
def test_what_was_refused_lets_others_pass(
    many: list[Study],
    pacs: ExternalArchive,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
    setting: tuple[str, int],
) -> None:
    change_setting(key=setting[0], value=setting[1], by="t")
    monkeypatch.setattr(eviction, "A_RUN", 2)
    for one in many[:2]:
        Copy.objects.create(
            study=one, archive=pacs, failed_at=now - dt.timedelta(hours=1), trouble="not-kept"
        )
    assert queued() == keys(many[2:])
    JobKey.objects.all().delete()
    with clock.standing_at(now + DAY):  # after a day it is tried again
        assert queued() == keys(many[:2])


def test_damaged_studies_let_others_pass(
    study: Study, many: list[Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_setting(key="evict_after_days", value=30, by="t")
    monkeypatch.setattr(eviction, "A_RUN", 2)
    Instance.objects.filter(study=study).update(study=many[0], damage="crc")
    assert queued() == keys(many[1:3])


def test_by_size_the_least_recently_used_leave_first(
    many: list[Study], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_setting(key="archive_gigabytes_maximum", value=1, by="t")
    with clock.standing_at(now - DAY):
        audit.record(action="view_images", actor="user:1", study_uid=many[0].study_instance_uid)
    with clock.standing_at(now - 200 * DAY):  # before it last came: says nothing
        audit.record(action="download", actor="user:1", study_uid=many[1].study_instance_uid)
    monkeypatch.setattr(eviction, "A_RUN", 3)
    assert eviction._by_size() == [one.pk for one in many[1:]]


def test_by_size_goes_down_to_the_low_mark(many: list[Study]) -> None:
    change_setting(key="archive_gigabytes_maximum", value=3, by="t")
    assert eviction._by_size() == [one.pk for one in many[:2]]  # down to 2.7


def test_by_size_asks_once_for_all(many: list[Study], django_assert_max_num_queries) -> None:
    change_setting(key="archive_gigabytes_maximum", value=1, by="t")
    eviction._by_size()
    with django_assert_max_num_queries(3):
        eviction._by_size()


def test_the_sweep_is_a_long_job(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[tuple[object, ...], dict[str, object]]] = []
    monkeypatch.setattr(tasks, "enqueue", lambda *args, **named: asked.append((args, named)), raising=False)
    monkeypatch.setattr(eviction, "sweep", lambda: None)
    tasks.evict_due()
    assert asked == [(("recall.evict_sweep",), {"dedupe_key": "recall.evict_sweep", "long": True})]
