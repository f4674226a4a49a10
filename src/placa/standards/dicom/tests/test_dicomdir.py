"""A DICOMDIR written directly is read by others as it should be, and has every key that media need."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.fileset import FileSet

from placa.standards.dicom import part10
from placa.standards.dicom.dicomdir import build_dicomdir
from placa.standards.dicom.directory_entry import DirectoryEntry, profile_of, referenced_series_of
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import read_header
from placa.standards.dicom.metadata import metadata_json
from placa.standards.dicom.tests.conftest import packaged

FILES = [
    "CT_small.dcm",
    "MR_small.dcm",
    "reportsi.dcm",
    "waveform_ecg.dcm",
    "rtplan.dcm",
    "rtdose.dcm",
    "chrX1.dcm",
]


def media(folder: Path, files: list[Path]) -> list[DirectoryEntry]:
    """Put `files` on media in `folder`, with their DICOMDIR."""
    entries = []
    for number, file in enumerate(files):
        try:
            header = read_header(file)
        except InvalidObject:
            continue
        file_id = ("DICOM", f"S{number // 50:03}", f"I{number:05}")
        target = folder.joinpath(*file_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            part10.copy_clean(file, out)
        references = referenced_series_of(metadata_json(file, "/b")) if header.modality == "PR" else ()
        entries.append(DirectoryEntry.from_header(header, file_id, references))
    (folder / "DICOMDIR").write_bytes(build_dicomdir(entries))
    return entries


@contextmanager
def loaded(folder: Path) -> Iterator[FileSet]:
    """The file set in `folder` as pydicom sees it; its temporary folder goes at once."""
    file_set = FileSet(pydicom.dcmread(folder / "DICOMDIR"))
    try:
        yield file_set
    finally:
        file_set._stage["t"].cleanup()


def test_pydicom_reads_the_file_set(tmp_path: Path) -> None:
    entries = media(tmp_path, [packaged(name) for name in FILES])
    assert len(entries) == len(FILES)
    with loaded(tmp_path) as file_set:
        assert file_set.ID == "PLACA"
        assert len(file_set) == len(entries)
        assert {str(found.SOPInstanceUID) for found in file_set} == {
            entry.sop_instance_uid for entry in entries
        }
        for found in file_set:
            assert found.load().SOPInstanceUID == found.SOPInstanceUID


def test_records_are_nested_and_named() -> None:
    ct = DirectoryEntry.from_header(read_header(packaged("CT_small.dcm")), ("CT1",))
    second = replace(ct, file_id=("CT2",), sop_instance_uid="1.2.3")
    other = replace(ct, file_id=("CT3",), sop_instance_uid="1.2.4", series_instance_uid="1.9")
    carla = replace(ct, file_id=("CT4",), patient_id="2", study_instance_uid="1.8")
    records = pydicom.dcmread(io.BytesIO(build_dicomdir([ct, carla, second, other]))).DirectoryRecordSequence
    kinds = [record.DirectoryRecordType for record in records]
    below = ["PATIENT", "STUDY", "SERIES", "IMAGE"]
    assert kinds == [*below, "IMAGE", "SERIES", "IMAGE", *below]
    assert records[4].ReferencedFileID == "CT2"


def test_keys_that_the_object_lacks_are_made() -> None:
    bare = DirectoryEntry(
        ("A",), "1.2.840.10008.5.1.4.1.1.7", "1.2.3", "1.2.840.10008.1.2.1", "1.2.4", "1.2.5"
    )
    both = [bare, replace(bare, file_id=("B",), sop_instance_uid="1.2.6", series_instance_uid="1.2.7")]
    read = pydicom.dcmread(io.BytesIO(build_dicomdir(both)))
    patient, study, first, image, second, _image = read.DirectoryRecordSequence
    assert patient.PatientID == "NOID1"
    assert (study.StudyID, study.StudyDate, study.StudyTime) == ("1", "19000101", "000000")
    assert (first.Modality, first.SeriesNumber, image.InstanceNumber, second.SeriesNumber) == ("OT", 1, 1, 2)


def test_text_is_utf_8_and_fits() -> None:
    entry = DirectoryEntry.from_header(read_header(packaged("CT_small.dcm")), ("A",))
    entry = replace(entry, patient_name="Núñez\\Peña^José\n", study_description="á" * 100)
    patient, study, *_rest = pydicom.dcmread(io.BytesIO(build_dicomdir([entry]))).DirectoryRecordSequence
    assert patient.PatientName == "Núñez/Peña^José"
    assert patient.SpecificCharacterSet == "ISO_IR 192"
    assert study.StudyDescription == "á" * 64


@pytest.mark.parametrize("file_id", [(), ("a",), ("TOOLONG_9",), ("..",), ("A/B",), ("A",) * 9])
def test_paths_that_media_do_not_allow(file_id: tuple[str, ...]) -> None:
    entry = DirectoryEntry.from_header(read_header(packaged("CT_small.dcm")), file_id)
    with pytest.raises(ValueError, match="Referenced File ID"):
        build_dicomdir([entry])


def test_profiles() -> None:
    plain = DirectoryEntry.from_header(read_header(packaged("CT_small.dcm")), ("A",))
    assert profile_of([plain]) == "STD-GEN-CD"
    assert (
        profile_of([plain, replace(plain, transfer_syntax_uid="1.2.840.10008.1.2.4.50")])
        == "STD-GEN-USB-JPEG"
    )
    assert profile_of([replace(plain, transfer_syntax_uid="1.2.840.10008.1.2.4.80")]) == "none"


def test_an_empty_directory() -> None:
    read = pydicom.dcmread(io.BytesIO(build_dicomdir([])))
    assert (
        read.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity,
        len(read.DirectoryRecordSequence),
    ) == (0, 0)


# its record, ANNOTATION, is younger than the toolkits: pydicom 3.0 and dicom3tools of 2022 do not know it
YOUNGER = {"1.2.840.10008.5.1.4.1.1.91.1"}


def known_to_all(file: Path) -> bool:
    """Whether every toolkit knows the directory record of an object; files that are none are left to `media`."""
    try:
        return read_header(file).sop_class_uid not in YOUNGER
    except InvalidObject:
        return True


def test_other_toolkits_find_no_fault(testdata: Path, tmp_path: Path) -> None:
    """All objects of the shared set on one medium, read by dcmtk and checked by dicom3tools."""
    names = ("special", "charset", "transfer-syntax")
    found = sorted(file for name in names for file in (testdata / name).iterdir() if known_to_all(file))
    entries = media(tmp_path, found)
    assert len(entries) > 75
    with loaded(tmp_path) as file_set:
        assert len(file_set) == len(entries)
    for command in (["/usr/bin/dcmdump"], ["dcdirdmp", "-v"], ["dciodvfy"]):
        tool = shutil.which(command[0])
        if tool is None:
            continue
        run = subprocess.run(
            [tool, *command[1:], str(tmp_path / "DICOMDIR")],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        assert run.returncode == 0, run.stderr
        lines = (run.stdout + run.stderr).splitlines()
        assert [line for line in lines if line.startswith(("Error", "E:", "W:"))] == []
