"""Pictures are there before anybody asks: the middle first, the newest study first, and after a crash the rest."""

import datetime as dt
import os
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placa.common import clock
from placa.domain.archive import picture_cache, preparing, rendering, selectors, tasks
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.rendering import RenderFailed, RenderRefused, RenderUnavailable
from placa.domain.intake import services
from placa.domain.intake.feed import Inlet
from placa.domain.intake.indexer import Indexer
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import STUDY, ct, received
from placa.domain.jobs.models import JobKey
from placa.domain.jobs.services import RetriableError
from placa.standards.dicom.sandbox import messages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]

Asked = list[tuple[str, int]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the pool is asked for, as (name of the file, side or 0 for the whole); it answers with pictures at once."""
    seen: Asked = []

    def draw(request: dict[str, Any]) -> bytes:
        sides = [size[0] if size else 0 for size, _quality in request["sizes"]]
        seen.extend((Path(request["path"]).name, side) for side in sides)
        return messages.packed([b"picture"] * len(sides))

    monkeypatch.setattr(rendering, "_ask", draw)
    return seen


def _arrive(numbers: "range | list[int]", study: str = STUDY, **elements: object) -> Study:
    objects = [
        ct(number, StudyInstanceUID=study, SeriesInstanceUID=f"{study}.1", SOPInstanceUID=f"{study}.2.{number}", **elements)
        for number in numbers
    ]  # fmt: skip
    process([received(one) for one in objects])
    return Study.objects.get(study_instance_uid=study)


def _numbers(asked: Asked, side: int) -> list[int]:
    """Instance Numbers of the pictures of one size, in the order in which they were drawn."""
    of_file = {Path(one.storage_key).name: one.instance_number or 0 for one in Instance.objects.all()}
    return [of_file[name] for name, drawn_side in asked if drawn_side == side]


def test_previews_are_what_pages_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    study = _arrive([1, 2, 3])
    tasks.prepare(study.pk)
    preview = selectors.preview_of_study(study)
    assert preview is not None
    assert preview.instance.instance_number == 2
    monkeypatch.setattr(rendering, "_ask", lambda request: pytest.fail("it was not drawn"))
    assert rendering.rendered(preview.instance, preview.frame)[:2] == b"\xff\xd8"
    for side in (256, 480, 768):
        assert (
            rendering.rendered(preview.instance, preview.frame, viewport=(side, side), quality=80)[:2]
            == b"\xff\xd8"
        )
    tasks.prepare(10**9)  # a study that is gone is no error


def test_a_picture_more_costs_no_query_more(asked: Asked) -> None:
    counts = []
    for number, pictures in enumerate((2, 8)):
        _arrive(range(1, pictures + 1), study=f"{STUDY}.{number}")
        with CaptureQueriesContext(connection) as queries:
            preparing.draw(60)
        counts.append(len(queries))
    assert len(_numbers(asked, 768)) == 10
    assert counts[0] == counts[1]


def test_what_was_prepared_is_served_without_the_pool(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    study = _arrive([1])
    preparing.prepare_previews(study)
    drawn = len(asked)
    one = Instance.objects.get(study=study)
    for side in (256, 480, 768):
        assert rendering.rendered(one, viewport=(side, side), quality=80) == b"picture"
    assert rendering.rendered(one) == b"picture"
    preparing.prepare_previews(study)
    assert len(asked) == drawn == 4


def test_the_middle_comes_first_then_outwards(asked: Asked) -> None:
    _arrive(range(1, 6))
    assert preparing.draw(60) is False
    assert _numbers(asked, 768) == [3, 2, 4, 1, 5]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 9])
def test_outwards_leaves_none_out(count: int) -> None:
    order = list(preparing._outwards(count))
    assert sorted(order) == list(range(count))
    assert not order or order[0] == count // 2


def test_an_object_may_claim_any_number_of_frames(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    _arrive([1], NumberOfFrames=3)
    Instance.objects.update(number_of_frames=2_000_000_000)
    monkeypatch.setattr(preparing, "PICTURES_OF_A_STUDY", 5)
    preparing.draw(60)
    assert len(_numbers(asked, 768)) == 5


def test_the_tiles_of_a_whole_slide_are_not_drawn(asked: Asked) -> None:
    _arrive([1], SOPClassUID=preparing.WHOLE_SLIDE, Modality="SM")
    preparing.draw(60)
    assert asked == []


def test_each_series_has_its_middle_before_any_has_its_rest(asked: Asked) -> None:
    _arrive([1, 2, 3])
    for number in (11, 12, 13):
        other = {
            "SeriesInstanceUID": f"{STUDY}.8",
            "SeriesNumber": 2,
            "SOPInstanceUID": f"{STUDY}.8.{number}",
        }
        process([received(ct(number, **other))])
    preparing.draw(60)
    assert _numbers(asked, 768)[:2] == [2, 12]


def test_the_newest_study_comes_first(asked: Asked) -> None:
    old, new = _arrive([1], f"{STUDY}.7"), _arrive([2], f"{STUDY}.8")
    Study.objects.filter(pk=old.pk).update(last_received_at=clock.now() - dt.timedelta(hours=1))
    Study.objects.filter(pk=new.pk).update(last_received_at=clock.now())
    preparing.draw(60)
    assert _numbers(asked, 768) == [2, 1]


def test_a_study_that_grew_is_drawn_again_but_only_what_is_new(asked: Asked) -> None:
    _arrive([1, 2])
    preparing.draw(60)
    assert not preparing.is_something_left()
    _arrive([3])
    assert preparing.is_something_left()
    preparing.draw(60)
    assert sorted(_numbers(asked, 768)) == [1, 2, 3]


def test_what_was_broken_off_is_found_by_the_sweep_and_finished(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed after two pictures: nothing but the files says how far it came."""
    study = _arrive(range(1, 6))
    draw = rendering._ask

    def dies(request: dict[str, Any]) -> bytes:
        if len(_numbers(asked, 768)) == 2:
            raise KeyboardInterrupt
        return draw(request)

    monkeypatch.setattr(rendering, "_ask", dies)
    with pytest.raises(KeyboardInterrupt):
        preparing.draw(60)
    monkeypatch.setattr(rendering, "_ask", draw)
    tasks.ask_for_drawing()
    assert JobKey.objects.filter(key="archive.draw").exists()
    tasks.draw()
    assert sorted(_numbers(asked, 768)) == [1, 2, 3, 4, 5]
    study.refresh_from_db()
    assert study.prepared_version == study.metadata_version
    tasks.ask_for_drawing()  # nothing is left: nothing more is queued
    assert JobKey.objects.filter(key="archive.draw").count() == 1


def test_drawing_stops_when_its_time_is_over_and_comes_back(asked: Asked) -> None:
    _arrive([1, 2, 3])
    assert preparing.draw(-1) is True
    assert asked == []


def test_what_is_missing_alone_is_drawn(asked: Asked) -> None:
    one = Instance.objects.get(study=_arrive([1]))
    preparing.draw(60)
    name = rendering._name(rendering._request(one, 1, viewport=None, quality=rendering.QUALITY), ".jpg")
    (picture_cache._folder(one.storage_key, picture_cache.PICTURES) / name).unlink()
    assert rendering.prepare_picture(one, 1)
    assert [side for _name, side in asked] == [768, 0, 0]
    assert not rendering.prepare_picture(one, 1)


@pytest.mark.parametrize("answer", [b"", b"picture", messages.packed([b"picture"])])
def test_a_pool_that_answers_nonsense_leaves_nothing(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    one = Instance.objects.get(study=_arrive([1]))
    monkeypatch.setattr(rendering, "_ask", lambda request: answer)
    with pytest.raises(RenderFailed):
        rendering.prepare_picture(one, 1)
    assert not (picture_cache._folder(one.storage_key, picture_cache.PICTURES)).exists()


def test_one_picture_that_cannot_be_drawn_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    study = _arrive([1, 3])
    _arrive([2], Rows=60_000, Columns=60_000)
    assert preparing.draw(60) is False
    good = Instance.objects.filter(study=study, rows=4)
    monkeypatch.setattr(rendering, "_ask", lambda request: pytest.fail("asked again"))
    assert all(rendering.rendered(one, viewport=(768, 768), quality=80) for one in good)


def test_without_the_pool_previews_are_tried_again_and_nothing_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = _arrive([1])

    def away(request: dict[str, Any]) -> bytes:
        raise RenderUnavailable("busy")

    monkeypatch.setattr(rendering, "_ask", away)
    with pytest.raises(RetriableError):
        tasks.prepare(study.pk)
    tasks.draw()
    assert preparing.is_something_left()
    monkeypatch.setattr(rendering, "_ask", lambda request: b"picture")
    assert rendering.rendered(Instance.objects.get(study=study)) == b"picture"


def test_what_went_wrong_is_tried_again_later_and_in_the_end_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Instance.objects.get(study=_arrive([1]))
    tries = []

    def slow(request: dict[str, Any]) -> bytes:
        tries.append(1)
        raise RenderFailed("too-slow")

    monkeypatch.setattr(rendering, "_ask", slow)
    at = clock.now()
    for number, pause in enumerate((0, 61, 601, 3601, 86401), start=1):
        at += dt.timedelta(seconds=pause)
        with clock.standing_at(at):
            for _ in range(2):  # the second one is too soon, and costs nothing
                with pytest.raises(RenderRefused, match="too-slow"):
                    rendering.rendered(one)
        assert len(tries) == number
    with clock.standing_at(at + dt.timedelta(days=40)), pytest.raises(RenderRefused):
        rendering.rendered(one)
    assert len(tries) == 5


def test_a_newer_program_tries_what_an_older_one_could_not_and_draws_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Instance.objects.get(study=_arrive([1]))

    def refused(request: dict[str, Any]) -> bytes:
        raise RenderRefused("not-renderable")

    monkeypatch.setattr(rendering, "_ask", refused)
    with pytest.raises(RenderRefused):
        rendering.rendered(one)
    monkeypatch.setattr(rendering, "_ask", lambda request: b"picture")
    with pytest.raises(RenderRefused):
        rendering.rendered(one)
    monkeypatch.setattr(picture_cache, "GENERATION", "2")
    assert rendering.rendered(one) == b"picture"


def test_odd_requests_that_fail_hide_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds a share could ask for something slow, so that the others see nothing."""
    one = Instance.objects.get(study=_arrive([1]))

    def slow_in_odd_windows(request: dict[str, Any]) -> bytes:
        if "window" in request:
            raise RenderFailed("too-slow")
        return b"picture"

    monkeypatch.setattr(rendering, "_ask", slow_in_odd_windows)
    with pytest.raises(RenderFailed):
        rendering.rendered(one, window=(1.0, 2.0))
    assert rendering.rendered(one) == b"picture"


def test_room_is_made_for_what_was_used_last_and_previews_stay(tmp_path: Path) -> None:
    keys = [f"2026/01/01/{number:02x}/{number:032x}.dcm" for number in range(16, 26)]
    for hours, key in enumerate(keys):
        picture_cache.keep(key, "a.jpg", b"x" * 1000)
        picture_cache.keep(key, "p.jpg", b"x" * 1000, kind=picture_cache.PREVIEWS)
        at = time.time() - 3600 * (100 - hours)
        os.utime(picture_cache._folder(key, picture_cache.PICTURES) / "a.jpg", (at, at))
    assert picture_cache.read(keys[0], "a.jpg", preview=False)  # used just now: the oldest no more
    assert picture_cache.make_room(10_000) == 0
    assert picture_cache.make_room(5_000) == 6_000
    left = [key for key in keys if picture_cache.has(key, "a.jpg")]
    assert left == [keys[0], *keys[7:]]
    assert all(picture_cache.has(key, "p.jpg", picture_cache.PREVIEWS) for key in keys)
    assert len(list((tmp_path / "cache" / "rendered").glob("*/*"))) == 4  # no empty folder is left


def test_the_first_preview_does_not_wait_for_the_last_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[str] = []
    monkeypatch.setattr(services, "preview", lambda uids: queued.extend(f"preview {uid}" for uid in uids))
    monkeypatch.setattr(services, "prepare", lambda uids: queued.extend(f"prepare {uid}" for uid in uids))
    monkeypatch.setattr("placa.domain.intake.indexer.close_old_connections", lambda: None)  # the test's own
    indexer = Indexer(Mock(spec=Inlet, closed=False))
    for number in (1, 2, 3):
        indexer._index([received(ct(number))])
        indexer._preview_arriving()
        indexer._prepare_quiet(at_once=False)
    assert queued == [f"preview {STUDY}"]  # at once, and not for each instance
    indexer._prepare_quiet(at_once=True)
    assert queued == [f"preview {STUDY}", f"prepare {STUDY}"]
    assert not indexer._previewed
