"""Frames become pictures in the pool, once; what cannot be drawn is said so, once."""

import io

import numpy as np
import pytest
from PIL import Image

from placa.domain.archive import rendering
from placa.domain.archive.models import Instance
from placa.domain.archive.rendering import RenderRefused
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import STUDY, ct, received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]

RAMP = np.arange(16, dtype="<u2") * 100


def _instance(**elements: object) -> Instance:
    process([received(ct(1, PixelData=RAMP.tobytes(), **elements))])
    return Instance.objects.get(study__study_instance_uid=STUDY)


def _grey(picture: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.asarray(Image.open(io.BytesIO(picture)).convert("L"))


def test_a_window_turns_stored_values_into_grey() -> None:
    grey = _grey(rendering.rendered(_instance(), window=(750.5, 1500.0), fmt="png"))
    assert grey.shape == (4, 4)
    assert grey[0, 0] == 0
    assert grey[3, 3] == 255
    assert abs(int(grey.ravel()[7]) - round(255 * 700 / 1499)) <= 1


def test_a_viewport_bounds_the_picture() -> None:
    assert _grey(rendering.rendered(_instance(), viewport=(2, 2))).shape == (2, 2)


def test_the_second_time_the_picture_comes_from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = _instance()
    first = rendering.thumbnail(instance)

    def never(request: dict[str, object]) -> bytes:
        raise AssertionError("asked again")

    monkeypatch.setattr(rendering, "_ask", never)
    assert rendering.thumbnail(instance) == first
    rendering.forget(instance.storage_key)
    with pytest.raises(AssertionError, match="asked again"):
        rendering.thumbnail(instance)


def test_a_frame_that_is_not_there_is_an_index_error() -> None:
    instance = _instance()
    for frame in (0, 2, -1):
        with pytest.raises(IndexError):
            rendering.rendered(instance, frame)


def test_pixels_that_lie_about_their_size_are_refused_and_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instance = _instance(Rows=60000, Columns=60000)
    with pytest.raises(RenderRefused):
        rendering.rendered(instance)
    monkeypatch.setattr(rendering, "_ask", lambda request: b"")
    with pytest.raises(RenderRefused):
        rendering.rendered(instance)


def test_a_decoded_frame_has_the_stored_values() -> None:
    assert np.frombuffer(rendering.decoded_frame(_instance()), "<u2").tolist() == RAMP.tolist()


def test_only_sizes_that_pages_ask_for_are_kept() -> None:
    usual = {"op": "jpeg", "frame": 0, "quality": 80}
    assert all(rendering._is_usual({**usual, "viewport": [side, side]}) for side in (256, 480, 768))
    assert rendering._is_usual({"op": "jpeg", "frame": 0, "quality": 85})  # the ZIP's
    assert rendering._is_usual({"op": "ecg_svg"})
    for odd in ({"viewport": [481, 480]}, {"viewport": [700, 700]}, {"quality": 81}, {"window": [40, 400]}):
        assert not rendering._is_usual({**usual, **odd})
