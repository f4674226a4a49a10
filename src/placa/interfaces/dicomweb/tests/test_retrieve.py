"""WADO-RS: metadata, frames, bulk data and whole objects are the stored bytes (PS3.18 10.4)."""

import io

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from placa.domain.archive.models import Instance
from placa.domain.archive.storage import storage
from placa.domain.downloads.tests import world as files
from placa.interfaces.dicomweb.tests.world import (
    CT,
    STUDY,
    asker,
    body,
    instance,
    one,
    packaged,
    parts,
    place,
    said,
    stored,
)


def test_metadata_is_the_object_without_its_pixels() -> None:
    rows = said(asker().get(f"{STUDY}/metadata"))
    assert [one(row, "00080018") for row in rows] == [f"{CT}.1.{n}" for n in (1, 2, 3)]
    kept = stored(instance())
    read = Dataset.from_json(rows[0], bulk_data_uri_handler=lambda uri: b"")
    assert set(read.keys()) >= set(kept.keys()) - {0x7FE00010}
    for element in kept:
        if element.tag != 0x7FE00010:
            assert read[element.tag].value == element.value, element.keyword


def test_metadata_of_a_series_and_of_an_instance_is_their_part_of_the_study_s() -> None:
    files.slices(1, series=2)
    client = asker()
    whole = said(client.get(f"{STUDY}/metadata"))
    assert len(whole) == 4
    assert said(client.get(f"{STUDY}/series/{CT}.2/metadata")) == whole[3:]
    assert said(client.get(f"{place(instance(1, 2))}/metadata")) == [whole[1]]


def test_metadata_goes_zipped_to_who_takes_it_and_plain_to_who_does_not() -> None:
    client = asker()
    plain, zipped = (
        client.get(f"{STUDY}/metadata"),
        client.get(f"{STUDY}/metadata", headers={"Accept-Encoding": "gzip"}),
    )
    assert "Content-Encoding" not in plain
    assert zipped["Content-Encoding"] == "gzip"
    assert said(zipped) == said(plain)
    assert len(body(zipped)) < len(body(plain))
    for answer in (plain, zipped):
        assert answer["Content-Type"] == "application/dicom+json"
        assert "Accept-Encoding" in answer["Vary"]


def test_frames_are_the_stored_bytes() -> None:
    ((headers, frame),) = parts(asker().get(f"{place(instance(1, 2))}/frames/1"))
    assert frame == stored(instance(1, 2)).PixelData
    assert headers["Content-Type"] == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"


def test_frames_of_a_cine_come_in_the_order_asked_for() -> None:
    files.cine(3)
    cine = Instance.objects.get(study__study_instance_uid=CT, number_of_frames=3)
    frames = list(generate_frames(stored(cine).PixelData, number_of_frames=3))
    answer = asker().get(f"{place(cine)}/frames/3,1")
    assert [content for _, content in parts(answer)] == [frames[2], frames[0]]


def test_frames_of_an_uncompressed_object_are_its_pieces() -> None:
    pixels = bytes(range(96))
    files.slices(1, series=5, NumberOfFrames=3, PixelData=pixels)
    answer = asker().get(f"{place(instance(5))}/frames/2,3")
    assert [content for _, content in parts(answer)] == [pixels[32:64], pixels[64:]]


def test_compressed_frames_keep_their_compression() -> None:
    found = packaged("SC_rgb_rle_2frame.dcm")
    frames = list(generate_frames(stored(found).PixelData, number_of_frames=2))
    answer = parts(asker().get(f"{place(found)}/frames/1,2"))
    assert [content for _, content in answer] == frames
    assert {headers["Content-Type"] for headers, _ in answer} == {
        "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.5"
    }


@pytest.mark.parametrize("frames", ["2", "1,2", "9999999"])
def test_frames_that_are_not_there_are_404(frames: str) -> None:
    assert asker().get(f"{place(instance())}/frames/{frames}").status_code == 404


@pytest.mark.parametrize("frames", ["x", "1,", ",", "-1", "1.0", "99999999", "1," * 65 + "1"])
def test_frames_that_are_no_list_of_numbers_are_400(frames: str) -> None:
    assert asker().get(f"{place(instance())}/frames/{frames}").status_code == 400


def test_a_whole_object_is_the_stored_file() -> None:
    kept = storage().path(instance().storage_key).read_bytes()
    ((headers, content),) = parts(asker().get(place(instance())))
    assert content == kept
    assert headers["Content-Type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    alone = asker().get(place(instance()), headers={"Accept": "application/dicom"})
    assert (alone["Content-Type"], alone["Content-Length"]) == ("application/dicom", str(len(kept)))
    assert body(alone) == kept


@pytest.mark.parametrize("address", [STUDY, f"{STUDY}/series/{CT}.1"])
def test_whole_studies_and_series_are_all_their_files(address: str) -> None:
    found = [dcmread(io.BytesIO(content)) for _, content in parts(asker().get(address))]
    assert [data.SOPInstanceUID for data in found] == [f"{CT}.1.{n}" for n in (1, 2, 3)]


def test_large_values_are_named_in_the_metadata_and_served_apart() -> None:
    table = bytes(range(256)) * 40
    files.slices(1, series=3, RedPaletteColorLookupTableData=table)
    client = asker()
    (row,) = said(client.get(f"{STUDY}/series/{CT}.3/metadata"))
    for tag, wanted in (("00281201", table), ("7FE00010", stored(instance(3)).PixelData)):
        uri = row[tag]["BulkDataURI"]
        assert uri.endswith(f"/bulkdata/{tag}")
        ((headers, content),) = parts(client.get(uri[uri.index("/dicomweb/") :]))
        assert content == wanted
        assert headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("pointer", ["00281202", "x", "00100010/../7FE00010", "7FE00010/9"])
def test_bulk_data_that_is_not_there_is_404(pointer: str) -> None:
    assert asker().get(f"{place(instance())}/bulkdata/{pointer}").status_code == 404
