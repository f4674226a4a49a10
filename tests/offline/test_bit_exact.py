"""What the viewer inside a ZIP draws is what the stored values say: every coding of the shared data, in a real browser,
against pydicom and against the server's own pictures."""

import csv
import os
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import generate_uid

from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import decode_frame
from placa.standards.dicom.render import render_frame
from tests.e2e.conftest import chromium
from tests.offline.folder import PROGRAM, Reader, folder_of

__all__ = ["chromium"]
DATA = Path(os.environ.get("PLACA_TESTDATA", "/nonexistent"))
FOLDERS = ("transfer-syntax", "special", "studies/us-", "studies/cr-chest", "studies/dx-dog")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (DATA / "manifest.csv").is_file(), reason="PLACA_TESTDATA names no test data"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="The viewer is not built"),
]


def decodable(scratch: Path) -> Iterator[tuple[str, Path]]:
    """Every image of the data that the server decodes."""
    with (DATA / "manifest.csv").open(newline="", encoding="utf-8") as file:
        names = [row["path"] for row in csv.DictReader(file) if row["path"].startswith(FOLDERS)]
    for name in names:
        with suppress(InvalidObject, InvalidDicomError):
            path = _whole(DATA / name, scratch)
            decode_frame(path)
            yield name, path


def _whole(path: Path, scratch: Path) -> Path:
    """A file that has no UIDs could not have been received: a copy that has some."""
    data = pydicom.dcmread(path, stop_before_pixels=True)
    if data.get("StudyInstanceUID") and data.get("SeriesInstanceUID"):
        return path
    data = pydicom.dcmread(path)
    data.StudyInstanceUID, data.SeriesInstanceUID = generate_uid(), generate_uid()
    data.save_as(scratch / path.name)
    return scratch / path.name


def by_pydicom(path: Path) -> NDArray[np.float64] | None:
    """Levels from 0 to 255 by pydicom, where the object says how it is to be shown; colour as RGB."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(path)
        try:
            stored = pixel_array(path, index=0)
        except (AttributeError, NotImplementedError, RuntimeError):
            return None  # mixed encodings, JPEG XL: pydicom itself cannot
        if stored.ndim == 3:
            return stored.astype(float) if stored.dtype == np.uint8 else None
        if data.PhotometricInterpretation.startswith("PALETTE") or data.get("BitsAllocated", 0) > 16:
            return None
        if "VOILUTSequence" in data:
            shown = apply_voi_lut(
                np.rint(apply_modality_lut(stored, data)).astype(int), data, prefer_lut=True
            )
            levels = shown * 255.0 / (2 ** data.VOILUTSequence[0].LUTDescriptor[2] - 1)
        elif "WindowCenter" in data and np.all(np.atleast_1d(data.WindowWidth) >= 1):
            units = apply_modality_lut(stored, data).astype(float)
            for keyword in ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"):
                if keyword in data:
                    del data[keyword]
            data.BitsStored, data.PixelRepresentation = 8, 0  # to the range of 8 bits
            levels = apply_voi_lut(units, data)
        else:
            return None
        if data.PhotometricInterpretation == "MONOCHROME1":
            levels = 255 - levels
        if "PixelPaddingValue" in data:
            levels[stored == data.PixelPaddingValue] = 0
        clipped: NDArray[np.float64] = np.clip(levels, 0, 255)
        return clipped


@pytest.fixture(scope="module")
def drawn(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> dict[str, tuple[Path, NDArray[np.uint8]]]:
    """Each image as the browser drew it, by its name."""
    scratch = tmp_path_factory.mktemp("exact")
    files = dict(decodable(scratch))
    folder = folder_of(scratch / "folder", {name: (path, 0) for name, path in files.items()})
    reader = Reader(chromium, folder)
    found = {}
    for name, path in files.items():
        reader.until(f"document.querySelector('#image').getAttribute('aria-label').endsWith({name!r})")
        reader.until("document.querySelector('.pv-stage canvas')")
        found[name] = (path, reader.canvas())
        reader.page.keyboard.press("n")
    reader.close()
    return found


def _apart(shown: NDArray[np.uint8], wanted: NDArray[np.float64] | NDArray[np.uint8]) -> float:
    colour = shown if wanted.ndim == 3 else shown[:, :, 0]
    assert colour.shape == wanted.shape
    return float(np.abs(colour.astype(float) - wanted).max())


def test_every_coding_is_there(drawn: dict[str, tuple[Path, NDArray[np.uint8]]]) -> None:
    syntaxes = {
        pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
        for path, _ in drawn.values()
    }
    assert len(drawn) >= 45
    assert len(syntaxes) >= 20


def test_greys_and_colours_are_the_servers_to_the_last_bit(
    drawn: dict[str, tuple[Path, NDArray[np.uint8]]],
) -> None:
    wrong = {
        name: apart
        for name, (path, shown) in drawn.items()
        if (apart := _apart(shown, render_frame(path))) > 0
    }
    assert wrong == {}


def test_greys_and_colours_are_pydicoms_within_one_level(
    drawn: dict[str, tuple[Path, NDArray[np.uint8]]],
) -> None:
    compared, wrong = 0, {}
    for name, (path, shown) in drawn.items():
        wanted = by_pydicom(path)
        if wanted is not None:
            compared += 1
            if (apart := _apart(shown, wanted)) > 1:
                wrong[name] = apart
    assert compared >= 33
    assert wrong == {}
