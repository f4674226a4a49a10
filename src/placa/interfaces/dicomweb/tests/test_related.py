"""multipart/related read as it comes: the same parts however the wire cuts them; nothing endless."""

import gzip
import io
import json
import zlib

import pytest
from django.http import HttpRequest

from placa.domain.access.viewers import Viewer
from placa.domain.intake.tests.objects import part10
from placa.interfaces.dicomweb import described, stow
from placa.interfaces.dicomweb.related import BadMultipart, media_type, parts
from placa.interfaces.dicomweb.tests.test_store import post, related, slice_of
from placa.interfaces.dicomweb.tests.world import said

BODIES = [b"", b"plain", b"\r\n--", b"\r\n--b", b"--b--\r\n", bytes(range(256)) * 40, b"\r\n" * 9]


def message(*bodies: bytes, boundary: str = "bound") -> bytes:
    head = f"--{boundary}\r\nContent-Type: a/b; x=1\r\nX-Other: y\r\n\r\n".encode()
    return (
        b"preamble\r\n"
        + b"".join(head + body + b"\r\n" for body in bodies)
        + f"--{boundary}--\r\nepilogue".encode()
    )


def read(raw: bytes, step: int, boundary: str = "bound") -> list[bytes]:
    source = io.BytesIO(raw)
    reading = parts(lambda view: source.readinto(view[:step]), boundary)
    return [b"".join(chunks) for _headers, chunks in reading]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 10**6])
def test_parts_are_the_same_however_they_come(step: int) -> None:
    assert read(message(*BODIES), step) == BODIES


def test_headers_are_read_and_what_is_not_read_is_stepped_over() -> None:
    source = io.BytesIO(message(b"one", b"two"))
    found = [headers for headers, _chunks in parts(source.readinto, "bound")]
    assert [(h.get_content_type(), h.get_param("x"), h["x-other"]) for h in found] == [("a/b", "1", "y")] * 2


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"no boundary at all", b"--bound", b"--bound\r\n", b"--bound\r\nA: b", b"--bound\r\n\r\nnever ends",
        b"--boundX\r\n\r\nx\r\n--bound--", b"x" * 200_000 + message(b"y"),
        b"--bound" + b" " * 20_000 + b"\r\n\r\nx\r\n--bound--",
        b"--bound\r\n" + b"A: b\r\n" * 60 + b"\r\nx\r\n--bound--",
        b"--bound\r\nA: " + b"b" * 20_000 + b"\r\n\r\nx\r\n--bound--",
    ],
)  # fmt: skip
def test_what_is_no_whole_message_is_told(raw: bytes) -> None:
    with pytest.raises(BadMultipart):
        read(raw, 1000)


@pytest.mark.parametrize("boundary", ["", "a" * 71, "ends in space ", "a\r\nb", "ä", '"'])
def test_boundaries_that_are_none_are_refused(boundary: str) -> None:
    with pytest.raises(BadMultipart):
        list(parts(io.BytesIO(b"").readinto, boundary))


def test_content_types_of_any_spelling() -> None:
    assert media_type('Multipart/Related; Type="application/dicom"; BOUNDARY=x') == (
        "multipart/related", {"type": "application/dicom", "boundary": "x"},
    )  # fmt: skip
    assert media_type("")[0] == ""


def test_parts_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stow, "PARTS_LIMIT", 2)
    answer = post(related(*(part10(slice_of(number)) for number in (1, 2, 3))))
    assert answer.status_code == 202
    assert len(said(answer)["00081199"]["Value"]) == 2


def test_objects_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stow, "SMALL", 10)
    monkeypatch.setattr(stow, "OBJECT_LIMIT", 100)
    assert post(related(part10(slice_of()))).status_code == 409


def test_large_objects_go_to_disk_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stow, "SMALL", 10)
    monkeypatch.setattr(stow, "HEAD", 10**4)
    big = part10(slice_of(Rows=512, Columns=512, PixelData=bytes(range(256)) * 2048))
    assert post(related(part10(slice_of(2)), big)).status_code == 200


def test_a_deflated_bomb_is_refused() -> None:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = engine.compress(bytes(200 * 1024 * 1024)) + engine.flush()
    head = part10(slice_of())
    meta = head[: 132 + 12 + int.from_bytes(head[140:144], "little")]
    deflated = meta.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99", 1)
    length = int.from_bytes(head[140:144], "little") + 2
    deflated = deflated[:140] + length.to_bytes(4, "little") + deflated[144:]
    deflated = deflated.replace(b"UI\x14\x001.2.840.10008.1.2.1.99", b"UI\x16\x001.2.840.10008.1.2.1.99")
    assert post(related(deflated + bomb)).status_code == 409


def test_behind_a_share_bulk_data_are_named_at_its_door() -> None:
    rows = [{"7FE00010": {"vr": "OW", "BulkDataURI": "/dicomweb/studies/1/bulkdata/7FE00010"}}]
    kept = gzip.compress(json.dumps(rows, separators=(",", ":")).encode())
    request = HttpRequest()
    request.path = "/s/token/dicomweb/studies/1/metadata"
    answer = described.described(request, Viewer("share", 1), kept)
    (row,) = json.loads(answer.content)  # type: ignore[attr-defined]
    assert row["7FE00010"]["BulkDataURI"] == "/s/token/dicomweb/studies/1/bulkdata/7FE00010"
