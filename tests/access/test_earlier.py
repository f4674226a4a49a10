"""Earlier studies that the viewer offers to compare with: nobody is shown one that is not theirs, not even its date."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from placa.domain.archive.models import Study
from tests.access.doors import Doors
from tests.access.test_routes import opened  # noqa: F401  the four studies of routes.py, received and opened

# asker and study (routes.py) -> the earlier studies of the same patient that are offered, by hand
OFFERED = {
    ("diaz", 1): set(), ("diaz", 2): {1},
    ("gomez", 2): {1}, ("heras", 3): set(), ("egea", 4): set(),
    ("jefe", 1): set(), ("jefe", 2): {1, 3}, ("jefe", 4): set(),
    # the simple look compares nothing
    ("ana", 1): set(), ("hugo", 1): set(),
}  # fmt: skip


@pytest.fixture
def doors(opened: Doors, db: None) -> Doors:  # noqa: F811  the fixture of that name
    return opened


def told(doors: Doors, asker: str, number: int) -> dict[str, Any]:
    """The JSON that the viewer's page holds."""
    door = f"/s/{doors.common['token']}" if asker == "hugo" else ""
    body = doors.clients[asker].get(f"{door}/viewer/{doors.parts[number]['uid']}").content.decode()
    found = re.search(r'<script id="viewer-context" type="application/json">(.*?)</script>', body, re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def offered(doors: Doors, asker: str, number: int) -> set[int]:
    return {int(one["uid"].rpartition(".")[2]) for one in told(doors, asker, number)["priors"]}


@pytest.mark.parametrize(("asker", "number"), OFFERED)
def test_only_own_earlier_studies_are_offered(doors: Doors, asker: str, number: int) -> None:
    assert offered(doors, asker, number) == OFFERED[asker, number]


def _hide() -> None:
    Study.objects.filter(study_instance_uid__endswith=".1").update(hidden_by_patient=True)


def _evict() -> None:
    Study.objects.filter(study_instance_uid__endswith=".1").update(availability=Study.Availability.OFFLINE)


def _unlink() -> None:
    Study.objects.filter(study_instance_uid__endswith=".1").update(patient=None)


@pytest.mark.parametrize("withdraw", [_hide, _evict, _unlink])
def test_what_is_withdrawn_is_offered_no_more(doors: Doors, withdraw: Callable[[], None]) -> None:
    withdraw()
    assert offered(doors, "diaz", 2) == set()


def test_the_address_of_an_earlier_study_gives_its_series_to_its_reader_alone(doors: Doors) -> None:
    (prior,) = told(doors, "diaz", 2)["priors"]
    answer = doors.clients["diaz"].get(prior["url"])
    uid = doors.parts[1]["uid"]
    assert answer.json()["study"]["uid"] == uid
    assert [one["uid"] for one in answer.json()["series"]] == [f"{uid}.1"]
    assert answer.json()["study"]["may_download"] is True
    assert "no-store" in answer.headers["Cache-Control"]
    assert doors.clients["egea"].get(prior["url"]).status_code == 404


def test_who_may_not_download_is_told_so(doors: Doors) -> None:
    assert told(doors, "gomez", 1)["study"]["may_download"] is False
