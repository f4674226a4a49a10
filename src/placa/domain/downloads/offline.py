"""The viewer inside a ZIP (7.2): its program, which the viewer's build makes, and what it is told of the study.

INDEX.HTM names both; everything that it shows is in the ZIP already: nothing is fetched from anywhere.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.utils.translation import get_language

from placa.domain.access.types import DiagnosticReport
from placa.domain.downloads.directory import Item
from placa.domain.downloads.packs import Part
from placa.domain.downloads.pages import Shown, patient_name, series_title, title_of
from placa.domain.institution import selectors as institution
from placa.domain.reports import selectors as reports
from placa.standards.zipstream import Entry, of_bytes

PROGRAM = "build/offline/viewer.js"
Frames = dict[int, list[int]]  # by primary key of the instance


@lru_cache(maxsize=1)
def program() -> bytes | None:
    """The viewer's script, as it was when this process first asked; None where it is not built: the ZIP goes without."""
    found = finders.find(PROGRAM)
    return Path(str(found)).read_bytes() if found else None


def viewer_entries(script: bytes, shown: Shown, scripts: Sequence[Part]) -> Iterator[Entry]:
    """The program and the list of what there is; the same content gives the same bytes."""
    yield of_bytes("VIEWER/VIEWER.JS", script)
    about = json.dumps(_about(shown, scripts), separators=(",", ":"))  # all ASCII: right in every encoding
    yield of_bytes("VIEWER/STUDY.JS", f"var placaStudy={about};\n".encode())


def _about(shown: Shown, scripts: Sequence[Part]) -> dict[str, Any]:
    """The types of `viewer/offline/study.ts`."""
    study, house = shown.study, institution.current()
    return {
        "language": (get_language() or "es")[:2],
        "institution": house.name,
        "patient": patient_name(study),
        "title": title_of(study),
        "date": study.exam_at.astimezone(institution.zone()).strftime("%Y-%m-%dT%H:%M"),
        "series": _series(shown, scripts),
        "reports": [_report(name, report) for name, report in shown.reports],
    }


def _report(name: str, report: DiagnosticReport) -> dict[str, str]:
    version = reports.current_version(report)
    return {
        "file": name,
        "title": report.title,
        "status": report.status,
        "signed": report.signed_by,
        "text": version.text if version else "",
    }


def _series(shown: Shown, scripts: Sequence[Part]) -> list[dict[str, Any]]:
    exact: Frames = {}
    for script in scripts:
        exact.setdefault(script.item.instance.pk, []).append(script.frame)
    drawn: Frames = {}
    for picture in shown.pictures:
        drawn.setdefault(picture.item.instance.pk, []).append(picture.frame)
    found: dict[str, dict[str, Any]] = {}
    for item in shown.drawable:
        if item.instance.pk in exact or item.instance.pk in drawn:
            own = found.setdefault(item.file_id[1], _one_series(item))
            own["objects"].append(_object(item, exact, drawn))
    return list(found.values())


def _one_series(item: Item) -> dict[str, Any]:
    return {
        "id": item.file_id[1],
        "title": series_title(item.instance),
        "modality": item.instance.modality,
        "objects": [],
    }


def _object(item: Item, exact: Frames, drawn: Frames) -> list[Any]:
    """Name, instance number, frames; then which frames have stored values, and which a JPEG: 1 where all."""
    instance = item.instance
    every = list(range(1, instance.number_of_frames + 1))
    which = [1 if has == every else has for has in (exact.get(instance.pk, []), drawn.get(instance.pk, []))]
    return [item.file_id[2], instance.instance_number, len(every), *which]
