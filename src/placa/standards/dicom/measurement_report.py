"""Measurements as a DICOM structured report: TID 1500 (PS3.16) in a Comprehensive SR (PS3.3 A.35.3).

Lengths, angles, values at a point and notes are measurement groups of TID 1501, areas of TID 1410 with their outline;
each points at its image.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from placa.standards.dicom import uids

COMPREHENSIVE_SR: Final = UID("1.2.840.10008.5.1.4.1.1.88.33")
Code = tuple[str, str, str]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Of what and by whom: patient and study as their objects say, `classes` the SOP class of each measured instance."""

    study_instance_uid: str
    patient_id: str
    patient_name: str
    patient_birth_date: date | None
    patient_sex: str
    accession_number: str
    study_id: str
    study_at: datetime
    author: str
    made_at: datetime
    classes: Mapping[str, str] = field(default_factory=dict)


def measurement_report(source: Source, items: Iterable[Mapping[str, Any]]) -> bytes:
    """A Part 10 file with `items` (as `domain.measurements.content` says them), each of an instance in `classes`."""
    kept = list(items)
    report = _document(source)
    report.ConceptNameCodeSequence = _codes(_TITLE)
    report.ContentTemplateSequence = _template("1500")
    report.CurrentRequestedProcedureEvidenceSequence = Sequence([_evidence(source, kept)])
    report.ContentSequence = Sequence(
        [*_context(source), _library(source, kept), _measurements(source, kept)]
    )
    out = io.BytesIO()
    report.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _document(source: Source) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = COMPREHENSIVE_SR
    meta.MediaStorageSOPInstanceUID = UID(uids.new_uid())
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    report = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    report.SpecificCharacterSet = "ISO_IR 192"
    report.SOPClassUID, report.SOPInstanceUID = COMPREHENSIVE_SR, meta.MediaStorageSOPInstanceUID
    report.StudyInstanceUID, report.SeriesInstanceUID = source.study_instance_uid, uids.new_uid()
    report.PatientID, report.PatientName, report.PatientSex = (
        source.patient_id,
        source.patient_name,
        source.patient_sex,
    )
    report.PatientBirthDate = source.patient_birth_date or ""
    report.StudyID, report.AccessionNumber, report.ReferringPhysicianName = (
        source.study_id,
        source.accession_number,
        "",
    )
    report.StudyDate, report.StudyTime = (
        source.study_at.strftime("%Y%m%d"),
        source.study_at.strftime("%H%M%S"),
    )
    report.ContentDate, report.ContentTime = (
        source.made_at.strftime("%Y%m%d"),
        source.made_at.strftime("%H%M%S"),
    )
    report.Modality, report.SeriesNumber, report.InstanceNumber = "SR", 9000, 1
    report.SeriesDescription, report.Manufacturer = "Measurements", "Placa"
    report.ReferencedPerformedProcedureStepSequence = Sequence()
    report.PerformedProcedureCodeSequence = Sequence()
    report.CompletionFlag, report.VerificationFlag = "PARTIAL", "UNVERIFIED"
    report.ValueType, report.ContinuityOfContent = "CONTAINER", "SEPARATE"
    return report


def _code(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item


def _codes(code: Code) -> Sequence:
    return Sequence([_code(code)])


def _template(identifier: str) -> Sequence:
    item = Dataset()
    item.MappingResource, item.TemplateIdentifier = "DCMR", identifier
    return Sequence([item])


def _content(
    relationship: str, kind: str, name: Code | None, children: list[Dataset] | None = None
) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relationship, kind
    if name:
        item.ConceptNameCodeSequence = _codes(name)
    if kind == "CONTAINER":
        item.ContinuityOfContent = "SEPARATE"
    if children:
        item.ContentSequence = Sequence(children)
    return item


def _coded(relationship: str, name: Code, value: Code) -> Dataset:
    item = _content(relationship, "CODE", name)
    item.ConceptCodeSequence = _codes(value)
    return item


def _context(source: Source) -> list[Dataset]:
    """Language, who measured, and of what kind of procedure (TID 1204, 1002, 1500 row 4)."""
    person = _content("HAS OBS CONTEXT", "PNAME", ("121008", "DCM", "Person Observer Name"))
    person.PersonName = source.author[:64]
    language = ("121049", "DCM", "Language of Content Item and Descendants")
    return [
        _coded("HAS CONCEPT MOD", language, ("en", "RFC5646", "English")),
        _coded("HAS OBS CONTEXT", ("121005", "DCM", "Observer Type"), ("121006", "DCM", "Person")),
        person,
        _coded("HAS CONCEPT MOD", ("121058", "DCM", "Procedure reported"), ("363679005", "SCT", "Imaging procedure")),
    ]  # fmt: skip


def _image(source: Source, item: Mapping[str, Any], relationship: str) -> Dataset:
    image = _content(relationship, "IMAGE", None)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = (
        source.classes[item["instance"]],
        item["instance"],
    )
    if relationship == "SELECTED FROM" and item["frame"] > 1:
        reference.ReferencedFrameNumber = item["frame"]
    image.ReferencedSOPSequence = Sequence([reference])
    return image


def _once(items: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One item an instance, in order."""
    return list({item["instance"]: item for item in items}.values())


def _evidence(source: Source, items: list[Mapping[str, Any]]) -> Dataset:
    study, by_series = Dataset(), dict[str, list[Dataset]]()
    for item in _once(items):
        by_series.setdefault(item["series"], []).append(
            _image(source, item, "CONTAINS").ReferencedSOPSequence[0]
        )
    study.StudyInstanceUID = source.study_instance_uid
    study.ReferencedSeriesSequence = Sequence()
    for uid, references in by_series.items():
        series = Dataset()
        series.SeriesInstanceUID, series.ReferencedSOPSequence = uid, Sequence(references)
        study.ReferencedSeriesSequence.append(series)
    return study


def _library(source: Source, items: list[Mapping[str, Any]]) -> Dataset:
    entries = [_image(source, item, "CONTAINS") for item in _once(items)]
    group = _content("CONTAINS", "CONTAINER", ("126200", "DCM", "Image Library Group"), entries)
    library = _content("CONTAINS", "CONTAINER", ("111028", "DCM", "Image Library"), [group])
    library.ContentTemplateSequence = _template("1600")
    return library


def _measurements(source: Source, items: list[Mapping[str, Any]]) -> Dataset:
    groups = [_group(source, number, item) for number, item in enumerate(items, start=1)]
    return _content("CONTAINS", "CONTAINER", ("126010", "DCM", "Imaging Measurements"), groups)


def _group(source: Source, number: int, item: Mapping[str, Any]) -> Dataset:
    tracking = _content("HAS OBS CONTEXT", "TEXT", ("112039", "DCM", "Tracking Identifier"))
    tracking.TextValue = item.get("text") or f"{item['tool']} {number}"
    unique = _content("HAS OBS CONTEXT", "UIDREF", ("112040", "DCM", "Tracking Unique Identifier"))
    unique.UID = uids.new_uid()
    children, is_region = [tracking, unique], item["tool"] in _OUTLINES and bool(item.get("image"))
    if is_region:
        outline = _place(source, item, "CONTAINS")
        outline.ConceptNameCodeSequence = _codes(("111030", "DCM", "Image Region"))
        children.append(outline)
    for value in item.get("values", []):
        if value["name"] in _NAMES:
            children.append(_number(source, item, value, pointed=not is_region))
    if item["tool"] == "note":
        children.append(_comment(source, item))
    group = _content("CONTAINS", "CONTAINER", ("125007", "DCM", "Measurement Group"), children)
    group.ContentTemplateSequence = _template("1410" if is_region else "1501")
    return group


def _number(source: Source, item: Mapping[str, Any], value: Mapping[str, Any], *, pointed: bool) -> Dataset:
    number, measured = _content("CONTAINS", "NUM", _NAMES[value["name"]]), Dataset()
    measured.NumericValue = f"{value['number']:.6g}"
    unit = _UNITS.get(value["unit"]) or (value["unit"], "UCUM", value["unit"])
    measured.MeasurementUnitsCodeSequence = _codes(unit)
    number.MeasuredValueSequence = Sequence([measured])
    if pointed and item.get("image"):
        number.ContentSequence = Sequence([_place(source, item, "INFERRED FROM")])
    return number


def _comment(source: Source, item: Mapping[str, Any]) -> Dataset:
    """The words of a note, and where they point."""
    place = [_place(source, item, "INFERRED FROM")] if item.get("image") else None
    comment = _content("CONTAINS", "TEXT", ("121106", "DCM", "Comment"), place)
    comment.TextValue = item.get("text", "")
    return comment


def _place(source: Source, item: Mapping[str, Any], relationship: str) -> Dataset:
    """Where in its image: the points in columns and rows (SCOORD), and the image."""
    place = _content(relationship, "SCOORD", None, [_image(source, item, "SELECTED FROM")])
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
