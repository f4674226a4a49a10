"""Frames decode to the right samples in every syntax, and pictures follow the DICOM grey scale pipeline."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array

from placa.standards.dicom import errors, frames, render
from placa.standards.dicom.codecs import FrameShape, check_size
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import decode_frame
from placa.standards.dicom.header import read_header
from placa.standards.dicom.operations import render_request
from placa.standards.dicom.render import Window
from placa.standards.dicom.tests.conftest import packaged

PACKAGED = [
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "JPEG2000.dcm",
    "rtdose_rle.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "GDCMJ2K_TextGBR.dcm",
    "SC_jpeg_no_color_transform.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "SC_rgb_dcmtk_+eb+cr.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_jpeg_app14_dcmd.dcm",
    "JPEGLSNearLossless_16.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_small_odd.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "rtdose.dcm",
    "liver_1frame.dcm",
]


@pytest.mark.parametrize("name", PACKAGED)
def test_samples_are_those_of_pydicom(name: str) -> None:
    path = packaged(name)
    header = read_header(path, require_uids=False)
    last = len(header.frames) - 1
    ours = decode_frame(path, last, header=header).samples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pixel_array(path, index=last)
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(np.int64) - theirs).max() <= (1 if "ybr" in name else 0)


def _ct(testdata: Path, part: str) -> Path:
    (found,) = (testdata / "transfer-syntax").glob(f"CTImage.dcm_{part}*")
    return found


@pytest.mark.parametrize(
    "part",
    [
        "BigEndian",
        "Deflated",
        "JPEG2000LosslessOnly",
        "JPEGLSLossless",
        "JPEGProcess14Transfer",
        "JPEGProcess14SV1",
        "RLE",
    ],
)
def test_lossless_syntaxes_give_the_same_slice(testdata: Path, part: str) -> None:
    wanted = decode_frame(_ct(testdata, "LittleEndianExplicit")).samples
    assert np.array_equal(decode_frame(_ct(testdata, part)).samples, wanted)


@pytest.mark.parametrize(
    "part", ["JPEGProcess2_4", "JPEGProcess6_8", "JPEGProcess10_12", "JPEGLSLossy", "JPEG2000Transfer"]
)
def test_lossy_syntaxes_look_the_same(testdata: Path, part: str) -> None:
    window = Window(40, 400)
    wanted = render.render_frame(_ct(testdata, "LittleEndianExplicit"), window=window).astype(int)
    shown = render.render_frame(_ct(testdata, part), window=window).astype(int)
    assert np.abs(shown - wanted).mean() < 2


@pytest.mark.parametrize("name", ["htj2k-lossless", "htj2k-lossless-rpcl", "jpegxl-lossless"])
def test_new_lossless_syntaxes(testdata: Path, name: str) -> None:
    wanted = decode_frame(packaged("CT_small.dcm")).samples
    assert np.array_equal(decode_frame(testdata / "transfer-syntax" / f"{name}.dcm").samples, wanted)


def test_deflated_frames_of_single_bits(testdata: Path) -> None:
    for index in range(3):
        shown = decode_frame(testdata / "transfer-syntax/liver_deflate.dcm", index).samples
        assert np.array_equal(shown, decode_frame(testdata / "special/liver.dcm", index).samples)


def test_single_bit_frames_that_start_inside_a_byte(tmp_path: Path) -> None:
    data_set = pydicom.dcmread(packaged("liver_1frame.dcm"))
    picture = np.random.default_rng(1).integers(0, 2, (3, 5, 5), dtype=np.uint8)
    data_set.Rows = data_set.Columns = 5
    data_set.NumberOfFrames = 3
    data_set.PixelData = np.packbits(picture.ravel(), bitorder="little").tobytes()
    path = tmp_path / "bits.dcm"
    data_set.save_as(path)
    assert not read_header(path).frames.servable
    for index in range(3):
        assert np.array_equal(decode_frame(path, index).samples, picture[index])


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_are_those_of_the_standard(function: str) -> None:
    path = packaged("CT_small.dcm")
    data_set = pydicom.dcmread(path)
    data_set.WindowCenter, data_set.WindowWidth, data_set.VOILUTFunction = 40, 350, function
    units = apply_modality_lut(data_set.pixel_array, data_set).astype(float)
    del data_set.RescaleSlope, data_set.RescaleIntercept
    data_set.BitsStored = 8
    data_set.PixelRepresentation = 0
    wanted = apply_voi_lut(units, data_set)  # to the range of 8 bits
    shown = render.render_frame(path, window=Window(40, 350, function)).astype(float)
    visible = decode_frame(path).samples != -2000
    assert np.abs(shown - wanted)[visible].max() <= 1


def test_monochrome1_and_invert(tmp_path: Path) -> None:
    data_set = pydicom.dcmread(packaged("MR_small.dcm"))
    plain = render.render_frame(packaged("MR_small.dcm"))
    data_set.PhotometricInterpretation = "MONOCHROME1"
    path = tmp_path / "m1.dcm"
    data_set.save_as(path)
    assert np.array_equal(render.render_frame(path), 255 - plain)
    assert np.array_equal(render.render_frame(path, invert=True), plain)


def test_padding_stays_black_in_monochrome1(tmp_path: Path) -> None:
    data_set = pydicom.dcmread(packaged("CT_small.dcm"))
    data_set.PhotometricInterpretation = "MONOCHROME1"
    pixels = data_set.pixel_array.copy()
    pixels[:10] = -2000
    data_set.PixelData = pixels.tobytes()
    path = tmp_path / "pad.dcm"
    data_set.save_as(path)
    assert render.render_frame(path)[:10].max() == 0


def test_without_a_window_the_picture_uses_the_range() -> None:
    shown = render.render_frame(packaged("CT_small.dcm"))
    assert shown.min() == 0
    assert shown.max() == 255
    assert 40 < shown.mean() < 215


@pytest.mark.parametrize("name", ["examples_palette.dcm", "gdcm-US-ALOKA-16.dcm"])
def test_palettes(testdata: Path, name: str) -> None:
    path = testdata / "special" / name
    data_set = pydicom.dcmread(path)
    wanted = apply_color_lut(data_set.pixel_array, data_set)
    wanted = wanted >> 8 if wanted.max() > 255 else wanted
    assert np.array_equal(render.render_frame(path), wanted)


def test_lookup_tables(testdata: Path) -> None:
    voi = render.render_frame(testdata / "special/voi-lut.dcm")
    stored = decode_frame(testdata / "special/voi-lut.dcm").samples
    table = np.frombuffer(pydicom.dcmread(testdata / "special/voi-lut.dcm").VOILUTSequence[0].LUTData, "<u2")
    wanted = table[np.clip(stored.astype(int) - 1024, 0, len(table) - 1)] / 4095 * 255
    assert np.abs(voi - wanted).max() <= 1


def test_jpeg_png_and_sizes() -> None:
    path = packaged("CT_small.dcm")
    with Image.open(io.BytesIO(render.render_jpeg(path, viewport=(64, 100)))) as picture:
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (64, 64), "L")
    with Image.open(io.BytesIO(render.render_png(path, viewport=(1000, 1000)))) as picture:
        assert (picture.format, picture.size) == ("PNG", (128, 128))
        assert np.array_equal(np.asarray(picture), render.render_frame(path))
    with Image.open(io.BytesIO(render.thumbnail_jpeg(packaged("SC_rgb_rle_2frame.dcm"), 50))) as picture:
        assert (picture.size, picture.mode) == ((50, 50), "RGB")
        top = np.asarray(picture)[2, 25]
        original = render.render_frame(packaged("SC_rgb_rle_2frame.dcm"), 1)[4, 50]
        assert np.abs(top.astype(int) - original).max() < 25


def test_the_pool_s_entry() -> None:
    path = str(packaged("CT_small.dcm"))
    assert render_request({"op": "jpeg", "path": path, "window": [40, 400, "LINEAR"]})[:2] == b"\xff\xd8"
    assert render_request({"op": "raw", "path": path}) == pydicom.dcmread(path).PixelData


@pytest.mark.parametrize("name", ["rtplan.dcm", "reportsi.dcm"])
def test_no_picture_no_rendering(name: str) -> None:
    with pytest.raises(InvalidObject) as refusal:
        render.render_jpeg(packaged(name))
    assert refusal.value.reason == errors.NO_PIXEL_DATA


def test_video_is_refused(testdata: Path) -> None:
    with pytest.raises(InvalidObject) as refusal:
        render.render_jpeg(testdata / "transfer-syntax/mpeg4-avc-high41.dcm")
    assert refusal.value.reason == errors.NOT_RENDERABLE


def test_claims_are_checked_before_memory_is_taken() -> None:
    with pytest.raises(InvalidObject) as refusal:
        check_size(FrameShape(30_000, 30_000, 1, 8, "MONOCHROME2"))
    assert refusal.value.reason == errors.TOO_LARGE


@pytest.mark.parametrize("name", ["MR_small_jp2klossless.dcm", "SC_rgb_jpeg_dcmtk.dcm", "MR_small_RLE.dcm"])
def test_a_codestream_of_another_size_is_refused(tmp_path: Path, name: str) -> None:
    data_set = pydicom.dcmread(packaged(name))
    data_set.Rows += 1
    path = tmp_path / "x.dcm"
    data_set.save_as(path)
    with pytest.raises(InvalidObject) as refusal:
        decode_frame(path)
    assert refusal.value.reason == errors.UNDECODABLE


def test_a_file_cut_after_it_was_indexed(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(packaged("CT_small.dcm").read_bytes())
    table = read_header(path).frames
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InvalidObject) as refusal:
        frames.read_frame(path, table, 0)
    assert refusal.value.reason == errors.TRUNCATED_PIXEL_DATA
