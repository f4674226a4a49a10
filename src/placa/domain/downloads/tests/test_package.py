"""What is in the ZIP of a study: the layout of IHE PDI, and every byte of what came."""

import io
import os
import re
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest
from django.utils import translation
from PIL import Image
from pydicom import dcmread

from placa.demo import cast
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.downloads import package
from placa.domain.downloads.errors import MissingFileError, NothingToDownloadError, NotOnlineError
from placa.domain.downloads.tests import world
from placa.domain.downloads.tests.world import CT, viewer
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests import classes
from placa.domain.intake.tests.objects import received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def opened(username: str = "ana", **how: str) -> zipfile.ZipFile:
    made = package.open_package(viewer(username), CT, **how)  # type: ignore[arg-type]
    data = b"".join(made.zip.stream())
    assert len(data) == made.zip.size
    return zipfile.ZipFile(io.BytesIO(data))


def roots(archive: zipfile.ZipFile) -> set[str]:
    return {name.split("/")[0] for name in archive.namelist()}


def test_the_layout_of_ihe_pdi() -> None:
    world.everything()
    archive = opened()
    assert archive.testzip() is None
    assert archive.namelist() == [
        "DICOMDIR", "README.TXT", "INDEX.HTM",
        "IHE_PDI/S001P001.HTM", "IHE_PDI/S002P001.HTM", "IHE_PDI/S003P001.HTM",
        "VIEWER/VIEWER.JS", "VIEWER/STUDY.JS",
        "REPORTS/REPORT01.PDF",
        *(f"IHE_PDI/SER00001/IM00000{n}.JPG" for n in (1, 2, 3)),
        *pictures(archive),
        *(f"VIEWER/SER00001/IM00000{n}.JS" for n in (1, 2, 3)),
        *(name for name in archive.namelist() if re.fullmatch(r"VIEWER/SER0000\d/IM000001/F0000[123].JS", name)),
        *(name for name in archive.namelist() if name.startswith("DICOM/")),
    ]  # fmt: skip
    dicom = [name for name in archive.namelist() if name.startswith("DICOM/")]
    assert len(dicom) == 6
    for name in dicom:
        assert all(re.fullmatch("[A-Z0-9_]{1,8}", part) for part in name.split("/"))


def pictures(archive: zipfile.ZipFile) -> list[str]:
    """The pictures of the cine and of the ECG, in whatever series they are."""
    return [n for n in archive.namelist() if n.endswith(".JPG") and not n.startswith("IHE_PDI/SER00001/")]


def test_dicom_files_are_the_stored_bytes() -> None:
    world.everything()
    archive = opened()
    sent = {archive.read(name) for name in archive.namelist() if name.startswith("DICOM/")}
    kept = {storage().path(i.storage_key).read_bytes() for i in Instance.objects.filter(study=world.study())}
    assert sent == kept


def test_pictures_are_jpegs_and_what_has_none_is_said() -> None:
    world.everything()
    archive = opened()
    several = pictures(archive)
    assert len(several) == 3 + 1  # the frames of the cine, one ECG
    for name in [*several, "IHE_PDI/SER00001/IM000001.JPG"]:
        assert Image.open(io.BytesIO(archive.read(name))).format == "JPEG"
    with translation.override("en"):
        index = opened().read("INDEX.HTM").decode()
    assert "1 object has no picture here." in index


def test_pages_are_xhtml_and_every_link_leads_somewhere_and_only_the_first_names_scripts() -> None:
    world.everything()
    archive = opened()
    names = set(archive.namelist())
    linked: set[str] = set()
    for page in (name for name in names if name.endswith(".HTM")):
        tree = ET.fromstring(archive.read(page).replace(b"&middot;", b""))
        tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert not tags & {"iframe", "object", "form"}
        scripts = [one for one in tree.iter() if one.tag.rpartition("}")[2] == "script"]
        named = [(one.get("src"), one.text) for one in scripts]  # none of their own words
        assert named == (
            [("VIEWER/STUDY.JS", None), ("VIEWER/VIEWER.JS", None)] if page == "INDEX.HTM" else []
        )
        for element in tree.iter():
            for attribute in ("href", "src"):
                if target := element.get(attribute):
                    linked.add(os.path.normpath(os.path.join(os.path.dirname(page), target)))
    assert linked <= names
    assert {n for n in names if n.startswith(("REPORTS/", "IHE_PDI/"))} <= linked


def test_the_pages_speak_the_language_of_the_asker_and_say_what_must_be_said() -> None:
    world.everything()
    with translation.override("en"):
        readme = opened().read("README.TXT").decode("utf-8-sig")
    assert "\r\n" in readme
    for words in ("Clínica Alborada", "809-555-0142", "INDEX.HTM", "Placa 0", "not meant for making a diagnosis",
                  "personal health data"):  # fmt: skip
        assert words in readme


@pytest.mark.parametrize(
    ("changes", "words"),
    [(False, "DICOM media profile: STD-GEN-CD"), (True, "DICOM media profile: STD-GEN-USB-JPEG")],
)
def test_the_media_profile_is_the_one_the_files_keep(changes: bool, words: str) -> None:
    world.slices(1)
    if changes:
        world.cine(1)
        syntaxes = set(Instance.objects.values_list("transfer_syntax_uid", flat=True))
        assert "1.2.840.10008.1.2.4.50" in syntaxes
    with translation.override("en"):
        assert words in opened().read("README.TXT").decode("utf-8-sig")


def test_dcmtk_and_dicom3tools_read_the_dicomdir_and_every_file_is_there(tmp_path: Path) -> None:
    world.everything()
    opened().extractall(tmp_path)
    dumped = subprocess.run(
        ["dcmdump", "-q", "+P", "0004,1500", tmp_path / "DICOMDIR"], capture_output=True, text=True
    )
    assert dumped.returncode == 0, dumped.stderr
    referenced = re.findall(r"\[(.+?)\]", dumped.stdout)
    assert len(referenced) == 6
    for name in referenced:
        data = dcmread(tmp_path / name.replace("\\", "/"), stop_before_pixels=True)
        assert data.StudyInstanceUID == CT
    listed = subprocess.run(["dcdirdmp", tmp_path / "DICOMDIR"], capture_output=True, text=True)
    assert listed.returncode == 0, listed.stderr
    verified = subprocess.run(["dciodvfy", tmp_path / "DICOMDIR"], capture_output=True, text=True)
    assert "Error" not in verified.stderr, verified.stderr


def test_the_parts_that_one_may_ask_for() -> None:
    world.everything()
    assert roots(opened(parts="dicom")) == {"DICOMDIR", "README.TXT", "INDEX.HTM", "DICOM"}
    assert roots(opened(parts="jpeg")) == {"README.TXT", "INDEX.HTM", "IHE_PDI"}
    assert roots(opened(parts="report")) == {"README.TXT", "INDEX.HTM", "REPORTS"}


def test_one_series_has_a_dicomdir_of_its_own(tmp_path: Path) -> None:
    world.everything()
    archive = opened(series=f"{CT}.1")
    dicom = [name for name in archive.namelist() if name.startswith("DICOM/")]
    assert dicom == [f"DICOM/SER00001/IM00000{n}" for n in (1, 2, 3)]
    directory = dcmread(io.BytesIO(archive.read("DICOMDIR")))
    files = [
        "/".join(r.ReferencedFileID) for r in directory.DirectoryRecordSequence if "ReferencedFileID" in r
    ]
    assert files == dicom
    assert "REPORTS/REPORT01.PDF" not in archive.namelist()
    with pytest.raises(NothingToDownloadError):
        opened(series="1.2.3")


def test_the_same_choice_is_the_same_bytes_until_an_instance_comes() -> None:
    world.slices(2)
    asker = viewer("ana")
    first = package.open_package(asker, CT)
    again = package.open_package(asker, CT)
    assert first.zip.digest == again.zip.digest
    assert b"".join(first.zip.stream()) == b"".join(again.zip.stream())
    world.slices(3)
    assert package.open_package(asker, CT).zip.digest != first.zip.digest


def test_the_name_says_nothing_of_person_or_exam() -> None:
    world.slices(1)
    assert package.open_package(viewer("ana"), CT).name == f"study-{world.PLAN.accession}.zip"


def test_a_missing_file_is_told_before_anything_is_sent() -> None:
    world.slices(2)
    package.open_package(viewer("ana"), CT)
    storage().delete(Instance.objects.filter(study=world.study()).latest("id").storage_key)
    with pytest.raises(MissingFileError):
        package.open_package(viewer("ana"), CT)


def test_a_file_of_another_length_is_as_good_as_missing() -> None:
    world.slices(1)
    with storage().path(Instance.objects.latest("id").storage_key).open("ab") as file:
        file.write(b"more")
    with pytest.raises(MissingFileError):
        package.open_package(viewer("ana"), CT)


def test_images_in_the_archive_are_said_to_be_there_and_the_report_still_goes() -> None:
    world.slices(1)
    Study.objects.filter(study_instance_uid=CT).update(availability="offline")
    with pytest.raises(NotOnlineError):
        package.open_package(viewer("ana"), CT)
    assert roots(opened(parts="report")) == {"README.TXT", "INDEX.HTM", "REPORTS"}


def test_memory_is_flat_for_a_large_study(monkeypatch: pytest.MonkeyPatch) -> None:
    import tracemalloc

    world.slices(40, Rows=256, Columns=256, PixelData=bytes(131072))
    made = package.open_package(viewer("ana"), CT)
    tracemalloc.start()
    try:
        total = sum(len(chunk) for chunk in package.open_package(viewer("ana"), CT).zip.stream())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == made.zip.size > 5 * 1024**2
    assert peak < 2.5 * 1024**2


def test_every_storage_class_has_its_file_and_its_directory_record() -> None:
    own = {
        "StudyInstanceUID": CT, "PatientID": cast.PATIENTS["ana"].patient_id, "IssuerOfPatientID": cast.ISSUER,
        "AccessionNumber": world.PLAN.accession, "PatientBirthDate": "",
    }  # fmt: skip
    objects = {case: classes.build(case, number, **own) for number, case in enumerate(classes.CASES, start=1)}
    process([received(one) for one in objects.values()])
    archive = opened("jefe")
    records = {
        str(record.ReferencedSOPInstanceUIDInFile): record
        for record in dcmread(io.BytesIO(archive.read("DICOMDIR"))).DirectoryRecordSequence
        if "ReferencedSOPInstanceUIDInFile" in record
    }
    kinds = {case.name: records[data.SOPInstanceUID].DirectoryRecordType for case, data in objects.items()}
    assert kinds == {case.name: case.record for case in objects}
    for case, data in objects.items():
        record = records[data.SOPInstanceUID]
        assert archive.read("/".join(record.ReferencedFileID))[128:132] == b"DICM"
        for keyword in OWN_KEYS & set(data.dir()) & set(record.dir()):
            assert getattr(record, keyword) == getattr(data, keyword), (case.name, keyword)
    assert records[objects[classes.BY_NAME["rt-dose"]].SOPInstanceUID].DoseSummationType == "BEAM"


OWN_KEYS = {
    "DoseSummationType", "RTPlanLabel", "RTPlanDate", "StructureSetLabel", "StructureSetDate", "TreatmentDate",
    "ContentLabel", "ContentDescription", "PresentationCreationDate", "DataPointRows", "DataPointColumns",
    "UserContentLabel", "DocumentTitle",
}  # fmt: skip
