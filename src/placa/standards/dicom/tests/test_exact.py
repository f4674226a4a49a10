"""Frames packed for the viewer inside a ZIP: what comes out is what went in, whatever it was."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from placa.standards.dicom import errors
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.exact import exact_frame, unpacked
from placa.standards.dicom.frames import decode_frame
from placa.standards.dicom.operations import render_request
from placa.standards.dicom.render import render_frame
from placa.standards.dicom.tests.conftest import packaged


def values_of(header: dict[str, Any], payload: bytes) -> NDArray[Any]:
    """The values of a packed frame, undone the slow and plain way; (rows, columns) or (rows, columns, 3)."""
    rows, columns, size = header["rows"], header["columns"], int(header["type"][1])
    raw = np.frombuffer(zlib.decompress(payload, -15), np.uint8)
    channels = []
    for part in np.split(raw, header["samples"]):
        words = np.ascontiguousarray(part.reshape(size, -1).T).view(f"<u{size}").reshape(rows, columns)
        if size <= 2:
            wide = words.astype(np.int64)
            steps = (wide >> 1) ^ -(wide & 1)
            steps[:, 0] = np.cumsum(steps[:, 0])
            words = np.cumsum(steps, axis=1).astype(f"<u{size}")
        channels.append(words.view(f"<{header['type']}"))
    return channels[0] if len(channels) == 1 else np.stack(channels, axis=-1)


NAMES = [
    "CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "JPEG2000.dcm", "rtdose.dcm",
    "SC_rgb_small_odd.dcm", "SC_rgb_rle_16bit.dcm", "SC_ybr_full_422_uncompressed.dcm", "liver_1frame.dcm",
    "examples_palette.dcm",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_values_come_out_as_they_went_in(name: str) -> None:
    path = packaged(name)
    header, payload = unpacked(exact_frame(path))
    decoded = decode_frame(path)
    is_colour = decoded.samples.ndim == 3 or decoded.photometric_interpretation == "PALETTE COLOR"
    wanted = render_frame(path) if is_colour else decoded.samples
    assert np.array_equal(values_of(header, payload), wanted)


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int16"])
def test_the_ends_of_every_range(tmp_path: Path, kind: str) -> None:
    limits = np.iinfo(kind)
    values = np.array([[limits.min, limits.max, 0], [limits.max, limits.min, limits.max]], kind)
    data = pydicom.dcmread(packaged("CT_small.dcm"))
    data.Rows, data.Columns = values.shape
    data.BitsAllocated = data.BitsStored = values.dtype.itemsize * 8
    data.HighBit, data.PixelRepresentation = data.BitsStored - 1, int(kind.startswith("i"))
    data.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    data.save_as(tmp_path / "ends.dcm")
    header, payload = unpacked(exact_frame(tmp_path / "ends.dcm"))
    assert header["type"] == f"{kind[0]}{values.dtype.itemsize}"
    assert np.array_equal(values_of(header, payload), values)


def test_a_jpeg_that_browsers_read_alike_stays_the_jpeg_it_is() -> None:
    path = packaged("SC_rgb_jpeg_dcmtk.dcm")
    header, payload = unpacked(exact_frame(path))
    assert (header["type"], header["lossy"], header["samples"]) == ("jpeg", True, 3)
    assert np.array_equal(imagecodecs.jpeg8_decode(payload), decode_frame(path).samples)


def test_a_jpeg_whose_colours_a_browser_would_guess_is_decoded_here(tmp_path: Path) -> None:
    data = pydicom.dcmread(packaged("SC_rgb_jpeg_dcmtk.dcm"))
    plain = imagecodecs.jpeg8_encode(data.pixel_array, colorspace="RGB", outcolorspace="RGB", level=95)
    bare = plain.replace(b"\xff\xee\x00\x0eAdobe", b"\xff\xef\x00\x0eNobod")
    assert b"Adobe" not in bare
    data.PhotometricInterpretation = "RGB"
    data.PixelData = pydicom.encaps.encapsulate([bytes(bare)])
    data.save_as(tmp_path / "bare.dcm")
    header, payload = unpacked(exact_frame(tmp_path / "bare.dcm"))
    assert header["type"] == "u1"
    assert np.array_equal(values_of(header, payload), decode_frame(tmp_path / "bare.dcm").samples)


def test_a_jpeg_with_a_turn_in_it_is_decoded_here(tmp_path: Path) -> None:
    data = pydicom.dcmread(packaged("SC_rgb_jpeg_dcmtk.dcm"))
    (frame,) = pydicom.encaps.generate_frames(data.PixelData, number_of_frames=1)
    turned = frame[:2] + b"\xff\xe1\x00\x08Exif\0\0" + frame[2:]
    data.PixelData = pydicom.encaps.encapsulate([turned])
    data.save_as(tmp_path / "turned.dcm")
    assert unpacked(exact_frame(tmp_path / "turned.dcm"))[0]["type"] == "u1"


def test_what_the_header_says_of_grey_and_place() -> None:
    header, _payload = unpacked(exact_frame(packaged("CT_small.dcm")))
    assert (header["slope"], header["intercept"], header["padding"]) == (1.0, -1024.0, [-2000, -2000])
    assert header["orientation"] == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    assert header["aspect"] == 1.0
    assert not header["lossy"]


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    data = pydicom.dcmread(packaged("CT_small.dcm"))
    data.PixelSpacing = [2.0, 1.0]
    data.save_as(tmp_path / "tall.dcm")
    assert unpacked(exact_frame(tmp_path / "tall.dcm"))[0]["aspect"] == 2.0


@pytest.mark.parametrize(
    ("said", "name", "lossy"),
    [("01", "CT_small.dcm", True), ("", "CT_small.dcm", False), ("", "JPEG2000.dcm", True), ("00", "JPEG2000.dcm", False),
     ("00", "SC_rgb_jpeg_dcmtk.dcm", True)],
)  # fmt: skip
def test_lossy_is_said_where_it_is(tmp_path: Path, said: str, name: str, lossy: bool) -> None:
    data = pydicom.dcmread(packaged(name))
    data.LossyImageCompression = said
    data.save_as(tmp_path / "x.dcm")
    assert unpacked(exact_frame(tmp_path / "x.dcm"))[0]["lossy"] is lossy


def test_what_cannot_be_packed_is_refused() -> None:
    with pytest.raises(InvalidObject) as refusal:
        exact_frame(packaged("rtplan.dcm"))
    assert refusal.value.reason == errors.NO_PIXEL_DATA
    with pytest.raises(IndexError):
        exact_frame(packaged("CT_small.dcm"), 1)


def test_it_is_asked_for_in_the_sandbox_like_every_picture() -> None:
    path = str(packaged("CT_small.dcm"))
    assert render_request({"op": "exact", "frame": 0, "path": path}) == exact_frame(path)
