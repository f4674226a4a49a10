"""Make DICOM instances of uploads: a PDF as Encapsulated PDF, a JPEG or PNG as Secondary Capture.

Pictures are decoded and encoded again, so that nothing but pixels is kept: no EXIF position, no trailing
data.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from PIL import Image, ImageFile, ImageOps

from placa.standards.dicom import errors, uids
from placa.standards.dicom.encode import UTF_8, element, fitted, item
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.part10 import file_header
from placa.standards.dicom.pdf import PDF_LIMIT, check_pdf

PIXEL_LIMIT: Final = 64_000_000
_JPEG_QUALITY: Final = 92
_MANUFACTURER: Final = "Placa"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAttributes:
    """Patient, study and series of an instance to be made; names are DICOM keywords.

    Names of people are PN values ("Morales Peralta^Ana"). `content` is when the upload was taken in.
    """

    patient_id: str
    patient_name: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    content: datetime
    modality: str
    issuer_of_patient_id: str = ""
    patient_birth_date: date | None = None
    patient_sex: str = ""
    study_id: str = ""
    study_date: date | None = None
    study_time: time | None = None
    study_description: str = ""
    accession_number: str = ""
    referring_physician_name: str = ""
    institution_name: str = ""
    series_number: int = 1
    series_description: str = ""
    instance_number: int = 1
    document_title: str = ""


Elements = dict[int, tuple[str, Any]]


def encapsulate_pdf(pdf: bytes, attributes: InstanceAttributes) -> bytes:
    """A DICOM file with `pdf` inside (PS3.3 A.45.1). Raises InvalidObject(bad-pdf, too-large,
    invalid-uid)."""
    check_pdf(pdf)
    if len(pdf) > PDF_LIMIT:
        raise InvalidObject(errors.TOO_LARGE, f"a document of {len(pdf)} bytes")
    elements = _common(attributes, uids.ENCAPSULATED_PDF)
    elements |= {
        0x0008002A: ("DT", f"{attributes.content:%Y%m%d%H%M%S}"),
        0x00080064: ("CS", "WSD"),
        0x00280301: ("CS", "YES"),  # a scan or report names the patient
        0x0040A043: ("SQ", b""),
        0x00420010: ("ST", fitted(attributes.document_title, 1024)),
        0x00420011: ("OB", pdf),
        0x00420012: ("LO", "application/pdf"),
        0x00420015: ("UL", len(pdf)),
    }
    return _file(elements, uids.ENCAPSULATED_PDF, attributes.sop_instance_uid, uids.EXPLICIT_VR_LITTLE_ENDIAN)


def secondary_capture(picture: bytes, attributes: InstanceAttributes) -> bytes:
    """A DICOM file of a JPEG or PNG (PS3.3 A.8.1): JPEG stays lossy JPEG baseline, PNG becomes uncompressed.

    The picture is turned upright. Raises InvalidObject: bad-picture for anything else or broken, too-large.
    """
    image, was_jpeg = _opened(picture)
    samples = 1 if image.mode == "L" else 3
    elements = _common(attributes, uids.SECONDARY_CAPTURE)
    elements |= {
        0x00080064: ("CS", "WSD"),
        0x00200020: ("CS", ""),
        0x00200060: ("CS", ""),
        0x00280002: ("US", samples),
        0x00280004: ("CS", "MONOCHROME2" if samples == 1 else "YBR_FULL_422" if was_jpeg else "RGB"),
        0x00280010: ("US", image.height),
        0x00280011: ("US", image.width),
        0x00280100: ("US", 8),
        0x00280101: ("US", 8),
        0x00280102: ("US", 7),
        0x00280103: ("US", 0),
    }
    if samples == 3:
        elements[0x00280006] = ("US", 0)
    if not was_jpeg:
        elements[0x7FE00010] = ("OB", image.tobytes())
        return _file(
            elements, uids.SECONDARY_CAPTURE, attributes.sop_instance_uid, uids.EXPLICIT_VR_LITTLE_ENDIAN
        )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling="4:2:2")
    codestream = out.getvalue()
    ratio = image.width * image.height * samples / len(codestream)
    elements[0x00282110] = ("CS", "01")
    elements[0x00282112] = ("DS", f"{ratio:.2f}")
    elements[0x00282114] = ("CS", "ISO_10918_1")
    body = _encapsulated(codestream)
    return _file(elements, uids.SECONDARY_CAPTURE, attributes.sop_instance_uid, uids.JPEG_BASELINE) + body


@contextmanager
def _whole_only() -> Iterator[None]:
    """A cut-off picture is refused, even where another library (WeasyPrint) told Pillow to take it."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _opened(picture: bytes) -> tuple[Image.Image, bool]:
    """The picture upright, as L or RGB, and whether it came as JPEG."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures while it opens them; what is too large is decided below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(picture), formats=("JPEG", "PNG"))
        with opened as image:
            if image.width * image.height > PIXEL_LIMIT or max(image.size) > 65_535:
                raise InvalidObject(errors.TOO_LARGE, f"a picture of {image.width} x {image.height}")
            was_jpeg = image.format == "JPEG"
            with _whole_only():
                image.load()
            upright = ImageOps.exif_transpose(image)
            return _flattened(upright), was_jpeg
    except InvalidObject:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        # Pillow says SyntaxError for broken PNG chunks.
        raise InvalidObject(errors.BAD_PICTURE, type(problem).__name__) from None


def _flattened(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB"):
        return image
    if image.mode in ("1", "I", "I;16"):
        wide = image.point(lambda value: value / 256) if image.mode.startswith("I") else image
        return wide.convert("L")
    if "A" in image.mode or "transparency" in image.info:
        layers = image.convert("RGBA")
        white = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(white, layers).convert("RGB")
    return image.convert("RGB")


def _encapsulated(codestream: bytes) -> bytes:
    """Pixel Data of one fragment (PS3.5 A.4)."""
    padded = codestream + b"\0" * (len(codestream) % 2)
    opening = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff"
    return opening + item(b"") + item(padded) + b"\xfe\xff\xdd\xe0\0\0\0\0"


def _common(attributes: InstanceAttributes, sop_class_uid: str) -> Elements:
    """Patient, General Study, Series, SC Equipment and SOP Common modules."""
    a = attributes
    elements: Elements = {
        0x00080005: ("CS", UTF_8),
        0x00080016: ("UI", sop_class_uid),
        0x00080018: ("UI", a.sop_instance_uid),
        0x00080020: ("DA", a.study_date),
        0x00080023: ("DA", a.content.date()),
        0x00080030: ("TM", a.study_time),
        0x00080033: ("TM", a.content.time()),
        0x00080050: ("SH", fitted(a.accession_number, 16)),
        0x00080060: ("CS", fitted(a.modality, 16)),
        0x00080070: ("LO", _MANUFACTURER),
        0x00080090: ("PN", fitted(a.referring_physician_name, 324)),
        0x00100010: ("PN", fitted(a.patient_name, 324)),
        0x00100020: ("LO", fitted(a.patient_id, 64)),
        0x00100030: ("DA", a.patient_birth_date),
        0x00100040: ("CS", a.patient_sex if a.patient_sex in ("M", "F", "O") else ""),
        0x0020000D: ("UI", a.study_instance_uid),
        0x0020000E: ("UI", a.series_instance_uid),
        0x00200010: ("SH", fitted(a.study_id, 16)),
        0x00200011: ("IS", a.series_number),
        0x00200013: ("IS", a.instance_number),
    }
    optional: Elements = {
        0x00080080: ("LO", fitted(a.institution_name, 64)),
        0x00081030: ("LO", fitted(a.study_description, 64)),
        0x0008103E: ("LO", fitted(a.series_description, 64)),
        0x00100021: ("LO", fitted(a.issuer_of_patient_id, 64)),
    }
    return elements | {tag: entry for tag, entry in optional.items() if entry[1]}


def _file(elements: Elements, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    for tag in (0x0020000D, 0x0020000E):
        if not uids.is_valid_uid(elements[tag][1]):
            raise InvalidObject(errors.INVALID_UID)
    header = file_header(
        sop_class_uid=sop_class_uid,
        sop_instance_uid=sop_instance_uid,
        transfer_syntax_uid=transfer_syntax_uid,
    )
    return header + b"".join(element(tag, *elements[tag]) for tag in sorted(elements))
