"""Measurements are kept for their author alone, within bounds, and come back as a DICOM report."""

import copy
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pydicom import dcmread
from pydicom.uid import KeyObjectSelectionDocumentStorage

from placa.common import clock
from placa.domain.access.selectors import NotVisible
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance, Study
from placa.domain.downloads.tests import world
from placa.domain.downloads.tests.world import CT, viewer
from placa.domain.measurements import selectors, services
from placa.domain.measurements.content import BODY_LIMIT, BadContent, checked
from placa.domain.measurements.models import MeasurementSet
from placa.domain.people.models import Patient
from placa.interfaces.web.account import session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]

LENGTH: dict[str, Any] = {
    "tool": "length", "series": f"{CT}.1", "instance": f"{CT}.1.2", "frame": 1,
    "points": [[0, 0, 0], [30.5, 0, 0]], "image": [[10.5, 20.5], [41, 20.5]], "normal": [0, 0, -1], "up": [0, -1, 0],
    "values": [{"name": "length", "number": 30.5, "unit": "mm"}],
}  # fmt: skip
REGION: dict[str, Any] = LENGTH | {
    "tool": "ellipse", "points": [[0, 0, 0], [0, 4, 0], [-9, 2, 0], [9, 2, 0]],
    "image": [[10, 10], [10, 14], [1, 12], [19, 12]],
    "values": [{"name": "mean", "number": 40.25, "unit": "HU"}, {"name": "deviation", "number": 3, "unit": "HU"},
               {"name": "area", "number": 56.5, "unit": "mm²"}],
}  # fmt: skip

KEY: dict[str, Any] = {
    "tool": "key",
    "series": f"{CT}.1",
    "instance": f"{CT}.1.3",
    "frame": 1,
    "points": [],
    "values": [],
}


@pytest.fixture
def study() -> Study:
    return world.slices(3)


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    now, kept = clock.now().timestamp(), client.session
    role = viewer(username).role
    kept.update({session.ROLE: role, session.SIGNED_IN_AT: now, session.SEEN_AT: now})
    kept.save()
    return client


def test_they_are_restored_and_replaced(study: Study) -> None:
    assert selectors.of(viewer("diaz"), CT) == []
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[LENGTH, REGION])
    assert selectors.of(viewer("diaz"), CT) == [LENGTH, REGION]
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[REGION])
    assert selectors.of(viewer("diaz"), CT) == [REGION]
    assert MeasurementSet.objects.count() == 1


def test_another_person_sees_none_of_them(study: Study) -> None:
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[LENGTH])
    assert selectors.of(viewer("jefe"), CT) == []
    for stranger in ("egea", "ana", "carla"):
        with pytest.raises(NotVisible):
            selectors.of(viewer(stranger), CT)
        with pytest.raises(NotVisible):
            services.save(viewer=viewer(stranger), study_uid=CT, content=[])
        for made in (selectors.as_report, selectors.as_key_objects):
            with pytest.raises(NotVisible):
                made(viewer(stranger), CT)


def test_they_end_with_the_right_to_the_study(study: Study) -> None:
    doctor = viewer("diaz")
    services.save(viewer=doctor, study_uid=CT, content=[LENGTH])
    Study.objects.filter(pk=study.pk).update(order=None)
    with pytest.raises(NotVisible):
        selectors.of(doctor, CT)
    assert Patient.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        "x",
        [1],
        [{}],
        [LENGTH | {"tool": "<b>"}],
        [LENGTH | {"series": "../x"}],
        [LENGTH | {"frame": 0}],
        [LENGTH | {"frame": True}],
        [LENGTH | {"points": []}],
        [KEY | {"points": [[0, 0, 0]]}],
        [LENGTH | {"points": [[0, 0]]}],
        [LENGTH | {"points": [[0, 0, float("nan")]]}],
        [LENGTH | {"points": [[0, 0, 1e300]]}],
        [LENGTH | {"points": [[0, 0, 0]] * 65}],
        [LENGTH | {"text": "x" * 501}],
        [LENGTH | {"values": [{"name": "length", "number": "1", "unit": "mm"}]}],
        [LENGTH | {"values": [{"name": "length", "number": 1, "unit": "m" * 17}]}],
        [LENGTH | {"html": "x"}],
        [LENGTH] * 301,
    ],
)
def test_what_is_no_measurement_is_refused(wrong: Any) -> None:
    with pytest.raises(BadContent):
        checked(wrong)


def test_the_door_takes_json_within_bounds_and_gives_it_back(study: Study) -> None:
    client, address = signed_in("diaz"), f"/measurements/{CT}"
    assert client.post(address, json.dumps([LENGTH]), "application/json").status_code == 204
    assert client.get(address).json() == [LENGTH]
    bad = ("", "{", "[" * 100_000, json.dumps([LENGTH | {"frame": 0}]), "[NaN]")
    assert [client.post(address, body, "application/json").status_code for body in bad] == [400] * len(bad)
    assert client.post(address, " " * (BODY_LIMIT + 1), "application/json").status_code == 413
    assert client.get(address).json() == [LENGTH]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(address, "[]", "application/json").status_code == 403


def test_the_report_is_a_structured_report_that_others_read(study: Study, tmp_path: Path) -> None:
    client = signed_in("diaz")
    assert client.get(f"/measurements/{CT}/report.dcm").status_code == 404
    gone = copy.deepcopy(LENGTH) | {"instance": f"{CT}.1.99"}
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[LENGTH, REGION, gone])
    answer = client.get(f"/measurements/{CT}/report.dcm")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/dicom")
    report = dcmread(io.BytesIO(answer.content))
    assert (report.StudyInstanceUID, report.Modality, report.PatientID) == (CT, "SR", study.dicom_patient_id)
    groups = report.ContentSequence[-1].ContentSequence
    assert [group.ContentTemplateSequence[0].TemplateIdentifier for group in groups] == ["1501", "1410"]
    (length,) = [item for item in groups[0].ContentSequence if item.ValueType == "NUM"]
    assert length.MeasuredValueSequence[0].NumericValue == 30.5
    assert length.ContentSequence[0].GraphicData == [10.5, 20.5, 41, 20.5]
    assert (
        length.ContentSequence[0].ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        == f"{CT}.1.2"
    )
    outline = groups[1].ContentSequence[2]
    assert (outline.GraphicType, outline.GraphicData[:4]) == ("ELLIPSE", [1, 12, 19, 12])
    assert '"30.5" (mm,UCUM,"mm")' in _as_dcmtk_reads(answer.content, tmp_path)


def test_points_and_notes_stand_in_the_report(study: Study) -> None:
    probe = LENGTH | {"tool": "probe", "points": [[0, 0, 0]], "image": [[10.5, 20.5]],
                      "values": [{"name": "value", "number": -1024, "unit": "HU"}]}  # fmt: skip
    note = LENGTH | {"tool": "note", "values": [], "text": "nódulo"}
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[probe, note])
    report = dcmread(io.BytesIO(selectors.as_report(viewer("diaz"), CT)))
    point, comment = (group.ContentSequence[-1] for group in report.ContentSequence[-1].ContentSequence)
    assert (point.MeasuredValueSequence[0].NumericValue, point.ContentSequence[0].GraphicType) == (
        -1024,
        "POINT",
    )
    assert (comment.TextValue, comment.ContentSequence[0].GraphicType) == ("nódulo", "POLYLINE")


def test_key_images_are_a_key_object_selection_and_no_measurement(study: Study, tmp_path: Path) -> None:
    client = signed_in("diaz")
    address = f"/measurements/{CT}/key-images.dcm"
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[LENGTH])
    assert client.get(address).status_code == 404, "a measurement is no key image"
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[KEY, KEY | {"instance": f"{CT}.1.99"}])
    assert client.get(f"/measurements/{CT}/report.dcm").status_code == 404, "a key image is no measurement"
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[LENGTH, KEY])
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/dicom")
    selection = dcmread(io.BytesIO(answer.content))
    assert (selection.Modality, selection.SOPClassUID, selection.StudyInstanceUID, selection.PatientID) == (
        "KO", KeyObjectSelectionDocumentStorage, CT, study.dicom_patient_id,
    )  # fmt: skip
    assert selection.ConceptNameCodeSequence[0].CodeValue == "113000"
    assert selection.ContentTemplateSequence[0].TemplateIdentifier == "2010"
    (chosen,) = [one for one in selection.ContentSequence if one.ValueType == "IMAGE"]
    assert chosen.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == f"{CT}.1.3"
    assert "ReferencedFrameNumber" not in chosen.ReferencedSOPSequence[0]
    evidence = selection.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert [one.SeriesInstanceUID for one in evidence] == [f"{CT}.1"]
    report = dcmread(io.BytesIO(client.get(f"/measurements/{CT}/report.dcm").content))
    assert len(report.ContentSequence[-1].ContentSequence) == 1
    assert "Key Object Selection Document" in _as_dcmtk_reads(answer.content, tmp_path)


def test_of_several_frames_those_that_are_meant_are_named(study: Study) -> None:
    Instance.objects.filter(sop_instance_uid=f"{CT}.1.3").update(number_of_frames=9)
    first = LENGTH | {"instance": f"{CT}.1.3"}
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[KEY | {"frame": 5}, KEY, first])
    selection = dcmread(io.BytesIO(selectors.as_key_objects(viewer("diaz"), CT)))
    (chosen,) = [one for one in selection.ContentSequence if one.ValueType == "IMAGE"]
    assert list(chosen.ReferencedSOPSequence[0].ReferencedFrameNumber) == [1, 5]
    report = dcmread(io.BytesIO(selectors.as_report(viewer("diaz"), CT)))
    place = report.ContentSequence[-1].ContentSequence[0].ContentSequence[-1].ContentSequence[0]
    assert place.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber == 1


@pytest.mark.parametrize("sent", [True, False])
def test_both_documents_name_the_order_that_the_study_answers(study: Study, sent: bool) -> None:
    order = study.order
    assert order is not None
    order.order_number = "PO-77"
    order.save()
    if not sent:  # staff linked the order: the images themselves bear no number
        Study.objects.filter(pk=study.pk).update(accession_number="")
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[LENGTH, KEY])
    for made in (selectors.as_report, selectors.as_key_objects):
        document = dcmread(io.BytesIO(made(viewer("diaz"), CT)))
        (request,) = document.ReferencedRequestSequence
        assert document.AccessionNumber == request.AccessionNumber == order.accession_number
        assert (request.StudyInstanceUID, request.PlacerOrderNumberImagingServiceRequest) == (CT, "PO-77")
        assert request.RequestedProcedureDescription == order.description[:64]


def test_without_a_number_no_order_is_made_up(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(accession_number="", order=None)
    services.save(viewer=viewer("jefe"), study_uid=CT, content=[LENGTH])
    report = dcmread(io.BytesIO(selectors.as_report(viewer("jefe"), CT)))
    assert (report.AccessionNumber, "ReferencedRequestSequence" in report) == ("", False)


def test_they_go_with_the_study(study: Study) -> None:
    services.save(viewer=viewer("diaz"), study_uid=CT, content=[LENGTH])
    study.delete()
    assert not MeasurementSet.objects.exists()


def _as_dcmtk_reads(content: bytes, folder: Path) -> str:
    """What dcmtk's own reader of structured documents says of one; it must find no fault in it."""
    path = folder / "document.dcm"
    path.write_bytes(content)
    told = subprocess.run(["/usr/bin/dsrdump", str(path)], capture_output=True, text=True, check=True)
    assert "E:" not in told.stderr
    return told.stdout
