"""The ZIP of a study: what goes in is what `access` says that the asker may have, in the layout of IHE PDI."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from django.db.models import Max

from placa.domain.access.images import OpenStudy, closed_documents
from placa.domain.access.selectors import NotVisible, get_study, openable_reports_of
from placa.domain.access.services import opened
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.archive import integrity
from placa.domain.archive.storage import DamagedError
from placa.domain.downloads import deflated, directory, offline, pictures, pixels, report_pdf
from placa.domain.downloads.directory import Contents, Item
from placa.domain.downloads.errors import MissingFileError, NothingToDownloadError, NotOnlineError
from placa.domain.downloads.packs import entries
from placa.domain.downloads.pages import Shown, page_entries
from placa.domain.institution import selectors as institution
from placa.domain.reports import selectors as reports
from placa.domain.reports.models import DiagnosticReport
from placa.standards.zipstream import BadSource, Entry, StoredZip, of_bytes

Parts = Literal["all", "dicom", "jpeg", "report"]
PARTS: tuple[Parts, ...] = get_args(Parts)
Standing = list[tuple[int, str, int]]
WAIT_SECONDS = 8.0  # so long a request draws what is missing, before it says "not ready"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a study goes into one ZIP. `items` are its DICOM objects, `readable` its reports."""

    viewer: Viewer
    study: Study
    parts: Parts
    contents: Contents
    items: tuple[Item, ...]
    readable: tuple[DiagnosticReport, ...]
    standing: Standing  # of the reports, as they were when chosen
    compressed: bool = False  # its DICOM files deflated: smaller, and later to begin

    @property
    def with_dicom(self) -> bool:
        return self.parts in ("all", "dicom") and bool(self.items)

    @property
    def with_pictures(self) -> bool:
        return self.parts in ("all", "jpeg") and bool(pictures.drawable(self.items))

    @property
    def with_viewer(self) -> bool:
        return self.parts == "all" and self.with_pictures and offline.program() is not None


@dataclass(frozen=True, slots=True)
class Package:
    """A ZIP ready to be sent: `name` for saving, and how it was chosen."""

    choice: Choice
    name: str
    zip: StoredZip

    def stream(self, start: int, stop: int) -> Iterator[bytes]:
        """Bytes `start` to before `stop`. A stored file that is not what it was cuts them, and is noted."""
        try:
            yield from self.zip.stream(start, stop)
        except BadSource as error:
            for item in self.choice.items:
                if item.name == error.entry:
                    integrity.look_again(item.instance.pk)
            raise

    def recorded(self) -> None:
        """Leave the one audit event of a download."""
        choice = self.choice
        read = report_pdf.newest_of(choice.readable)
        if _standing(choice.readable) != choice.standing:
            read = []  # a newer version came: in here is the older one
        opened(choice.viewer, choice.study, "download", read=read, parts=choice.parts)

    def still_allowed(self) -> bool:
        """Whether the asker may still have everything that is in here; a refusal is audited."""
        choice = self.choice
        try:
            study = get_study(choice.viewer, choice.study.study_instance_uid, need="download")
        except NotVisible:
            return False
        if choice.items and not study.may_images:
            return False
        return not choice.readable or (study.may_report and _standing(choice.readable) == choice.standing)


def choose(viewer: Viewer, study_instance_uid: str, parts: Parts = "all", series: str = "") -> Choice:
    """What `viewer` takes along. With `series` only that one, without reports.

    Raises NotVisible; NothingToDownloadError where the asked part is not theirs; NotOnlineError.
    """
    study = get_study(viewer, study_instance_uid, need="download")
    readable: tuple[DiagnosticReport, ...] = ()
    if study.may_report and parts in ("all", "report") and not series:
        readable = readable_of(viewer, study)
    items: tuple[Item, ...] = ()
    contents = Contents(study, (), "")
    if study.may_images and parts != "report":
        if study.availability != Study.Availability.ONLINE and study.number_of_instances:
            raise NotOnlineError
        contents = directory.contents_of(OpenStudy(study, viewer).study)
        items = _open_items(viewer, study, contents)
        if series:
            items = tuple(item for item in items if item.instance.series_instance_uid == series)
    choice = Choice(viewer, study, parts, contents, items, readable, _standing(readable))
    if not (choice.with_dicom or choice.with_pictures or readable):
        raise NothingToDownloadError
    return choice


def readable_of(viewer: Viewer, study: Study) -> tuple[DiagnosticReport, ...]:
    """The reports that `viewer` may open and that have something to show."""
    found = openable_reports_of(viewer, study)
    return tuple(report for report in found if reports.current_version(report) is not None)


def _open_items(viewer: Viewer, study: Study, contents: Contents) -> tuple[Item, ...]:
    """Without the DICOM objects of reports that this asker may not open, or that were replaced since (case 24)."""
    closed = closed_documents(viewer, study)
    return tuple(item for item in contents.items if item.instance.sop_instance_uid not in closed)


def _standing(found: Sequence[DiagnosticReport]) -> Standing:
    """Status and newest version of each report now; one plain query, asked every second of a download."""
    if not found:
        return []
    now = DiagnosticReport.objects.filter(pk__in=[report.pk for report in found])
    newest = now.annotate(newest=Max("versions__number"))
    return list(newest.order_by("pk").values_list("pk", "status", "newest"))


def is_prepared(choice: Choice) -> bool:
    """Whether nothing has to be drawn or read before the first byte."""
    if choice.with_dicom and not directory.is_prepared(choice.contents):
        return False
    if choice.compressed and not deflated.is_prepared(choice.contents):
        return False
    if choice.with_viewer and not pixels.PACK.is_prepared(choice.contents):
        return False
    return not choice.with_pictures or pictures.PACK.is_prepared(choice.contents)


def prepare(choice: Choice) -> None:
    """Make what is missing. Raises NotReadyError when that takes longer than a page waits, MissingFileError."""
    if choice.with_dicom:
        directory.prepare(choice.contents)
    if choice.compressed:
        deflated.prepare(choice.contents, seconds=WAIT_SECONDS)
    if choice.with_pictures:
        pictures.prepare(choice.contents, seconds=WAIT_SECONDS)
    if choice.with_viewer:
        pixels.prepare(choice.contents, seconds=WAIT_SECONDS)


def package(choice: Choice) -> Package:
    """The ZIP of a prepared choice. Raises MissingFileError before anything is sent."""
    modified = choice.study.last_received_at.astimezone(institution.zone())
    entries = [*_entries(choice)]
    return Package(choice, file_name(choice.study, choice.parts), StoredZip(entries, modified))


def open_package(
    viewer: Viewer,
    study_instance_uid: str,
    parts: Parts = "all",
    series: str = "",
    *,
    compressed: bool = False,
) -> Package:
    """Choose, prepare what is missing and put together. Raises as `choose`, `prepare` and `package`."""
    choice = replace(choose(viewer, study_instance_uid, parts, series), compressed=compressed)
    prepare(choice)
    return package(choice)


def _entries(choice: Choice) -> Iterator[Entry]:
    """The small things first, DICOM last: whoever looks into a half-sent file finds where to begin."""
    drawn = pictures.pictures_of(choice.contents, choice.items) if choice.with_pictures else []
    named = [(f"REPORTS/REPORT{n:02}.PDF", report) for n, report in enumerate(choice.readable, 1)]
    profile = ""
    dicom: Sequence[Item] = choice.items if choice.with_dicom else ()
    if dicom:
        made = directory.directory_of(choice.contents, dicom)
        profile = made.profile
        yield made.entry
    drawable = pictures.drawable(choice.items) if choice.with_pictures else []
    script = offline.program() if choice.with_viewer else None
    scripts = pixels.scripts_of(choice.contents, choice.items) if script else []
    shown = Shown(choice.study, dicom, profile, drawable, drawn, named, viewer=script is not None)
    yield from page_entries(shown)
    if script:
        yield from offline.viewer_entries(script, shown, scripts)
    for name, report in named:
        yield _report_entry(choice.study, name, report)
    yield from entries(drawn)
    yield from entries(scripts)
    if choice.compressed:
        yield from deflated.file_entries(choice.contents, dicom)
    else:
        yield from directory.file_entries(dicom)


def _report_entry(study: Study, name: str, report: DiagnosticReport) -> Entry:
    version = reports.current_version(report)
    if version is None:  # withdrawn since it was chosen
        raise NotVisible("report")
    try:
        received = reports.pdf_of(version)
    except DamagedError as error:
        raise MissingFileError(version.storage_key) from error
    return of_bytes(name, report_pdf.drawn(study, report, version) if received is None else received)


def file_name(study: Study, parts: Parts = "all") -> str:
    """A plain name that says nothing of person or exam: the accession number, else the study's own id."""
    plain = "".join(c for c in study.accession_number if c.isascii() and (c.isalnum() or c in "-_"))
    part = "" if parts == "all" else f"-{parts}"
    return f"study-{plain or study.public_id.hex[:8]}{part}.zip"
