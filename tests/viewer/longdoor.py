"""A study too long for a phone, made while it is served: one slice under many UIDs, or one film of many frames."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import simplejpeg

from tests.viewer.filedoor import STUDY, Case, FileDoor, multipart

IMPLICIT = "1.2.840.10008.1.2"
# What a scanner writes besides that no viewer needs: a CT slice has some eighty elements.
ELSEWHERE = [f"{0x00180000 + 0x1100 + number:08X}" for number in range(40)]


@dataclass(frozen=True)
class Long:
    """A stack of `images` squares of `side` pixels; a film is one object of so many frames."""

    images: int
    side: int
    bits: int
    film: bool
    window: tuple[int, int] | None = (40, 400)
    modality: str = "CT"

    @property
    def image_bytes(self) -> int:
        """Of one image, uncompressed."""
        return self.side * self.side * self.bits // 8


CT = Long(images=2000, side=512, bits=16, film=False)  # 1,049 MB
SHORT = Long(images=24, side=256, bits=16, film=False)
FILM = Long(images=30, side=256, bits=8, film=True, window=None, modality="XA")
UNSAID = Long(images=3, side=256, bits=16, film=False, window=None, modality="MR")
CINE = Long(images=400, side=512, bits=8, film=True, window=None, modality="XA")  # 105 MB


@lru_cache
def _ground(long: Long) -> np.ndarray:
    """A disc in a noise that neither JPEG nor anything else makes small."""
    noise = np.random.default_rng(1).normal(0, 20 if long.bits == 16 else 6, (long.side, long.side))
    rows, columns = np.ogrid[: long.side, : long.side]
    disc = np.hypot(rows - long.side / 2, columns - long.side / 2) < long.side * 0.42
    values = np.where(disc, 60, -900) if long.bits == 16 else np.where(disc, 120, 20)
    return np.clip(values + noise, -1024, 255 if long.bits == 8 else 3000).astype(np.int16)


def values(long: Long, index: int) -> np.ndarray:
    """What image `index` shows: a bar as long as it lies far in the stack."""
    image = _ground(long).copy()
    image[long.side // 2 : long.side // 2 + 24, : max(1, (index + 1) * long.side // long.images)] = (
        1000 if long.bits == 16 else 250
    )
    return image


def _stored(long: Long, index: int) -> bytes:
    image = values(long, index)
    return (image.astype("<i2") if long.bits == 16 else image.astype(np.uint8)).tobytes()


def _picture(long: Long, index: int, query: dict[str, str]) -> bytes:
    image = values(long, index)
    if "window" in query:
        center, width = map(float, query["window"].split(",")[:2])
    elif long.bits == 8:
        center, width = 128, 256
    else:
        low, high = np.percentile(image, (0.5, 99.5))  # what the portal draws where a file names no window
        center, width = long.window or ((low + high) / 2, high - low)
    level = np.clip((image - center) / width + 0.5, 0, 1) * 255
    grey = level.astype(np.uint8)[..., None]
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(grey), quality=80, colorspace="GRAY"))


def _uid(series: int, index: int) -> str:
    return f"2.25.9{series}{index:05d}"


def _set(long: Long, series: int, index: int) -> dict[str, Any]:
    def is_(vr: str, *value: Any) -> dict[str, Any]:
        return {"vr": vr, "Value": list(value)}

    place = (
        {"00200032": is_("DS", 0, 0, index * 0.5), "00200037": is_("DS", 1, 0, 0, 0, 1, 0)}
        if not long.film
        else {"00280008": is_("IS", long.images), "00181063": is_("DS", 33.3)}
    )
    window = (
        {"00281050": is_("DS", long.window[0]), "00281051": is_("DS", long.window[1])} if long.window else {}
    )
    return {
        "00080018": is_("UI", _uid(series, index)),
        "00080060": is_("CS", long.modality),
        "00200013": is_("IS", index + 1),
        "00280002": is_("US", 1),
        "00280004": is_("CS", "MONOCHROME2"),
        "00280010": is_("US", long.side),
        "00280011": is_("US", long.side),
        "00280030": is_("DS", 0.7, 0.7),
        "00280100": is_("US", long.bits),
        "00280101": is_("US", long.bits),
        "00280102": is_("US", long.bits - 1),
        "00280103": is_("US", int(long.bits == 16)),
        "00281052": is_("DS", 0),
        "00281053": is_("DS", 1),
        **place,
        **window,
        **{tag: is_("LO", f"value {number} of what else is written") for number, tag in enumerate(ELSEWHERE)},
    }


@dataclass
class Sent:
    """What went over the wire of one kind."""

    requests: int = 0
    bytes: int = 0
    under_way: int = 0
    most: int = 0


class LongDoor(FileDoor):
    """Serves the studies that are put into `long`, and counts what it sends; `delay` is that of a slow link, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.long: dict[str, tuple[Long, ...]] = {}
        self.delay = 0.0
        self.asked: list[str] = []
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Count from zero."""
        self.asked = []
        self.sent = {kind: Sent() for kind in ("pixels", "pictures", "metadata")}

    def put(self, name: str, *long: Long) -> None:
        """Serve a study of these series under this name."""
        self.cases[name] = Case()
        self.long[name] = long

    def series_of(self, name: str, case: Case) -> list[dict[str, Any]]:
        """The series of a study; a film is one object."""
        return [self._series(name, number, long) for number, long in enumerate(self.long[name], 1)]

    def _series(self, name: str, number: int, long: Long) -> dict[str, Any]:
        uid, instances = f"2.25.2{number}", []
        for index in range(1 if long.film else long.images):
            instances.append(
                {
                    "uid": _uid(number, index),
                    "number": index + 1,
                    "frames": long.images if long.film else 1,
                    "rows": long.side,
                    "columns": long.side,
                    "transfer_syntax": IMPLICIT,
                }
            )
        first = f"/{name}/dicomweb/studies/{STUDY}/series/{uid}/instances/{instances[0]['uid']}/frames/1"
        return {
            "uid": uid,
            "number": number,
            "description": f"Series {number}",
            "modality": long.modality,
            "kind": "image",
            "family": "",
            "count": long.images,
            "thumbnail_url": f"{first}/rendered",
            "instances": instances,
        }

    @contextmanager
    def _counted(self, kind: str) -> Iterator[Sent]:
        sent = self.sent[kind]
        with self._lock:
            sent.requests += 1
            sent.under_way += 1
            sent.most = max(sent.most, sent.under_way)
        try:
            yield sent
        finally:
            with self._lock:
                sent.under_way -= 1

    def dicomweb(
        self, name: str, case: Case, path: str, query: dict[str, str], accept: str
    ) -> tuple[int, str, bytes, dict[str, str]]:
        """Metadata, frames and pictures of a long study."""
        parts = path.split("/")  # '', dicomweb, studies, UID, series, UID, ...
        rendered, is_metadata = parts[-1] == "rendered", parts[-1] == "metadata"
        series = int(parts[5].removeprefix("2.25.2"))
        long = self.long[name][series - 1]
        kind = "metadata" if is_metadata else "pictures" if rendered else "pixels"
        with self._counted(kind) as sent:
            if is_metadata:
                sets = [_set(long, series, index) for index in range(1 if long.film else long.images)]
                media_type, body = "application/dicom+json", json.dumps(sets).encode()
            else:
                number = parts[parts.index("frames") + 1]
                index = int(number) - 1 if long.film else int(parts[7][-5:])
                self.asked.append(f"{kind} {index}")
                time.sleep(self.delay)
                media_type, body = (
                    ("image/jpeg", _picture(long, index, query)) if rendered else _frame(_stored(long, index))
                )
            with self._lock:
                sent.bytes += len(body)
        return 200, media_type, body, {}


def _frame(body: bytes) -> tuple[str, bytes]:
    return multipart(f"application/octet-stream; transfer-syntax={IMPLICIT}", body)
