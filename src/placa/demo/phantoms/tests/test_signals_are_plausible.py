"""ECG, ultrasound, MR, mammograms and radiographs hold what a reader expects to find."""

import numpy as np
import pytest
from pydicom.waveforms.numpy_handler import multiplex_array

from placa.demo.phantoms import Identity, Visit, cr_chest, dx_wrist, ecg_12lead, mg_pair, mr_knee, us_renal
from placa.demo.phantoms.ultrasound import DEPTH_MM


def test_ecg_is_ten_seconds_of_twelve_leads_in_millivolts(ana: Identity, visit: Visit) -> None:
    (ds,) = ecg_12lead(ana, visit)
    group = ds.WaveformSequence[0]
    names = [channel.ChannelLabel for channel in group.ChannelDefinitionSequence]
    assert names == ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
    assert group.NumberOfWaveformSamples / group.SamplingFrequency == 10
    lead = dict(zip(names, multiplex_array(ds, 0, as_raw=False).T, strict=True))
    assert 0.9 < lead["II"].max() < 1.4
    assert lead["aVR"].min() < -0.6
    assert np.abs(lead["I"] + lead["III"] - lead["II"]).max() < 0.006
    beats = (lead["II"][1:] > 0.6) & (lead["II"][:-1] <= 0.6)
    assert int(beats.sum()) == pytest.approx(12, abs=1)


def test_ultrasound_moves_and_knows_its_scale(ana: Identity, visit: Visit) -> None:
    (ds,) = us_renal(ana, visit, frames=4)
    frames = ds.pixel_array.astype(int)
    assert frames.shape == (4, 560, 740, 3)
    assert np.abs(frames[1] - frames[3]).mean() > 2
    (region,) = ds.SequenceOfUltrasoundRegions
    fan_rows = np.flatnonzero(frames[0].max(axis=2).max(axis=1) > 20)
    height = (fan_rows[-1] - fan_rows[0]) * float(region.PhysicalDeltaY) * 10
    assert height == pytest.approx(DEPTH_MM, rel=0.05)


def test_knee_is_sagittal_with_its_patella_in_front(ana: Identity, visit: Visit) -> None:
    images = mr_knee(ana, visit, slices=3)
    assert [tuple(ds.ImageOrientationPatient) for ds in images] == [(0, 1, 0, 0, 0, -1)] * 3
    assert np.diff([float(ds.ImagePositionPatient[0]) for ds in images]).tolist() == [4, 4]
    pixels = images[1].pixel_array
    assert pixels[:, :8].mean() < 40 < pixels[150:230, 150:230].mean()


def test_mammograms_hang_with_chest_walls_together(ana: Identity, visit: Visit) -> None:
    for ds in mg_pair(ana, visit):
        left_edge, right_edge = ds.pixel_array[:, :40].mean(), ds.pixel_array[:, -40:].mean()
        assert (left_edge > right_edge) == (ds.ImageLaterality == "L")
        assert ds.PatientOrientation[0] == ("A" if ds.ImageLaterality == "L" else "P")


def test_chest_has_dark_lungs_and_the_heart_at_the_image_right(ana: Identity, visit: Visit) -> None:
    (ds,) = cr_chest(ana, visit)
    pixels = ds.pixel_array
    assert pixels.shape == (1500, 1500)
    assert int(pixels.max()) < 4096
    lung, spine = pixels[500:700, 300:450].mean(), pixels[900:1000, 740:780].mean()
    assert lung < 0.6 * spine
    assert pixels[850:950, 900:980].mean() > 1.15 * pixels[850:950, 520:600].mean()


def test_wrist_has_bone_brighter_than_flesh(ana: Identity, visit: Visit) -> None:
    (ds,) = dx_wrist(ana, visit)
    pixels = ds.pixel_array
    forearm = pixels[1200]
    assert forearm[400:450].mean() > 1.4 * forearm[820:860].mean() > 0
