"""Structured Reports (PS3.3 A.35, C.17) as plain nested data and as an HTML fragment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Any, Final

from placa.standards.dicom import errors, names, values
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.metadata import JsonDataSet, metadata_json

_CONTENT, _CONCEPT, _CODE = "0040A730", "0040A043", "0040A168"
_REFERENCES: Final = frozenset(("IMAGE", "COMPOSITE", "WAVEFORM"))
# Identifiers and places in images: for machines, or drawn by the viewer.
_UNREAD: Final = frozenset(("UIDREF", "SCOORD", "SCOORD3D", "TCOORD"))
_LINES_LIMIT: Final = 20_000
_LANGUAGE: Final = frozenset(("121045", "121046", "121049"))  # of content and of values, country (DCM)
_TEXT_TAGS: Final = {
    "TEXT": "0040A160",
    "DATE": "0040A121",
    "TIME": "0040A122",
    "DATETIME": "0040A120",
    "PNAME": "0040A123",
    "UIDREF": "0040A124",
}


@dataclass(frozen=True, slots=True)
class ContentItem:
    """One node of the tree (PS3.3 C.17.3).

    `code` and `name` are value and meaning of its concept, `text` its value ready to read (dates and names
    formatted, numbers with their unit), `references` are SOP instance UIDs of what an IMAGE, COMPOSITE or
    WAVEFORM item points at, `frames` the frames of an image that are meant (from 1; none means all).
    """

    value_type: str
    relationship_type: str
    code: str
    name: str
    text: str
    references: tuple[str, ...]
    children: tuple[ContentItem, ...]
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StructuredReport:
    """A whole SR document."""

    title: str
    completion_flag: str
    verification_flag: str
    content_date: str
    verifying_observers: tuple[str, ...]
    items: tuple[ContentItem, ...]

    def walk(self) -> Iterator[tuple[int, ContentItem]]:
        """All items in reading order, with their depth."""

        def below(items: tuple[ContentItem, ...], depth: int) -> Iterator[tuple[int, ContentItem]]:
            for item in items:
                yield depth, item
                yield from below(item.children, depth + 1)

        return below(self.items, 0)

    @property
    def verified_by(self) -> str:
        """The last named verifying observer, or nobody."""
        return self.verifying_observers[-1] if self.verifying_observers else ""

    @property
    def text(self) -> str:
        """The content for reading, without the title: headings, "name: value" lines, indented by level.

        Identifiers and references are left out; a very long report is cut with an ellipsis.
        """
        lines = list(islice(_lines(self.items, 0), _LINES_LIMIT + 1))
        if len(lines) > _LINES_LIMIT:
            lines[-1] = "…"
        return "\n".join(lines).strip()


def _is_read(item: ContentItem) -> bool:
    """Whether a person reads this item, or it serves machines.

    Modifiers stay: "Laterality: Left" is one of them.
    """
    return item.code not in _LANGUAGE and item.value_type not in _UNREAD


def _lines(items: tuple[ContentItem, ...], depth: int) -> Iterator[str]:
    for item in filter(_is_read, items):
        indent = "  " * depth
        if item.value_type == "CONTAINER":
            yield from ("", f"{indent}{item.name}") if item.name else ()
        elif item.value_type not in _REFERENCES:
            first, *rest = item.text.splitlines() or [""]
            yield indent + ": ".join(part for part in (item.name, first) if part)
            yield from (f"{indent}{line}" for line in rest)
        yield from _lines(item.children, depth + 1)


def read_file(path: str | os.PathLike[str], offset: int = 0, length: int | None = None) -> StructuredReport:
    """Read an SR document. Raises InvalidObject (not-renderable where there is no content tree)."""
    return read(metadata_json(path, "", offset, length))


def read(model: JsonDataSet) -> StructuredReport:
    """The report in a DICOM JSON model (see `metadata.metadata_json`)."""
    if _CONTENT not in model and "0040A040" not in model:
        raise InvalidObject(errors.NOT_RENDERABLE, "no content tree")
    observers = tuple(
        names.display(_text(observer, "0040A075"))
        for observer in model.get("0040A073", {}).get("Value", [])
        if _text(observer, "0040A075")
    )
    return StructuredReport(
        title=_meaning(model, _CONCEPT),
        completion_flag=_text(model, "0040A491"),
        verification_flag=_text(model, "0040A493"),
        content_date=_date(_text(model, "00080023")),
        verifying_observers=observers,
        items=_children(model),
    )


def _children(model: JsonDataSet) -> tuple[ContentItem, ...]:
    return tuple(_item(child) for child in model.get(_CONTENT, {}).get("Value", []))


def _item(model: JsonDataSet) -> ContentItem:
    kind = _text(model, "0040A040")
    return ContentItem(
        value_type=kind,
        relationship_type=_text(model, "0040A010"),
        code=_text(_first_item(model, _CONCEPT), "00080100"),
        name=_meaning(model, _CONCEPT),
        text=_value(model, kind),
        references=_referenced(model) if kind in _REFERENCES else (),
        children=_children(model),
        frames=_frames(model) if kind == "IMAGE" else (),
    )


def _value(model: JsonDataSet, kind: str) -> str:
    if kind == "CODE":
        return _meaning(model, _CODE)
    if kind == "NUM":
        return _measured(model)
    if kind not in _TEXT_TAGS:
        return ""
    text = _text(model, _TEXT_TAGS[kind])
    if kind == "PNAME":
        return names.display(text)
    if kind == "DATE":
        return _date(text)
    if kind == "TIME":
        return _time(text)
    if kind == "DATETIME":
        return f"{_date(text[:8])} {_time(text[8:14])}".strip()
    return text


def _measured(model: JsonDataSet) -> str:
    measured = model.get("0040A300", {}).get("Value", [])
    if not measured:
        return _meaning(model, "0040A301")  # why there is no number
    number = _text(measured[0], "0040A30A")
    unit = _first_item(measured[0], "004008EA")
    code = _text(unit, "00080100")
    # UCUM: "1" is no unit, and words in braces are remarks.
    shown = "" if code == "1" or code.startswith("{") else code if len(code) <= 8 else _text(unit, "00080104")
    return f"{number} {shown}".strip()


def _referenced(model: JsonDataSet) -> tuple[str, ...]:
    found = (_text(reference, "00081155") for reference in model.get("00081199", {}).get("Value", []))
    return tuple(uid for uid in found if uid)


def _frames(model: JsonDataSet) -> tuple[int, ...]:
    numbers = _first_item(model, "00081199").get("00081160", {}).get("Value") or []
    return tuple(int(one) for one in numbers if str(one).isdecimal())


def _first_item(model: JsonDataSet, tag: str) -> JsonDataSet:
    items: list[Any] = model.get(tag, {}).get("Value") or [{}]
    return items[0] if isinstance(items[0], dict) else {}


def _meaning(model: JsonDataSet, tag: str) -> str:
    code = _first_item(model, tag)
    return _text(code, "00080104") or _text(code, "00080100")


def _text(model: JsonDataSet, tag: str) -> str:
    entries = [value for value in model.get(tag, {}).get("Value") or [] if value is not None]
    if not entries:
        return ""
    first = entries[0]
    if isinstance(first, dict):
        return "=".join(first.get(group, "") for group in ("Alphabetic", "Ideographic", "Phonetic")).rstrip(
            "="
        )
    return str(first)


def _date(text: str) -> str:
    day = values.parse_da(text)
    return day.isoformat() if day else text


def _time(text: str) -> str:
    moment = values.parse_tm(text)
    return moment.isoformat("minutes") if moment else text


# --- HTML
# -----------------------------------------------------------------------------------------------------------


def to_html(report: StructuredReport, *, image_label: str = "Image") -> str:
    """The report as an HTML fragment: sections with headings for containers, lists of name and value
    otherwise.

    All text is escaped; there are no attributes but `class` and `data-sop-instance-uid`. `image_label` is
    shown for a reference without a name, in the reader's language.
    """
    return f'<section class="sr">{_html_items(report.items, 3, image_label)}</section>'


_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;color:#16202c;background:#fff;max-width:46rem;margin:0 auto;padding:1.25rem}"
    "h1{font-size:1.5rem;margin:0}.sr-about{color:#4a5868;margin:.25rem 0 1rem}"
    "h3,h4,h5,h6{font-size:1.0625rem;margin:1.25rem 0 .375rem;border-bottom:1px solid #d5dce5;padding-bottom:.25rem}"
    "h4,h5,h6{font-size:1rem;border:0}.sr-item{padding:.125rem 0;overflow-wrap:anywhere}"
    ".sr-name{color:#4a5868}.sr-name:not(:empty):after{content:':'}.sr-value{font-weight:600}"
    ".sr-details,.sr-container .sr-container{margin-left:.75rem;padding-left:.75rem;border-left:2px solid #e3e8ef}"
    ".sr-reference{display:inline-block;margin-right:.5rem;padding:0 .5rem;border-radius:.5rem;background:#eef2f7}"
)


def to_page(report: StructuredReport, *, image_label: str = "Image") -> str:
    """The report as a whole page that needs nothing from outside; its style stands in it."""
    about = " · ".join(part for part in (report.content_date, report.verified_by) if part)
    head = f"<h1>{escape(report.title)}</h1>" + (f'<p class="sr-about">{escape(about)}</p>' if about else "")
    return (
        "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(report.title) or 'SR'}</title><style>{_STYLE}</style><body>{head}"
        f"{to_html(report, image_label=image_label)}"
    )


def _html_items(items: tuple[ContentItem, ...], level: int, label: str) -> str:
    return "".join(_html_item(item, level, label) for item in filter(_is_read, items))


def _html_item(item: ContentItem, level: int, label: str) -> str:
    name = escape(item.name)
    if item.value_type == "CONTAINER":
        heading = f"<h{level}>{name}</h{level}>" if name else ""
        inner = _html_items(item.children, min(level + 1, 6), label)
        if not inner:
            return ""
        return f'<section class="sr-container">{heading}{inner}</section>'
    inner = _html_items(item.children, level, label)
    nested = f'<div class="sr-details">{inner}</div>' if inner else ""
    if item.references:
        shown = name or escape(label)
        links = "".join(
            f'<span class="sr-reference" data-sop-instance-uid="{escape(uid)}">{shown}</span>'
            for uid in item.references
        )
        return f'<div class="sr-item">{links}{nested}</div>'
    if not item.text and not inner:
        return ""
    text = "<br>".join(escape(line) for line in item.text.splitlines())
    named = f'<span class="sr-name">{name}</span> ' if name else ""
    return f'<div class="sr-item">{named}<span class="sr-value">{text}</span>{nested}</div>'
