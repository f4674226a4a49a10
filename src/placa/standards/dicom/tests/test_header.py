"""The header walk reads what an index needs, and refuses what is broken with a reason."""

from __future__ import annotations

import subprocess
import sys
import zlib
from contextlib import suppress
from datetime import date
from pathlib import Path
from struct import pack

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames

from placa.standards.dicom import errors, uids
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import read_frame
from placa.standards.dicom.header import InstanceHeader, parse_header, read_header
from placa.standards.dicom.offsets import FrameTable
from placa.standards.dicom.part10 import file_header
from placa.standards.dicom.tests.conftest import packaged


def test_a_ct_slice() -> None:
    path = packaged("CT_small.dcm")
    ct, header = pydicom.dcmread(path), read_header(path)
    assert header.sop_class_uid == ct.SOPClassUID
    assert header.study_instance_uid == ct.StudyInstanceUID
    assert header.series_instance_uid == ct.SeriesInstanceUID
    assert header.patient_name == "CompressedSamples^CT1"
    assert header.patient_id == "1CT1"
    assert header.patient_sex == "O"
    assert header.study_date == date(2004, 1, 19)
    assert header.modality == "CT"
    assert (header.rows, header.columns, header.bits_stored, header.pixel_representation) == (128, 128, 16, 1)
    assert (header.rescale_slope, header.rescale_intercept) == (1, -1024)
    assert header.pixel_padding_value == -2000
    assert header.image_position_patient == tuple(ct.ImagePositionPatient)
    assert (header.kind, header.problems) == ("image", ())
    assert len(header.frames) == 1
    assert header.frames[0] == ((header.pixel_data_offset, 128 * 128 * 2),)
    assert read_frame(path, header.frames, 0) == ct.PixelData


@pytest.mark.parametrize(
    "name", ["MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_expb.dcm", "MR_small.dcm"]
)
def test_every_layout_reads_the_same(name: str) -> None:
    header = read_header(packaged(name))
    assert (header.patient_name, header.rows, header.window_center) == ("CompressedSamples^MR1", 64, (600.0,))


def test_a_deflated_data_set_has_frames_only_once_inflated() -> None:
    header = read_header(packaged("image_dfl.dcm"), require_uids=False)
    assert header.transfer_syntax_uid == uids.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    assert header.frames.inflated
    assert not header.frames.servable
    data = pydicom.dcmread(packaged("image_dfl.dcm"))
    assert read_frame(packaged("image_dfl.dcm"), header.frames, 0) == data.PixelData


@pytest.mark.parametrize("name", ["rtdose_rle.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_rle_16bit_2frame.dcm"])
def test_frames_of_encapsulated_data(name: str) -> None:
    path = packaged(name)
    data_set, header = pydicom.dcmread(path), read_header(path)
    wanted = list(generate_frames(data_set.PixelData, number_of_frames=int(data_set.NumberOfFrames)))
    assert len(header.frames) == len(wanted) == header.number_of_frames
    assert [read_frame(path, header.frames, index) for index in range(len(wanted))] == wanted
    assert header.frames.servable


def _cine(tmp_path: Path, encapsulation: str) -> tuple[Path, list[bytes]]:
    """A cine loop of ten JPEGs, two fragments a frame, with the given kind of offset table."""
    data_set = pydicom.dcmread(packaged("SC_rgb_jpeg_dcmtk.dcm"))
    (frame,) = generate_frames(data_set.PixelData, number_of_frames=1)
    frames = [frame + bytes(2 * number) for number in range(10)]
    data_set.NumberOfFrames = 10
    if encapsulation == "extended":
        data_set.PixelData, lengths, offsets = encapsulate_extended(frames)
        data_set.ExtendedOffsetTable, data_set.ExtendedOffsetTableLengths = lengths, offsets
    else:
        data_set.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=encapsulation == "basic")
    path = tmp_path / "cine.dcm"
    data_set.save_as(path)
    return path, frames


@pytest.mark.parametrize("encapsulation", ["basic", "none", "extended"])
def test_frames_of_several_fragments(tmp_path: Path, encapsulation: str) -> None:
    path, frames = _cine(tmp_path, encapsulation)
    header = read_header(path)
    assert [read_frame(path, header.frames, index) for index in range(10)] == frames
    assert header.frames.servable is (encapsulation == "extended")
    assert FrameTable.from_json(header.frames.to_json()) == header.frames


def test_an_object_inside_a_pack_file(tmp_path: Path) -> None:
    original = packaged("rtdose_rle.dcm")
    pack_file = tmp_path / "pack"
    size = original.stat().st_size
    pack_file.write_bytes(b"\xaa" * 1001 + original.read_bytes() + b"\xbb" * 99)
    header, alone = read_header(pack_file, 1001, size), read_header(original)
    assert header.pixel_data_offset == alone.pixel_data_offset + 1001
    for index in (0, 14):
        assert read_frame(pack_file, header.frames, index) == read_frame(original, alone.frames, index)


def test_memory_and_file_give_the_same() -> None:
    for name in ("CT_small.dcm", "rtdose_rle.dcm", "rtplan.dcm"):
        path = packaged(name)
        assert parse_header(path.read_bytes()) == read_header(path)


# --- Hostile and broken
# ---------------------------------------------------------------------------------------------

HEAD = file_header(
    sop_class_uid="1.2.840.10008.5.1.4.1.1.7",
    sop_instance_uid="1.2.3",
    transfer_syntax_uid="1.2.840.10008.1.2.1",
)


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """An explicit little endian element."""
    if vr in (b"SQ", b"OW", b"OB", b"UN"):
        return pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, len(value)) + value
    return pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


IDENTITY = (
    element(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.7\0")
    + element(0x00080018, b"UI", b"1.2.3.4\0")
    + element(0x0020000D, b"UI", b"1.2.3.5\0")
    + element(0x0020000E, b"UI", b"1.2.3.6\0")
)


def refusal_of(data: bytes) -> str:
    """The reason for which `data` is refused."""
    with pytest.raises(InvalidObject) as refusal:
        parse_header(data)
    return refusal.value.reason


def test_the_identity_alone_is_enough() -> None:
    assert parse_header(HEAD + IDENTITY).series_instance_uid == "1.2.3.6"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"1.2.3.4\0", b"../../x\0", errors.INVALID_UID),
        (b"1.2.3.4\0", b"        ", errors.MISSING_UID),
        (b"1.2.3.5\0", b"\0\0\0\0\0\0\0\0", errors.MISSING_UID),
        (b"1.2.3.6\0", b"1.2\\3.4\0", errors.INVALID_UID),
    ],
)
def test_identity_is_checked(old: bytes, new: bytes, reason: str) -> None:
    assert refusal_of(HEAD + IDENTITY.replace(old, new)) == reason


def test_a_value_longer_than_the_file() -> None:
    assert (
        refusal_of(HEAD + IDENTITY + pack("<HH2sHI", 0x0040, 0xA160, b"UT", 0, 0xFFFFFFF0))
        == errors.TRUNCATED
    )


@pytest.mark.parametrize("size", [9000, 3000])
def test_native_pixel_data_cut_short(size: int) -> None:
    data = packaged("MR_small.dcm").read_bytes()
    assert parse_header(data).pixel_data_offset < size < len(data)
    assert refusal_of(data[:size]) == errors.TRUNCATED_PIXEL_DATA


def test_encapsulated_pixel_data_cut_short() -> None:
    data = packaged("MR_small_RLE.dcm").read_bytes()
    start = parse_header(data).pixel_data_offset
    for size in (start + 4, start + 100, start + 5000):
        assert refusal_of(data[:size]) == errors.TRUNCATED_PIXEL_DATA


def nested(depth: int, *, defined: bool) -> bytes:
    """A sequence in a sequence, `depth` deep."""
    if not defined:
        opening = pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + pack(
            "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
        )
        closing = pack("<HHI", 0xFFFE, 0xE00D, 0) + pack("<HHI", 0xFFFE, 0xE0DD, 0)
        return opening * depth + closing * depth
    body = b""
    for _ in range(depth):
        body = element(0x0040A730, b"SQ", pack("<HHI", 0xFFFE, 0xE000, len(body)) + body)
    return body


@pytest.mark.parametrize("defined", [True, False])
def test_nesting_is_bounded(defined: bool) -> None:
    assert parse_header(HEAD + IDENTITY + nested(60, defined=defined)).study_instance_uid == "1.2.3.5"
    assert refusal_of(HEAD + IDENTITY + nested(5000, defined=defined)) == errors.TOO_DEEP


def test_a_deflate_bomb_is_refused() -> None:
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = IDENTITY + pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 700_000_000)
    parts = [engine.compress(part) for part in (start, *[bytes(1_000_000)] * 110)]
    head = file_header(
        sop_class_uid="1.2.3",
        sop_instance_uid="1.2.3.4",
        transfer_syntax_uid=uids.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    )
    assert refusal_of(head + b"".join(parts) + engine.flush()) == errors.TOO_LARGE


def test_a_dicomdir_is_no_instance() -> None:
    assert refusal_of(packaged("DICOMDIR").read_bytes()) == errors.IS_DICOMDIR


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bytes_never_do_more_than_refuse(data: st.DataObject) -> None:
    original = bytearray(packaged("MR_small_RLE.dcm").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        original[data.draw(st.integers(0, 2500))] = data.draw(st.integers(0, 255))
    # anything but a refusal would come out of here
    with suppress(InvalidObject):
        parse_header(bytes(original))


def test_malformed_files_are_refused_or_indexed_in_little_memory(testdata: Path) -> None:
    script = (
        "import sys, pathlib, re\n"
        "from placa.standards.dicom.header import read_header\n"
        "from placa.standards.dicom.metadata import metadata_json\n"
        "from placa.standards.dicom.errors import InvalidObject\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    for read in (read_header, lambda p: metadata_json(p, '/b')):\n"
        "        try: read(path)\n"
        "        except InvalidObject as refusal: print(path.name, refusal.reason)\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print('peak', int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) // 1024)\n"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(testdata / "malformed")]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "MR_truncated.dcm truncated-pixel-data" in output
    assert "derived-html-error-page.dcm not-dicom" in output
    assert "derived-zero-byte.dcm not-dicom" in output
    assert "rtplan_truncated.dcm truncated" in output
    assert int(output.rsplit("peak", 1)[1]) < 200


# Objects of the shared set that name no study or no instance: right to refuse.
UNFILEABLE = {
    "chrSQEncoding.dcm",
    "HTJ2KLossless_08_RGB.dcm",
    "HTJ2K_08_RGB.dcm",
    "JLSL_RGB_ILV1.dcm",
    "SC_rgb_jls_lossy_sample.dcm",
}


def test_every_shared_file_is_read(testdata: Path) -> None:
    seen = 0
    for folder in ("studies", "transfer-syntax", "special", "charset"):
        for path in sorted(found for found in (testdata / folder).rglob("*") if found.is_file()):
            header = read_header(path, require_uids=False) if path.name in UNFILEABLE else _filed(path)
            if header is None:
                continue
            seen += 1
            assert header.problems == ()
            pictures = 1 if header.kind == "video" else header.number_of_frames
            assert len(header.frames) == (pictures if header.rows else 0)
    assert seen > 440


def _filed(path: Path) -> InstanceHeader | None:
    """The header of an object that must be accepted; nothing for a DICOMDIR, which must not."""
    if not path.name.startswith("DICOMDIR"):
        return read_header(path)
    assert refusal_of(path.read_bytes()) == errors.IS_DICOMDIR
    return None


@pytest.mark.parametrize("name", sorted(UNFILEABLE))
def test_objects_that_name_no_study_or_instance(testdata: Path, name: str) -> None:
    (path,) = testdata.rglob(name)
    assert refusal_of(path.read_bytes()) == errors.MISSING_UID
