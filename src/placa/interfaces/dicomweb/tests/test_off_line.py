"""Images that are in the archive, asked for over DICOMweb: 503 with Retry-After, and the recall begins (10.2)."""

import pytest

from placa.domain.archive.models import Study
from placa.domain.institution.models import ExternalArchive
from placa.domain.intake.tests import objects
from placa.domain.recall import work
from placa.domain.recall.models import Recall
from placa.domain.recall.tests import conftest as recalls
from placa.interfaces.web.files.tests.test_zip import browser

study, pacs, now, away, ana = recalls.study, recalls.pacs, recalls.now, recalls.away, recalls.ana
ROOT = f"/dicomweb/studies/{objects.STUDY}"
ONE = f"{ROOT}/series/{objects.STUDY}.1/instances/{objects.STUDY}.2.2"
PIXELS = (
    ROOT,
    f"{ROOT}/series/{objects.STUDY}.1",
    ONE,
    f"{ONE}/frames/1",
    f"{ONE}/rendered",
    f"{ONE}/bulkdata/7FE00010",
)
KNOWN = (f"{ROOT}/metadata", f"{ROOT}/series", f"{ROOT}/instances", f"{ONE}/metadata", "/dicomweb/studies")


def test_the_study_is_known_without_its_images(away: Study) -> None:
    client = browser("ana")
    for path in KNOWN:
        assert client.get(path).status_code == 200, path
    found = client.get(f"/dicomweb/studies?StudyInstanceUID={objects.STUDY}").json()
    assert found[0]["00080056"]["Value"] == ["OFFLINE"]
    assert client.get(f"{ROOT}/thumbnail").status_code == 200
    assert not Recall.objects.exists()  # neither knowing nor a list's picture asks for it


@pytest.mark.parametrize("path", PIXELS)
def test_asking_for_pixels_begins_the_recall(away: Study, path: str) -> None:
    client = browser("ana")
    answer = client.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) == 300
    work.run(Recall.objects.get().pk)
    answer = client.get(path)
    assert answer.status_code in (200, 406, 503)  # no pool draws in this test: rendered alone may fail
    if "rendered" not in path:
        assert answer.status_code == 200


@pytest.mark.parametrize("who", ["carla", "egea", "gomez"])
def test_who_may_not_open_it_begins_nothing(away: Study, who: str) -> None:
    client = browser(who)
    assert {client.get(path).status_code for path in PIXELS} == {404}
    assert not Recall.objects.exists()


def test_without_an_archive_it_is_said(away: Study) -> None:
    ExternalArchive.objects.update(enabled=False)
    answer = browser("ana").get(f"{ONE}/frames/1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "86400")
