"""Every family of storage classes, from the receiver to each door: kept, listed, served, never an error of ours."""

import gzip
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate

from placa.demo import cast
from placa.domain.archive import picture_cache, preparing, rendering
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.intake.models import InboxItem
from placa.domain.intake.pipeline import process
from placa.domain.intake.receiving import Announced, receive
from placa.domain.intake.tests import classes
from placa.domain.intake.tests.classes import BY_NAME, CASES, Case
from placa.domain.intake.tests.objects import MODALITY, encoded, received
from placa.domain.reports.models import DiagnosticReport
from placa.interfaces.dicomweb.tests.world import CT, PLAN, STUDY, asker, body, one, parts, place, said

DOCUMENTS = {"pdf", "sr"}
OWN: dict[str, Any] = {
    "StudyInstanceUID": CT, "PatientID": cast.PATIENTS["ana"].patient_id, "IssuerOfPatientID": cast.ISSUER,
    "AccessionNumber": PLAN.accession, "PatientBirthDate": "",
}  # fmt: skip


def arrive(case: Case) -> Instance:
    data = classes.build(case, **OWN)
    process([received(data)])
    return Instance.objects.get(sop_instance_uid=data.SOPInstanceUID)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_is_kept_listed_and_served(case: Case) -> None:
    found = arrive(case)
    assert found.kind == case.kind
    assert not InboxItem.objects.filter(instance=found).exists()
    client = asker("jefe") if case.kind in DOCUMENTS else asker()
    _metadata_and_file(client, found)
    _pictures(client, found, case)
    frame = client.get(f"{place(found)}/frames/1").status_code
    assert frame == 200 if case.pictured and case.kind != "ecg" else frame in (404, 406)


def _metadata_and_file(client: Client, found: Instance) -> None:
    listed = said(client.get(f"{STUDY}/instances"))
    assert found.sop_class_uid in {one(row, "00080016") for row in listed}
    metadata = said(client.get(f"{place(found)}/metadata"))
    assert [one(row, "00080018") for row in metadata] == [found.sop_instance_uid]
    ((_headers, content),) = parts(client.get(place(found)))
    assert dcmread(io.BytesIO(content)) == dcmread(storage().path(found.storage_key))
    for address in _bulk_data(metadata):
        ((_headers, value),) = parts(client.get(address))
        assert value


def _bulk_data(metadata: Any) -> list[str]:
    if isinstance(metadata, dict):
        found = [metadata["BulkDataURI"]] if "BulkDataURI" in metadata else []
        return found + [uri for value in metadata.values() for uri in _bulk_data(value)]
    return [uri for value in metadata for uri in _bulk_data(value)] if isinstance(metadata, list) else []


def _pictures(client: Client, found: Instance, case: Case) -> None:
    """A picture, or a plain no."""
    series = f"{STUDY}/series/{found.series.series_instance_uid}"
    one_of = f"{place(found)}/rendered"
    for address in (
        one_of,
        f"{place(found)}/thumbnail",
        f"{series}/thumbnail",
        f"{place(found)}/frames/1/rendered",
    ):
        answer = client.get(address)
        if answer.status_code == 200:
            _is_what_it_says(answer["Content-Type"], body(answer))
        else:
            assert answer.status_code in (404, 406), (address, answer.content)
            assert not case.pictured or address != one_of


def _is_what_it_says(content_type: str, content: bytes) -> None:
    begins = {
        "image/jpeg": b"\xff\xd8",
        "image/svg+xml": b"<svg",
        "application/pdf": b"%PDF",
        "text/html; charset=utf-8": b"<!doctype html",
    }
    assert content.startswith(begins[content_type])


@pytest.mark.parametrize("name", ["dose-sr", "echo-sr", "cad-sr", "procedure-log"])
def test_what_is_built_like_a_report_is_read_by_professionals(name: str) -> None:
    found = arrive(BY_NAME[name])
    DiagnosticReport.objects.update(status="preliminary")
    address = f"{place(found)}/rendered"
    answer = asker().get(address)
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert "Hígado de tamaño normal." in answer.content.decode()
    # her report has a clock of its own, and nothing tells of it before: no page, no metadata, no search
    ana = asker("ana")
    for path in (address, f"{place(found)}/metadata", place(found), f"{place(found)}/bulkdata/0040A730"):
        assert ana.get(path).status_code == 404, path
    for path in (
        f"{STUDY}/metadata",
        f"{STUDY}/instances?includefield=all",
        "/dicomweb/instances?includefield=all",
    ):
        assert b"tama" not in body(ana.get(path)), path
    assert found.sop_class_uid not in str(body(ana.get(f"{STUDY}/instances")))


def test_a_patient_has_it_once_a_report_is_hers_to_read() -> None:
    found = arrive(BY_NAME["dose-sr"])
    for status, expected in (("preliminary", 404), ("final", 200)):
        DiagnosticReport.objects.update(status=status)
        assert asker("ana").get(f"{place(found)}/metadata").status_code == expected
        listed = str(body(asker("ana").get(f"{STUDY}/instances")))
        assert (found.sop_class_uid in listed) == (expected == 200)


def test_frames_of_a_segmentation_are_its_bits() -> None:
    """Frames of 25 bits do not begin at a byte (PS3.5 8.1.1): each is given as one bit a pixel, from a byte on."""
    found = arrive(BY_NAME["segmentation"])
    for number in range(3):
        ((_headers, raw),) = parts(asker().get(f"{place(found)}/frames/{number + 1}"))
        assert np.array_equal(_bits(raw), classes.bit_mask(number)), number
        answer = asker().get(f"{place(found)}/frames/{number + 1}/rendered", headers={"Accept": "image/png"})
        drawn = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
        assert np.array_equal(drawn > 127, classes.bit_mask(number) == 1)


def _bits(raw: bytes) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    if len(raw) >= 25:  # decoded: a byte a pixel
        return np.frombuffer(raw[:25], np.uint8).reshape(5, 5)
    return np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[:25].reshape(5, 5)


def test_frames_of_a_dose_are_its_numbers() -> None:
    found = arrive(BY_NAME["rt-dose"])
    for number in range(2):
        ((_headers, raw),) = parts(asker().get(f"{place(found)}/frames/{number + 1}"))
        assert np.array_equal(np.frombuffer(raw, "<u4").reshape(3, 4), classes.DOSE[number])
    answer = asker().get(f"{place(found)}/frames/2/rendered", headers={"Accept": "image/png"})
    drawn = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L")).astype(int)
    assert (np.diff(drawn.ravel()) >= 0).all()
    assert drawn[0, 0] < 10
    assert drawn[2, 3] > 245


def test_all_of_them_in_one_study_are_prepared_without_a_picture_that_is_none() -> None:
    process([received(classes.build(case, number, **OWN)) for number, case in enumerate(CASES, start=1)])
    study = Study.objects.get(study_instance_uid=CT)
    preparing.prepare_study(study)
    preparing.draw(120)
    study.refresh_from_db()
    assert study.prepared_version == study.metadata_version
    rows = Instance.objects.filter(study=study, kind="other")
    assert rows.count() > 30
    for row in rows:  # nobody asked the pool for what is no picture, so nothing is remembered against it
        assert not picture_cache._folder(row.storage_key, picture_cache.PICTURES).exists()
    assert len(json.loads(gzip.decompress(said_raw()))) == 3 + len(CASES)


def said_raw() -> bytes:
    """The study's metadata as it is sent."""
    return body(asker("jefe").get(f"{STUDY}/metadata", headers={"Accept-Encoding": "gzip"}))


IMG = {
    "Accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
}  # what an <img> of Chromium sends


@pytest.mark.parametrize("name", ["rt-plan", "hemodynamic", "unknown-private"])
def test_a_page_gets_a_drawing_where_there_is_no_picture(name: str) -> None:
    found = arrive(BY_NAME[name])
    address = f"{STUDY}/series/{found.series.series_instance_uid}/thumbnail"
    assert asker().get(address).status_code == 404
    answer = asker().get(address, headers=IMG)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert asker("egea").get(address, headers=IMG).status_code == 404  # nor does she learn that there is none


def test_a_picture_stays_a_picture_for_a_page() -> None:
    assert asker().get(f"{STUDY}/thumbnail", headers=IMG)["Content-Type"] == "image/jpeg"


def test_while_the_pool_is_away_a_page_gets_a_drawing_and_a_program_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(request: dict[str, Any]) -> bytes:
        raise rendering.RenderUnavailable("busy")

    monkeypatch.setattr(rendering, "_ask", away)
    assert asker().get(f"{STUDY}/thumbnail", headers=IMG)["Content-Type"] == "image/svg+xml"
    assert asker().get(f"{STUDY}/thumbnail").status_code == 503


VIDEO_PHOTOGRAPH = "1.2.840.10008.5.1.4.1.1.77.1.4.1"
VIDEOS = {"mpeg-2": "100", "h264": "102", "h264-fragmented": "102.1", "hevc": "107"}


def _video(number: str, stream: bytes) -> Instance:
    data = classes.build(replace(BY_NAME["photograph"], sop_class_uid=VIDEO_PHOTOGRAPH), **OWN)
    data.NumberOfFrames, data.CineRate = 25, 25
    data.PixelData = encapsulate([stream])
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    sent = Announced(VIDEO_PHOTOGRAPH, str(data.SOPInstanceUID), f"1.2.840.10008.1.2.4.{number}")
    process([receive([encoded(data)], sent, MODALITY)])
    return Instance.objects.get(sop_instance_uid=data.SOPInstanceUID)


@pytest.mark.parametrize("number", VIDEOS.values(), ids=VIDEOS)
def test_a_film_that_browsers_do_not_play_is_kept_and_handed_out(number: str) -> None:
    stream = b"\0\0\1\xba" + bytes(range(250)) * 8  # as an MPEG programme stream begins
    found = _video(number, stream)
    assert found.kind == "video"
    assert asker().get(f"{place(found)}/rendered").status_code == 404
    assert asker().get(f"{place(found)}/thumbnail").status_code == 406
    series = f"{STUDY}/series/{found.series.series_instance_uid}"
    assert asker().get(f"{series}/thumbnail", headers=IMG)["Content-Type"] == "image/svg+xml"
    ((_headers, content),) = parts(asker().get(place(found)))
    assert stream in content


def test_an_mp4_is_played() -> None:
    stream = b"\0\0\0\x18ftypmp42" + bytes(200)
    answer = asker().get(f"{place(_video('102', stream))}/rendered")
    assert (answer["Content-Type"], body(answer)) == ("video/mp4", stream)
