"""Files are written as PS3.10 says, imported ones cleaned, and nothing inflates without end."""

from __future__ import annotations

import hashlib
import io
import zlib
from pathlib import Path

import pydicom
import pytest

from placa.standards.dicom import errors, part10, uids
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import header_of, parse_header, read_header
from placa.standards.dicom.source import MemorySource
from placa.standards.dicom.tests.conftest import packaged

CT = "CT_small.dcm"


def _data_set(path: Path) -> tuple[bytes, pydicom.Dataset]:
    data = path.read_bytes()
    return data[read_header(path).data_set_start :], pydicom.dcmread(path, stop_before_pixels=True)


def test_a_received_data_set_becomes_a_file_byte_for_byte() -> None:
    body, ct = _data_set(packaged(CT))
    out = io.BytesIO()
    written = part10.write_part10(
        out,
        [body[:100], body[100:]],
        sop_class_uid=ct.SOPClassUID,
        sop_instance_uid=ct.SOPInstanceUID,
        transfer_syntax_uid=ct.file_meta.TransferSyntaxUID,
        source_application_entity_title="CT01",
    )
    file = out.getvalue()
    assert written == len(file)
    assert file[:132] == bytes(128) + b"DICM"
    assert file.endswith(body)
    read = pydicom.dcmread(io.BytesIO(file))
    assert read.file_meta.MediaStorageSOPInstanceUID == ct.SOPInstanceUID
    assert read.file_meta.ImplementationClassUID == uids.IMPLEMENTATION_CLASS_UID
    assert read.file_meta.SourceApplicationEntityTitle == "CT01"
    assert len(file) - len(body) == 144 + read.file_meta.FileMetaInformationGroupLength


@pytest.mark.parametrize("uid", ["", "../../x", "1.2\0.3"])
def test_a_file_is_never_named_by_nonsense(uid: str) -> None:
    with pytest.raises(InvalidObject) as refusal:
        part10.file_header(
            sop_class_uid="1.2.3", sop_instance_uid=uid, transfer_syntax_uid="1.2.840.10008.1.2"
        )
    assert refusal.value.reason == errors.INVALID_UID


def test_an_executable_in_the_preamble_is_zeroed_and_the_rest_kept(tmp_path: Path) -> None:
    original = packaged(CT).read_bytes()
    hostile = tmp_path / "mz.dcm"
    hostile.write_bytes(b"MZ" + b"\x90" * 126 + original[128:])
    out = io.BytesIO()
    assert part10.copy_clean(hostile, out) == len(original)
    assert out.getvalue() == bytes(128) + original[128:]


@pytest.mark.parametrize("kept", ["meta", "nothing"])
def test_missing_preamble_or_meta_is_built(tmp_path: Path, kept: str) -> None:
    path = packaged(CT)
    body, ct = _data_set(path)
    bare = tmp_path / "bare"
    bare.write_bytes(path.read_bytes()[132:] if kept == "meta" else body)
    out = io.BytesIO()
    part10.copy_clean(bare, out)
    read = pydicom.dcmread(io.BytesIO(out.getvalue()))
    assert read.file_meta.MediaStorageSOPInstanceUID == ct.SOPInstanceUID
    assert read.file_meta.TransferSyntaxUID == uids.EXPLICIT_VR_LITTLE_ENDIAN
    assert out.getvalue().endswith(body)
    assert parse_header(out.getvalue()).sop_instance_uid == ct.SOPInstanceUID


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4" + bytes(200), b"<!DOCTYPE html><html>" * 20, b"%PDF-1.4" + bytes(300)]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(InvalidObject) as refusal:
        part10.copy_clean(file, io.BytesIO())
    assert refusal.value.reason == errors.NOT_DICOM


def _raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


def test_inflating_stops_at_the_limit() -> None:
    bomb = MemorySource(_raw_deflate(bytes(8_000_000)))
    assert len(part10.inflate(bomb, 0, 8_000_000)) == 8_000_000
    with pytest.raises(InvalidObject) as refusal:
        part10.inflate(bomb, 0, 7_999_999)
    assert refusal.value.reason == errors.TOO_LARGE


@pytest.mark.parametrize("data", [b"", b"\xff" * 50, _raw_deflate(bytes(range(256)) * 50)[:-3]])
def test_a_broken_deflate_stream_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidObject) as refusal:
        part10.inflate(MemorySource(data), 0)
    assert refusal.value.reason == errors.BAD_DEFLATE


def test_the_digest_leaves_out_preamble_and_meta(tmp_path: Path) -> None:
    path = packaged(CT)
    body, _ct = _data_set(path)
    digest = part10.digest_file(path)
    assert digest.data_set_sha256 == hashlib.sha256(body).hexdigest()
    assert digest.crc32 == zlib.crc32(path.read_bytes())
    assert digest.size == path.stat().st_size
    pack = tmp_path / "pack"
    pack.write_bytes(b"x" * 777 + path.read_bytes() + b"y" * 50)
    assert part10.digest_file(pack, 777, digest.size) == digest


def test_every_shared_file_can_be_cleaned(testdata: Path) -> None:
    seen = 0
    for folder in ("special", "transfer-syntax", "charset"):
        for path in sorted((testdata / folder).iterdir()):
            header = read_header(path, require_uids=False)
            if not header.sop_class_uid or not header.sop_instance_uid:
                continue
            out = io.BytesIO()
            part10.copy_clean(path, out)
            again = header_of(MemorySource(out.getvalue()), require_uids=False)
            assert (again.sop_instance_uid, again.rows) == (header.sop_instance_uid, header.rows)
            seen += 1
    assert seen > 75
