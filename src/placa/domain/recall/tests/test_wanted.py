"""A recall takes in what left, and nothing else that the archive has."""

from pathlib import Path

import pytest

from placa.common import clock
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Instance, Study
from placa.domain.institution.models import ExternalArchive
from placa.domain.intake.models import InboxItem
from placa.domain.intake.tests import objects
from placa.domain.recall import services, work
from placa.domain.recall.models import Recall
from placa.standards.dicom.peers.base import Held
from placa.standards.dicom.peers.folder import FolderArchive

SERIES = f"{objects.STUDY}.1"


def recalled(ana: Viewer) -> Recall:
    recall = services.ask(viewer=ana, study_instance_uid=objects.STUDY)
    assert recall is not None
    work.run(recall.pk)
    recall.refresh_from_db()
    return recall


def stored(pacs: ExternalArchive, name: str, data: bytes) -> Path:
    path = Path(pacs.url) / objects.STUDY / SERIES / name
    path.write_bytes(data)
    return path


def test_what_was_never_here_does_not_come(away: Study, pacs: ExternalArchive, ana: Viewer) -> None:
    strange = objects.ct(77, SeriesInstanceUID=SERIES)
    stored(pacs, f"{objects.STUDY}.2.77", objects.part10(strange))
    assert recalled(ana).state == "done"
    assert Instance.objects.filter(study=away).count() == 6
    assert not InboxItem.objects.filter(study=away, kind="other_content").exists()


def test_nor_another_object_under_a_name_that_was_asked_for(
    away: Study, pacs: ExternalArchive, ana: Viewer
) -> None:
    stored(pacs, f"{objects.STUDY}.2.2", objects.part10(objects.ct(77, SeriesInstanceUID=SERIES)))
    assert recalled(ana).state == "waiting"
    assert Instance.objects.filter(study=away).count() == 6
    assert Instance.objects.filter(study=away, evicted=True).count() == 1  # the other five came


def test_one_bad_object_does_not_end_it(
    away: Study, pacs: ExternalArchive, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = stored(pacs, f"{objects.STUDY}.2.2", b"no DICOM at all")
    recall = recalled(ana)
    assert (recall.state, recall.trouble) == ("waiting", "not-sent")
    assert Instance.objects.filter(study=away, evicted=True).count() == 1
    bad.write_bytes(objects.part10(objects.ct(2, SeriesInstanceUID=SERIES)))
    with clock.standing_at(recall.due_at):
        work.run(recall.pk)
    recall.refresh_from_db()
    assert recall.state == "done"


def test_an_archive_that_sends_what_it_does_not_list(
    away: Study, pacs: ExternalArchive, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = f"{objects.STUDY}.2.77"
    stored(pacs, strange, objects.part10(objects.ct(77, SeriesInstanceUID=SERIES)))
    full = FolderArchive.instances
    calls = iter(range(100))

    def lists(self: FolderArchive, uid: str) -> dict[str, Held]:
        found = full(self, uid)
        if next(calls) == 0:
            del found[strange]
        return found

    monkeypatch.setattr(FolderArchive, "instances", lists)
    assert recalled(ana).state == "done"
    assert not Instance.objects.filter(sop_instance_uid=strange).exists()
