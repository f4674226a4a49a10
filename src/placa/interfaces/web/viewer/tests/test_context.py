"""What the viewer is told of series that are no pictures."""

import json
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation

from placa.demo import cast
from placa.domain.access.images import open_images
from placa.domain.archive.models import Study
from placa.domain.downloads.tests import world
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests import classes
from placa.domain.intake.tests.classes import BY_NAME
from placa.domain.intake.tests.objects import received
from placa.domain.people.models import Patient
from placa.domain.reports.models import ReportVersion
from placa.interfaces.web.viewer.context import context

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]
OWN: dict[str, Any] = {
    "StudyInstanceUID": world.CT, "PatientID": cast.PATIENTS["ana"].patient_id, "IssuerOfPatientID": cast.ISSUER,
    "AccessionNumber": world.PLAN.accession, "PatientBirthDate": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _stored() -> None:
    Study.objects.filter(study_instance_uid=world.CT).update(number_of_series=0, number_of_instances=0)
    world.slices(3)


def told() -> dict[str, Any]:
    """What the viewer of the doctor who ordered the study is told of its series, by modality."""
    viewer = world.viewer("diaz")
    found = context(RequestFactory().get("/"), viewer, open_images(viewer, world.CT), "")
    return {one["modality"]: one for one in json.loads(json.dumps(found))["series"]}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("segmentation", "segmentation"), ("rt-dose", "dose"), ("rt-structures", "contours"), ("rt-plan", "plan"),
        ("dose-sr", "report_data"), ("grey-presentation", "marks"), ("hemodynamic", "waveform"), ("audio", "sound"),
        ("stl", "model"), ("cda", "document"), ("registration", "registration"), ("parametric-map", "values"),
        ("spectroscopy", "spectrum"), ("eye-measurements", "measurements"), ("ecg-general", ""), ("photograph", ""),
    ],
)  # fmt: skip
def test_each_series_says_what_it_is(name: str, family: str) -> None:
    process([received(classes.build(BY_NAME[name], **OWN))])
    series = told()[BY_NAME[name].modality]
    assert (series["family"], series["count"]) == (family, 1)


def test_key_images_are_named_where_the_study_has_them() -> None:
    chosen = [
        classes.item(ReferencedSOPClassUID=BY_NAME["photograph"].sop_class_uid, ReferencedSOPInstanceUID=uid)
        for uid in (f"{world.CT}.1.2", "1.2.3.4.5")
    ]
    content = [
        classes.item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=[one])
        for one in chosen
    ]
    process([received(classes.build(BY_NAME["key-objects"], ContentSequence=content, **OWN))])
    series = told()
    assert series["KO"]["key_images"] == [
        {"series": f"{world.CT}.1", "instance": f"{world.CT}.1.2", "frame": 1}
    ]
    assert series["CT"]["key_images"] == []


def test_key_frames_are_named_in_the_order_of_the_selection() -> None:
    def chosen(uid: str, *frames: int) -> Any:
        reference = classes.item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID=uid)
        if frames:
            reference.ReferencedFrameNumber = list(frames)
        return classes.item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=[reference])

    content = [chosen(f"{world.CT}.1.3", 7, 2), chosen(f"{world.CT}.1.1")]
    process([received(classes.build(BY_NAME["key-objects"], ContentSequence=content, **OWN))])
    found = [(one["instance"][-1], one["frame"]) for one in told()["KO"]["key_images"]]
    assert found == [("3", 7), ("3", 2), ("1", 1)]


def test_a_selection_without_content_chooses_nothing() -> None:
    process([received(classes.build(BY_NAME["key-objects"], ContentSequence=[], **OWN))])
    assert told()["KO"]["key_images"] == []


@pytest.mark.parametrize(
    ("language", "said"), [("es", "3 mar 1961"), ("en", "3 Mar 1961"), ("it", "3 mar 1961")]
)
def test_the_birthday_is_said_as_the_page_says_dates(language: str, said: str) -> None:
    Patient.objects.update(birth_date="1961-03-03")
    viewer = world.viewer("diaz")
    with translation.override(language):
        found = context(RequestFactory().get("/"), viewer, open_images(viewer, world.CT), "")
    assert found["patient"]["birth_date"] == said


def test_the_sex_is_a_word_and_the_report_has_its_parts() -> None:
    viewer = world.viewer("diaz")
    found = context(RequestFactory().get("/"), viewer, open_images(viewer, world.CT), "")
    assert found["patient"]["sex"] == str(Patient.Sex("F").label)
    assert [heading for heading, _text in found["report"]["sections"]] == [""]
    ReportVersion.objects.update(text="Hallazgos\nNada.")
    found = context(RequestFactory().get("/"), viewer, open_images(viewer, world.CT), "")
    assert found["report"]["sections"] == [["Hallazgos", "Nada."]]
