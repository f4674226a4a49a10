"""The images of a study that access handed out: the one way from a door to series, instances and pixels.

`OpenStudy` takes only a study whose row says `may_images`; an instance held in the inbox is in none of them.
"""

import builtins
import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Q

from placa.domain.access import services
from placa.domain.access.selectors import NotVisible, get_study, openable_reports_of
from placa.domain.access.types import DiagnosticReport, Instance, Series, Study
from placa.domain.access.viewers import Viewer
from placa.domain.archive import integrity, rendering
from placa.domain.archive import selectors as archive
from placa.domain.archive.errors import NotOnline
from placa.domain.archive.rendering import RenderRefused, RenderUnavailable
from placa.domain.archive.storage import DamagedError
from placa.domain.reports import selectors as reports
from placa.standards.dicom import metadata, sr, uids
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.families import family_of
from placa.standards.dicom.pdf import extract_pdf
from placa.standards.dicom.shell import Shell

DOCUMENTS = frozenset({"pdf", "sr"})
# structured reports that are no report of ours but say what one would: dose, measurements, what a computer found.
# Patients and shares are told nothing by them before a report of the study is theirs to read (decision 0006).
REPORT_DATA = Q(kind="other", sop_class_uid__startswith=uids.STRUCTURED_REPORTS) & ~Q(
    sop_class_uid=uids.KEY_OBJECT_SELECTION
)
PROFESSIONALS = frozenset({"doctor", "company", "staff"})


def open_images(
    viewer: Viewer,
    study_instance_uid: str,
    *,
    action: str = "view_images",
    download: bool = False,
    bare: bool = False,
) -> "OpenStudy":
    """The images of a study, if `viewer` may see (and `download`) them; audited as `action`. Raises NotVisible.

    `bare`: for its images alone, as `get_study` says.
    """
    study = get_study(viewer, study_instance_uid, need="download" if download else "images", bare=bare)
    services.opened(viewer, study, action)
    return OpenStudy(study, viewer)


@dataclass(frozen=True, slots=True)
class OpenStudy:
    """A study whose images its asker may see (`may_images`). Raises NotVisible for any other.

    A report that came as a DICOM object is a report first: it is served to whoever may open that report.
    """

    study: Study
    viewer: Viewer

    def __post_init__(self) -> None:
        if not getattr(self.study, "may_images", False):
            raise NotVisible("images")

    def series(self) -> list[Series]:
        """Series with something to serve, by number."""
        rows = list(archive.series_of(self.study))
        closed = self._closed()
        if not closed:
            return rows
        open_series = {one.series_id for one in self.instances()}
        return [row for row in rows if row.pk in open_series]

    def instances(self) -> list[Instance]:
        """All served instances, series by series."""
        return self._open(archive.instances_of_study(self.study))

    def one_series(self, series_instance_uid: str) -> Series:
        """One series. Raises NotVisible."""
        try:
            return archive.series_by_uid(self.study, series_instance_uid)
        except Series.DoesNotExist as error:
            raise NotVisible("series") from error

    def instances_of(self, series: Series) -> list[Instance]:
        """Served instances of one series of this study, by number."""
        return self._open(archive.instances_of(series).filter(study=self.study).select_related("series"))

    def state(self) -> tuple[int, ...]:
        """Something that changes with the rows of its instances: which there are, and which of their files are damaged."""
        damaged = archive.damaged_of(self.study.pk).order_by("pk").values_list("pk", flat=True)
        return (self.study.pk, self.study.metadata_version, *damaged)

    def instance(self, series_instance_uid: str, sop_instance_uid: str) -> Instance:
        """One instance. Raises NotVisible."""
        try:
            found = archive.instance_by_uid(self.study, series_instance_uid, sop_instance_uid)
        except Instance.DoesNotExist as error:
            raise NotVisible("instance") from error
        if speaks(found) and found.sop_instance_uid in self._closed():
            raise NotVisible("instance")
        return found

    def metadata(self) -> bytes:
        """DICOM JSON of the study, gzipped."""
        if self._closed():
            return archive.metadata_of_instances(self.instances())
        return archive.metadata_blob(self.study)

    def metadata_of_series(self, series_instance_uid: str) -> bytes:
        """DICOM JSON of one series, gzipped. Raises NotVisible."""
        series = self.one_series(series_instance_uid)
        if self._closed():
            return archive.metadata_of_instances(self.instances_of(series))
        return archive.metadata_of_series(self.study, series_instance_uid)

    def metadata_of_instance(self, instance: Instance) -> bytes:
        """DICOM JSON of one instance, gzipped."""
        return archive.metadata_of_instance(instance)

    def need_files(self, instances: Iterable[Instance]) -> None:
        """Raises NotOnline where the files of `instances` are not here: before an answer that streams them begins."""
        for one in instances:
            must_be_online(one)

    def rendered(self, instance: Instance, frame: int = 1, **how: Any) -> builtins.bytes:
        """A picture (see `rendered`). Raises NotOnline where it is not kept, and the file to draw it from not here."""
        return rendered(instance, frame, **how)

    def bytes(self) -> int:
        """Size of all served files."""
        return sum(instance.bytes for instance in self.instances())

    def _open(self, instances: Iterable[Instance]) -> list[Instance]:
        rows = list(instances)
        if not any(map(speaks, rows)):
            return rows
        closed = self._closed()
        return [row for row in rows if row.sop_instance_uid not in closed]

    def _closed(self) -> frozenset[str]:
        return closed_documents(self.viewer, self.study)

    def preview(self, series: Series | None = None) -> tuple[Instance, int] | None:
        """The picture (instance, frame from 1) that stands for the study or one of its series."""
        found = archive.preview_of_series(series) if series else archive.preview_of_study(self.study)
        return (found.instance, found.frame) if found else None


def closed_documents(viewer: Viewer, study: Study) -> frozenset[str]:
    """SOPInstanceUIDs of the study's PDF and SR objects that this asker may not open, or that were replaced (case 24)."""
    spoken = archive.instances_of_study(study).filter(Q(kind__in=DOCUMENTS) | REPORT_DATA)
    kinds = dict(spoken.order_by().values_list("sop_instance_uid", "kind"))
    if not kinds:
        return frozenset()  # as nearly always: then no report need be asked for
    found = {uid for uid, kind in kinds.items() if kind in DOCUMENTS}
    data = kinds.keys() - found
    if found:
        found -= {report.source_instance_uid for report in _unreplaced(viewer, study)}
    if data and viewer.role not in PROFESSIONALS and not openable_reports_of(viewer, study):
        found |= data
    return frozenset(found)


def speaks(instance: Instance) -> bool:
    """Whether an object holds words like a report's: those go by the report's clock, not by that of the images."""
    return instance.kind in DOCUMENTS or family_of(instance.sop_class_uid, instance.kind) == "report_data"


def _unreplaced(viewer: Viewer, study: Study) -> list[DiagnosticReport]:
    readable = openable_reports_of(viewer, study)
    versions = {report.pk: reports.current_version(report) for report in readable}
    return [report for report in readable if (newest := versions[report.pk]) and newest.number == 1]


def must_be_online(instance: Instance) -> None:
    """Raises NotOnline where the file of an instance is in the external archive."""
    if instance.evicted:
        raise NotOnline(instance.study.study_instance_uid)


def frame_bytes(instance: Instance, frame: int) -> bytes:
    """Frame `frame` (from 1) as stored, in the stored transfer syntax. Raises NotVisible for none such, NotOnline."""
    must_be_online(instance)
    spans = frame_spans(instance, frame)
    if spans is None:
        return decoded_frame(instance, frame)
    return integrity.read(instance, spans)


def frame_spans(instance: Instance, frame: int) -> list[tuple[int, int]] | None:
    """(offset, length) of the parts of a frame (from 1) in the stored file; None where it must be computed.

    Raises NotVisible for a frame that is not there.
    """
    try:
        return archive.frame_spans(instance, frame)
    except IndexError as error:
        raise NotVisible("frame") from error


def decoded_frame(instance: Instance, frame: int) -> bytes:
    """Frame `frame` (from 1) decompressed, little endian. Raises NotVisible, NotOnline and rendering's errors."""
    must_be_online(instance)
    try:
        return rendering.decoded_frame(instance, frame)
    except IndexError as error:
        raise NotVisible("frame") from error


def shell(instance: Instance) -> Shell:
    """All of an instance but its pixels, as Explicit VR Little Endian. Raises NotOnline and rendering's errors."""
    must_be_online(instance)
    return rendering.shell(instance)


def bulk_spans(instance: Instance, pointer: str) -> list[tuple[int, int]] | None:
    """(offset, length) in the stored file of the value that a BulkDataURI's `pointer` names.

    None where the value is in no plain range of bytes. Raises NotVisible where there is none such.
    """
    found = metadata.locate_bulk_data(file_path(instance), pointer)
    if found is None:
        raise NotVisible("bulk data")
    return None if found.inflated else list(found.spans)


def frame_is_computed(instance: Instance, frame: int) -> bool:
    """Whether `frame_bytes` gives decoded samples, because the stored ones are no plain range of bytes.

    Raises NotVisible for a frame that is not there, NotOnline.
    """
    must_be_online(instance)
    return frame_spans(instance, frame) is None


def rendered(
    instance: Instance,
    frame: int = 1,
    *,
    window: tuple[float, float, str] | None = None,
    viewport: tuple[int, int] | None = None,
    quality: int = 85,
    kind: rendering.Format = "jpeg",
    region: tuple[int, int, int, int] | None = None,
) -> bytes:
    """Frame `frame` (from 1) as JPEG or PNG, made in the bounded pool; what was drawn before stays when images leave.

    Raises NotVisible, NotOnline and rendering's errors.
    """
    try:
        return rendering.rendered(
            instance, frame, window=window, viewport=viewport, quality=quality, fmt=kind, region=region
        )
    except IndexError as error:
        raise NotVisible("frame") from error
    except (RenderRefused, RenderUnavailable, DamagedError):
        must_be_online(instance)
        raise


def file_path(instance: Instance) -> Path:
    """The stored Part 10 file of an instance, checked. Raises NotOnline, DamagedError, StorageError."""
    must_be_online(instance)
    return integrity.path_of(instance)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The stored Part 10 file of an instance; it is checked whenever it is read. Raises as `file_path`."""

    instance: Instance

    def path(self) -> Path:
        """Where it lies."""
        return file_path(self.instance)

    def part(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`."""
        must_be_online(self.instance)
        (found,) = integrity.parts(self.instance, [(offset, length)])
        return found


def refuse_damaged(instances: list[Instance]) -> None:
    """Before a stream of several files begins: none of them may be known as damaged. Raises DamagedError."""
    integrity.refuse_damaged(instances)


def document(instance: Instance) -> bytes:
    """The PDF inside an Encapsulated PDF instance. Raises InvalidObject.

    It was checked when it came: what did not pass has no report, and `OpenStudy` gives no document without one.
    """
    return extract_pdf(file_path(instance)).data


def structured_report(instance: Instance) -> str:
    """A structured report as a page of its own, all of it escaped. Raises InvalidObject."""
    return sr.to_page(sr.read_file(file_path(instance)))


def reads_as_report(viewer: Viewer, instance: Instance) -> bool:
    """Whether `viewer` may read it like a report that it is not: a dose, measurements, what a computer found.

    Professionals may. A patient's report has a clock of its own (decision 0006), and this would tell of it before.
    """
    return viewer.role in PROFESSIONALS and family_of(instance.sop_class_uid, instance.kind) == "report_data"


def chosen_by(opened: OpenStudy, instance: Instance) -> list[tuple[str, int]]:
    """SOPInstanceUIDs and frames (from 1) that a key object selection of this study names, in its order (PS3.3 C.17.3)."""
    (described,) = json.loads(gzip.decompress(opened.metadata_of_instance(instance)))
    try:
        items = sr.read(described).walk()
    except InvalidObject:
        return []  # a selection that says nothing chooses nothing
    chosen = [item for _depth, item in items if item.value_type == "IMAGE"]
    return [(uid, frame) for item in chosen for uid in item.references for frame in item.frames or (1,)]


def ecg_drawing(instance: Instance) -> bytes:
    """An ECG drawn to scale, as SVG. Raises NotOnline and rendering's errors."""
    try:
        return rendering.ecg_drawing(instance)
    except (RenderRefused, RenderUnavailable, DamagedError):
        must_be_online(instance)
        raise


def video(instance: Instance) -> Iterator[bytes]:
    """The encapsulated stream of a video. Raises NotVisible where it is no MP4, which browsers play."""
    stream = b""
    chunks = bulk_data(instance, "7FE00010")
    if chunks is not None:
        stream = next(chunks, b"")
    if chunks is None or stream[4:8] != b"ftyp":
        raise NotVisible("video")
    yield stream
    yield from chunks


def bulk_data(instance: Instance, pointer: str) -> Iterator[bytes] | None:
    """The bytes of the value that a BulkDataURI's `pointer` names, or None."""
    path = file_path(instance)
    found = metadata.locate_bulk_data(path, pointer)
    return metadata.read_bulk_data(path, found) if found else None
