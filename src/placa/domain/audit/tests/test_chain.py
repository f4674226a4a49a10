"""The audit log: one event a window, and a chain that tells of every edit and removal (case 31)."""

import datetime as dt
from typing import Any

import pytest

from placa.common import clock
from placa.domain.audit.models import AuditEvent
from placa.domain.audit.services import first_break, record

pytestmark = pytest.mark.django_db


def three() -> list[AuditEvent]:
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    for number in range(3):
        record(action="view", actor="user:1", study_uid=f"2.25.{number}", detail={"n": number})
    return list(AuditEvent.objects.exclude(pk__in=before).order_by("pk"))


def test_a_whole_chain_has_no_break() -> None:
    three()
    assert first_break() is None


@pytest.mark.parametrize("change", [{"actor": "user:2"}, {"study_uid": "2.25.9"}, {"detail": {"n": 7}}])
def test_an_edited_event_is_found(change: dict[str, object]) -> None:
    middle = three()[1]
    AuditEvent.objects.filter(pk=middle.pk).update(**change)
    assert first_break() == middle.pk


def test_a_removed_event_is_found_by_the_next() -> None:
    events = three()
    AuditEvent.objects.filter(pk=events[1].pk).delete()
    assert first_break() == events[2].pk


def test_a_log_cut_off_at_its_end_is_found() -> None:
    AuditEvent.objects.filter(pk=three()[-1].pk).delete()
    assert first_break() == 0


def test_the_same_look_leaves_one_event_in_five_minutes() -> None:
    start = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
    look: dict[str, Any] = {"action": "view_images", "actor": "user:1", "study_uid": "2.25.1", "session": "s"}
    with clock.standing_at(start):
        assert record(**look, once_in_window=True)
        assert not record(**look, once_in_window=True)
        assert record(**look | {"session": "other"}, once_in_window=True)
    with clock.standing_at(start + dt.timedelta(minutes=5)):
        assert record(**look, once_in_window=True)
    assert first_break() is None
