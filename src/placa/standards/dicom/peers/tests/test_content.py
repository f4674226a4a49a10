"""Two files that say the same are told from two that do not."""

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

from placa.standards.dicom.peers.content import content_digest


@pytest.fixture
def data() -> Dataset:
    path = get_testdata_file("CT_small.dcm")
    assert isinstance(path, str)
    found = dcmread(path)
    item = Dataset()
    item.CodeValue = "A"
    found.ProcedureCodeSequence = Sequence([item])
    return found


def digest(data: Dataset, folder: Path, **options: bool) -> str:
    path = folder / "one.dcm"
    data.save_as(path, enforce_file_format=True, **options)
    return content_digest(path)


def test_another_encoding_says_the_same(data: Dataset, tmp_path: Path) -> None:
    first = digest(data, tmp_path)
    data.ProcedureCodeSequence.is_undefined_length = True
    data["ProcedureCodeSequence"].is_undefined_length = True
    assert digest(data, tmp_path) == first
    data.add_new(0x00080000, "UL", 12)
    assert digest(data, tmp_path) == first
    data.add_new(0xFFFCFFFC, "OB", b"\0" * 126)
    assert digest(data, tmp_path) == first
    for private in [element.tag for element in data if element.tag.is_private]:
        del data[private]  # whose VR an implicit file cannot say
    explicit = digest(data, tmp_path)
    data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    assert digest(data, tmp_path, implicit_vr=True, little_endian=True) == explicit != first


def test_another_pixel_or_name_says_another_thing(data: Dataset, tmp_path: Path) -> None:
    first = digest(data, tmp_path)
    pixels = bytearray(data.PixelData)
    pixels[1000] ^= 1
    data.PixelData = bytes(pixels)
    changed = digest(data, tmp_path)
    assert changed != first
    data.PatientName = "Otra^Persona"
    assert digest(data, tmp_path) not in (first, changed)
