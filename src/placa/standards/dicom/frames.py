"""Frames of an instance: stored bytes by offset, and decoded samples."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from placa.standards.dicom import codecs, errors, uids
from placa.standards.dicom.codecs import FrameShape, Samples
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader, read_header
from placa.standards.dicom.offsets import FrameTable
from placa.standards.dicom.part10 import data_set_source, read_file_meta
from placa.standards.dicom.source import ByteSource, FileSource

Path = str | os.PathLike[str]
_FLOAT_BITS: Final = {0x7FE00008: 32, 0x7FE00009: 64}


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame.

    `samples`: stored values, (rows, columns), or (rows, columns, 3) of RGB. `photometric_interpretation` is
    that of the samples as they are here: MONOCHROME1, MONOCHROME2, PALETTE COLOR or RGB.
    """

    samples: Samples
    photometric_interpretation: str


def read_frame(
    path: Path, frames: FrameTable, index: int, offset: int = 0, length: int | None = None
) -> bytes:
    """The bytes of frame `index` (from 0) as stored, fragments joined; single-bit frames start at a byte.

    `offset` and `length` bound the object in a file that holds several. Raises IndexError,
    InvalidObject(truncated).
    """
    spans = frames[index]
    with FileSource(path, offset, length) as source:
        data: ByteSource = source
        if frames.inflated:
            data, _position = data_set_source(source, read_file_meta(source))
        parts = []
        for start, size in spans:
            if size > codecs.FRAME_LIMIT:
                raise InvalidObject(errors.TOO_LARGE, f"a frame of {size} bytes")
            part = data.read(start - (0 if frames.inflated else source.base), size)
            if len(part) < size:
                raise InvalidObject(
                    errors.TRUNCATED_PIXEL_DATA, "the file is shorter than when it was indexed"
                )
            parts.append(part)
    raw = parts[0] if len(parts) == 1 else b"".join(parts)
    shift = 0 if frames.byte_aligned else index * frames.frame_bits % 8
    return _shifted(raw, shift, frames.frame_bits) if not frames.byte_aligned else raw


def _shifted(raw: bytes, shift: int, bits: int) -> bytes:
    unpacked = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[shift : shift + bits]
    return np.packbits(unpacked, bitorder="little").tobytes()


def frame_shape(header: InstanceHeader) -> FrameShape:
    """What `header` says of each of its frames."""
    bits = _FLOAT_BITS.get(header.pixel_data_tag, header.bits_allocated)
    return FrameShape(
        header.rows,
        header.columns,
        header.samples_per_pixel,
        bits,
        header.photometric_interpretation,
        header.pixel_representation == 1,
    )


def decode_frame(
    path: Path,
    index: int = 0,
    *,
    header: InstanceHeader | None = None,
    offset: int = 0,
    length: int | None = None,
) -> Frame:
    """Decode frame `index` (from 0) of any supported transfer syntax.

    Raises IndexError, InvalidObject (not-renderable: no pixel data, video; too-large; undecodable). Hostile
    files may take memory up to the size limit: call it in a bounded process (`sandbox`).
    """
    header = header or read_header(path, offset, length)
    if not header.pixel_data_tag:
        raise InvalidObject(errors.NO_PIXEL_DATA)
    if header.transfer_syntax_uid in uids.VIDEO_SYNTAXES:
        raise InvalidObject(errors.NOT_RENDERABLE, "video")
    shape = frame_shape(header)
    codecs.check_size(shape)
    raw = read_frame(path, _bytes_in_words(header, index), index, offset, length)
    if header.frames.spans:
        samples, is_rgb = codecs.decode(raw, header.transfer_syntax_uid, shape)
    else:
        samples, is_rgb = _native(raw, header, shape, index), False
    samples = _stored_values(samples, header)
    return _in_rgb(samples, header.photometric_interpretation, is_rgb)


def _swapped(header: InstanceHeader) -> bool:
    """Bytes in words of a big endian file: each pair is swapped (PS3.5 8.1.1)."""
    return not header.little_endian and header.pixel_data_vr == "OW" and header.bits_allocated == 8


def _bytes_in_words(header: InstanceHeader, index: int) -> FrameTable:
    """The frames, or for swapped bytes only frame `index` widened to whole words."""
    frames = header.frames
    if not _swapped(header) or not 0 <= index < len(frames):
        return frames
    size = frames.frame_bits // 8
    first = index * size // 2 * 2
    words = ((index + 1) * size - first + 1) // 2 * 2
    spans: list[tuple[tuple[int, int], ...]] = [()] * len(frames)
    spans[index] = ((frames.start + first, words),)
    return FrameTable(len(frames), spans=tuple(spans), inflated=frames.inflated)


def _native(raw: bytes, header: InstanceHeader, shape: FrameShape, index: int) -> Samples:
    if _swapped(header):
        swapped = np.frombuffer(raw, np.uint16).byteswap().tobytes()
        raw = swapped[shape.nbytes * index % 2 :]
    return codecs.native(
        raw,
        shape,
        little=header.little_endian,
        planar=header.planar_configuration == 1,
        float_bits=_FLOAT_BITS.get(header.pixel_data_tag, 0),
    )


def _stored_values(samples: Samples, header: InstanceHeader) -> Samples:
    """Keep Bits Stored up to High Bit, with the sign that Pixel Representation says (PS3.5 8.1.1)."""
    stored, bits = header.bits_stored, samples.dtype.itemsize * 8
    if samples.dtype.kind not in "iu" or not 0 < stored < bits:
        if header.pixel_representation == 1 and samples.dtype.kind == "u" and header.samples_per_pixel == 1:
            return samples.view(samples.dtype.str.replace("u", "i"))
        return samples
    low = header.high_bit + 1 - stored
    if low > 0 and not header.frames.spans:
        samples = samples >> low
    if header.pixel_representation != 1:
        return samples if header.frames.spans else samples & ((1 << stored) - 1)
    shift = bits - stored
    signed = samples.view(samples.dtype.str.replace("u", "i"))
    return (signed << shift) >> shift


def _in_rgb(samples: Samples, photometric: str, is_rgb: bool) -> Frame:
    if samples.ndim == 2:
        return Frame(
            samples, photometric if photometric in ("MONOCHROME1", "PALETTE COLOR") else "MONOCHROME2"
        )
    if is_rgb or photometric == "RGB" or not photometric.startswith("YBR"):
        return Frame(samples[:, :, :3], "RGB")
    eight = (
        samples
        if samples.dtype == np.uint8
        else (samples >> (samples.dtype.itemsize * 8 - 8)).astype(np.uint8)
    )
    picture = Image.frombytes(
        "YCbCr", (samples.shape[1], samples.shape[0]), np.ascontiguousarray(eight).tobytes()
    )
    return Frame(np.asarray(picture.convert("RGB")), "RGB")
