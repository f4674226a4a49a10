"""Uploads become DICOM objects that other toolkits accept, with pixels and nothing else inside."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image, PngImagePlugin

from placa.standards.dicom import build, errors, pdf, uids
from placa.standards.dicom.build import InstanceAttributes
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.frames import decode_frame
from placa.standards.dicom.header import parse_header
from placa.standards.dicom.operations import render_request

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ANA = InstanceAttributes(
    patient_id="A-1001",
    issuer_of_patient_id="PLACA",
    patient_name="Morales Peña^Ana",
    patient_birth_date=date(1984, 5, 17),
    patient_sex="F",
    study_instance_uid="1.2.826.1.1",
    series_instance_uid="1.2.826.1.2",
    sop_instance_uid="1.2.826.1.3",
    study_date=date(2026, 11, 20),
    study_time=time(9, 30),
    study_description="Análisis de sangre",
    accession_number="ACC-7",
    modality="OT",
    content=datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC),
    document_title="Informe de laboratorio",
)


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    """A small gradient as a file."""
    pixels = np.linspace(0, 255, size[0] * size[1] * 3).reshape(size[1], size[0], 3).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, kind, **options)
    return out.getvalue()


def test_a_pdf_is_wrapped_and_comes_out_again(tmp_path: Path) -> None:
    path = tmp_path / "report.dcm"
    path.write_bytes(build.encapsulate_pdf(PDF, ANA))
    read = pydicom.dcmread(path)
    assert read.SOPClassUID == uids.ENCAPSULATED_PDF
    assert read.PatientName == "Morales Peña^Ana"
    assert (read.PatientID, read.IssuerOfPatientID, read.AccessionNumber) == ("A-1001", "PLACA", "ACC-7")
    header = parse_header(path.read_bytes())
    assert (header.kind, header.patient_birth_date, header.document_title) == (
        "pdf",
        date(1984, 5, 17),
        "Informe de laboratorio",
    )
    assert pdf.extract_pdf(path) == pdf.EncapsulatedPdf(PDF, "Informe de laboratorio")


@pytest.mark.parametrize("data", [b"", b"<html>%PDF-1.4 %%EOF", b"GIF89a" + PDF, PDF[:-12], b"\n" + PDF])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidObject) as refusal:
        build.encapsulate_pdf(data, ANA)
    assert refusal.value.reason == errors.BAD_PDF


def test_a_false_pdf_inside_an_instance_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(build.encapsulate_pdf(PDF, ANA).replace(b"%PDF-1.4", b"<script>"))
    with pytest.raises(InvalidObject) as refusal:
        pdf.extract_pdf(path)
    assert refusal.value.reason == errors.BAD_PDF


def test_script_in_a_pdf_is_seen() -> None:
    assert not pdf.has_active_content(PDF)
    assert pdf.has_active_content(PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(1)>>"))
    assert pdf.is_encrypted(PDF.replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 2 0 R"))


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "L"), ("JPEG", "RGB"), ("JPEG", "L")])
def test_pictures_keep_their_pixels(tmp_path: Path, kind: str, mode: str) -> None:
    original = picture(kind, mode=mode)
    path = tmp_path / "sc.dcm"
    path.write_bytes(build.secondary_capture(original, ANA))
    with Image.open(io.BytesIO(original)) as image:
        wanted = np.asarray(image).astype(int)
    shown = decode_frame(path).samples.astype(int)
    assert shown.shape == wanted.shape
    assert np.abs(shown - wanted).max() <= (0 if kind == "PNG" else 25)
    assert pydicom.dcmread(path).get("LossyImageCompression", "") == ("01" if kind == "JPEG" else "")


def test_metadata_of_a_photo_is_left_behind_and_its_turn_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "secret place"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "secret note")
    photo = build.secondary_capture(picture("JPEG", exif=exif), ANA)
    assert (parse_header(photo).rows, parse_header(photo).columns) == (40, 30)
    drawing = build.secondary_capture(picture("PNG", pnginfo=text), ANA)
    assert b"secret" not in photo + drawing
    assert b"secret" in picture("JPEG", exif=exif)


def test_a_transparent_drawing_stands_on_white(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    path = tmp_path / "x.dcm"
    path.write_bytes(build.secondary_capture(out.getvalue(), ANA))
    assert decode_frame(path).samples.min() == 255


@pytest.mark.parametrize(
    "data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture("GIF"), picture("PNG")[:-80]]
)
def test_other_pictures_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidObject) as refusal:
        build.secondary_capture(data, ANA)
    assert refusal.value.reason == errors.BAD_PICTURE


def test_a_flood_of_pixels_is_refused_before_it_is_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (60_000, 2_000)).save(out, "PNG")
    with pytest.raises(InvalidObject) as refusal:
        build.secondary_capture(out.getvalue(), ANA)
    assert refusal.value.reason == errors.TOO_LARGE


def test_the_child_s_operation_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(picture("PNG"))
    given = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in asdict(ANA).items()
    }
    made = render_request({"op": "secondary_capture", "path": str(path), "attributes": given})
    assert made == build.secondary_capture(picture("PNG"), ANA)


def test_uids_are_checked() -> None:
    with pytest.raises(InvalidObject):
        build.encapsulate_pdf(PDF, replace(ANA, study_instance_uid="../1"))


@pytest.mark.parametrize("kind", ["pdf", "png", "jpeg"])
def test_dicom3tools_finds_no_error(tmp_path: Path, kind: str) -> None:
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dicom3tools is not installed")
    attributes = replace(ANA, modality="DOC" if kind == "pdf" else "OT")
    made = (
        build.encapsulate_pdf(PDF, attributes)
        if kind == "pdf"
        else build.secondary_capture(picture(kind.upper()), attributes)
    )
    path = tmp_path / "x.dcm"
    path.write_bytes(made)
    run = subprocess.run([tool, str(path)], capture_output=True, text=True, check=False)
    assert [line for line in run.stderr.splitlines() if line.startswith("Error")] == []
