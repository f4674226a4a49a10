"""The viewer inside a ZIP: what it is told, whose pixels it has, and what it costs to have them ready."""

import io
import json
import os
import time
import zipfile
from typing import Any

import numpy as np
import pytest

from placa.domain.access.viewers import Viewer
from placa.domain.archive import rendering
from placa.domain.archive.models import Instance
from placa.domain.archive.rendering import RenderFailed, RenderUnavailable
from placa.domain.archive.storage import storage
from placa.domain.downloads import directory, folder, offline, package, packs, pixels, tasks
from placa.domain.downloads.errors import NotReadyError
from placa.domain.downloads.tests import world
from placa.domain.downloads.tests.test_who_gets_what import share
from placa.domain.downloads.tests.world import CT, viewer
from placa.standards.dicom.exact import exact_frame, unpacked
from placa.standards.dicom.frames import decode_frame
from placa.standards.dicom.tests.test_exact import values_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def opened(asker: Viewer, **how: Any) -> zipfile.ZipFile:
    made = package.open_package(asker, CT, **how)
    return zipfile.ZipFile(io.BytesIO(b"".join(made.zip.stream())))


def told(archive: zipfile.ZipFile) -> dict[str, Any]:
    text = archive.read("VIEWER/STUDY.JS").decode("ascii")
    assert text.startswith("var placaStudy=")
    assert text.endswith(";\n")
    about: dict[str, Any] = json.loads(text.removeprefix("var placaStudy=").removesuffix(";\n"))
    return about


def scripts(archive: zipfile.ZipFile) -> set[str]:
    return {name for name in archive.namelist() if name.startswith("VIEWER/SER")}


def payload_of(script: bytes) -> tuple[str, dict[str, Any], bytes]:
    """What a script says, read as a browser reads it: one character a byte, escapes undone."""
    head, _quote, rest = script.partition(b",'")
    key, _comma, header = head.removeprefix(b"placaFrame('").partition(b"',")
    body, at, undone = rest.removesuffix(b"');\n"), 0, bytearray()
    while at < len(body):
        assert body[at] not in b"'\r\n"
        if body[at] == ord("\\"):
            at += 1
            undone += {b"n": b"\n", b"r": b"\r"}.get(body[at : at + 1], body[at : at + 1])
        else:
            undone.append(body[at])
        at += 1
    return key.decode(), json.loads(header), bytes(undone)


def test_a_script_holds_the_stored_values_to_the_last_bit() -> None:
    noise = np.random.default_rng(7).integers(-2000, 4000, (64, 64), dtype=np.int16)
    world.slices(
        1,
        Rows=64,
        Columns=64,
        PixelRepresentation=1,
        BitsAllocated=16,
        BitsStored=16,
        HighBit=15,
        PixelData=noise.tobytes(),
    )
    archive = opened(viewer("ana"))
    key, header, payload = payload_of(archive.read("VIEWER/SER00001/IM000001.JS"))
    assert key == "SER00001/IM000001"
    assert np.array_equal(values_of(header, payload), noise)
    path = storage().path(Instance.objects.get(study=world.study()).storage_key)
    assert unpacked(exact_frame(path)) == (header, payload)
    assert np.array_equal(decode_frame(path).samples, noise)


def test_what_the_viewer_is_told() -> None:
    world.everything()
    about = told(opened(viewer("ana")))
    assert about["patient"]
    first = about["series"][0]
    assert first["title"] == "Axial 1 <señal>"
    assert first["objects"] == [["IM000001", 1, 1, 1, 1], ["IM000002", 2, 1, 1, 1], ["IM000003", 3, 1, 1, 1]]
    film, trace = sorted(about["series"][1:], key=lambda one: one["modality"], reverse=True)
    assert film["objects"][0][2:] == [3, 1, 1]  # three frames, all of both kinds
    assert trace["objects"][0][3:] == [[], 1]  # an ECG has no pixels: its drawing alone
    assert [report["file"] for report in about["reports"]] == ["REPORTS/REPORT01.PDF"]
    assert "undrawable" not in json.dumps(about)


def test_only_a_whole_zip_has_the_viewer() -> None:
    world.slices(1)
    for parts in ("dicom", "jpeg", "report"):
        names = opened(viewer("ana"), parts=parts).namelist()
        assert not any(name.startswith("VIEWER/") for name in names)
        assert b"VIEWER" not in opened(viewer("ana"), parts=parts).read("INDEX.HTM")


def test_one_series_brings_its_own_pixels_alone() -> None:
    world.slices(1)
    world.slices(2, series=4)
    archive = opened(viewer("ana"), series=f"{CT}.4")
    assert scripts(archive) == {"VIEWER/SER00002/IM000001.JS", "VIEWER/SER00002/IM000002.JS"}
    assert [one["id"] for one in told(archive)["series"]] == ["SER00002"]


def test_a_share_without_images_or_report_has_none_of_it_in_the_viewer() -> None:
    world.slices(1)
    assert not any(name.startswith("VIEWER/") for name in opened(share(images=False)).namelist())
    assert told(opened(share(report=False)))["reports"] == []


def test_where_the_viewer_is_not_built_the_zip_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(1)
    monkeypatch.setattr(offline, "program", lambda: None)
    archive = opened(viewer("ana"))
    assert not any(name.startswith("VIEWER/") for name in archive.namelist())
    assert b"<script" not in archive.read("INDEX.HTM")


def test_prepared_pixels_are_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    study = world.slices(2)
    package.open_package(viewer("ana"), CT)
    contents = directory.contents_of(study)
    assert pixels.PACK.is_prepared(contents)
    monkeypatch.setattr(rendering, "exact_frame", lambda *_a, **_o: pytest.fail("decoded again"))
    assert len(scripts(opened(viewer("ana")))) == 2


def test_beyond_its_bound_a_study_is_shown_by_its_jpegs(monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(3)
    size = len(opened(viewer("ana")).read("VIEWER/SER00001/IM000001.JS"))
    monkeypatch.setattr(pixels, "PACK", packs.Pack("pixels", size * 1.5))
    world.slices(4)
    about = told(opened(viewer("ana")))
    assert [one[3:] for one in about["series"][0]["objects"]] == [[1, 1], [[], 1], [[], 1], [[], 1]]


def test_what_went_wrong_is_left_out_and_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    study = world.slices(1)

    def slow(*_args: object, **_options: object) -> bytes:
        raise RenderFailed("too-slow")

    monkeypatch.setattr(rendering, "exact_frame", slow)
    archive = opened(viewer("ana"))
    assert scripts(archive) == set()
    assert told(archive)["series"][0]["objects"] == [["IM000001", 1, 1, [], 1]]
    monkeypatch.undo()
    monkeypatch.setattr(packs, "AGAIN_SECONDS", -1.0)
    assert pixels.PACK.is_prepared(directory.contents_of(study))


def test_without_the_pool_it_is_not_ready_and_nothing_half_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    study = world.slices(1)

    def away(*_args: object, **_options: object) -> bytes:
        raise RenderUnavailable("away")

    monkeypatch.setattr(rendering, "exact_frame", away)
    with pytest.raises(NotReadyError):
        pixels.prepare(directory.contents_of(study))
    assert not list(folder.root().rglob("pixels*"))


def test_after_a_week_unused_the_pixels_go_and_come_again_when_asked_for() -> None:
    study = world.slices(1)
    contents = directory.contents_of(study)
    package.open_package(viewer("ana"), CT)
    tasks.tidy()
    assert pixels.PACK.is_prepared(contents)
    for path in folder.root().rglob("pixels*"):
        os.utime(path, (time.time() - 8 * 86_400,) * 2)
    tasks.tidy()
    assert not list(folder.root().rglob("pixels*"))
    assert len(scripts(opened(viewer("ana")))) == 1
