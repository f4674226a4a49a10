"""The pages of a ZIP that people read: INDEX.HTM, README.TXT and plain XHTML pages of the pictures (IHE PDI 4.1).

They need no script and no network; INDEX.HTM names the viewer (`offline`), which lays itself over it where scripts run.
The same content gives the same bytes, so that a download can be resumed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from placa.domain.access.types import DiagnosticReport, Study
from placa.domain.downloads.directory import Item, Kept
from placa.domain.downloads.packs import Part
from placa.domain.institution import selectors as institution
from placa.standards.dicom.names import display
from placa.standards.zipstream import Entry, of_bytes

A_PAGE = 120  # pictures
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Shown:
    """What goes into one ZIP, as its pages tell of it. `reports` are paths with what they hold."""

    study: Study
    dicom: Sequence[Item]
    profile: str
    drawable: Sequence[Item]
    pictures: Sequence[Part]
    reports: Sequence[tuple[str, DiagnosticReport]]
    viewer: bool = False  # whether INDEX.HTM opens one


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the pictures of a series."""

    name: str
    title: str
    number: int
    of: int
    previous: str
    next: str
    left_out: int
    pictures: SafeString  # the pictures' markup: a template's loop over thousands of them is too slow


@dataclass(frozen=True, slots=True)
class Line:
    """A series on the start page."""

    title: str
    first_page: str
    count: int


def page_entries(shown: Shown) -> Iterator[Entry]:
    """README.TXT, INDEX.HTM and the pages of the series, in the language in use."""
    lines, pages = _series(shown)
    common = {
        "institution": institution.current(),
        "zone": institution.zone(),
        "study": shown.study,
        "title": title_of(shown.study),
        "patient_name": patient_name(shown.study),
        "reports": shown.reports,
        "series": lines,
        "dicom": len(shown.dicom),
        "profile": shown.profile,
        "viewer": shown.viewer,
        "not_drawn": len(shown.drawable) - len({picture.item.instance.pk for picture in shown.pictures}),
        "version": _version(),
    }
    readme = render_to_string("downloads/pdi/readme.txt", common).strip() + "\n"
    # a mark of UTF-8 for old editors; CR LF for the oldest
    yield of_bytes("README.TXT", readme.replace("\n", "\r\n").encode("utf-8-sig"))
    yield of_bytes("INDEX.HTM", _xhtml(render_to_string("downloads/pdi/index.html", common)))
    for page in pages:
        body = render_to_string("downloads/pdi/series.html", {"title": common["title"], "page": page})
        yield of_bytes(f"IHE_PDI/{page.name}", _xhtml(body))


def title_of(study: Study) -> str:
    """What the study is called: by its order, else by the modality."""
    ordered = study.order.description if study.order else ""
    return ordered or study.study_description or _("Study")


def patient_name(study: Study) -> str:
    """Whose study it is, as people write it."""
    return study.patient.full_name if study.patient else display(study.patient_name)


def _series(shown: Shown) -> tuple[list[Line], list[Page]]:
    by_series: dict[str, list[Part]] = {}
    left_out: dict[str, int] = {}
    titles: dict[str, str] = {}
    drawn = {picture.item.instance.pk for picture in shown.pictures}
    for picture in shown.pictures:
        by_series.setdefault(picture.item.file_id[1], []).append(picture)
        titles.setdefault(picture.item.file_id[1], series_title(picture.item.instance))
    for item in shown.drawable:
        left_out[item.file_id[1]] = left_out.get(item.file_id[1], 0) + (item.instance.pk not in drawn)
    lines, pages = [], []
    for name, pictures in by_series.items():
        own = list(_pages(name, titles[name], pictures, left_out[name]))
        lines.append(Line(titles[name], f"IHE_PDI/{own[0].name}", len(pictures)))
        pages.extend(own)
    return lines, pages


def _pages(name: str, title: str, pictures: Sequence[Part], left_out: int) -> Iterator[Page]:
    starts = range(0, len(pictures), A_PAGE)
    names = [f"S{int(name[3:]):03}P{number:03}.HTM" for number in range(1, len(starts) + 1)]
    for index, start in enumerate(starts):
        yield Page(
            name=names[index],
            title=title,
            number=index + 1,
            of=len(names),
            previous=names[index - 1] if index else "",
            next=names[index + 1] if index + 1 < len(names) else "",
            left_out=left_out,
            pictures=_markup(pictures[start : start + A_PAGE]),
        )


def _markup(pictures: Sequence[Part]) -> SafeString:
    image, frame = escape(_("Image %(n)s")), escape(_("%(image)s, frame %(n)d of %(of)d"))
    return mark_safe("\n".join(_one(picture, image, frame) for picture in pictures))  # noqa: S308 - escaped sentences, own numbers


def _one(picture: Part, image: str, frame: str) -> str:
    """Numbers and names of our own in two escaped sentences: nothing of a sender's."""
    instance = picture.item.instance
    number = instance.instance_number
    label = image % {"n": int(picture.item.file_id[2][2:]) if number is None else number}
    if instance.number_of_frames > 1:
        label = frame % {"image": label, "n": picture.frame, "of": instance.number_of_frames}
    href = picture.name.removeprefix("IHE_PDI/")
    return f'<div class="pic"><a href="{href}"><img src="{href}" alt="{label}" /></a>{label}</div>'


def series_title(series: Kept) -> str:
    """What a series is called: its description, else modality and number."""
    number = "" if series.series_number is None else str(series.series_number)
    return series.series_description or " ".join(filter(None, [series.modality, number])) or _("Series")


def _xhtml(page: str) -> bytes:
    """Without the control characters that XML does not have; they come from careless equipment."""
    return _NOT_XML.sub("", page).encode()


@lru_cache(maxsize=1)
def _version() -> str:
    return metadata.version("placa")
