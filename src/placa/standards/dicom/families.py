"""What an object that is no plain picture is called: finer than its kind, for labels and icons.

Sources: PS3.4 Annex B.5 (Storage SOP classes), PS3.3 Annex A (what each holds).
"""

from __future__ import annotations

from typing import Final, Literal

from placa.standards.dicom import uids

Family = Literal[
    "", "report", "report_data", "key_images", "marks", "segmentation", "surface", "dose", "contours", "plan", "treatment",
    "waveform", "sound", "document", "model", "registration", "values", "spectrum", "measurements", "raw", "data",
]  # fmt: skip
"""Empty for pictures, films, traces and documents, whose kind says enough."""

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
_CLASSES: Final[dict[Family, tuple[str, ...]]] = {
    "key_images": ("88.59",),
    "segmentation": ("66.4", "66.7", "66.8"),
    "surface": ("66.5", "66.6", "68.1", "68.2"),
    "dose": ("481.2",),
    "contours": ("481.3", "481.11"),
    "plan": ("481.5", "481.8", "481.10", *(f"481.{number}" for number in (12, 13, 14, 15, 20, 21, 22))),
    "treatment": (
        "481.4",
        "481.6",
        "481.7",
        "481.9",
        *(f"481.{number}" for number in range(16, 20)),
        "481.24",
    ),
    "sound": ("9.4.1", "9.4.2"),
    "document": ("104.2",),
    "model": ("104.3", "104.4", "104.5"),
    "registration": ("66.1", "66.2", "66.3", "77.1.5.3"),
    "values": ("30", "67"),
    "spectrum": ("4.2",),
    "measurements": (
        *(f"78.{number}" for number in range(1, 9)),
        "79.1",
        "80.1",
        "90.1",
        "91.1",
        "77.1.5.8",
    ),
    "raw": ("66",),
    "marks": ("131",),
}
_BY_CLASS: Final = {_STORAGE + suffix: family for family, suffixes in _CLASSES.items() for suffix in suffixes}


def family_of(sop_class_uid: str, kind: str) -> Family:
    """The family of an object of this class; `kind` is what `uids.kind_of` says of it."""
    if kind in ("image", "video", "ecg", "pdf"):
        return ""
    if sop_class_uid in _BY_CLASS:
        return _BY_CLASS[sop_class_uid]
    if kind == "presentation":
        return "marks"
    if uids.is_structured_report(sop_class_uid):
        return "report" if kind == "sr" else "report_data"
    return "waveform" if sop_class_uid.startswith(f"{_STORAGE}9.") else "data"
