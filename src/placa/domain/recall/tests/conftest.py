"""A study of Ana that an archive in a folder may keep."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from placa.common import clock
from placa.demo import cast
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive import services
from placa.domain.archive.models import Study
from placa.domain.institution.models import ExternalArchive
from placa.domain.institution.services import save_archive
from placa.domain.intake import pipeline
from placa.domain.intake.tests import objects
from placa.domain.recall import copies, eviction

DAY = dt.timedelta(days=1)


@pytest.fixture
def now() -> Iterator[dt.datetime]:
    """A week later: what came has settled, what is released is released."""
    at = clock.now() + 7 * DAY
    with clock.standing_at(at):
        yield at


@pytest.fixture
def study(db: None, archive: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """Six slices in two series, Ana's, and open to her. No pictures are drawn."""
    monkeypatch.setattr(eviction, "prepare", lambda study_id: None)
    slices = [objects.ct(n, SeriesInstanceUID=f"{objects.STUDY}.{1 + n % 2}") for n in range(1, 7)]
    pipeline.process([objects.received(one) for one in slices])
    services.set_patient(study_instance_uid=objects.STUDY, patient=cast.patient("ana"), by="system")
    return services.release_now(study_instance_uid=objects.STUDY, by="system")


@pytest.fixture
def pacs(study: Study, tmp_path: Path) -> ExternalArchive:
    """An archive that is a folder."""
    (tmp_path / "pacs").mkdir()
    one = ExternalArchive(name="PACS", kind="folder", url=str(tmp_path / "pacs"))
    return save_archive(archive=one, by="system")


@pytest.fixture
def away(study: Study, pacs: ExternalArchive, now: dt.datetime) -> Study:
    """The study, kept by the archive and evicted."""
    copies.keep(study)
    eviction.evict(study)
    study.refresh_from_db()
    return study


@pytest.fixture
def ana(study: Study) -> Viewer:
    return viewer_for(User.objects.get(username="ana"), "patient")
