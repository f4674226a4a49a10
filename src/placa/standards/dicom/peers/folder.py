"""An archive in a folder, a file an instance: the double in tests, the demo's archive, and a disk that is mounted."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from placa.standards.dicom import uids
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import header_of
from placa.standards.dicom.peers.base import (
    BAD_ANSWER,
    Held,
    Moved,
    Outgoing,
    PermanentPeerError,
    RetriablePeerError,
    Take,
    Wanted,
)
from placa.standards.dicom.source import FileSource


class FolderArchive:
    """Files `<StudyInstanceUID>/<SeriesInstanceUID>/<SOPInstanceUID>` below `root`. Only UIDs become names."""

    delivers_itself = False

    def __init__(self, root: Path) -> None:
        self.root = root

    def echo(self) -> None:
        """Whether the folder is there."""
        if not self.root.is_dir():
            raise RetriablePeerError("no-connection", "the folder is not there")

    def instances(self, study_instance_uid: str) -> dict[str, Held]:
        """The files of a study."""
        self.echo()
        files = self.root.joinpath(_name(study_instance_uid)).glob("*/*")
        return {file.name: Held(file.name, "", file.parent.name) for file in files}

    def fetch(self, wanted: Wanted, take: Take, moved: Moved) -> None:
        """Hand over copies."""
        self.echo()
        for uid, held in sorted(self.instances(wanted.study_instance_uid).items()):
            if wanted.series_instance_uid not in ("", held.series_instance_uid):
                continue
            if wanted.sop_instance_uids and uid not in wanted.sop_instance_uids:
                continue
            moved()
            take(self.root / _name(wanted.study_instance_uid) / held.series_instance_uid / uid)

    def store(self, files: Iterable[Outgoing]) -> None:
        """Copy files in."""
        self.echo()
        for file in files:
            try:
                with FileSource(file.path) as source:
                    header = header_of(source)
            except InvalidObject as error:
                raise PermanentPeerError(BAD_ANSWER, error.reason) from error
            folder = self.root / _name(header.study_instance_uid) / _name(header.series_instance_uid)
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.path, folder / _name(header.sop_instance_uid))

    def commit(self, instances: Mapping[str, str]) -> set[str]:
        """What lies in the folder stays there."""
        return {uid for uid in instances if any(self.root.glob(f"*/*/{_name(uid)}"))}


def _name(uid: str) -> str:
    if not uids.is_acceptable_uid(uid):
        raise PermanentPeerError(BAD_ANSWER, "not a UID")
    return uid
