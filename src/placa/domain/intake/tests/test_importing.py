"""Files, folders, ZIPs and DICOMDIRs come in; what is not DICOM is refused, what leads outside is not followed."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.intake.importer import import_paths
from placa.domain.intake.models import InboxItem
from placa.domain.intake.tests.objects import STUDY, ct, encoded, part10

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder as it lies on a CD."""
    folder = tmp_path / "cd"
    (folder / "IMAGES").mkdir(parents=True)
    for number in (1, 2, 3):
        (folder / "IMAGES" / f"IM{number}").write_bytes(part10(ct(number)))
    (folder / "README.TXT").write_text("Hospital")
    return folder


def _numbers() -> set[int | None]:
    return set(
        Instance.objects.filter(study__study_instance_uid=STUDY).values_list("instance_number", flat=True)
    )


def test_a_folder_is_taken_with_all_below_it_and_again_changes_nothing(disk: Path) -> None:
    summary = import_paths([disk])
    assert (summary.accepted, summary.duplicates, summary.studies) == (3, 0, {STUDY})
    assert summary.refused == {"not-dicom": 1}
    assert _numbers() == {1, 2, 3}
    again = import_paths([disk])
    assert (again.accepted, again.duplicates) == (0, 3)
    assert Study.objects.get(study_instance_uid=STUDY).number_of_instances == 3


def test_the_summary_names_counts_and_reasons(disk: Path) -> None:
    text = str(import_paths([disk]))
    assert text.startswith("3 objects accepted in 1 studies, 0 duplicates, 0 kept in the inbox, 1 refused")
    assert "not-dicom: 1 (README.TXT)" in text


def test_the_summary_counts_studies_that_nobody_is_known_for(tmp_path: Path) -> None:
    for number, patient in (("1", "999-UNKNOWN"), ("2", "998-UNKNOWN")):
        for image in (1, 2):
            uid = f"{STUDY}.9{number}"
            file = ct(
                image,
                StudyInstanceUID=uid,
                PatientID=patient,
                SOPInstanceUID=f"{uid}.{image}",
                AccessionNumber="",
            )
            (tmp_path / f"{number}{image}").write_bytes(part10(file))
    summary = import_paths([tmp_path])
    waits = InboxItem.objects.filter(study__study_instance_uid__in=summary.studies, resolved_at=None)
    assert summary.unplaced == waits.count() == 2
    assert "2 of these studies wait in the inbox for their patient" in str(summary)
    assert "wait in the inbox" not in str(import_paths([tmp_path]))  # nothing new came


def test_an_executable_in_the_preamble_does_not_come_along(tmp_path: Path) -> None:
    file = tmp_path / "polyglot.dcm"
    file.write_bytes(b"MZ" + part10(ct())[2:])
    assert import_paths([file]).accepted == 1
    with storage().open(Instance.objects.get(study__study_instance_uid=STUDY).storage_key) as kept:
        assert kept.read(132) == bytes(128) + b"DICM"


def test_a_bare_data_set_gets_a_header(tmp_path: Path) -> None:
    file = tmp_path / "bare"
    file.write_bytes(encoded(ct()))
    assert import_paths([file]).accepted == 1


def _directory(*names: list[str]) -> bytes:
    """A DICOMDIR that names these files."""
    directory = Dataset()
    directory.SOPClassUID = MediaStorageDirectoryStorage
    directory.DirectoryRecordSequence = []
    for parts in names:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = parts
        directory.DirectoryRecordSequence.append(record)
    directory.file_meta = FileMetaDataset()
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    del directory.SOPClassUID
    buffer = io.BytesIO()
    dcmwrite(buffer, directory)
    return buffer.getvalue()


def test_a_dicomdir_brings_the_files_it_names_and_no_others(disk: Path) -> None:
    (disk / "IMAGES" / "IM3").rename(disk / "IMAGES" / "im3")  # as some systems mount a CD
    (disk / "DICOMDIR").write_bytes(_directory(["IMAGES", "IM1"], ["IMAGES", "IM3"], ["IMAGES", "GONE"]))
    summary = import_paths([disk / "DICOMDIR"])
    assert summary.accepted == 2
    assert summary.refused == {"missing-file": 1}
    assert _numbers() == {1, 3}


def test_a_dicomdir_cannot_name_what_lies_outside_its_folder(disk: Path) -> None:
    (disk.parent / "SECRET").write_bytes(part10(ct(9)))
    os.symlink(disk.parent / "SECRET", disk / "LINK")
    (disk / "DICOMDIR").write_bytes(
        _directory(["XX", "SECRET"], ["LINK"], ["IMAGES", "IM1"]).replace(b"XX", b"..")
    )
    summary = import_paths([disk / "DICOMDIR"])
    assert (summary.accepted, summary.refused) == (1, {"outside-folder": 2})
    assert _numbers() == {1}


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_is_read_and_its_names_lead_nowhere(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip",
        {"x/1.dcm": part10(ct(1)), "../../escape.dcm": part10(ct(2)), "a.txt": b"hello " * 40},
    )
    before = {file for file in tmp_path.parent.rglob("escape*")}
    summary = import_paths([path])
    assert (summary.accepted, summary.refused) == (2, {"not-dicom": 1})
    assert {file for file in tmp_path.parent.rglob("escape*")} == before
    assert list((tmp_path / "run").iterdir()) == []


def test_a_zip_bomb_is_given_up_before_it_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from placa.domain.intake import importer

    monkeypatch.setattr(importer, "ZIP_FREE", 1024 * 1024)
    path = _zip(tmp_path / "bomb.zip", {"1.dcm": part10(ct(1)), "bomb": bytes(40_000_000)})
    summary = import_paths([path])
    assert (summary.accepted, summary.refused) == (1, {"zip-expands-too-much": 1})


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"1.dcm": part10(ct(1))})
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(bytes(content))
    summary = import_paths([path])
    assert (summary.accepted, summary.refused) == (0, {"zip-damaged-or-encrypted": 1})
