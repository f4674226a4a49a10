"""What is offered to compare with comes in the order in which it is worth comparing; nothing is left out."""

import datetime as dt

import pytest

from placa.common import clock
from placa.demo import cast
from placa.domain.access import earlier
from placa.domain.access.earlier import earlier_studies
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Series, Study
from placa.domain.people.models import Permission

pytestmark = pytest.mark.django_db
STAFF = Viewer(role="staff", subject=1, permissions=frozenset(Permission.values))


def made(name: str, days: int, modalities: str, part: str = "") -> Study:
    """A study of Nuria, who has no other, `days` ago."""
    at = clock.now() - dt.timedelta(days=days)
    study = Study.objects.create(
        study_instance_uid=f"2.25.77{len(name)}{days}", study_id=name, patient=cast.patient("nuria"), exam_at=at,
        modalities_in_study=modalities.split(), first_received_at=at, last_received_at=at, clock_start=at,
        number_of_images=1,
    )  # fmt: skip
    Series.objects.create(study=study, series_instance_uid="1", modality="OT", body_part_examined=part)
    return study


def offered(study: Study) -> list[str]:
    return [one.study_id for one in earlier_studies(STAFF, study)]


def test_region_and_modality_then_region_then_the_newest() -> None:
    made("old chest CT", 900, "CT SR", "CHEST")
    made("chest X-ray", 400, "CR", "THORAX")
    made("knee MR", 30, "MR", "KNEE")
    made("head CT", 20, "CT", "HEAD")
    made("chest, abdomen", 800, "CT", "CHESTABDOMEN")
    assert offered(made("now", 0, "CT", "chest")) == [
        "chest, abdomen", "old chest CT", "chest X-ray", "head CT", "knee MR",
    ]  # fmt: skip


def test_where_no_region_is_named_the_modality_speaks() -> None:
    made("older CT", 50, "CT")
    made("MR", 10, "MR")
    made("head CT", 60, "CT", "HEAD")
    assert offered(made("now", 0, "CT")) == ["older CT", "head CT", "MR"]


def test_a_plain_radiograph_is_one_under_each_name_and_a_report_is_no_modality() -> None:
    made("CR", 40, "CR PR", "HAND")
    made("US", 30, "US SR", "HAND")
    assert offered(made("now", 0, "DX SR PR", "HAND")) == ["CR", "US"]


def test_none_is_left_out_for_being_far_down(monkeypatch: pytest.MonkeyPatch) -> None:
    for days in range(1, 31):
        made("CT", days, "CT", "HEAD")
    made("the one", 700, "MR", "KNEE")
    assert offered(made("now", 0, "MR", "KNEE"))[0] == "the one"
    assert len(offered(Study.objects.get(study_id="now"))) == 31
    monkeypatch.setattr(earlier, "MOST", 5)
    assert len(offered(Study.objects.get(study_id="now"))) == 5
