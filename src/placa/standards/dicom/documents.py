"""What the documents have in common that Placa makes of what somebody kept: patient, study, observer, references.

An item is a mapping with `series`, `instance` (UIDs) and `frame` (from 1): `domain.measurements.content` says the rest.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from placa.standards.dicom import uids

Code = tuple[str, str, str]
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Of what and by whom: patient and study as their objects say, SOP class and number of frames of each instance."""

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
    frames: Mapping[str, int] = field(default_factory=dict)
    # the order that the study answers, as far as one is known
    issuer_of_accession_number: str = ""
    order_number: str = ""
    requested_procedure: str = ""


def document(source: Source, sop_class: UID, modality: str, title: Code, template_id: str) -> FileDataset:
    """A document of the study without its content: patient, study, series, and what kind of document it is."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = UID(uids.new_uid())
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = source.study_instance_uid, uids.new_uid()
    made.PatientID, made.PatientName, made.PatientSex = (
        source.patient_id,
        source.patient_name,
        source.patient_sex,
    )
    made.PatientBirthDate = source.patient_birth_date or ""
    made.StudyID, made.AccessionNumber, made.ReferringPhysicianName = (
        source.study_id,
        source.accession_number,
        "",
    )
    made.StudyDate, made.StudyTime = source.study_at.strftime("%Y%m%d"), source.study_at.strftime("%H%M%S")
    made.ContentDate, made.ContentTime = source.made_at.strftime("%Y%m%d"), source.made_at.strftime("%H%M%S")
    made.Modality, made.InstanceNumber, made.Manufacturer = modality, 1, "Placa"
    made.ReferencedPerformedProcedureStepSequence = Sequence()
    if source.accession_number or source.order_number:
        made.ReferencedRequestSequence = Sequence([_request(source)])
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = codes(title)
    made.ContentTemplateSequence = template(template_id)
    return made


def _request(source: Source) -> Dataset:
    """The order that the document belongs to (C.17.2, C.17.6.2)."""
    item = Dataset()
    item.StudyInstanceUID, item.ReferencedStudySequence = source.study_instance_uid, Sequence()
    item.AccessionNumber = source.accession_number
    if source.issuer_of_accession_number:
        issuer = Dataset()
        issuer.LocalNamespaceEntityID = source.issuer_of_accession_number
        item.IssuerOfAccessionNumberSequence = Sequence([issuer])
    item.PlacerOrderNumberImagingServiceRequest, item.FillerOrderNumberImagingServiceRequest = (
        source.order_number,
        "",
    )
    item.RequestedProcedureID, item.RequestedProcedureDescription = "", source.requested_procedure[:64]
    item.RequestedProcedureCodeSequence = Sequence()
    return item


def as_file(made: FileDataset) -> bytes:
    """Its Part 10 bytes."""
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _code(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item


def codes(code: Code) -> Sequence:
    """A sequence of one coded concept."""
    return Sequence([_code(code)])


def template(identifier: str) -> Sequence:
    """That what follows is as this template of PS3.16 says."""
    item = Dataset()
    item.MappingResource, item.TemplateIdentifier = "DCMR", identifier
    return Sequence([item])


def content(
    relationship: str, kind: str, name: Code | None, children: list[Dataset] | None = None
) -> Dataset:
    """A content item (C.17.3) without its value."""
    item = Dataset()
    item.RelationshipType, item.ValueType = relationship, kind
    if name:
        item.ConceptNameCodeSequence = codes(name)
    if kind == "CONTAINER":
        item.ContinuityOfContent = "SEPARATE"
    if children:
        item.ContentSequence = Sequence(children)
    return item


def coded(relationship: str, name: Code, value: Code) -> Dataset:
    """A content item whose value is a concept."""
    item = content(relationship, "CODE", name)
    item.ConceptCodeSequence = codes(value)
    return item


def observer(source: Source) -> list[Dataset]:
    """The language of the words, and who observed (TID 1204, 1002)."""
    person = content("HAS OBS CONTEXT", "PNAME", ("121008", "DCM", "Person Observer Name"))
    person.PersonName = source.author[:64]
    language = ("121049", "DCM", "Language of Content Item and Descendants")
    return [
        coded("HAS CONCEPT MOD", language, ("en", "RFC5646", "English")),
        coded("HAS OBS CONTEXT", ("121005", "DCM", "Observer Type"), ("121006", "DCM", "Person")),
        person,
    ]


def image_item(source: Source, item: Item, relationship: str, frames: Iterable[int] = ()) -> Dataset:
    """Points at the instance of `item`, and at these frames of it where it has several."""
    image = content(relationship, "IMAGE", None)
    reference = Dataset()
    reference.ReferencedSOPClassUID = source.classes[item["instance"]]
    reference.ReferencedSOPInstanceUID = item["instance"]
    if (named := list(frames)) and source.frames.get(item["instance"], 1) > 1:
        reference.ReferencedFrameNumber = named
    image.ReferencedSOPSequence = Sequence([reference])
    return image


def once(items: Iterable[Item]) -> list[Item]:
    """One item an instance, in order."""
    return list({item["instance"]: item for item in items}.values())


def evidence(source: Source, items: Iterable[Item]) -> Sequence:
    """The instances that a document is about, by their series (C.17.2.1)."""
    study, by_series = Dataset(), dict[str, list[Dataset]]()
    for item in once(items):
        by_series.setdefault(item["series"], []).append(
            image_item(source, item, "CONTAINS").ReferencedSOPSequence[0]
        )
    study.StudyInstanceUID = source.study_instance_uid
    study.ReferencedSeriesSequence = Sequence()
    for uid, references in by_series.items():
        series = Dataset()
        series.SeriesInstanceUID, series.ReferencedSOPSequence = uid, Sequence(references)
        study.ReferencedSeriesSequence.append(series)
    return Sequence([study])
