"""What every archive does, asked of a folder and of a real Orthanc over DIMSE and DICOMweb."""

import gc
from contextlib import suppress
from pathlib import Path

import pytest

from placa.standards.dicom.peers.base import (
    ArchivePeer,
    Outgoing,
    PermanentPeerError,
    RetriablePeerError,
    Wanted,
)
from placa.standards.dicom.peers.content import content_digest
from placa.standards.dicom.peers.dicomweb import DicomwebArchive, WebAddress
from placa.standards.dicom.peers.dimse import DimseAddress, DimseArchive, Reports
from placa.standards.dicom.peers.folder import FolderArchive
from placa.standards.dicom.peers.tests.conftest import STUDY
from placa.standards.dicom.peers.tests.orthanc import Orthanc, free_port

KINDS = [
    "folder",
    pytest.param("dimse", marks=pytest.mark.peer),
    pytest.param("dicomweb", marks=pytest.mark.peer),
]


@pytest.fixture(params=KINDS)
def peer(request: pytest.FixtureRequest, tmp_path: Path, files: list[Outgoing]) -> ArchivePeer:
    """An archive of each kind with the study in it."""
    if request.param == "folder":
        (tmp_path / "archive").mkdir()
        one: ArchivePeer = FolderArchive(tmp_path / "archive")
    else:
        server: Orthanc = request.getfixturevalue("server")
        one = (
            over_dimse(server, files)
            if request.param == "dimse"
            else DicomwebArchive(WebAddress(server.dicomweb))
        )
    one.store(files)
    return one


def over_dimse(server: Orthanc, files: list[Outgoing], reports: Reports | None = None) -> DimseArchive:
    kinds = [(file.sop_class_uid, file.transfer_syntax_uid) for file in files]
    address = DimseAddress("127.0.0.1", server.dicom_port, server.aet, "PLACA", answer_seconds=20)
    return DimseArchive(address, kinds=kinds, reports=reports)


def fetched(peer: ArchivePeer, wanted: Wanted) -> dict[str, str]:
    """SOPInstanceUID -> digest of what comes."""
    from pydicom import dcmread

    found: dict[str, str] = {}

    def take(path: Path) -> None:
        found[str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)] = content_digest(path)

    peer.fetch(wanted, take, lambda: None)
    return found


def test_it_answers(peer: ArchivePeer) -> None:
    peer.echo()


def test_it_says_exactly_what_it_has(peer: ArchivePeer, files: list[Outgoing]) -> None:
    held = peer.instances(STUDY)
    assert set(held) == {file.sop_instance_uid for file in files}
    assert held[f"{STUDY}.9.0"].series_instance_uid == f"{STUDY}.1"
    assert peer.instances("1.2.3.4.5") == {}


def test_what_comes_back_is_what_was_sent(peer: ArchivePeer, files: list[Outgoing]) -> None:
    sent = {file.sop_instance_uid: content_digest(file.path) for file in files}
    assert fetched(peer, Wanted(STUDY)) == sent


def test_a_series_and_single_instances_can_be_had(peer: ArchivePeer) -> None:
    assert set(fetched(peer, Wanted(STUDY, f"{STUDY}.1"))) == {f"{STUDY}.9.0", f"{STUDY}.9.4"}
    some = Wanted(STUDY, f"{STUDY}.2", (f"{STUDY}.9.1", f"{STUDY}.9.3"))
    assert set(fetched(peer, some)) == {f"{STUDY}.9.1", f"{STUDY}.9.3"}


def test_what_it_does_not_have_does_not_come(peer: ArchivePeer) -> None:
    taken: list[Path] = []
    with suppress(RetriablePeerError):  # C-GET fails, the others send nothing
        peer.fetch(Wanted("1.2.3.4.5"), taken.append, lambda: None)
    assert taken == []


@pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning"
)  # pynetdicom's, of the object that was on its way
def test_an_error_of_the_taker_is_the_callers(peer: ArchivePeer) -> None:
    def take(path: Path) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        peer.fetch(Wanted(STUDY), take, lambda: None)
    gc.collect()


@pytest.mark.peer
def test_orthanc_promises_what_it_has(server: Orthanc, files: list[Outgoing], reports_port: int) -> None:
    peer = over_dimse(server, files, Reports("PLACA", "127.0.0.1", reports_port, seconds=15))
    peer.store(files)
    asked = {file.sop_instance_uid: file.sop_class_uid for file in files}
    assert peer.commit({**asked, "1.2.3.4.5.6": files[0].sop_class_uid}) == set(asked)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # pynetdicom's socket of a call that failed
def test_who_is_not_there_may_be_asked_again(files: list[Outgoing]) -> None:
    port = free_port()
    away: list[ArchivePeer] = [
        DimseArchive(DimseAddress("127.0.0.1", port, "NOBODY", "PLACA", connect_seconds=2)),
        DicomwebArchive(WebAddress(f"http://127.0.0.1:{port}/dicom-web")),
        FolderArchive(Path("/nonexistent/archive")),
    ]
    for peer in away:
        with pytest.raises(RetriablePeerError):
            peer.echo()
        with pytest.raises(RetriablePeerError):
            peer.instances(STUDY)


@pytest.mark.peer
def test_who_rejects_us_need_not_be_asked_again(tmp_path: Path, files: list[Outgoing]) -> None:
    from placa.standards.dicom.peers.tests.orthanc import orthanc

    with orthanc(tmp_path / "closed", DicomCheckCalledAet=True, AuthenticationEnabled=True) as closed:
        stranger = DimseArchive(DimseAddress("127.0.0.1", closed.dicom_port, "ANOTHER", "PLACA"))
        with pytest.raises(PermanentPeerError, match="refused"):
            stranger.echo()
        with pytest.raises(PermanentPeerError, match="refused"):
            DicomwebArchive(WebAddress(closed.dicomweb)).echo()
