"""The CT says where its voxels are and what they hold, and both are right."""

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from placa.demo.phantoms import Identity, Visit, ct_abdomen
from placa.demo.phantoms.abdomen import CYST_CENTRE, CYST_DIAMETER, CYST_HU, LIVER_HU, LIVER_POINT
from placa.demo.phantoms.ct import Scan, axial_plane, scan_abdomen


@pytest.fixture(scope="module")
def images(ana: Identity, visit: Visit) -> list[Dataset]:
    return ct_abdomen(ana, visit, slices=12, coronal=4, sagittal=3)


def series_of(images: list[Dataset], description: str) -> list[Dataset]:
    return [image for image in images if image.SeriesDescription == description]


def hu_of(image: Dataset) -> np.ndarray:
    return image.pixel_array.astype(int) * int(image.RescaleSlope) + int(image.RescaleIntercept)


def disc_hu(image: Dataset, point: tuple[float, float, float], radius: float) -> np.ndarray:
    """HU within `radius` mm of a patient point, in an axial image at that height."""
    left, top, _ = map(float, image.ImagePositionPatient)
    pixel = float(image.PixelSpacing[0])
    x = left + np.arange(image.Columns) * pixel
    y = top + np.arange(image.Rows) * pixel
    near = (x[None] - point[0]) ** 2 + (y[:, None] - point[1]) ** 2 < radius**2
    return hu_of(image)[near]


def nearest(images: list[Dataset], height: float) -> Dataset:
    return min(images, key=lambda image: abs(float(image.ImagePositionPatient[2]) - height))


def test_axial_slices_are_evenly_spaced_from_head_to_feet(images: list[Dataset]) -> None:
    axial = series_of(images, "Axial con contraste")
    heights = [float(image.ImagePositionPatient[2]) for image in axial]
    assert len(axial) == 12
    assert np.allclose(np.diff(heights), -float(axial[0].SliceThickness))
    assert 1.5 <= float(axial[0].SliceThickness) <= 3
    assert {tuple(image.ImageOrientationPatient) for image in axial} == {(1, 0, 0, 0, 1, 0)}
    assert len({image.FrameOfReferenceUID for image in images}) == 1


def test_liver_has_its_hounsfield_units(images: list[Dataset]) -> None:
    values = disc_hu(nearest(series_of(images, "Axial con contraste"), LIVER_POINT[2]), LIVER_POINT, 8)
    assert values.mean() == pytest.approx(LIVER_HU, abs=4)
    assert 8 < values.std() < 18


def test_cyst_has_its_hounsfield_units(images: list[Dataset]) -> None:
    image = nearest(series_of(images, "Axial con contraste"), CYST_CENTRE[2])
    assert abs(float(image.ImagePositionPatient[2]) - CYST_CENTRE[2]) < 1.5
    assert disc_hu(image, CYST_CENTRE, 2).mean() == pytest.approx(CYST_HU, abs=12)


def test_cyst_measures_nine_millimetres() -> None:
    step = 0.25
    x = np.arange(CYST_CENTRE[0] - 20, CYST_CENTRE[0] + 20, step, dtype=np.float32)
    y = np.arange(CYST_CENTRE[1] - 20, CYST_CENTRE[1] + 20, step, dtype=np.float32)
    row = axial_plane(x, y, CYST_CENTRE[2])[len(y) // 2]
    surroundings = np.median(np.r_[row[50:58], row[102:110]])
    inside = row < (CYST_HU + surroundings) / 2
    middle = len(x) // 2
    left = middle - np.argmin(inside[middle::-1])
    right = middle + np.argmin(inside[middle:])
    assert (right - left - 1) * step == pytest.approx(CYST_DIAMETER, abs=0.6)


def test_liver_is_on_the_image_left_and_the_spine_at_the_bottom(small_scan: Scan) -> None:
    middle = small_scan.hu[3].astype(float)
    liver = (middle > 85) & (middle < 140)
    assert liver[:, :256].sum() > 3 * liver[:, 256:].sum()
    vertebra = middle[:, 200:312] > 350
    assert vertebra[256:].sum() > 1000 > 20 * vertebra[:256].sum()


def test_reformats_show_the_same_voxels_as_the_axial_series(images: list[Dataset]) -> None:
    """A point in the coronal and sagittal images holds what the axial series holds there."""
    axial = series_of(images, "Axial con contraste")
    for name in ("Coronal", "Sagital"):
        for image in series_of(images, name):
            assert compare_at_slice_heights(image, axial) < 25


def compare_at_slice_heights(image: Dataset, axial: list[Dataset]) -> float:
    """Mean absolute difference in HU between a reformat's rows and the axial rows that they cross."""
    column_step = np.array(image.ImageOrientationPatient[:3], float)
    row_step = np.array(image.ImageOrientationPatient[3:], float)
    start = np.array(image.ImagePositionPatient, float)
    pixel = float(image.PixelSpacing[0])
    assert tuple(row_step) == (0, 0, -1)
    differences = []
    for other in axial[1:-1]:
        corner = np.array(other.ImagePositionPatient, float)
        row = (start[2] - corner[2]) / pixel
        points = start + np.arange(image.Columns)[:, None] * pixel * column_step
        columns, rows = (np.rint((points - corner) / pixel).astype(int)[:, axis] for axis in (0, 1))
        differences.append(np.abs(hu_of(image)[round(row)] - hu_of(other)[rows, columns]).mean())
    return float(np.mean(differences))


def test_drawing_is_the_same_each_time(small_scan: Scan) -> None:
    assert np.array_equal(scan_abdomen(12).hu, small_scan.hu)


def test_kept_drawing_is_taken_from_the_folder(tmp_path: Path) -> None:
    drawn = scan_abdomen(2, cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    np.save(kept, drawn.hu + 1)
    taken = scan_abdomen(2, cache=tmp_path)
    assert np.array_equal(taken.hu, drawn.hu + 1)
    assert astuple(taken)[1:] == astuple(drawn)[1:]
