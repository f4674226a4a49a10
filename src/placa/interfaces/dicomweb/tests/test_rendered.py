"""Pictures: frames as JPEG and PNG, windows and sizes; documents as what browsers show (PS3.18 10.4.1.1.3)."""

import io

import numpy as np
import pytest
from PIL import Image

from placa.common import clock
from placa.demo import lab, load, phantoms
from placa.domain.archive.models import Instance
from placa.domain.downloads.tests import world as files
from placa.interfaces.dicomweb.tests.world import CT, PLAN, STUDY, asker, instance, packaged, parts, place

RAMP = (np.arange(64 * 64, dtype="<u2") % 64 * 16).tobytes()


@pytest.fixture
def ramp() -> str:
    """The address of a picture that goes from 0 at the left to 1008 at the right."""
    files.slices(1, series=4, PixelData=RAMP, Rows=64, Columns=64)
    return place(instance(4))


def picture(address: str, accept: str = "image/png", **query: str) -> Image.Image:
    answer = asker().get(address, query, headers={"Accept": accept})
    assert answer.status_code == 200, answer.content
    found = Image.open(io.BytesIO(answer.content))
    assert answer["Content-Type"] == f"image/{str(found.format).lower()}"
    return found


def test_jpeg_unless_png_is_asked_for(ramp: str) -> None:
    formats = [
        picture(f"{ramp}/rendered", accept).format for accept in ("image/png", "image/jpeg", "*/*", "")
    ]
    assert formats == ["PNG", "JPEG", "JPEG", "JPEG"]


def test_a_window_says_where_black_ends_and_white_begins(ramp: str) -> None:
    grey = np.asarray(picture(f"{ramp}/rendered", window="504.5,505,linear").convert("L"))
    left, middle, right = (int(grey[0, column]) for column in (15, 31, 48))
    assert (left, right) == (0, 255)
    assert 110 < middle < 145
    assert picture(f"{ramp}/frames/1/rendered", window="504.5,505,linear").tobytes() == (
        picture(f"{ramp}/rendered", window="504.5,505,linear").tobytes()
    )


def test_a_viewport_bounds_the_picture(ramp: str) -> None:
    assert picture(f"{ramp}/rendered", viewport="16,32").size == (16, 16)


def test_quality_is_paid_in_bytes(ramp: str) -> None:
    client = asker()
    worst, best = (len(client.get(f"{ramp}/rendered", {"quality": q}).content) for q in ("1", "100"))
    assert worst < best


@pytest.mark.parametrize(
    "query",
    [
        {"window": "1"}, {"window": "a,b"}, {"window": "40,0"}, {"window": "nan,1"}, {"window": "40,400,x"},
        {"viewport": "0,5"}, {"viewport": "5"}, {"viewport": "99999,5"}, {"viewport": "a,b"},
        {"viewport": "9,9,1"}, {"viewport": "9,9,a,0,1,1"}, {"viewport": "9,9,0,0,0,5"}, {"viewport": "9,9,-1,0,5,5"},
        {"quality": "0"}, {"quality": "101"}, {"quality": "best"},
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_so_is_400(query: dict[str, str]) -> None:
    assert asker().get(f"{place(instance())}/rendered", query).status_code == 400


@pytest.mark.parametrize("frame", ["0", "2"])
def test_a_frame_that_is_not_there_is_404(frame: str) -> None:
    assert asker().get(f"{place(instance())}/frames/{frame}/rendered").status_code == 404


@pytest.mark.parametrize("address", [STUDY, f"{STUDY}/series/{CT}.4", ""])
def test_thumbnails_on_three_levels_are_small(ramp: str, address: str) -> None:
    files.slices(1, series=4, SOPInstanceUID=f"{CT}.4.9", PixelData=RAMP * 64, Rows=512, Columns=512)
    found = picture(
        f"{address or place(Instance.objects.get(sop_instance_uid=f'{CT}.4.9'))}/thumbnail", "*/*"
    )
    assert found.format == "JPEG"
    assert max(found.size) <= 256


def test_compressed_objects_are_drawn_too() -> None:
    found = picture(f"{place(packaged('SC_rgb_jpeg_dcmtk.dcm'))}/rendered").convert("RGB")
    assert found.size == (100, 100)
    assert found.getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=40)


def test_pixels_that_lie_are_406() -> None:
    files.undrawable()
    answer = asker().get(f"{place(instance(2))}/rendered")
    assert answer.status_code == 406


def test_a_structured_report_is_a_page_without_scripts() -> None:
    answer = asker().get(f"{place(packaged('reportsi.dcm'))}/rendered")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert b"<script" not in answer.content
    assert b"OFFIS" in answer.content or b"Report" in answer.content


def test_an_ecg_is_a_drawing() -> None:
    files.ecg()
    found = Instance.objects.get(study__study_instance_uid=CT, kind="ecg")
    series = place(found).rpartition("/instances/")[0]
    for address in (f"{place(found)}/rendered", f"{place(found)}/thumbnail", f"{series}/thumbnail"):
        answer = asker().get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
        assert answer.content.lstrip().startswith(b"<svg")


def test_an_encapsulated_pdf_is_the_pdf() -> None:
    identity, visit = load.identity_of(PLAN), load.visit_of(PLAN, clock.now() - PLAN.ago)
    pdf = lab.lab_report_pdf(identity, visit)
    load.arrive(phantoms.lab_pdf(identity, visit, pdf), "LIS")
    found = Instance.objects.get(study__study_instance_uid=CT, kind="pdf")
    answer = asker().get(f"{place(found)}/rendered")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.rstrip(b"\0") == pdf
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_part_of_the_source_fills_the_viewport(ramp: str) -> None:
    whole = np.asarray(picture(f"{ramp}/rendered", window="504.5,1009,linear").convert("L"))
    part = picture(f"{ramp}/rendered", window="504.5,1009,linear", viewport="64,64,16,8,24,10")
    assert part.size == (24, 10)
    np.testing.assert_array_equal(np.asarray(part.convert("L")), whole[8:18, 16:40])
    flipped = picture(f"{ramp}/rendered", window="504.5,1009,linear", viewport="64,64,16,8,-24,10")
    np.testing.assert_array_equal(np.asarray(flipped.convert("L")), whole[8:18, 16:40][:, ::-1])
    assert asker().get(f"{ramp}/rendered", {"viewport": "9,9,100,100,5,5"}).status_code == 406


def test_annotations_are_taken_and_left_out(ramp: str) -> None:
    plain = picture(f"{ramp}/rendered").tobytes()
    assert picture(f"{ramp}/rendered", annotation="patient,technique").tobytes() == plain


@pytest.mark.parametrize("address", [STUDY, f"{STUDY}/series/{CT}.1"])
def test_all_pictures_of_a_study_or_series_are_parts(address: str) -> None:
    files.undrawable()  # spoils no other
    found = parts(asker().get(f"{address}/rendered", {"viewport": "2,2"}))
    assert [headers["Content-Type"] for headers, _ in found] == ["image/jpeg"] * 3
    assert {Image.open(io.BytesIO(content)).size for _, content in found} == {(2, 2)}
    assert asker().get(f"{STUDY}/series/{CT}.2/rendered").status_code == 406


def test_several_frames_are_parts_and_one_is_a_picture() -> None:
    files.cine(3)
    here = place(Instance.objects.get(study__study_instance_uid=CT, number_of_frames=3))
    assert len(parts(asker().get(f"{here}/frames/3,1/rendered"))) == 2
    assert asker().get(f"{here}/frames/2/thumbnail")["Content-Type"] == "image/jpeg"
    assert asker().get(f"{here}/frames/1,9/rendered").status_code == 404
