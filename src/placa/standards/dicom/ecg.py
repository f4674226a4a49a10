"""Draw an ECG waveform to scale (PS3.3 A.34, C.10.9): 25 mm/s and 10 mm/mV on millimetre paper, as SVG or
PNG.

Only the first seconds are read, however long the recording.
"""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from placa.standards.dicom import errors
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.metadata import JsonDataSet, locate_bulk_data, metadata_json
from placa.standards.dicom.source import FileSource

SECONDS: Final = 10.0
PAPER_SPEED: Final = 25.0  # mm/s
GAIN: Final = 10.0  # mm/mV
_MARGIN, _ROW = 8.0, 26.0  # mm
_MAX_CHANNELS: Final = 32
_MICROVOLTS: Final = {"uV": 1.0, "mV": 1000.0, "V": 1_000_000.0, "µV": 1.0}
_SAMPLES: Final = {"SS": "<i2", "US": "<u2", "SL": "<i4", "UL": "<u4", "SB": "i1", "UB": "u1"}
_STANDARD: Final = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
_NAMES: Final = {lead.upper(): lead for row in _STANDARD for lead in row}
_CAPTION: Final = f"{PAPER_SPEED:g} mm/s  {GAIN:g} mm/mV"
_INK, _MINOR, _MAJOR = "#1a1a1a", "#f6d5d5", "#e9a3a3"


@dataclass(frozen=True, slots=True)
class Lead:
    """One channel: its label ("II", "V1"), millivolts, and samples a second."""

    label: str
    millivolts: NDArray[np.float64]
    frequency: float


@dataclass(frozen=True, slots=True)
class _Trace:
    """A piece of a lead on paper: its label, the row's top in mm, and its points in mm."""

    label: str
    top: float
    points: NDArray[np.float64]


def read_leads(
    path: str | os.PathLike[str], seconds: float = SECONDS, offset: int = 0, length: int | None = None
) -> tuple[Lead, ...]:
    """The first `seconds` of the first multiplex group with ECG channels, in millivolts.

    Raises InvalidObject(not-renderable, undecodable) where there is no waveform or its numbers make no sense.
    """
    model = metadata_json(path, "", offset, length)
    groups = model.get("54000100", {}).get("Value", [])
    if not groups:
        raise InvalidObject(errors.NOT_RENDERABLE, "no waveform")
    group = groups[0]
    channels = group.get("003A0200", {}).get("Value", [])[:_MAX_CHANNELS]
    count = int(_number(group, "003A0005", len(channels)))
    frequency = _number(group, "003A001A", 0.0)
    kind = _SAMPLES.get(str(_value(group, "54001006", "SS")))
    if not channels or kind is None or not 1 <= frequency <= 100_000 or not len(channels) <= count <= 1024:
        raise InvalidObject(errors.UNDECODABLE, "the waveform's description makes no sense")
    raw = _first_bytes(path, int(frequency * seconds) * count * np.dtype(kind).itemsize, offset, length)
    row = count * np.dtype(kind).itemsize
    table = np.frombuffer(raw[: len(raw) // row * row], kind).reshape(-1, count).astype(np.float64)
    if not len(table):
        raise InvalidObject(errors.UNDECODABLE, "the waveform is empty")
    return tuple(_lead(channel, table[:, number], frequency) for number, channel in enumerate(channels))


def _first_bytes(path: str | os.PathLike[str], wanted: int, offset: int, length: int | None) -> bytes:
    bulk = locate_bulk_data(path, "54000100/0/54001010", offset, length)
    if bulk is None or bulk.inflated:
        raise InvalidObject(errors.NOT_RENDERABLE, "no waveform data")
    start, size = bulk.spans[0]
    with FileSource(path, offset, length) as source:
        return source.read(start - source.base, min(size, wanted))


def _lead(channel: JsonDataSet, stored: NDArray[np.float64], frequency: float) -> Lead:
    """Apply sensitivity, its correction and baseline (PS3.3 C.10.9.1.4.3)."""
    scale = _number(channel, "003A0210", 1.0) * _number(channel, "003A0212", 1.0)
    unit = _value((channel.get("003A0211", {}).get("Value") or [{}])[0], "00080100", "uV")
    microvolts = (stored * scale + _number(channel, "003A0213", 0.0)) * _MICROVOLTS.get(str(unit), 1.0)
    return Lead(_label(channel), microvolts / 1000.0, frequency)


def _label(channel: JsonDataSet) -> str:
    source = (channel.get("003A0208", {}).get("Value") or [{}])[0]
    text = str(_value(channel, "003A0203", "") or _value(source, "00080104", ""))
    short = re.split(r"[,(]", text.removeprefix("Lead"))[0].strip() or "?"
    return _NAMES.get(short.upper(), short)[:12]


def _value(model: JsonDataSet, tag: str, default: object) -> object:
    found = model.get(tag, {}).get("Value") or [default]
    return default if found[0] is None else found[0]


def _number(model: JsonDataSet, tag: str, default: float) -> float:
    value = _value(model, tag, default)
    try:
        return float(str(value))
    except ValueError:
        return default


# --- Layout
# ---------------------------------------------------------------------------------------------------------


def _layout(leads: tuple[Lead, ...]) -> tuple[list[_Trace], float, float]:
    """Traces in mm and the size of the paper: 3 × 4 leads and lead II as rhythm where the twelve are there,
    else rows."""
    by_label = {lead.label: lead for lead in leads}
    seconds = min(SECONDS, len(leads[0].millivolts) / leads[0].frequency)
    width = 2 * _MARGIN + SECONDS * PAPER_SPEED
    traces = []
    if seconds >= SECONDS * 0.95 and all(lead in by_label for row in _STANDARD for lead in row):
        quarter = seconds / 4
        for row, labels in enumerate(_STANDARD):
            for column, label in enumerate(labels):
                traces.append(_trace(by_label[label], row, column * quarter, (column + 1) * quarter))
        traces.append(_trace(by_label["II"], 3, 0.0, seconds))
        return traces, width, 2 * _MARGIN + 4 * _ROW
    for row, lead in enumerate(leads):
        traces.append(_trace(lead, row, 0.0, seconds))
    return traces, width, 2 * _MARGIN + len(leads) * _ROW


def _trace(lead: Lead, row: int, start: float, end: float) -> _Trace:
    """A lead between two moments (seconds), at its place in time on paper; drift is taken off by its
    median."""
    first, last = int(start * lead.frequency), int(end * lead.frequency)
    values = lead.millivolts[first:last]
    level = float(np.median(values)) if values.size else 0.0
    kept = _peaks(values, lead.frequency)
    x = _MARGIN + (first + kept) / lead.frequency * PAPER_SPEED
    middle = _MARGIN + row * _ROW + _ROW / 2
    # A wild electrode stays within its neighbours' rows.
    y = middle - np.clip((values[kept] - level) * GAIN, -_ROW, _ROW)
    return _Trace(lead.label, _MARGIN + row * _ROW, np.stack([x, y], axis=1))


def _peaks(values: NDArray[np.float64], frequency: float) -> NDArray[np.int64]:
    """Which samples to draw: the lowest and highest of every 0.2 mm, so that no spike is lost."""
    bucket = int(frequency / 125)
    if bucket < 3 or values.size < bucket:
        return np.arange(values.size)
    whole = values.size // bucket
    table = values[: whole * bucket].reshape(whole, bucket)
    ends = np.sort(np.stack([table.argmin(axis=1), table.argmax(axis=1)], axis=1), axis=1)
    kept: NDArray[np.int64] = np.unique(ends + np.arange(whole)[:, None] * bucket)
    return kept


def render_svg(path: str | os.PathLike[str], offset: int = 0, length: int | None = None) -> bytes:
    """The ECG as SVG whose user unit is a millimetre; one `<polyline>` a trace. Raises InvalidObject."""
    traces, width, height = _layout(read_leads(path, SECONDS, offset, length))
    parts = [_paper(width, height)]
    for trace in traces:
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in trace.points)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{_INK}" stroke-width="0.3"/>'
            f'<text x="{trace.points[0][0]:.2f}" y="{trace.top + 2:.2f}" font-size="4" '
            f'font-family="sans-serif" '
            f'fill="{_INK}">{escape(trace.label)}</text>'
        )
    parts.append(
        f'<text x="{_MARGIN:g}" y="{height - 2:g}" font-size="3.5" font-family="sans-serif" fill="{_INK}">'
        f"{_CAPTION}</text></svg>"
    )
    return "".join(parts).encode()


def _paper(width: float, height: float) -> str:
    """The opening of the SVG, with millimetre paper."""
    size = f'width="{width:g}" height="{height:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}"><defs>'
        f'<pattern id="mm" width="1" height="1" patternUnits="userSpaceOnUse">'
        f'<path d="M1 0H0V1" fill="none" stroke="{_MINOR}" stroke-width="0.1"/></pattern>'
        f'<pattern id="cm" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<rect width="5" height="5" fill="url(#mm)"/>'
        f'<path d="M5 0H0V5" fill="none" stroke="{_MAJOR}" stroke-width="0.2"/></pattern></defs>'
        f'<rect {size} fill="#ffffff"/><rect {size} fill="url(#cm)"/>'
    )


def render_png(
    path: str | os.PathLike[str], width: int = 1600, offset: int = 0, length: int | None = None
) -> bytes:
    """The ECG as PNG, `width` pixels wide (at most 4000), proportions true. Raises InvalidObject."""
    traces, paper_width, paper_height = _layout(read_leads(path, SECONDS, offset, length))
    scale = max(200, min(width, 4000)) / paper_width
    picture = Image.new("RGB", (round(paper_width * scale), round(paper_height * scale)), "white")
    draw = ImageDraw.Draw(picture)
    for step, colour in ((1, _MINOR), (5, _MAJOR)):
        if step * scale < 3:
            continue  # finer than pixels: it would turn into a grey veil
        for x in range(0, int(paper_width) + 1, step):
            draw.line([(x * scale, 0), (x * scale, picture.height)], fill=colour)
        for y in range(0, int(paper_height) + 1, step):
            draw.line([(0, y * scale), (picture.width, y * scale)], fill=colour)
    font = ImageFont.load_default(max(9, round(4 * scale)))
    for trace in traces:
        points = [(float(x), float(y)) for x, y in trace.points * scale]
        draw.line(points, fill=_INK, width=max(1, round(0.3 * scale)), joint="curve")
        draw.text((points[0][0], (trace.top - 2) * scale), trace.label, fill=_INK, font=font)
    draw.text((_MARGIN * scale, (paper_height - 6) * scale), _CAPTION, fill=_INK, font=font)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4)
    return out.getvalue()
