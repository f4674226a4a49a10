"""Every shared file in by C-STORE and by STOW-RS, out by WADO-RS, over sockets, on each pair of storage and database.

What comes out as it is stored must be the same data set; what comes decompressed must have the same pixels. Objects
that share a SOPInstanceUID (the same slice in nine transfer syntaxes) get one of their own each, and so does each that
goes the second way, so that none is taken for another.
"""

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import config, dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID

from placa.standards.dicom.header import read_header
from tests.integration import test_round_trip, test_shared_data
from tests.integration.portal import Portal, running

DATA = test_shared_data.DATA
AS_STORED, DECOMPRESSED = "*", test_round_trip.EXPLICIT
PLAIN = frozenset({"1.2.840.10008.1.2", AS_STORED, DECOMPRESSED})
VIDEO = "1.2.840.10008.1.2.4.10"  # how the MPEG ones begin, which nobody decompresses
A_POST = 25  # objects of one STOW-RS request
INSTANCES = "select sop_instance_uid from archive_instance where not held"

pytestmark = [
    pytest.mark.peer,
    pytest.mark.slow,
    pytest.mark.skipif(not (DATA / "manifest.csv").is_file(), reason="PLACA_TESTDATA names no test data"),
]


@dataclass(frozen=True)
class Sent:
    """An object as it is sent."""

    path: Path
    row: dict[str, str]
    data: FileDataset
    syntax: str  # of its transfer; some files do not say

    @property
    def uid(self) -> str:
        return str(self.data.SOPInstanceUID)

    @property
    def place(self) -> tuple[str, str]:
        return str(self.data.StudyInstanceUID), str(self.data.SeriesInstanceUID)


@pytest.fixture(autouse=True)
def as_modalities_are(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """pydicom says nothing about values that real modalities send."""
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    monkeypatch.setattr(config.settings, "writing_validation_mode", config.IGNORE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


WHOLE = [("file", "sqlite", "all"), ("s3", "postgres", "all")]
PART = [("file", "postgres"), ("s3", "sqlite")]


@pytest.mark.parametrize(
    ("storage", "database", "files"),
    [*WHOLE, *((*pair, "a file a transfer syntax") for pair in PART),
     *(pytest.param(*pair, "all", marks=pytest.mark.soak) for pair in PART)],
)  # fmt: skip
def test_everything_comes_out_as_it_went_in(tmp_path: Path, storage: str, database: str, files: str) -> None:
    rows = [row for row in test_shared_data._rows(*test_shared_data.KINDS) if test_shared_data._whole(row)]
    rows = rows if files == "all" else list({row["transfer_syntax"]: row for row in rows}.values())
    with running(tmp_path / "home", storage, database) as portal:
        client = DICOMwebClient(portal.dicomweb, session=_session(portal))
        first = list(_objects(rows, tmp_path / "store", apart=False))
        _c_store(portal, first)
        second = list(_objects(rows, tmp_path / "stow", apart=True))
        _stow(client, second)
        sent = {one.uid: one for one in [*first, *second]}
        assert len(sent) == 2 * len(rows)
        portal.until("select id from archive_instance", len(sent))
        wrong = dict(_compared(client, list(sent.values())))
        assert wrong == {}


def _session(portal: Portal) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {portal.token}"
    return session


def _objects(rows: list[dict[str, str]], folder: Path, *, apart: bool) -> Iterator[Sent]:
    """The files as they are; with a SOPInstanceUID of its own each whose UID somebody has, or all of them (`apart`)."""
    folder.mkdir()
    taken: set[str] = set()
    for number, row in enumerate(rows):
        path = DATA / row["path"]
        data = dcmread(path, force=True)
        syntax = read_header(path, require_uids=False).transfer_syntax_uid
        if apart or row["sop_uid"] in taken:
            digest = hashlib.sha256(f"{apart} {row['path']}".encode()).digest()
            data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID(
                f"2.25.{int.from_bytes(digest[:15])}"
            )
            data.file_meta.TransferSyntaxUID = UID(syntax)
            path = folder / f"{number}.dcm"
            data.save_as(path, enforce_file_format=True)
            data = dcmread(path)
        taken.add(row["sop_uid"])
        yield Sent(path, row, data, syntax)


def _c_store(portal: Portal, sent: list[Sent]) -> None:
    """By pynetdicom, the bytes as they lie in the files; dcmtk, which writes some anew, is `test_shared_data`'s."""
    groups: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for one in sent:
        groups[str(one.data.SOPClassUID), one.syntax].append(one.path)
    for group, paths in groups.items():
        assert test_shared_data._by_pynetdicom(portal.listener, group, paths) == len(paths), group


def _stow(client: DICOMwebClient, sent: list[Sent]) -> None:
    for at in range(0, len(sent), A_POST):
        part = sent[at : at + A_POST]
        said = client._http_post_multipart_application_dicom(
            f"{client.base_url}/studies", [one.path.read_bytes() for one in part]
        )
        assert "FailedSOPSequence" not in said
        stored = {item.ReferencedSOPInstanceUID for item in said.ReferencedSOPSequence}
        assert stored == {one.uid for one in part}


def _compared(client: DICOMwebClient, sent: list[Sent]) -> Iterator[tuple[str, str]]:
    """(file, what differs) of all that does not come out as it went in."""
    series: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for one in sent:
        series[one.place].append(one)
    for place, objects in series.items():
        got = {str(data.SOPInstanceUID): data for data in _series(client, place)}
        for one in objects:
            if fault := _fault(client, one, got.get(one.uid)):
                yield str(one.path), fault


def _series(client: DICOMwebClient, place: tuple[str, str]) -> list[Dataset]:
    return client.retrieve_series(*place, media_types=(("application/dicom", AS_STORED),))


def _fault(client: DICOMwebClient, sent: Sent, got: Dataset | None) -> str:
    if got is None:
        return "not served"
    if str(got.file_meta.TransferSyntaxUID) != sent.syntax:
        return f"came as {got.file_meta.TransferSyntaxUID}"
    if got != sent.data:
        return "differs: " + ", ".join(_differing(sent.data, got))
    if sent.syntax in PLAIN or not test_round_trip._decodes(sent.row) or sent.syntax.startswith(VIDEO):
        return ""
    plain = client.retrieve_instance(
        *sent.place, sent.uid, media_types=(("application/dicom", DECOMPRESSED),)
    )
    return test_round_trip._decompressed_differs(sent.data, plain)


def _differing(one: Dataset, other: Dataset) -> list[str]:
    tags = sorted({*one.keys(), *other.keys()})
    return [str(tag) for tag in tags if one.get(tag) != other.get(tag)]
