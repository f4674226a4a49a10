"""A confirmation counts while the archive still has the study, and while its entry means the same archive."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from placa.common import clock
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.archive.storage import storage
from placa.domain.institution.models import ExternalArchive
from placa.domain.institution.services import save_archive
from placa.domain.intake.tests import objects
from placa.domain.recall import copies, eviction, services, work
from placa.domain.recall.eviction import NotEvictable
from placa.domain.recall.models import Copy
from placa.domain.recall.tests.conftest import DAY
from placa.standards.dicom.peers.base import PermanentPeerError, RetriablePeerError


def kept_at(root: Path) -> int:
    return len(list(root.glob("*/*/*")))


@pytest.fixture
def back(away: Study, ana: Viewer, now: dt.datetime) -> Study:
    """The study, evicted and brought back with the same bytes."""
    recall = services.ask(viewer=ana, study_instance_uid=objects.STUDY)
    assert recall is not None
    work.run(recall.pk)
    away.refresh_from_db()
    assert away.availability == "online"
    assert copies.confirmed(away) is not None
    return away


@pytest.mark.parametrize("lost", ["*", "*/*/*.2.2"])
def test_what_the_archive_purged_is_sent_anew(
    back: Study, pacs: ExternalArchive, now: dt.datetime, lost: str
) -> None:
    for path in Path(pacs.url).glob(lost):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with clock.standing_at(now + 90 * DAY):
        eviction.keep_and_evict(back.pk)
    back.refresh_from_db()
    assert back.availability == "offline"
    assert kept_at(Path(pacs.url)) == 6


def test_an_archive_that_is_away_confirms_nothing(
    back: Study, pacs: ExternalArchive, now: dt.datetime
) -> None:
    Path(pacs.url).rename(f"{pacs.url}-off")
    with clock.standing_at(now + 90 * DAY), pytest.raises(RetriablePeerError):
        copies.keep(back)
    assert Copy.objects.get(study=back).trouble == "no-connection"
    Path(f"{pacs.url}-off").rename(pacs.url)
    copies.keep(back)
    copy = Copy.objects.get(study=back)
    assert (copy.trouble, copy.failed_at, copy.tries) == ("", None, 0)


def test_the_next_archive_that_confirmed_it_is_believed(
    back: Study, pacs: ExternalArchive, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    shutil.copytree(pacs.url, second)
    other = save_archive(
        archive=ExternalArchive(name="2", kind="folder", url=str(second), priority=20), by="t"
    )
    Copy.objects.create(
        study=back, archive=other, confirmed_at=clock.now(), fingerprint=Copy.objects.get().fingerprint
    )
    shutil.rmtree(Path(pacs.url) / back.study_instance_uid)
    assert copies.keep(back).archive == other
    assert Copy.objects.get(archive=pacs).confirmed_at is None


def test_another_archive_behind_the_entry_is_not_believed(
    study: Study, pacs: ExternalArchive, now: dt.datetime, tmp_path: Path
) -> None:
    copies.keep(study)
    (tmp_path / "other").mkdir()
    pacs.url = str(tmp_path / "other")
    save_archive(archive=pacs, by="t")
    assert copies.confirmed(study) is None
    with pytest.raises(NotEvictable, match="not_confirmed"):
        eviction.evict(study)
    eviction.keep_and_evict(study.pk)
    assert kept_at(tmp_path / "other") == 6


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "dicomweb"), ("host", "10.1.2.3"), ("port", 4242), ("ae_title", "B"), ("url", "/b"), ("proof", "list")],
)  # fmt: skip
def test_what_makes_it_another_archive(
    study: Study, pacs: ExternalArchive, field: str, value: object
) -> None:
    copies.keep(study)
    setattr(pacs, field, value)
    save_archive(archive=pacs, by="t")
    assert Copy.objects.get(study=study).confirmed_at is None


def test_another_name_changes_nothing(study: Study, pacs: ExternalArchive) -> None:
    copies.keep(study)
    pacs.name, pacs.priority = "The same", 3
    save_archive(archive=pacs, by="t")
    assert copies.confirmed(study) is not None


def test_an_entry_that_changed_while_it_was_proved_confirms_nothing(
    study: Study, pacs: ExternalArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    proves = copies._prove

    def change(*args: Any) -> None:
        proves(*args)
        row = ExternalArchive.objects.get(pk=pacs.pk)
        row.url = "/elsewhere"
        save_archive(archive=row, by="t")

    monkeypatch.setattr(copies, "_prove", change)
    with pytest.raises(RetriablePeerError):
        copies.keep(study)
    assert copies.confirmed(study) is None


def test_without_any_archive_nothing_is_confirmed(back: Study) -> None:
    ExternalArchive.objects.update(enabled=False)
    with pytest.raises(PermanentPeerError, match="no-archive"):
        copies.keep(back)
    assert all(storage().exists(one.storage_key) for one in copies.served(back))
