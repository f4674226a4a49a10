"""Every shared file in by STOW-RS and out by WADO-RS, spoken by dicomweb-client: the same data set, the same pixels.

The client speaks to the portal in this process, through a transport of its own: every byte of HTTP's meaning, no socket.
"""

import csv
import gzip
import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from django.http import HttpResponseBase
from django.test import Client
from pydicom import config, dcmread
from pydicom.dataset import Dataset, FileDataset
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from placa.domain.accounts import bearer
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance
from placa.domain.archive.storage import storage
from placa.domain.intake.models import InboxItem

DATA = Path(os.environ.get("PLACA_TESTDATA", "/nonexistent"))
KINDS = ("studies", "transfer-syntax", "special", "charset", "dicomweb")
EXPLICIT = "1.2.840.10008.1.2.1"
ROOT = "http://testserver/dicomweb"
# what decompressing may change, and by how much pixels of a lossy codec may differ between two decoders
CHANGED = frozenset(
    {
        "PixelData",
        "PhotometricInterpretation",
        "PlanarConfiguration",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
    }
)
LOSSY = 4

pytestmark = [
    pytest.mark.peer,
    pytest.mark.slow,
    pytest.mark.skipif(not (DATA / "manifest.csv").is_file(), reason="PLACA_TESTDATA names no test data"),
]


class Portal(BaseAdapter):
    """Carries requests to the portal in this process."""

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        headers.pop("content-length", None)
        content_type = headers.pop("content-type", "")
        sent: Any = request.body or b""
        body = sent.encode() if isinstance(sent, str) else sent if isinstance(sent, bytes) else b"".join(sent)
        # the test client's own body refuses to be read to its end, which a chunked one must be
        wire: dict[str, Any] = {"wsgi.input": io.BytesIO(body)}
        answer = Client().generic(
            str(request.method), request.path_url, body, content_type=content_type, headers=headers, **wire
        )
        return _as_requests(request, answer)

    def close(self) -> None:
        pass


def _as_requests(request: requests.PreparedRequest, answer: HttpResponseBase) -> requests.Response:
    found = requests.Response()
    found.status_code, found.request, found.url = answer.status_code, request, str(request.url)
    found.headers = CaseInsensitiveDict(dict(answer.items()))
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    found._content = gzip.decompress(content) if found.headers.get("Content-Encoding") == "gzip" else content
    return found


@pytest.fixture
def client(db: None, archive: Path) -> DICOMwebClient:
    """dicomweb-client as the super-user, who sees studies that matched nobody."""
    session = requests.Session()
    session.mount("http://", Portal())
    token = bearer.issue_token(user=User.objects.get(username="jefe"), role="staff")
    session.headers["Authorization"] = f"Bearer {token}"
    return DICOMwebClient(ROOT, session=session)


def rows(*kinds: str) -> list[dict[str, str]]:
    with (DATA / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["kind"] in kinds and row["path"].endswith(".dcm")]


def store(client: DICOMwebClient, path: Path) -> Dataset:
    """STOW-RS of a file as it is; what the portal said."""
    try:
        return client._http_post_multipart_application_dicom(f"{ROOT}/studies", [path.read_bytes()])
    except requests.HTTPError as error:
        refused = error.response
        return Dataset.from_json(refused.json()) if refused is not None else Dataset()


def test_everything_comes_out_as_it_went_in(client: DICOMwebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    warnings.simplefilter("ignore")  # pydicom's, of values that real modalities send
    wrong: dict[str, str] = {}
    seen: set[str] = set()
    for row in rows(*KINDS):
        if row["sop_uid"] in seen or not row["sop_uid"]:
            continue
        seen.add(row["sop_uid"])
        said = store(client, DATA / row["path"])
        whole = bool(row["study_uid"] and row["series_uid"])
        if ("ReferencedSOPSequence" in said) != whole:
            wrong[row["path"]] = f"stored: {said}"
        elif whole and (fault := _compared(client, row)):
            wrong[row["path"]] = fault
    assert wrong == {}
    assert len(seen) > 100


def _compared(client: DICOMwebClient, row: dict[str, str]) -> str:
    """What differs between a file and what comes out of the portal; nothing where it is as it should be."""
    kept = Instance.objects.select_related("study", "series").filter(sop_instance_uid=row["sop_uid"]).first()
    if kept is None or kept.held:
        waits = InboxItem.objects.filter(resolved_at=None).exists()
        return "" if waits else "neither served nor in the inbox"
    sent = dcmread(DATA / row["path"], force=True)
    same = client.retrieve_instance(
        kept.study.study_instance_uid, kept.series.series_instance_uid, kept.sop_instance_uid,
        media_types=("application/dicom",) if kept.transfer_syntax_uid == EXPLICIT else (("application/dicom", EXPLICIT),),
    ) if kept.kind != "video" and _decodes(row) else None  # fmt: skip
    stored = dcmread(io.BytesIO(_as_stored(client, kept)), force=True)
    if stored != sent:
        return "the data set differs"
    return _decompressed_differs(sent, same) if same is not None else ""


def _decodes(row: dict[str, str]) -> bool:
    return row["decodes"].startswith("yes")


def _as_stored(client: DICOMwebClient, kept: Instance) -> bytes:
    address = f"{ROOT}/studies/{kept.study.study_instance_uid}/series/{kept.series.series_instance_uid}"
    answer = client._session.get(
        f"{address}/instances/{kept.sop_instance_uid}",
        headers={"Accept": "application/dicom; transfer-syntax=*"},
    )
    assert answer.status_code == 200, answer.content
    assert answer.content == storage().path(kept.storage_key).read_bytes()
    return answer.content


def _decompressed_differs(sent: FileDataset, got: Dataset) -> str:
    if got.file_meta.TransferSyntaxUID != EXPLICIT:
        return f"came as {got.file_meta.TransferSyntaxUID}"
    for element in sent:
        if element.keyword and element.keyword not in CHANGED and element.VR not in ("SQ", "UN", "OB", "OW"):
            other = got.get(element.tag)
            if other is None or other.value != element.value:
                return f"{element.keyword} differs"
    if "PixelData" not in sent:
        return ""
    try:
        wanted = sent.pixel_array
    except Exception:
        return ""  # pydicom has no decoder here: nothing to compare with
    ours = got.pixel_array
    if ours.shape != wanted.shape:
        return f"pixels are {ours.shape}, not {wanted.shape}"
    apart = int(np.abs(ours.astype(np.int64) - wanted.astype(np.int64)).max())
    return (
        f"pixels differ by {apart}" if apart > (LOSSY if ours.ndim > 2 and ours.shape[-1] == 3 else 1) else ""
    )


def test_damaged_files_are_refused_with_a_reason_and_harm_nothing(client: DICOMwebClient) -> None:
    paths = sorted(path for path in (DATA / "malformed").iterdir() if path.is_file())
    assert paths
    for path in paths:
        said = store(client, path)
        refused = [*said.get("FailedSOPSequence", []), *said.get("OtherFailuresSequence", [])]
        assert len(refused) + len(said.get("ReferencedSOPSequence", [])) == 1, path.name
        assert all(item.FailureReason for item in refused), path.name
    kept = {key for day in storage().days() for key in storage().iterate(day)}
    placed = set(Instance.objects.values_list("storage_key", flat=True))
    placed |= set(InboxItem.objects.exclude(storage_key="").values_list("storage_key", flat=True))
    assert kept == placed
    assert client.search_for_studies(limit=1) is not None


def test_searching_and_the_other_ways_of_retrieving(client: DICOMwebClient) -> None:
    row = next(row for row in rows("studies") if row["modality"] == "CT")
    client.store_instances([dcmread(DATA / row["path"])], study_instance_uid=row["study_uid"])
    (study,) = client.search_for_studies(search_filters={"StudyInstanceUID": row["study_uid"]})
    assert study["0020000D"]["Value"] == [row["study_uid"]]
    place = (row["study_uid"], row["series_uid"], row["sop_uid"])
    assert len(client.search_for_series(row["study_uid"], fields=["SeriesDescription"])) == 1
    assert len(client.search_for_instances(row["study_uid"], search_filters={"Modality": "CT"})) == 1
    assert len(client.retrieve_study_metadata(row["study_uid"])) == 1
    (frame,) = client.retrieve_instance_frames(*place, frame_numbers=[1])
    assert frame == dcmread(DATA / row["path"]).PixelData
    assert client.retrieve_instance_rendered(*place, media_types=("image/jpeg",))[:2] == b"\xff\xd8"
    assert [data.SOPInstanceUID for data in client.retrieve_series(*place[:2])] == [row["sop_uid"]]
