"""A stored object as Explicit VR Little Endian (PS3.5 A.2), in pieces: what stands before and behind the pixels here,
the pixels themselves frame by frame, so that nobody holds a whole cine loop in memory.

Runs in a child of the sandbox: decoders are asked for the first frame.
"""

from __future__ import annotations

import io
import os
from struct import pack
from typing import Any, Final

from pydicom import config, dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import UID

from placa.standards.dicom import errors, uids
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import Frame, decode_frame
from placa.standards.dicom.header import InstanceHeader, read_header
from placa.standards.dicom.shell import Shell
from placa.standards.dicom.walk import PIXEL_DATA_TAGS

PIXEL_DATA: Final = 0x7FE00010
LARGEST: Final = 0xFFFFFFFE  # bytes of one value
_EXTENDED: Final = (0x7FE00001, 0x7FE00002)


def shell_of(path: str | os.PathLike[str]) -> Shell:
    """The shell of a stored object. Raises InvalidObject where its pixels cannot be decompressed."""
    header = read_header(path)
    config.settings.reading_validation_mode = config.IGNORE
    config.settings.writing_validation_mode = config.IGNORE
    data = dcmread(path, force=True, defer_size=64 * 1024)
    pixels = next((tag for tag in sorted(PIXEL_DATA_TAGS) if tag in data), None)
    if str(data.get("SOPInstanceUID")) != header.sop_instance_uid or (pixels or 0) != header.pixel_data_tag:
        # laid out otherwise than it says: what two readers read differently is given as it is, or not at all
        raise InvalidObject(errors.BAD_STRUCTURE, "the transfer syntax is not the one of the bytes")
    compressed = bool(pixels) and uids.is_encapsulated(header.transfer_syntax_uid)
    frame = decode_frame(path, 0, header=header) if compressed else None
    total, vr = 0, "OW"
    if pixels is not None:
        total, vr = _size(header, frame)
        del data[pixels]
    for tag in _EXTENDED:
        if tag in data:
            del data[tag]
    if frame is not None:
        _describe(data, frame)
    before, behind = _written(data, pixels, total, vr)
    swapped = pixels is not None and not header.little_endian
    if swapped and header.bits_allocated > 16:
        raise InvalidObject(errors.NOT_RENDERABLE, "big endian samples of more than 16 bits")
    return Shell(
        before, behind, frame.samples.nbytes if frame else 0, total, swapped and header.pixel_data_vr == "OW"
    )


def _size(header: InstanceHeader, frame: Frame | None) -> tuple[int, str]:
    """Bytes of all pixels, and the VR of the element."""
    if frame is None:
        return header.pixel_data_length, header.pixel_data_vr or "OW"
    total = frame.samples.nbytes * header.number_of_frames
    if total > LARGEST:
        raise InvalidObject(errors.TOO_LARGE, f"{total} bytes of pixels")
    return total, "OB" if frame.samples.dtype.itemsize == 1 else "OW"


def _describe(data: Dataset, frame: Frame) -> None:
    """What decompressing changes (PS3.5 8.2, PS3.3 C.7.6.3)."""
    bits = frame.samples.dtype.itemsize * 8
    if frame.samples.ndim == 3:
        data.PlanarConfiguration = 0
        data.PhotometricInterpretation = frame.photometric_interpretation
    if data.get("BitsAllocated") != bits:
        data.BitsAllocated = bits
        data.BitsStored = min(int(data.get("BitsStored") or bits), bits)
        data.HighBit = data.BitsStored - 1


def _written(data: FileDataset, pixels: int | None, total: int, vr: str) -> tuple[bytes, bytes]:
    behind = Dataset()
    for element in [data[tag] for tag in sorted(data.keys()) if pixels is not None and tag > pixels]:
        behind[element.tag] = element
        del data[element.tag]
    out = io.BytesIO()
    data.file_meta.TransferSyntaxUID = UID(uids.EXPLICIT_VR_LITTLE_ENDIAN)
    data.preamble = bytes(128)
    dcmwrite(out, data, implicit_vr=False, little_endian=True, enforce_file_format=True)
    if pixels is None:
        return out.getvalue(), b""
    padded = total + total % 2
    opening = pack("<HH2sHI", pixels >> 16, pixels & 0xFFFF, vr.encode(), 0, padded)
    tail = DicomBytesIO()
    tail.is_little_endian, tail.is_implicit_VR = True, False
    write_dataset(tail, behind)
    return out.getvalue() + opening, b"\0" * (total % 2) + tail.getvalue()


def frame_of(path: str | os.PathLike[str], index: int) -> bytes:
    """Decoded samples of frame `index` (from 0), little endian: what belongs into a shell. As `decode_frame` raises."""
    samples: Any = decode_frame(path, index).samples
    return bytes(samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes())
