"""One Orthanc with one study a module, and a folder with the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import UID

from placa.standards.dicom.peers.base import Outgoing
from placa.standards.dicom.peers.tests.orthanc import Orthanc, free_port, orthanc

STUDY = "1.2.826.0.1.3680043.10.999.77"
NAMES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_rle.dcm")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Outgoing]:
    """Five objects of one study in two series and four transfer syntaxes."""
    folder, found = tmp_path_factory.mktemp("objects"), []
    for number, name in enumerate((*NAMES, "CT_small.dcm")):
        path = get_testdata_file(name)
        assert isinstance(path, str)
        data = dcmread(path)
        data.StudyInstanceUID, data.PatientID = UID(STUDY), "MRN-7001"
        data.SeriesInstanceUID = UID(f"{STUDY}.{1 if number in (0, 4) else 2}")
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID(f"{STUDY}.9.{number}")
        target = folder / f"{number}.dcm"
        data.save_as(target, enforce_file_format=True)
        found.append(
            Outgoing(
                target, str(data.SOPClassUID), str(data.SOPInstanceUID), str(data.file_meta.TransferSyntaxUID)
            )
        )
    return found


@pytest.fixture(scope="module")
def reports_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, reports_port: int) -> Iterator[Orthanc]:
    """A real archive that knows us as PLACA."""
    with orthanc(
        Path(tmp_path_factory.mktemp("orthanc")), {"placa": ["PLACA", "127.0.0.1", reports_port]}
    ) as running:
        yield running
