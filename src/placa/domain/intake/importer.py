"""`placa import`: DICOM files, folders, ZIPs and DICOMDIRs, by the same steps as what modalities send."""

import os
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.conf import settings

from placa.domain.archive.errors import RetriableError
from placa.domain.archive.indexing import Outcome
from placa.domain.archive.records import Received, Sender
from placa.domain.archive.storage import StorageError, storage
from placa.domain.intake import inbox, pipeline, services
from placa.standards.dicom import errors, part10
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import header_of
from placa.standards.dicom.metadata import metadata_json
from placa.standards.dicom.source import FileSource

BATCH: Final = 64
ZIP_MEMBERS: Final = 200_000
ZIP_RATIO: Final = 200  # bytes out for a byte in; CT compresses to a half, blank pictures to a hundredth
ZIP_FREE: Final = 64 * 1024 * 1024  # bytes out before the ratio counts
MEMBER_LIMIT: Final = 8 * 1024**3
_CHUNK: Final = 1024 * 1024
_RECORDS, _FILE_ID = "00041220", "00041500"
_NAMED: Final = 5  # examples of a reason in the summary


@dataclass(slots=True)
class Summary:
    """What became of the files of one import."""

    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    unplaced: int = 0  # studies that wait in the inbox for their patient
    studies: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, name: str, reason: str) -> None:
        """Count one refused file."""
        self.refused[reason] += 1
        named = self.examples.setdefault(reason, [])
        if len(named) < _NAMED:
            named.append(name)

    def __str__(self) -> str:
        lines = [
            f"{self.accepted} objects accepted in {len(self.studies)} studies, {self.duplicates} duplicates, "
            f"{self.conflicts} kept in the inbox, {self.refused.total()} refused"
        ]
        if self.unplaced:
            lines.append(f"  {self.unplaced} of these studies wait in the inbox for their patient")
        for reason, count in sorted(self.refused.items()):
            more = ", …" if count > len(self.examples[reason]) else ""
            lines.append(f"  {reason}: {count} ({', '.join(self.examples[reason])}{more})")
        return "\n".join(lines)


def import_paths(paths: Iterable[Path], *, sender: Sender | None = None) -> Summary:
    """Import files, folders, ZIPs and DICOMDIRs. One bad file stops nothing.

    Raises RetriableError where storage or database fail; what was taken until then stays.
    """
    summary = Summary()
    waiting: list[Received] = []
    try:
        for path in paths:
            for name, file in _files(path, summary):
                if received := _keep(file, name, sender or Sender(), summary):
                    waiting.append(received)
                if len(waiting) >= BATCH:
                    _index(waiting, summary)
    finally:  # what was stored before a failure gets its rows all the same
        _index(waiting, summary)
        summary.unplaced = inbox.waiting_for_patient(summary.studies)
        services.prepare(summary.studies)
    return summary


def _files(path: Path, summary: Summary) -> Iterator[tuple[str, Path]]:
    """(name to tell, file to read) of everything below `path`."""
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                file = Path(folder, name)
                if name.upper() != "DICOMDIR" and file.is_file():
                    yield str(file.relative_to(path)), file
    elif zipfile.is_zipfile(path) and not _is_dicom(path):
        yield from _members(path, summary)
    elif path.name.upper() == "DICOMDIR" or _is_dicomdir(path):
        yield from _named_by(path, summary)
    else:
        yield path.name, path


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _is_dicomdir(path: Path) -> bool:
    try:
        with FileSource(path) as source:
            header_of(source)
    except InvalidObject as error:
        return error.reason == errors.IS_DICOMDIR
    return False


# --- DICOMDIR ---------------------------------------------------------------------------------------------------


def _named_by(path: Path, summary: Summary) -> Iterator[tuple[str, Path]]:
    """The files that a DICOMDIR names (PS3.3 F.3.2.2), if they lie in its folder."""
    try:
        records = metadata_json(path, "").get(_RECORDS, {}).get("Value", [])
    except InvalidObject as error:
        summary.refuse(path.name, error.reason)
        return
    root = path.parent.resolve()
    for record in records:
        parts = record.get(_FILE_ID, {}).get("Value")
        if not parts:
            continue
        name = "/".join(str(part) for part in parts)
        file = _inside(root, [str(part) for part in parts])
        if file is None:
            summary.refuse(name, "outside-folder")
        elif not file.is_file():
            summary.refuse(name, "missing-file")
        else:
            yield name, file


def _inside(root: Path, parts: list[str]) -> Path | None:
    """The file that `parts` name below `root`, whatever their case; None where they lead outside."""
    found = root
    for part in parts:
        if part in ("", ".", "..") or "/" in part or "\\" in part or "\0" in part:
            return None
        exact = found / part
        if not exact.exists() and found.is_dir():
            exact = next(
                (other for other in found.iterdir() if other.name.casefold() == part.casefold()), exact
            )
        found = exact
    return found if found.resolve().is_relative_to(root) else None


# --- ZIP --------------------------------------------------------------------------------------------------------


def _members(path: Path, summary: Summary) -> Iterator[tuple[str, Path]]:
    """The files in a ZIP, one at a time in a file of ours: a member's own name is told, never used as a path."""
    budget = ZIP_FREE + ZIP_RATIO * path.stat().st_size
    spool = Path(settings.ENVIRONMENT.home) / "run"
    try:
        spool.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > ZIP_MEMBERS:
                summary.refuse(path.name, "zip-too-many-files")
                return
            for member in members:
                if Path(member.filename).name.upper() == "DICOMDIR":
                    continue
                with tempfile.NamedTemporaryFile(dir=spool, prefix="import-") as file:
                    budget -= _unpack(archive, member, Path(file.name), budget)
                    yield member.filename, Path(file.name)
    except _ZipBombError:
        summary.refuse(path.name, "zip-expands-too-much")
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
        summary.refuse(path.name, "zip-damaged-or-encrypted")
    except OSError as error:  # of the place where members are unpacked: full, out of inodes, read-only
        raise RetriableError(f"cannot unpack: {error.strerror}") from error


class _ZipBombError(Exception):
    """More comes out of a ZIP than any real one holds."""


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, budget: int) -> int:
    """Unpack one member to `target`; returns its bytes, whatever the directory claims."""
    total = 0
    with archive.open(member) as inside, target.open("wb") as out:
        while chunk := inside.read(_CHUNK):
            total += len(chunk)
            if total > min(budget, MEMBER_LIMIT):
                raise _ZipBombError
            out.write(chunk)
    return total


# --- One file ---------------------------------------------------------------------------------------------------


def _keep(file: Path, name: str, sender: Sender, summary: Summary) -> Received | None:
    """Store a clean copy durably; None where the file is refused."""
    try:
        with storage().new() as writer:
            part10.copy_clean(file, writer)
            with FileSource(writer.path) as source:
                header_of(source)
            return Received(writer.commit(), sender)
    except InvalidObject as error:
        summary.refuse(name, error.reason)
    except StorageError as error:
        raise RetriableError(str(error)) from error
    return None


def _index(waiting: list[Received], summary: Summary) -> None:
    indexed = pipeline.process(waiting)
    summary.studies |= pipeline.new_studies(indexed)
    for item in indexed:
        summary.accepted += item.outcome in (Outcome.NEW, Outcome.RESTORED)
        summary.duplicates += item.outcome in (Outcome.DUPLICATE, Outcome.KNOWN)
        summary.conflicts += item.outcome in (Outcome.OTHER_CONTENT, Outcome.OTHER_PATIENT)
    summary.conflicts += len(waiting) - len(indexed)  # acknowledged, then found unreadable: in the inbox
    waiting.clear()
