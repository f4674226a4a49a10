"""Structured reports read well and safely; ECGs are drawn to scale."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.waveforms.numpy_handler import multiplex_array

from placa.standards.dicom import ecg, errors, sr
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.operations import render_request
from placa.standards.dicom.tests.conftest import packaged

LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
SVG = "{http://www.w3.org/2000/svg}"


class Tags(HTMLParser):
    """Collects elements, attributes and text of a fragment, and checks that tags close in order."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(fragment)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _value in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_report_as_text_and_html() -> None:
    report = sr.read_file(packaged("reportsi.dcm"))
    assert report.title == "Document Title"
    assert (report.completion_flag, report.verification_flag) == ("PARTIAL", "UNVERIFIED")
    assert "Report Text: Enter text" in report.text
    page = Tags(sr.to_html(report))
    assert "Report Text" in page.text
    assert page.names <= {"section", "div", "span", "h3", "h4", "h5", "h6", "br"}
    assert page.attributes <= {"class", "data-sop-instance-uid"}


def test_numbers_dates_and_codes() -> None:
    text = sr.read_file(packaged("test-SR.dcm")).text
    for line in (
        "Diameter: 3.0 cm",
        "Date: 2000-12-06",
        "Time: 12:00",
        "Code: Sample Code 1",
        "DateTime: 2000-12-06 12:00",
    ):
        assert line in text


def test_script_is_shown_as_text(tmp_path: Path) -> None:
    data_set = pydicom.dcmread(packaged("reportsi.dcm"))
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.TextValue = "<script>alert(1)</script>\r\n\"'&"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "X", "<img src=x onerror=1>"
    item.ConceptNameCodeSequence = Sequence([code])
    data_set.ContentSequence.append(item)
    path = tmp_path / "sr.dcm"
    data_set.save_as(path)
    page = Tags(sr.to_html(sr.read_file(path)))
    assert {"script", "img"}.isdisjoint(page.names)
    assert "<script>alert(1)</script>" in page.text
    assert "<img src=x onerror=1>" in page.text


def test_what_is_no_report_is_refused() -> None:
    with pytest.raises(InvalidObject) as refusal:
        sr.read_file(packaged("CT_small.dcm"))
    assert refusal.value.reason == errors.NOT_RENDERABLE


@pytest.mark.parametrize(
    "name", ["sr_document", "sr_document_with_multiple_groups", "key-object-selection", "reportki"]
)
def test_real_reports(testdata: Path, name: str) -> None:
    report = sr.read_file(testdata / "special" / f"{name}.dcm")
    assert report.title
    assert Tags(sr.to_html(report)).text


def test_references_name_their_instances(testdata: Path) -> None:
    report = sr.read_file(testdata / "special/key-object-selection.dcm")
    references = [uid for _depth, item in report.walk() for uid in item.references]
    assert len(references) == 3
    assert all(f'data-sop-instance-uid="{uid}"' in sr.to_html(report) for uid in references)

    """Twelve leads with a 1 mV pulse in every other second, at 500 samples a second for 10 s."""


def test_leads_are_in_millivolts() -> None:
    path = packaged("waveform_ecg.dcm")
    leads = ecg.read_leads(path)
    assert [lead.label for lead in leads] == LEADS
    wanted = multiplex_array(pydicom.dcmread(path), 0, as_raw=False)
    units = pydicom.dcmread(path).WaveformSequence[0].ChannelDefinitionSequence[0]
    factor = {"uV": 0.001, "mV": 1.0}[units.ChannelSensitivityUnitsSequence[0].CodeValue]
    for number, lead in enumerate(leads):
        assert lead.frequency == 1000
        assert np.allclose(lead.millivolts, wanted[:, number] * factor)


def _calibrated(tmp_path: Path) -> Path:
    """Twelve leads, each with a 1 mV pulse in every other second, at 500 samples a second for 10 s."""
    data_set = pydicom.dcmread(packaged("waveform_ecg.dcm"))
    group = data_set.WaveformSequence[0]
    pulse = np.tile(np.repeat([0, 1000], 500), 5).astype("<i2")
    group.SamplingFrequency, group.NumberOfWaveformSamples = 500, len(pulse)
    group.WaveformData = np.repeat(pulse[:, None], 12, axis=1).tobytes()
    for channel in group.ChannelDefinitionSequence:
        channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = 1, 1
        channel.ChannelBaseline = 0
        channel.ChannelSensitivityUnitsSequence[0].CodeValue = "uV"
    path = tmp_path / "pulse.dcm"
    data_set.save_as(path)
    return path


def test_the_drawing_is_to_scale(tmp_path: Path) -> None:
    root = ElementTree.fromstring(ecg.render_svg(_calibrated(tmp_path)))
    assert root.get("width") == "266mm"
    lines = root.findall(f"{SVG}polyline")
    assert len(lines) == 13
    points = np.array(
        [[float(number) for number in pair.split(",")] for pair in lines[-1].get("points", "").split()]
    )
    assert np.ptp(points[:, 1]) == pytest.approx(10.0, abs=0.02)  # 1 mV
    assert np.ptp(points[:, 0]) == pytest.approx(250.0, abs=0.3)  # 10 s
    rises = points[1:][np.diff(points[:, 1]) < -5]
    assert np.diff(rises[:, 0]) == pytest.approx([50.0] * 4, abs=0.3)  # every 2 s
    labels = {text.text for text in root.findall(f"{SVG}text")}
    assert {"I", "aVR", "V6", "25 mm/s  10 mm/mV"} <= labels


def test_the_picture_has_paper_and_ink() -> None:
    made = render_request({"op": "thumbnail", "path": str(packaged("waveform_ecg.dcm")), "size": 500})
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.width == 500
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert (pixels.max(axis=1) < 60).mean() > 0.005
    assert (pixels.min(axis=1) > 200).mean() > 0.5


def test_other_objects_have_no_ecg() -> None:
    with pytest.raises(InvalidObject) as refusal:
        ecg.render_svg(packaged("CT_small.dcm"))
    assert refusal.value.reason == errors.NOT_RENDERABLE


def test_a_description_that_makes_no_sense(tmp_path: Path) -> None:
    data_set = pydicom.dcmread(packaged("waveform_ecg.dcm"))
    data_set.WaveformSequence[0].SamplingFrequency = 10_000_000
    path = tmp_path / "x.dcm"
    data_set.save_as(path)
    with pytest.raises(InvalidObject) as refusal:
        ecg.read_leads(path)
    assert refusal.value.reason == errors.UNDECODABLE
