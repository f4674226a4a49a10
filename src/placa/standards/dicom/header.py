"""The index's view of an instance: identity, description, image attributes and where its frames are.

One bounded walk over the data set; Pixel Data is stepped over, never read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

from placa.standards.dicom import errors, uids, values
from placa.standards.dicom import header_tags as tags
from placa.standards.dicom.charset import TextDecoder, decoder_for
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.offsets import FrameTable, Span, encapsulated_table, native_table
from placa.standards.dicom.part10 import FileMeta, assumed_transfer_syntax, data_set_source, read_file_meta
from placa.standards.dicom.source import ByteSource, FileSource, MemorySource
from placa.standards.dicom.walk import PIXEL_DATA_TAGS, Element, Walker

_VALUE_LIMIT: Final = 16 * 1024
_ELEMENTS_KEPT: Final = 10_000
_EOT, _EOT_LENGTHS = 0x7FE00001, 0x7FE00002


@dataclass(frozen=True, slots=True)
class InstanceHeader:
    """What an index keeps of one instance. Names are DICOM keywords; absent text is "", absent numbers None.

    `patient_name` and `referring_physician_name` are decoded PN values with their groups and carets.
    `problems` lists codes of what is wrong but can be lived with. `concept_name` is (code value, coding
    scheme, meaning) of the title of an SR, key object or encapsulated document.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    transfer_syntax_uid: str
    data_set_start: int = 0
    specific_character_set: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: date | None = None
    patient_sex: str = ""
    accession_number: str = ""
    issuer_of_accession_number: str = ""
    study_id: str = ""
    study_date: date | None = None
    study_time: time | None = None
    study_description: str = ""
    referring_physician_name: str = ""
    institution_name: str = ""
    station_name: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    series_date: date | None = None
    series_time: time | None = None
    body_part_examined: str = ""
    protocol_name: str = ""
    laterality: str = ""
    frame_of_reference_uid: str = ""
    instance_number: int | None = None
    acquisition_number: int | None = None
    content_date: date | None = None
    content_time: time | None = None
    slice_location: float | None = None
    image_position_patient: tuple[float, ...] = ()
    image_orientation_patient: tuple[float, ...] = ()
    rows: int = 0
    columns: int = 0
    number_of_frames: int = 1
    samples_per_pixel: int = 1
    photometric_interpretation: str = ""
    planar_configuration: int = 0
    bits_allocated: int = 0
    bits_stored: int = 0
    high_bit: int = 0
    pixel_representation: int = 0
    pixel_padding_value: int | None = None
    pixel_padding_range_limit: int | None = None
    rescale_slope: float | None = None
    rescale_intercept: float | None = None
    window_center: tuple[float, ...] = ()
    window_width: tuple[float, ...] = ()
    voi_lut_function: str = ""
    presentation_lut_shape: str = ""
    lossy_image_compression: str = ""
    frame_rate: float | None = None
    has_lookup_tables: bool = False
    document_title: str = ""
    concept_name: tuple[str, str, str] = ("", "", "")
    mime_type: str = ""
    completion_flag: str = ""
    verification_flag: str = ""
    little_endian: bool = True
    pixel_data_tag: int = 0
    pixel_data_vr: str = ""
    pixel_data_offset: int = 0
    pixel_data_length: int = 0
    frames: FrameTable = field(default_factory=FrameTable)
    problems: tuple[str, ...] = ()

    @property
    def kind(self) -> uids.Kind:
        """How the portal treats the object (see `uids.kind_of`)."""
        return uids.kind_of(self.sop_class_uid, self.modality, self.transfer_syntax_uid)


@dataclass(slots=True)
class _Found:
    """What one walk meets."""

    raw: dict[int, bytes] = field(default_factory=dict)
    little: bool = True
    pixel: Element | None = None
    extended: dict[int, Span] = field(default_factory=dict)
    sequences: dict[int, Element] = field(default_factory=dict)
    lookups: bool = False
    elements: list[Element] = field(default_factory=list)  # of the top level, unless there are very many


@dataclass(frozen=True, slots=True)
class Scan:
    """One walk over an object: what header and metadata are made of, while its source is open."""

    source: ByteSource  # of the plain data set: inflated where the object is deflated
    position: int
    meta: FileMeta
    found: _Found

    @property
    def elements(self) -> list[Element] | None:
        """The elements of the top level; None where there are too many to keep."""
        kept = self.found.elements
        return kept if len(kept) < _ELEMENTS_KEPT else None


def read_header(
    path: str | os.PathLike[str], offset: int = 0, length: int | None = None, *, require_uids: bool = True
) -> InstanceHeader:
    """The header of the object in a file, or in `length` bytes of it from `offset`.

    Frame and pixel positions are absolute in the file. Raises InvalidObject with a reason code; OSError as it
    comes. `require_uids=False` lets objects through that cannot be filed, for showing staff what was refused.
    """
    with FileSource(path, offset, length) as source:
        return header_of(source, require_uids=require_uids)


def parse_header(data: bytes) -> InstanceHeader:
    """The header of a DICOM file whose bytes are in memory."""
    return header_of(MemorySource(data))


def header_of(source: ByteSource, *, require_uids: bool = True) -> InstanceHeader:
    """The header of an open object (see `read_header`)."""
    return header_of_scan(scan(source), require_uids=require_uids)


def scan(source: ByteSource, meta: FileMeta | None = None) -> Scan:
    """Walk an open object once. Raises InvalidObject."""
    meta = meta or read_file_meta(source)
    data, position = data_set_source(source, meta)
    return Scan(data, position, meta, _collect(Walker(data), position, meta))


def header_of_scan(scanned: Scan, *, require_uids: bool = True) -> InstanceHeader:
    """The header of a walked object (see `read_header`)."""
    return _build(Walker(scanned.source), scanned.meta, scanned.found, require_uids)


def _collect(walker: Walker, position: int, meta: FileMeta) -> _Found:
    found = _Found(little=meta.encoding.little)
    source, end = walker.source, walker.source.size
    kept, raw, read = found.elements, found.raw, source.read
    for element in walker.top_level(position, end, meta.encoding):
        tag, vr, start, length, position, _encoding = element
        if len(kept) < _ELEMENTS_KEPT:
            kept.append(element)
        if tag in tags.WANTED:
            raw[tag] = read(start, min(max(length, 0), _VALUE_LIMIT))
        elif tag in PIXEL_DATA_TAGS:
            found.pixel = element
        elif tag in (_EOT, _EOT_LENGTHS):
            found.extended[tag] = (start, length)
        elif tag == 0:
            return found  # padding of zeros behind the data set
        elif vr == "SQ":
            _note_sequence(walker, found, element)
        elif tag in tags.LOOKUPS:
            found.lookups = True
    _must_be_padding(read(position, end - position))
    return found


def _note_sequence(walker: Walker, found: _Found, element: Element) -> None:
    found.lookups |= element.tag in tags.LOOKUPS
    if element.tag in (tags.ACCESSION_ISSUER, tags.CONCEPT_NAME):
        found.sequences[element.tag] = element
    if element.length > 0:
        walker.check_depth(element)


def _must_be_padding(rest: bytes) -> None:
    """Fewer bytes than an element takes may follow the last one only as zeros; else the object was cut there."""
    if any(rest):
        raise InvalidObject(errors.TRUNCATED, f"{len(rest)} bytes behind the last element")


def _build(walker: Walker, meta: FileMeta, found: _Found, require_uids: bool) -> InstanceHeader:
    raw = found.raw
    charset = raw.get(tags.CHARSET, b"").decode("ascii", "replace").strip(" \0")
    decoder = decoder_for(charset)
    fields: dict[str, object] = {"specific_character_set": charset, "has_lookup_tables": found.lookups}
    fields |= _uids(raw, meta, require_uids)
    for tag, name in tags.TEXT.items():
        if tag in raw:
            fields[name] = decoder.text(raw[tag], name=tag in tags.NAMES).strip(" \0\r\n\t") or fields.get(
                name, ""
            )
    fields |= _typed(raw)
    fields |= _shorts(raw, found.little)
    if tags.ACCESSION_ISSUER in found.sequences:
        # Local namespace, else universal id (PS3.3 table 10-17).
        issuer = _first_item(walker, found.sequences[tags.ACCESSION_ISSUER], decoder)
        fields["issuer_of_accession_number"] = issuer.get(0x00400031) or issuer.get(0x00400032, "")
    if tags.CONCEPT_NAME in found.sequences:
        code = _first_item(walker, found.sequences[tags.CONCEPT_NAME], decoder)
        fields["concept_name"] = tuple(code.get(tag, "") for tag in (0x00080100, 0x00080102, 0x00080104))
    fields |= _pixels(walker, meta, found, fields)
    return InstanceHeader(data_set_start=meta.data_set_start, **fields)  # type: ignore[arg-type]  # keyed by tables


def _uids(raw: dict[int, bytes], meta: FileMeta, required: bool) -> dict[str, object]:
    read = {name: raw.get(tag, b"").decode("ascii", "replace").strip(" \0") for tag, name in tags.UI.items()}
    if read["sop_class_uid"] == "" and meta.media_storage_sop_class_uid == uids.MEDIA_STORAGE_DIRECTORY:
        raise InvalidObject(errors.IS_DICOMDIR)
    read["transfer_syntax_uid"] = assumed_transfer_syntax(meta)
    for name, uid in read.items():
        if name == "frame_of_reference_uid" or not required:
            continue
        if not uid:
            raise InvalidObject(errors.MISSING_UID, name)
        if not uids.is_acceptable_uid(uid):
            raise InvalidObject(errors.INVALID_UID, name)
    return dict(read)


def _text_of(raw: bytes) -> str:
    return raw.decode("ascii", "replace")


def _typed(raw: dict[int, bytes]) -> dict[str, object]:
    """Dates, times and numbers of what is there; what is not has its default in `InstanceHeader`."""
    fields: dict[str, object] = {}
    rates: dict[str, float | None] = {}
    for tag, value in raw.items():
        if tag in tags.DATES:
            fields[tags.DATES[tag]] = values.parse_da(_text_of(value))
        elif tag in tags.TIMES:
            fields[tags.TIMES[tag]] = values.parse_tm(_text_of(value))
        elif tag in tags.INTEGERS:
            fields[tags.INTEGERS[tag]] = values.parse_is(_text_of(value))
        elif tag in tags.DECIMALS:
            fields[tags.DECIMALS[tag]] = values.parse_ds(_text_of(value))
        elif tag in tags.DECIMAL_LISTS:
            fields[tags.DECIMAL_LISTS[tag]] = values.parse_many_ds(_text_of(value))
        elif tag in tags.RATES:
            rates[tags.RATES[tag]] = values.parse_ds(_text_of(value))
    if rates:
        fields["frame_rate"] = _frame_rate(rates)
    return fields


def _frame_rate(rates: dict[str, float | None]) -> float | None:
    """Frames a second: as recommended, else as played, else by the time of a frame in ms."""
    frame_time = rates.get("frame_time")
    timed = 1000 / frame_time if frame_time and frame_time > 0 else None
    known = (rates.get("recommended_display_frame_rate"), rates.get("cine_rate"), timed)
    return next((rate for rate in known if rate and rate > 0), None)


def _shorts(raw: dict[int, bytes], little: bool) -> dict[str, object]:
    fields: dict[str, object] = {}
    for tag, name in tags.SHORTS.items():
        value = raw.get(tag, b"")
        if len(value) >= 2:
            fields[name] = int.from_bytes(value[:2], "little" if little else "big")
    if fields.get("pixel_representation") == 1:
        for name in ("pixel_padding_value", "pixel_padding_range_limit"):
            number = fields.get(name)
            if isinstance(number, int) and number >= 0x8000:
                fields[name] = number - 0x10000
    return fields


def _first_item(walker: Walker, sequence: Element, decoder: TextDecoder) -> dict[int, str]:
    """The texts of the first item of a sequence, by tag; nested sequences are left out."""
    found: dict[int, str] = {}
    for item in walker.sequence_items(sequence, 0):
        for element in walker.elements(item.start, item.start + item.length, sequence.encoding, 1):
            if element.vr != "SQ" and element.length >= 0:
                value = walker.source.read(element.start, min(element.length, _VALUE_LIMIT))
                found[element.tag] = decoder.text(value).strip(" \0")
        break
    return found


def _pixels(walker: Walker, meta: FileMeta, found: _Found, fields: dict[str, object]) -> dict[str, object]:
    element = found.pixel
    problems: list[str] = []
    frames = 1
    if tags.FRAMES in found.raw:
        read = values.parse_is(_text_of(found.raw[tags.FRAMES]))
        frames = read if read and read > 0 else 1
        if not read or read < 1:
            problems.append("bad-number-of-frames")
    if element is None:
        return {"number_of_frames": frames, "problems": tuple(problems)}
    if element.length >= 0:
        table = native_table(
            element, walker.source.base, frames, _frame_bits(fields, element.tag), meta.is_deflated
        )
    else:
        extended = None
        if _EOT in found.extended and _EOT_LENGTHS in found.extended:
            extended = (found.extended[_EOT], found.extended[_EOT_LENGTHS])
        syntax = str(fields["transfer_syntax_uid"])
        table = encapsulated_table(walker, element, frames, syntax, extended)
        frames = len(table) if syntax not in uids.VIDEO_SYNTAXES and len(table) > frames else frames
    expected = 1 if fields["transfer_syntax_uid"] in uids.VIDEO_SYNTAXES else frames
    if len(table) < expected:
        problems.append("fewer-frames-than-claimed")
    return {
        "number_of_frames": frames,
        "little_endian": meta.encoding.little,
        "pixel_data_tag": element.tag,
        "pixel_data_vr": element.vr,
        "pixel_data_offset": walker.source.base + element.start,
        "pixel_data_length": element.end - element.start if element.length < 0 else element.length,
        "frames": table,
        "problems": tuple(problems),
    }


def _frame_bits(fields: dict[str, object], tag: int) -> int:
    def number(name: str, default: int) -> int:
        value = fields.get(name, default)
        return value if isinstance(value, int) else default

    bits = {0x7FE00008: 32, 0x7FE00009: 64}.get(tag) or number("bits_allocated", 0)
    pixels = number("rows", 0) * number("columns", 0)
    if fields.get("photometric_interpretation") in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        # Two pixels share their chroma: 2 samples a pixel where uncompressed (PS3.3 C.7.6.3.1.2).
        return pixels * 2 * bits
    return pixels * number("samples_per_pixel", 1) * bits
