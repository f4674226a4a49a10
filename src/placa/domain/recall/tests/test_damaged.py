"""A file that is damaged here is neither sent as if it were whole nor let go."""

from pathlib import Path
from typing import Any

import pytest

from placa.domain.archive import integrity
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.institution.models import ExternalArchive
from placa.domain.recall import copies, eviction
from placa.domain.recall.eviction import NotEvictable
from placa.domain.recall.models import Copy
from placa.standards.dicom.peers.base import PermanentPeerError


def break_one(study: Study) -> Instance:
    """Another byte of the pixels, the length as it was."""
    one = Instance.objects.filter(study=study)[0]
    path = storage().path(one.storage_key)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\x77")
    return one


@pytest.mark.usefixtures("now")
def test_a_damaged_file_is_not_sent(study: Study, pacs: ExternalArchive) -> None:
    one = break_one(study)
    with pytest.raises(PermanentPeerError, match="damaged here"):
        copies.keep(study)
    assert not list(Path(pacs.url).glob("*/*/*"))
    assert Copy.objects.get(study=study).confirmed_at is None
    one.refresh_from_db()
    assert one.damage == "crc"
    eviction.keep_and_evict(study.pk)
    assert storage().exists(one.storage_key)


@pytest.mark.usefixtures("now")
def test_a_file_that_breaks_while_it_is_sent_proves_nothing(
    study: Study, pacs: ExternalArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    proves = copies._prove

    def breaks(*args: Any) -> None:
        break_one(study)
        proves(*args)

    monkeypatch.setattr(copies, "_prove", breaks)
    with pytest.raises(PermanentPeerError, match="damaged here"):
        copies.keep(study)


@pytest.mark.usefixtures("now")
def test_a_study_with_a_damaged_file_stays(study: Study, pacs: ExternalArchive) -> None:
    copies.keep(study)
    one = break_one(study)
    assert integrity.examine(one) == "crc"
    with pytest.raises(NotEvictable, match="damaged"):
        eviction.evict(study)
    with pytest.raises(NotEvictable, match="damaged"):
        eviction.ask(study=study, by="user:5")
    assert storage().exists(one.storage_key)
