"""Every object of every generator: readable, complete for its IOD, this person's, the same each time."""

import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from placa.demo import phantoms
from placa.demo.phantoms import Identity, Visit

#: Defined terms may be extended: CC and MLO are mammography's own, MPR is what scanners write in reformats.
UNKNOWN_TERMS = tuple(f"Warning - Unrecognized defined term <{term}>" for term in ("CC", "MLO", "MPR"))
Generator = Callable[[Identity, Visit], list[Dataset]]
GENERATORS: dict[str, tuple[Generator, int]] = {
    "ct": (lambda i, v: phantoms.ct_abdomen(i, v, slices=2, coronal=2, sagittal=2), 6),
    "chest": (phantoms.cr_chest, 1),
    "wrist": (phantoms.dx_wrist, 1),
    "lumbar": (phantoms.lumbar_xray, 2),
    "mammogram": (phantoms.mg_pair, 4),
    "ultrasound": (lambda i, v: phantoms.us_renal(i, v, frames=2), 1),
    "knee": (lambda i, v: phantoms.mr_knee(i, v, slices=2), 2),
    "ecg": (phantoms.ecg_12lead, 1),
    "pdf": (lambda i, v: phantoms.lab_pdf(i, v, b"%PDF-1.7\n%%EOF"), 1),
}


@pytest.fixture(scope="module", params=GENERATORS)
def made(request: pytest.FixtureRequest, ana: Identity, visit: Visit) -> tuple[str, list[Dataset]]:
    return request.param, GENERATORS[request.param][0](ana, visit)


def as_bytes(ds: Dataset) -> bytes:
    target = BytesIO()
    ds.save_as(target, enforce_file_format=True)
    return target.getvalue()


def test_generator_makes_as_many_objects_as_it_says(made: tuple[str, list[Dataset]]) -> None:
    name, objects = made
    assert len(objects) == GENERATORS[name][1]
    assert len({ds.SOPInstanceUID for ds in objects}) == len(objects)


def test_objects_carry_the_person_and_the_visit(
    made: tuple[str, list[Dataset]], ana: Identity, visit: Visit
) -> None:
    for ds in made[1]:
        read = dcmread(BytesIO(as_bytes(ds)))
        assert str(read.PatientName) == ana.patient_name
        assert (read.PatientID, read.IssuerOfPatientID) == (ana.patient_id, ana.issuer)
        assert (read.PatientBirthDate, read.PatientSex) == ("19850508", "F")
        assert read.StudyInstanceUID == visit.study_instance_uid
        assert (read.StudyDate, read.StudyTime, read.TimezoneOffsetFromUTC) == ("20261112", "092000", "-0400")
        assert (read.AccessionNumber, read.InstitutionName) == ("A26-114502", "Clínica Alborada")
        assert read.SOPInstanceUID.startswith("2.25.")
        assert read.file_meta.MediaStorageSOPInstanceUID == read.SOPInstanceUID


def test_objects_are_the_same_bytes_each_time(
    made: tuple[str, list[Dataset]], ana: Identity, visit: Visit
) -> None:
    name, objects = made
    again = GENERATORS[name][0](ana, visit)
    assert [as_bytes(ds) for ds in again] == [as_bytes(ds) for ds in objects]


def test_another_study_gets_other_uids(ana: Identity, visit: Visit) -> None:
    other = Visit(**{**vars(visit), "study_instance_uid": phantoms.derived_uid("another visit")})
    one, two = (phantoms.ecg_12lead(ana, where)[0] for where in (visit, other))
    assert one.SeriesInstanceUID != two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_dciodvfy_finds_no_error(made: tuple[str, list[Dataset]], tmp_path: Path) -> None:
    for number, ds in enumerate(made[1]):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(as_bytes(ds))
        checked = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
        complaints = [line for line in checked.stderr.splitlines() if line.startswith(("Error", "Warning"))]
        assert [line for line in complaints if not line.startswith(UNKNOWN_TERMS)] == []


def test_a_pdf_that_is_none_is_refused(ana: Identity, visit: Visit) -> None:
    with pytest.raises(ValueError, match="not a PDF"):
        phantoms.lab_pdf(ana, visit, b"<html>")
