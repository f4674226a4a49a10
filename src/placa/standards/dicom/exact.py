"""One frame for the viewer inside the ZIP: its stored values, lossless and small, and what turns them into grey.

Packed as a header (JSON), a line feed and a payload. The payload is what the browser can open by itself: raw deflate
(RFC 1951) of the values, or the JPEG as the equipment made it. Values are written as differences to their left
neighbour (of the first column: to the one above), the sign in the lowest bit, all low bytes before all high ones:
so noise does not spoil what repeats. `viewer/offline/unpack.ts` undoes it.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from isal import isal_zlib

from placa.standards.dicom import errors, uids, values
from placa.standards.dicom.codecs import Samples, has_colour_marker
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import Frame, decode_frame, read_frame
from placa.standards.dicom.header import InstanceHeader, read_header
from placa.standards.dicom.lookups import Lookups, Lut, lookups_of
from placa.standards.dicom.part10 import data_set_source, read_file_meta
from placa.standards.dicom.render import Path, coloured, eight_bits, presentation_of
from placa.standards.dicom.source import FileSource
from placa.standards.dicom.walk import Walker

LEVEL: Final = 1  # of isal: within 3 % of zlib's 6, ten times faster
_RAW: Final = -15  # window bits without a header
_TYPES: Final = frozenset({"u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"})
_LOSSY: Final = uids.JPEG_DCT_SYNTAXES | {
    uids.JPEG_LS_NEAR_LOSSLESS, uids.JPEG_2000, uids.JPEG_2000_MC, uids.HTJ2K, uids.JPEG_XL_JPEG_RECOMPRESSION, uids.JPEG_XL,
}  # fmt: skip
_ORIENTATION, _RATIO, _SPACING, _IMAGER_SPACING = 0x00200020, 0x00280034, 0x00280030, 0x00181164
_TAGS: Final = frozenset({_ORIENTATION, _RATIO, _SPACING, _IMAGER_SPACING})
_EXTRA_MARKS: Final = (b"Exif\0", b"ICC_PROFILE\0")  # a browser would turn or recolour the picture by them


def exact_frame(path: Path, index: int = 0) -> bytes:
    """Frame `index` (from 0), packed. Raises as `decode_frame`; InvalidObject(not-renderable) for 64-bit integers."""
    header = read_header(path)
    decoded = decode_frame(path, index, header=header)
    lookups = lookups_of(path, header, index)
    about: dict[str, Any] = {
        "rows": header.rows,
        "columns": header.columns,
        "lossy": _is_lossy(header),
        "fps": header.frame_rate,
        **_geometry(path, header),
    }
    samples = decoded.samples
    if decoded.photometric_interpretation == "RGB":
        samples = eight_bits(samples, header.bits_stored)
    elif decoded.photometric_interpretation == "PALETTE COLOR" and lookups.palette:
        samples = coloured(samples, lookups.palette)
    else:
        about |= _grey(decoded, header, lookups)
    about["samples"] = 1 if samples.ndim == 2 else 3
    jpeg = _jpeg(path, header, index)
    if jpeg is not None:
        return _packed(about | {"type": "jpeg"}, jpeg)
    if _type(samples) not in _TYPES:
        raise InvalidObject(errors.NOT_RENDERABLE, f"samples of {samples.dtype}")
    return _packed(about | {"type": _type(samples)}, _squeezed(samples))


def unpacked(packed: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a packed frame."""
    head, _line, payload = packed.partition(b"\n")
    return json.loads(head), payload


def _packed(about: dict[str, Any], payload: bytes) -> bytes:
    return json.dumps(about, separators=(",", ":")).encode() + b"\n" + payload


def _type(samples: Samples) -> str:
    return f"{samples.dtype.kind}{samples.dtype.itemsize}"


def _squeezed(samples: Samples) -> bytes:
    size = samples.dtype.itemsize
    planes = (
        [samples] if samples.ndim == 2 else [samples[:, :, channel] for channel in range(samples.shape[2])]
    )
    squeeze = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _RAW)
    parts = []
    for plane in planes:
        little = np.ascontiguousarray(plane.astype(plane.dtype.newbyteorder("<"), copy=False))
        differing = _differences(little.view(f"<u{size}")) if size <= 2 else little  # wider ones are rare
        parts.append(squeeze.compress(differing.view(np.uint8).reshape(-1, size).T.tobytes()))
    return b"".join([*parts, squeeze.flush()])


def _differences(values: Samples) -> Samples:
    """Unsigned values as differences, wrapped around, that of -n as 2n - 1 and of n as 2n."""
    bits = values.dtype.itemsize * 8
    difference = values.copy()
    difference[:, 1:] -= values[:, :-1]
    difference[1:, 0] -= values[:-1, 0]
    signed = difference.view(difference.dtype.str.replace("u", "i"))
    zigzag: Samples = ((signed << 1) ^ (signed >> (bits - 1))).view(values.dtype)
    return zigzag


def _grey(decoded: Frame, header: InstanceHeader, lookups: Lookups) -> dict[str, Any]:
    """What turns stored values into grey, PS3.4 N.2: `modality` and `voi` are tables, where there are any."""
    own = presentation_of(decoded, header, lookups)
    window = own.window
    return {
        "slope": lookups.rescale_slope,
        "intercept": lookups.rescale_intercept,
        "modality": _table(lookups.modality_lut),
        "voi": _table(own.lut),
        "window": None if window is None else [window.center, window.width, window.function],
        "inverse": own.inverse,
        "padding": own.padding,
    }


def _table(lut: Lut | None) -> dict[str, Any] | None:
    return None if lut is None else {"first": lut.first, "bits": lut.bits, "entries": lut.entries.tolist()}


def _is_lossy(header: InstanceHeader) -> bool:
    """Whether values were given up on the way: said so, or by a coding that always does, or may and is not denied."""
    said = header.lossy_image_compression.strip()
    if said == "01" or header.transfer_syntax_uid in uids.JPEG_DCT_SYNTAXES:
        return True
    return said != "00" and header.transfer_syntax_uid in _LOSSY


def _jpeg(path: Path, header: InstanceHeader, index: int) -> bytes | None:
    """The JPEG as it is stored, where every browser decodes it to the same picture as we do (8 bits, ITU-T T.81)."""
    if (
        header.transfer_syntax_uid != uids.JPEG_BASELINE
        or header.bits_allocated != 8
        or header.pixel_representation
    ):
        return None
    data = read_frame(path, header.frames, index)
    known_colours = header.samples_per_pixel == 1 or has_colour_marker(data)
    known_colours = known_colours or header.photometric_interpretation.startswith("YBR")
    return data if known_colours and not any(mark in data[:4096] for mark in _EXTRA_MARKS) else None


def _geometry(path: Path, header: InstanceHeader) -> dict[str, Any]:
    """How high a pixel is for its width, and where rows and columns go, in the patient."""
    found: dict[int, str] = {}
    with FileSource(path) as source:
        meta = read_file_meta(source)
        data, position = data_set_source(source, meta)
        for element in Walker(data).elements(position, data.size, meta.encoding):
            if element.tag in _TAGS and 0 < element.length <= 256:
                found[element.tag] = (
                    data.read(element.start, element.length).decode("ascii", "replace").strip(" \0")
                )
            elif element.tag > max(_TAGS):
                break
    sides = [values.parse_many_ds(found.get(tag, "")) for tag in (_RATIO, _SPACING, _IMAGER_SPACING)]
    height, width = next((pair for pair in sides if len(pair) == 2 and min(pair) > 0), (1.0, 1.0))
    orientation: list[Any] = [*header.image_orientation_patient]
    if len(orientation) != 6:
        orientation = [part for part in found.get(_ORIENTATION, "").split("\\") if part]
    return {"aspect": round(height / width, 6), "orientation": orientation}
