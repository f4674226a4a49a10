"""Metadata is the DICOM JSON Model, as pydicom writes it where both follow PS3.18, with bulk data by URI."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest

from placa.standards.dicom import metadata
from placa.standards.dicom.header import scan
from placa.standards.dicom.metadata import metadata_json
from placa.standards.dicom.source import FileSource, MemorySource
from placa.standards.dicom.tests.conftest import packaged

NAMES = [
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "rtplan.dcm",
    "rtdose_rle.dcm",
    "reportsi.dcm",
    "image_dfl.dcm",
]


def differences(ours: dict[str, Any], theirs: dict[str, Any], at: str = "") -> list[str]:
    """Paths at which two data sets in JSON differ, but for what pydicom does otherwise on purpose or by
    mistake."""
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        a, b = ours.get(key, {}), theirs.get(key, {})
        if key == "00080005" or key.endswith("0000"):
            continue  # we say UTF-8; group lengths have no meaning in JSON
        if a.get("vr") == "UN":
            continue  # pydicom's private dictionary; PS3.18 F.2.3 leaves it UN
        if a.get("vr") == b.get("vr") == "SQ":
            for number, (one, other) in enumerate(zip(a.get("Value", []), b.get("Value", []), strict=True)):
                found += differences(one, other, f"{at}{key}/{number}/")
        elif "BulkDataURI" in a and ("BulkDataURI" in b or key == "7FE00010"):
            continue
        elif json.dumps(a).replace("null", '""') != json.dumps(b).replace("null", '""'):
            found.append(f"{at}{key} {a} {b}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_agrees_with_pydicom(name: str) -> None:
    path = packaged(name)
    ours = metadata_json(path, "/bulk")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of values that it doubts
        theirs = pydicom.dcmread(path).to_json_dict(
            bulk_data_threshold=metadata.INLINE_LIMIT + 1, bulk_data_element_handler=lambda _element: "/x"
        )
    assert differences(ours, theirs) == []
    json.dumps(ours, allow_nan=False)


def test_names_and_character_set() -> None:
    model = metadata_json(packaged("chrH31.dcm"), "/bulk")
    assert model["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}
    assert model["00100010"]["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]


def test_pixel_data_is_named_not_included() -> None:
    path = packaged("CT_small.dcm")
    model = metadata_json(path, "/dicomweb/studies/1/series/2/instances/3/bulkdata/")
    assert model["7FE00010"] == {
        "vr": "OW",
        "BulkDataURI": "/dicomweb/studies/1/series/2/instances/3/bulkdata/7FE00010",
    }
    bulk = metadata.locate_bulk_data(path, "7FE00010")
    assert bulk is not None
    assert b"".join(metadata.read_bulk_data(path, bulk)) == pydicom.dcmread(path).PixelData
    assert "00020010" not in model


def test_nested_bulk_data_is_found_by_its_pointer() -> None:
    path = packaged("waveform_ecg.dcm")
    uri = metadata_json(path, "/b")["54000100"]["Value"][0]["54001010"]["BulkDataURI"]
    assert uri == "/b/54000100/0/54001010"
    bulk = metadata.locate_bulk_data(path, uri.removeprefix("/b/"))
    assert bulk is not None
    data = pydicom.dcmread(path).WaveformSequence[0].WaveformData
    assert bulk.length == len(data)
    assert b"".join(metadata.read_bulk_data(path, bulk)) == data


@pytest.mark.parametrize(
    "pointer", ["", "zz", "00081234", "54000100", "54000100/9/54001010", "54000100/0", "../x", "00100010/0/1"]
)
def test_wrong_pointers_find_nothing(pointer: str) -> None:
    assert metadata.locate_bulk_data(packaged("waveform_ecg.dcm"), pointer) is None


def test_values_that_are_wrong_are_passed_on(tmp_path: Path) -> None:
    data_set = pydicom.dcmread(packaged("CT_small.dcm"))
    raw = packaged("CT_small.dcm").read_bytes()
    slope = data_set["RescaleSlope"]
    assert slope.value == 1
    path = tmp_path / "bad.dcm"
    path.write_bytes(raw.replace(b"\x28\x00\x53\x10DS\x02\x001 ", b"\x28\x00\x53\x10DS\x02\x00x "))
    model = metadata_json(path, "/b")
    assert model["00281053"] == {"vr": "DS", "Value": ["x"]}


def test_every_shared_file_has_metadata(testdata: Path) -> None:
    seen = 0
    for folder in ("transfer-syntax", "special", "charset"):
        for path in sorted((testdata / folder).iterdir()):
            json.dumps(metadata_json(path, "/b"), allow_nan=False)
            seen += 1
    assert seen > 80


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_a_walked_object_says_the_same(name: str) -> None:
    path = packaged(name)
    for _ in range(2):  # the second time from what was remembered
        with FileSource(path) as source:
            text = metadata.metadata_text(scan(source), "/bulk")
        assert json.loads(text) == json.loads(json.dumps(metadata_json(path, "/bulk")))


def test_a_tag_that_comes_twice_is_said_once() -> None:
    twice = b"".join(b"\x10\x00\x20\x00LO\x02\x00" + value for value in (b"A ", b"B "))
    assert metadata.metadata_text(scan(MemorySource(twice)), "/") == '{"00100020":{"vr":"LO","Value":["B"]}}'
