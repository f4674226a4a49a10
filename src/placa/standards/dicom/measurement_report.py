"""Measurements as a DICOM structured report: TID 1500 (PS3.16) in a Comprehensive SR (PS3.3 A.35.3).

Lengths, angles, values at a point and notes are measurement groups of TID 1501, areas of TID 1410 with their outline;
each points at its image.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from placa.standards.dicom import uids
from placa.standards.dicom.documents import (
    Code,
    Item,
    Source,
    as_file,
    coded,
    codes,
    content,
    document,
    evidence,
    image_item,
    observer,
    once,
    template,
)

COMPREHENSIVE_SR: Final = UID("1.2.840.10008.5.1.4.1.1.88.33")

_NAMES: Final[dict[str, Code]] = {
    "length": ("410668003", "SCT", "Length"),
    "angle": ("1483009", "SCT", "Angle"),
    "area": ("42798000", "SCT", "Area"),
    "mean": ("373098007", "SCT", "Mean"),
    "deviation": ("386136009", "SCT", "Standard Deviation"),
    "minimum": ("255605001", "SCT", "Minimum"),
    "maximum": ("56851009", "SCT", "Maximum"),
    "value": ("POINTVALUE", "99PLACA", "Value at a point"),
}
_UNITS: Final[dict[str, Code]] = {
    "mm": ("mm", "UCUM", "mm"),
    "mm²": ("mm2", "UCUM", "mm2"),
    "°": ("deg", "UCUM", "deg"),
    "HU": ("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "px": ("{pixels}", "UCUM", "pixels"),
    "px²": ("{pixels}2", "UCUM", "square pixels"),
    "": ("1", "UCUM", "no units"),
}
# outline of a region (TID 1410), and how its points are to be joined (PS3.3 C.18.6.1.2)
_OUTLINES: Final = {"ellipse": "ELLIPSE", "rectangle": "POLYLINE"}
_TITLE: Final[Code] = ("126000", "DCM", "Imaging Measurement Report")


def measurement_report(source: Source, items: Iterable[Item]) -> bytes:
    """A Part 10 file with `items` (as `domain.measurements.content` says them), each of an instance in `classes`."""
    kept = list(items)
    report = document(source, COMPREHENSIVE_SR, "SR", _TITLE, "1500")
    report.SeriesNumber, report.SeriesDescription = 9000, "Measurements"
    report.PerformedProcedureCodeSequence = Sequence()
    report.CompletionFlag, report.VerificationFlag = "PARTIAL", "UNVERIFIED"
    report.CurrentRequestedProcedureEvidenceSequence = evidence(source, kept)
    report.ContentSequence = Sequence(
        [*observer(source), _procedure(), _library(source, kept), _measurements(source, kept)]
    )
    return as_file(report)


def _procedure() -> Dataset:
    """Of what kind of procedure (TID 1500 row 4)."""
    return coded(
        "HAS CONCEPT MOD",
        ("121058", "DCM", "Procedure reported"),
        ("363679005", "SCT", "Imaging procedure"),
    )


def _library(source: Source, items: list[Item]) -> Dataset:
    entries = [image_item(source, item, "CONTAINS") for item in once(items)]
    group = content("CONTAINS", "CONTAINER", ("126200", "DCM", "Image Library Group"), entries)
    library = content("CONTAINS", "CONTAINER", ("111028", "DCM", "Image Library"), [group])
    library.ContentTemplateSequence = template("1600")
    return library


def _measurements(source: Source, items: list[Item]) -> Dataset:
    groups = [_group(source, number, item) for number, item in enumerate(items, start=1)]
    return content("CONTAINS", "CONTAINER", ("126010", "DCM", "Imaging Measurements"), groups)


def _group(source: Source, number: int, item: Item) -> Dataset:
    tracking = content("HAS OBS CONTEXT", "TEXT", ("112039", "DCM", "Tracking Identifier"))
    tracking.TextValue = item.get("text") or f"{item['tool']} {number}"
    unique = content("HAS OBS CONTEXT", "UIDREF", ("112040", "DCM", "Tracking Unique Identifier"))
    unique.UID = uids.new_uid()
    children, is_region = [tracking, unique], item["tool"] in _OUTLINES and bool(item.get("image"))
    if is_region:
        outline = _place(source, item, "CONTAINS")
        outline.ConceptNameCodeSequence = codes(("111030", "DCM", "Image Region"))
        children.append(outline)
    for value in item.get("values", []):
        if value["name"] in _NAMES:
            children.append(_number(source, item, value, pointed=not is_region))
    if item["tool"] == "note":
        children.append(_comment(source, item))
    group = content("CONTAINS", "CONTAINER", ("125007", "DCM", "Measurement Group"), children)
    group.ContentTemplateSequence = template("1410" if is_region else "1501")
    return group


def _number(source: Source, item: Item, value: Item, *, pointed: bool) -> Dataset:
    number, measured = content("CONTAINS", "NUM", _NAMES[value["name"]]), Dataset()
    measured.NumericValue = f"{value['number']:.6g}"
    unit = _UNITS.get(value["unit"]) or (value["unit"], "UCUM", value["unit"])
    measured.MeasurementUnitsCodeSequence = codes(unit)
    number.MeasuredValueSequence = Sequence([measured])
    if pointed and item.get("image"):
        number.ContentSequence = Sequence([_place(source, item, "INFERRED FROM")])
    return number


def _comment(source: Source, item: Item) -> Dataset:
    """The words of a note, and where they point."""
    place = [_place(source, item, "INFERRED FROM")] if item.get("image") else None
    comment = content("CONTAINS", "TEXT", ("121106", "DCM", "Comment"), place)
    comment.TextValue = item.get("text", "")
    return comment


def _place(source: Source, item: Item, relationship: str) -> Dataset:
    """Where in its image: the points in columns and rows (SCOORD), and the image."""
    place = content(
        relationship, "SCOORD", None, [image_item(source, item, "SELECTED FROM", [item["frame"]])]
    )
    points = [list(point) for point in item["image"]]
    if item["tool"] == "rectangle" and len(points) == 4:
        points = [points[at] for at in (0, 1, 3, 2, 0)]  # the corners come row by row
    if item["tool"] == "ellipse" and len(points) == 4:
        points = _long_axis_first(points)
    place.GraphicData = [float(number) for point in points for number in point]
    place.GraphicType = _OUTLINES.get(item["tool"], "POLYLINE" if len(points) > 1 else "POINT")
    return place


def _long_axis_first(points: list[list[float]]) -> list[list[float]]:
    """The ends of two axes, those of the longer one first (C.18.6.1.2)."""

    def size(one: list[float], other: list[float]) -> float:
        return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2

    first, second, third, fourth = points
    return points if size(first, second) >= size(third, fourth) else [third, fourth, first, second]
