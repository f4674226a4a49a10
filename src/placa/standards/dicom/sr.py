"""Structured reports as plain text (PS3.3 C.17.3): headings, lines and indentation, from the DICOM JSON model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from placa.standards.dicom import errors, names
from placa.standards.dicom.errors import InvalidObject

JsonDataSet = dict[str, dict[str, Any]]

_CONTENT, _RELATIONSHIP, _VALUE_TYPE = "0040A730", "0040A010", "0040A040"
_CONCEPT, _CODE_MEANING, _CODE_VALUE = "0040A043", "00080104", "00080100"
_VERIFYING, _VERIFIER_NAME = "0040A073", "0040A075"
_DEPTH_LIMIT: Final = 32
_LINES_LIMIT: Final = 20_000
_SAID: Final = {"TEXT": "0040A160", "DATETIME": "0040A120", "DATE": "0040A121", "TIME": "0040A122"}
# Context of observation and image references: for machines, or shown by the viewer.
_UNSHOWN: Final = frozenset({"UIDREF", "IMAGE", "WAVEFORM", "COMPOSITE", "SCOORD", "SCOORD3D", "TCOORD"})


@dataclass(frozen=True, slots=True)
class Document:
    """A report for reading. `verified_by` is the name of the newest verifying observer, or empty."""

    title: str
    text: str
    verified_by: str


def read(document: JsonDataSet) -> Document:
    """The readable content of an SR document. Raises InvalidObject where it has no content tree."""
    if _CONTENT not in document and _CONCEPT not in document:
        raise InvalidObject(errors.BAD_STRUCTURE, "no content tree")
    lines = []
    for number, line in enumerate(_lines(document, 0)):
        if number >= _LINES_LIMIT:
            lines.append("…")
            break
        lines.append(line)
    return Document(_concept(document), "\n".join(lines).strip(), _verifier(document))


def _lines(node: JsonDataSet, depth: int) -> Iterator[str]:
    if depth > _DEPTH_LIMIT:
        return
    for child in _items(node, _CONTENT):
        kind = str(_first(child, _VALUE_TYPE) or "")
        if kind in _UNSHOWN or _first(child, _RELATIONSHIP) == "HAS CONCEPT MOD":
            continue
        yield from _item_lines(child, kind, depth)
        yield from _lines(child, depth + 1)


def _item_lines(item: JsonDataSet, kind: str, depth: int) -> Iterator[str]:
    concept, value = _concept(item), _value(item, kind)
    indent = "  " * depth
    if kind == "CONTAINER":
        if concept:
            yield ""
            yield f"{indent}{concept}"
        return
    first, *rest = value.splitlines() or [""]
    if concept or first:
        yield f"{indent}{concept}: {first}" if concept and first else f"{indent}{concept or first}"
    yield from (f"{indent}{line}" for line in rest)


def _value(item: JsonDataSet, kind: str) -> str:
    if kind == "CODE":
        return _code(item, "0040A168")
    if kind == "NUM":
        return _measured(item)
    if kind == "PNAME":
        return _name(_first(item, "0040A123"))
    return str(_first(item, _SAID.get(kind, "")) or "").replace("\r\n", "\n").replace("\r", "\n")


def _measured(item: JsonDataSet) -> str:
    """Numeric Value and the unit's code value, which UCUM makes readable: "12.5 mm"."""
    for measured in _items(item, "0040A300"):
        number = _first(measured, "0040A30A")
        units = [str(_first(unit, _CODE_VALUE) or "") for unit in _items(measured, "004008EA")]
        unit = units[0] if units and units[0] != "1" else ""
        return f"{number if number is not None else ''} {unit}".strip()
    return ""


def _verifier(document: JsonDataSet) -> str:
    found = [_name(_first(item, _VERIFIER_NAME)) for item in _items(document, _VERIFYING)]
    return found[-1] if found else ""


def _name(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    return names.display(str(value.get("Alphabetic") or value.get("Ideographic") or ""))


def _concept(item: JsonDataSet) -> str:
    return _code(item, _CONCEPT)


def _code(item: JsonDataSet, tag: str) -> str:
    for code in _items(item, tag):
        return str(_first(code, _CODE_MEANING) or _first(code, _CODE_VALUE) or "")
    return ""


def _items(node: JsonDataSet, tag: str) -> list[JsonDataSet]:
    return [item for item in node.get(tag, {}).get("Value", []) if isinstance(item, dict)]


def _first(node: JsonDataSet, tag: str) -> Any:
    values = node.get(tag, {}).get("Value", [])
    return values[0] if values else None
