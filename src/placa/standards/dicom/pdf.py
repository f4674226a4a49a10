"""The PDF inside an Encapsulated PDF instance (PS3.3 A.45.1), and what is worth knowing of a PDF before
serving it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from placa.standards.dicom import errors
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import header_of
from placa.standards.dicom.part10 import data_set_source, read_file_meta
from placa.standards.dicom.source import FileSource
from placa.standards.dicom.walk import Walker

PDF_LIMIT: Final = 128 * 1024 * 1024
_DOCUMENT, _DOCUMENT_LENGTH = 0x00420011, 0x00420015
_ACTIVE: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile|RichMedia|XFA|SubmitForm|ImportData)\b"
)


@dataclass(frozen=True, slots=True)
class EncapsulatedPdf:
    """A PDF as it was wrapped: its bytes, without the padding that DICOM adds, and Document Title."""

    data: bytes
    document_title: str


def extract_pdf(path: str | os.PathLike[str], offset: int = 0, length: int | None = None) -> EncapsulatedPdf:
    """Take the PDF out of an instance.

    Raises InvalidObject: bad-pdf where the instance holds none or something else, too-large.
    """
    with FileSource(path, offset, length) as source:
        header = header_of(source)
        meta = read_file_meta(source)
        data, position = data_set_source(source, meta)
        found, size = b"", None
        for element in Walker(data).elements(position, data.size, meta.encoding):
            if element.tag == _DOCUMENT:
                if not 0 <= element.length <= PDF_LIMIT:
                    raise InvalidObject(errors.TOO_LARGE, f"a document of {element.length} bytes")
                found = data.read(element.start, element.length)
            elif element.tag == _DOCUMENT_LENGTH and element.length == 4:
                size = int.from_bytes(
                    data.read(element.start, 4), "little" if meta.encoding.little else "big"
                )
    if header.mime_type and header.mime_type.lower() != "application/pdf":
        raise InvalidObject(errors.BAD_PDF, "the document is of another type")
    stated = size is not None and len(found) - 1 <= size <= len(found)
    found = found[:size] if stated else found.rstrip(b"\0")
    check_pdf(found)
    return EncapsulatedPdf(found, header.document_title)


def check_pdf(data: bytes) -> None:
    """Raise InvalidObject(bad-pdf) for bytes that are not plainly a PDF from their first byte to their end
    mark.

    A PDF that starts later in the file, which readers tolerate, is what polyglots are made of.
    """
    if not data.startswith(b"%PDF-"):
        raise InvalidObject(errors.BAD_PDF, "no PDF at the start")
    if b"%%EOF" not in data[-2048:]:
        raise InvalidObject(errors.BAD_PDF, "the PDF has no end")


def is_encrypted(data: bytes) -> bool:
    """True for a PDF that needs a password; judged by its trailer, where /Encrypt stands uncompressed."""
    return re.search(rb"/Encrypt\b", data) is not None


def has_active_content(data: bytes) -> bool:
    """True where script, launch actions, forms that submit, or embedded files stand openly in the PDF.

    Names inside compressed object streams are not seen: serve every PDF of others with `nosniff` and in a
    sandbox.
    """
    return _ACTIVE.search(data) is not None
