"""The DICOM side of a ZIP: which files under which names (IHE PDI), and their DICOMDIR.

Read from the files' headers once, kept until an instance comes or goes.
"""

import contextlib
import datetime as dt
import hashlib
import json
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from placa.domain.access.types import Study
from placa.domain.archive import integrity
from placa.domain.archive import selectors as archive
from placa.domain.archive.metadata import pieces_of_instances
from placa.domain.archive.storage import DamagedError, storage
from placa.domain.downloads import folder
from placa.domain.downloads.errors import MissingFileError
from placa.standards.dicom.dicomdir import build_dicomdir
from placa.standards.dicom.directory_entry import (
    DirectoryEntry,
    OwnKeys,
    Profile,
    ReferencedSeries,
    own_keys_of,
    profile_of,
    referenced_series_of,
)
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader, read_header
from placa.standards.zipstream import Entry, FileSpan, of_bytes

LAYOUT = "2"  # part of every key: what is kept by an older program is not used by a newer one


class Kept(NamedTuple):
    """What the ZIP needs of an Instance and its Series: thousands of them are read for one request."""

    pk: int
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    kind: str
    instance_number: int | None
    number_of_frames: int
    storage_key: str
    bytes: int
    crc32: int
    damage: str
    series_instance_uid: str
    modality: str
    series_number: int | None
    series_description: str


_COLUMNS = [
    f"series__{name}"
    if name in ("series_instance_uid", "modality", "series_number", "series_description")
    else name
    for name in Kept._fields
]


class Item(NamedTuple):
    """A served instance and its place: `file_id` is its path in the ZIP, in components."""

    instance: Kept
    file_id: tuple[str, str, str]

    @property
    def name(self) -> str:
        return "/".join(self.file_id)


@dataclass(frozen=True, slots=True)
class Contents:
    """All served instances of a study in reading order; `key` changes with any of them."""

    study: Study
    items: tuple[Item, ...]
    key: str


def contents_of(study: Study) -> Contents:
    """What a study has now. Names are numbered over the whole study: a part of it has the same ones."""
    rows = archive.instances_of_study(study).values_list(*_COLUMNS)
    items: list[Item] = []
    series: dict[str, str] = {}
    count = 0
    for instance in map(Kept._make, rows):
        uid = instance.series_instance_uid
        if uid not in series:
            series[uid], count = f"SER{len(series) + 1:05}", 0
        count += 1
        items.append(Item(instance, ("DICOM", series[uid], f"IM{count:06}")))
    state = hashlib.sha256(LAYOUT.encode() + repr([item.instance for item in items]).encode())
    return Contents(study, tuple(items), state.hexdigest()[:32])


def file_entries(items: Sequence[Item]) -> Iterator[Entry]:
    """The DICOM files as they are stored, each opened when its turn comes.

    Raises MissingFileError for one that is not there, not as long as it was, or known as damaged.
    """
    store = storage()
    sizes = store.sizes([item.instance.storage_key for item in items])
    for item, size in zip(items, sizes, strict=True):
        instance = item.instance
        if size != instance.bytes or instance.damage:
            look_again(instance)
        yield Entry(item.name, instance.bytes, instance.crc32, partial(store.open, instance.storage_key))


def look_again(instance: Kept) -> None:
    """Note what is wrong with a stored file. Raises MissingFileError where something is."""
    try:
        integrity.look_again(instance.pk)
    except DamagedError as error:
        raise MissingFileError(instance.storage_key) from error


@dataclass(frozen=True, slots=True)
class Directory:
    """A DICOMDIR as an entry of the ZIP, and the media profile that the files may claim."""

    entry: Entry
    profile: Profile


def is_prepared(contents: Contents) -> bool:
    """Whether `directory_of` has nothing to read but what is kept."""
    return _file(contents, "directory").exists()


def prepare(contents: Contents) -> None:
    """Read the headers and keep what the directory says of each file. Raises MissingFileError."""
    if is_prepared(contents):
        return
    entries = [_entry_of(contents.study, item) for item in contents.items]
    dicomdir = build_dicomdir(entries, sop_instance_uid=_uid(contents.key))
    about = {"profile": profile_of(entries), "size": len(dicomdir), "crc32": zlib.crc32(dicomdir)}
    folder.keep(_file(contents, "dicomdir"), [dicomdir])
    folder.keep(_file(contents, "entries"), [json.dumps([_plain(one) for one in entries]).encode()])
    folder.keep(_file(contents, "directory"), [json.dumps(about).encode()])
    for prefix in ("dicomdir", "entries", "directory"):
        folder.drop_replaced(contents.study, f"{prefix}-", _file(contents, prefix).name)


def directory_of(contents: Contents, items: Sequence[Item]) -> Directory:
    """The DICOMDIR of `items`, which are all or a part of `contents`; prepares it where it is not yet."""
    prepare(contents)
    if len(items) == len(contents.items):
        path = _file(contents, "directory")
        about = json.loads(path.read_bytes())
        folder.used(path)
        span = FileSpan(_file(contents, "dicomdir"))
        return Directory(Entry("DICOMDIR", about["size"], about["crc32"], span), about["profile"])
    wanted = {item.file_id for item in items}
    kept = [_restored(one) for one in json.loads(_file(contents, "entries").read_bytes())]
    entries = [entry for entry in kept if entry.file_id in wanted]
    part = hashlib.sha256("".join(item.name for item in items).encode()).hexdigest()
    dicomdir = build_dicomdir(entries, sop_instance_uid=_uid(contents.key + part))
    return Directory(of_bytes("DICOMDIR", dicomdir), profile_of(entries))


def _file(contents: Contents, kind: str) -> Path:
    return folder.file_of(contents.study, f"{kind}-{contents.key}")


def _uid(name: str) -> str:
    """A UID of the directory's own, the same for the same files (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}"


def _entry_of(study: Study, item: Item) -> DirectoryEntry:
    instance = item.instance
    try:
        header = read_header(str(storage().path(instance.storage_key)))
    except (FileNotFoundError, DamagedError) as error:
        raise MissingFileError(instance.storage_key) from error
    except InvalidObject:  # it was read once when it came; what its row says is enough for a record
        header = _header_of_row(study, item)
    references: ReferencedSeries = ()
    own: OwnKeys = ()
    if instance.kind in ("presentation", "other"):
        with contextlib.suppress(IndexError):
            model = json.loads(pieces_of_instances([instance.pk])[0])
            references, own = referenced_series_of(model), own_keys_of(model)
    return DirectoryEntry.from_header(header, item.file_id, references, own)


def _header_of_row(study: Study, item: Item) -> InstanceHeader:
    own = item.instance
    return InstanceHeader(
        sop_class_uid=own.sop_class_uid, sop_instance_uid=own.sop_instance_uid,
        study_instance_uid=study.study_instance_uid, series_instance_uid=own.series_instance_uid,
        transfer_syntax_uid=own.transfer_syntax_uid, patient_id=study.dicom_patient_id,
        patient_name=study.patient_name, modality=own.modality,
        series_number=own.series_number, instance_number=own.instance_number,
    )  # fmt: skip


_DATES = ("patient_birth_date", "study_date", "content_date")
_TIMES = ("study_time", "content_time")


def _plain(entry: DirectoryEntry) -> dict[str, Any]:
    fields = asdict(entry)
    for name in (*_DATES, *_TIMES):
        fields[name] = fields[name].isoformat() if fields[name] else None
    return fields


def _restored(fields: dict[str, Any]) -> DirectoryEntry:
    for name in _DATES:
        fields[name] = dt.date.fromisoformat(fields[name]) if fields[name] else None
    for name in _TIMES:
        fields[name] = dt.time.fromisoformat(fields[name]) if fields[name] else None
    for name in ("file_id", "concept_name", "referenced_series", "own_keys"):
        fields[name] = _tuples(fields[name])
    return DirectoryEntry(**fields)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value
