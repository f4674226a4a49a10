"""Decode one compressed frame to samples (PS3.5 Annex A.4), with what the codestream claims checked
beforehand."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from placa.standards.dicom import errors, uids
from placa.standards.dicom.errors import InvalidObject

Samples = NDArray[Any]

FRAME_LIMIT: Final = 512 * 1024 * 1024
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}  # F7: JPEG-LS


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What the data set says of one frame (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    photometric: str
    signed: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of the frame once decoded."""
        return (self.rows * self.columns * self.samples * self.bits_allocated + 7) // 8


def check_size(shape: FrameShape) -> None:
    """Raise InvalidObject(too-large) for a frame beyond the limit, (not-renderable) for an empty one."""
    if min(shape.rows, shape.columns, shape.samples, shape.bits_allocated) <= 0:
        raise InvalidObject(errors.NOT_RENDERABLE, "no rows, columns, samples or bits")
    if shape.nbytes > FRAME_LIMIT:
        raise InvalidObject(errors.TOO_LARGE, f"a frame of {shape.nbytes} bytes")


def decode(data: bytes, transfer_syntax_uid: str, shape: FrameShape) -> tuple[Samples, bool]:
    """Decode a frame to (rows, columns) or (rows, columns, samples).

    The second value says that colour came out as RGB already. Raises InvalidObject(undecodable, too-large).
    """
    check_size(shape)
    decoder = _DECODERS.get(transfer_syntax_uid)
    if decoder is None:
        raise InvalidObject(errors.NOT_RENDERABLE, f"no decoder for {transfer_syntax_uid}")
    _check_claim(data, transfer_syntax_uid, shape)
    try:
        samples, is_rgb = decoder(data, shape)
    except InvalidObject:
        raise
    except (
        RuntimeError,
        ValueError,
        TypeError,
        IndexError,
        OverflowError,
        MemoryError,
        zlib.error,
    ) as problem:
        # imagecodecs' errors are RuntimeError; their text holds no data of the patient.
        raise InvalidObject(errors.UNDECODABLE, str(problem)[:200]) from None
    return _shaped(samples, shape), is_rgb


def _shaped(samples: Samples, shape: FrameShape) -> Samples:
    wanted = (shape.rows, shape.columns) if shape.samples == 1 else (shape.rows, shape.columns, shape.samples)
    if samples.shape == wanted:
        return samples
    if samples.ndim == 3 and shape.samples == 1 and samples.shape[:2] == wanted:
        return samples[:, :, 0]
    if samples.size == np.prod(wanted):
        return samples.reshape(wanted)
    raise InvalidObject(errors.UNDECODABLE, f"decoded to {samples.shape}, the data set says {wanted}")


def _check_claim(data: bytes, transfer_syntax_uid: str, shape: FrameShape) -> None:
    """The size inside the codestream must be that of the data set, before a decoder allocates for it."""
    size: tuple[int, int] | None = None
    if transfer_syntax_uid in uids.JPEG_2000_SYNTAXES:
        size = _jpeg_2000_size(data)
    elif (
        transfer_syntax_uid.startswith("1.2.840.10008.1.2.4.")
        and transfer_syntax_uid not in uids.JPEG_XL_SYNTAXES
    ):
        size = _jpeg_size(data)
    if size is not None and size != (shape.rows, shape.columns):
        raise InvalidObject(errors.UNDECODABLE, f"the codestream is {size}, the data set says {shape}")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) of the first frame header, ITU-T T.81 B.2.2."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _SOF:
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _jpeg_2000_size(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) by SIZ, ITU-T T.800 A.5.1."""
    at = data.find(b"\xff\x4f\xff\x51", 0, 4096)
    if at < 0 or at + 24 > len(data):
        return None
    width, height, left, top = (int.from_bytes(data[at + 8 + i : at + 12 + i], "big") for i in (0, 4, 8, 12))
    return height - top, width - left


def _jpeg_dct(data: bytes, shape: FrameShape) -> tuple[Samples, bool]:
    if shape.samples == 1:
        return imagecodecs.jpeg8_decode(data), False
    # Markers say how colour was made (Adobe, JFIF); without them the photometric interpretation does.
    marked = has_colour_marker(data)
    if marked:
        return imagecodecs.jpeg8_decode(data, outcolorspace="RGB"), True
    source = "RGB" if shape.photometric == "RGB" else "YCbCr"
    return imagecodecs.jpeg8_decode(data, colorspace=source, outcolorspace="RGB"), True


def has_colour_marker(data: bytes) -> bool:
    """Whether a JPEG says itself how its colours are coded (Adobe, JFIF)."""
    head = data[:4096]
    return b"\xff\xee\x00\x0eAdobe" in head or b"JFIF\0" in head[:16]


def _jpeg_lossless(data: bytes, shape: FrameShape) -> tuple[Samples, bool]:
    return imagecodecs.jpegsof3_decode(data), shape.photometric == "RGB"


def _jpeg_ls(data: bytes, shape: FrameShape) -> tuple[Samples, bool]:
    return imagecodecs.jpegls_decode(data), shape.photometric == "RGB"


def _jpeg_2000(data: bytes, shape: FrameShape) -> tuple[Samples, bool]:
    # YBR_RCT and YBR_ICT are undone by the decoder (PS3.5 8.2.4); YBR_FULL is not.
    is_rgb = shape.photometric in ("RGB", "YBR_RCT", "YBR_ICT")
    try:
        return imagecodecs.jpeg2k_decode(data), is_rgb
    except RuntimeError:
        return imagecodecs.htj2k_decode(data), is_rgb


def _jpeg_xl(data: bytes, shape: FrameShape) -> tuple[Samples, bool]:
    return imagecodecs.jpegxl_decode(data), True


def _rle(data: bytes, shape: FrameShape) -> tuple[Samples, bool]:
    """RLE (PS3.5 Annex G): one segment a byte of each sample, samples one after the other."""
    segments = int.from_bytes(data[:4], "little")
    width = shape.bits_allocated // 8
    if segments != shape.samples * width or segments > 15:
        raise InvalidObject(errors.UNDECODABLE, f"{segments} RLE segments")
    pixels = shape.rows * shape.columns
    starts = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "little") for i in range(segments)]
    planes = np.zeros((shape.samples, pixels, width), np.uint8)
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True)):
        plane = np.zeros(pixels, np.uint8)
        packed = imagecodecs.packbits_decode(data[start:end])
        found = np.frombuffer(packed, np.uint8)[:pixels]
        if found.size < pixels:
            raise InvalidObject(errors.UNDECODABLE, "an RLE segment is too short")
        plane[:] = found
        # Most significant byte first; the array is little endian.
        planes[number // width, :, width - 1 - number % width] = plane
    samples = (
        planes.reshape(shape.samples, -1).view(f"<u{width}").reshape(shape.samples, shape.rows, shape.columns)
    )
    return (samples[0] if shape.samples == 1 else np.moveaxis(samples, 0, -1)), shape.photometric == "RGB"


def _deflated(data: bytes, shape: FrameShape) -> tuple[Samples, bool]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    raw = engine.decompress(data, shape.nbytes + 2)
    return native(raw, shape), shape.photometric == "RGB"


def native(
    raw: bytes, shape: FrameShape, *, little: bool = True, planar: bool = False, float_bits: int = 0
) -> Samples:
    """Samples of an uncompressed frame (PS3.5 8.1); YBR_FULL_422 is brought to full size.

    Raises InvalidObject(undecodable) where bytes are missing.
    """
    order = "<" if little else ">"
    if float_bits:
        return _cut(np.frombuffer(raw, f"{order}f{float_bits // 8}"), shape)
    if shape.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return _cut(bits, shape)
    width = shape.bits_allocated // 8
    if width not in (1, 2, 4, 8) or shape.bits_allocated % 8:
        raise InvalidObject(errors.UNDECODABLE, f"{shape.bits_allocated} bits allocated")
    if len(raw) % width:
        raw = raw[: len(raw) // width * width]
    flat: Samples = np.frombuffer(raw, f"{order}{'i' if shape.signed else 'u'}{width}")
    if not little:
        flat = flat.astype(flat.dtype.newbyteorder("="))
    if shape.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422") and shape.samples == 3:
        return _from_422(flat, shape)
    if planar and shape.samples > 1:
        count = shape.rows * shape.columns * shape.samples
        if flat.size < count:
            raise InvalidObject(errors.UNDECODABLE, "the frame is too short")
        return np.moveaxis(flat[:count].reshape(shape.samples, shape.rows, shape.columns), 0, -1)
    return _cut(flat, shape)


def _cut(flat: Samples, shape: FrameShape) -> Samples:
    count = shape.rows * shape.columns * shape.samples
    if flat.size < count:
        raise InvalidObject(errors.UNDECODABLE, "the frame is too short")
    wanted = (shape.rows, shape.columns) if shape.samples == 1 else (shape.rows, shape.columns, shape.samples)
    return flat[:count].reshape(wanted)


def _from_422(flat: Samples, shape: FrameShape) -> Samples:
    """Y1 Y2 Cb Cr for each pair of pixels (PS3.3 C.7.6.3.1.2)."""
    pairs = shape.rows * shape.columns // 2
    if flat.size < pairs * 4:
        raise InvalidObject(errors.UNDECODABLE, "the frame is too short")
    groups = flat[: pairs * 4].reshape(pairs, 4)
    full = np.empty((pairs, 2, 3), flat.dtype)
    full[:, :, 0] = groups[:, :2]
    full[:, :, 1:] = groups[:, None, 2:]
    return full.reshape(shape.rows, shape.columns, 3)


Decoder = Callable[[bytes, FrameShape], tuple[Samples, bool]]
_DECODERS: Final[dict[str, Decoder]] = {
    **dict.fromkeys(uids.JPEG_DCT_SYNTAXES, _jpeg_dct),
    **dict.fromkeys(uids.JPEG_LOSSLESS_SYNTAXES, _jpeg_lossless),
    **dict.fromkeys(uids.JPEG_LS_SYNTAXES, _jpeg_ls),
    **dict.fromkeys(uids.JPEG_2000_SYNTAXES, _jpeg_2000),
    **dict.fromkeys(uids.JPEG_XL_SYNTAXES, _jpeg_xl),
    uids.RLE_LOSSLESS: _rle,
    uids.DEFLATED_IMAGE_FRAME: _deflated,
}
