"""Objects and frames as Explicit VR Little Endian: what a client gets that says no transfer syntax (PS3.18 8.7.3.5.2)."""

import io

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from placa.demo import cast
from placa.domain.archive.models import Instance
from placa.interfaces.dicomweb.tests.test_store import post, related
from placa.interfaces.dicomweb.tests.world import CT, asker, body, packaged, parts, place, stored

EXPLICIT = "1.2.840.10008.1.2.1"
RELATED = 'multipart/related; type="application/{}"'
# pydicom's own files: RLE of two frames, JPEG-LS, JPEG 2000, JPEG baseline in colour, implicit, big endian
FILES = [
    "SC_rgb_rle_2frame.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm",
    "MR_small_implicit.dcm", "MR_small_bigendian.dcm",
]  # fmt: skip


def as_it_is(name: str) -> Instance:
    """One of pydicom's own files under Ana's CT, stored in the very layout that it has."""
    data = dcmread(str(get_testdata_file(name)))
    person = cast.PATIENTS["ana"]
    data.StudyInstanceUID, data.SeriesInstanceUID = CT, f"{CT}.7"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID(f"{CT}.7.1")
    data.PatientID, data.IssuerOfPatientID = person.patient_id, cast.ISSUER
    file = io.BytesIO()
    data.save_as(file)
    assert post(related(file.getvalue())).status_code == 200
    return Instance.objects.get(sop_instance_uid=f"{CT}.7.1")


def decompressed(found: Instance, accept: str = RELATED.format("dicom")) -> Dataset:
    answer = asker().get(place(found), headers={"Accept": accept})
    assert answer.status_code == 200, body(answer)
    if accept.startswith("multipart"):
        ((headers, content),) = parts(answer)
        assert headers["Content-Type"] == f"application/dicom; transfer-syntax={EXPLICIT}"
    else:
        content = body(answer)
    return dcmread(io.BytesIO(content))


@pytest.mark.filterwarnings("ignore:VR lookup failed")  # pydicom's own file has an unknown tag
@pytest.mark.parametrize("name", FILES)
def test_an_object_is_decompressed_and_else_the_same(name: str) -> None:
    found = as_it_is(name)
    got, kept = decompressed(found), stored(found)
    assert got.file_meta.TransferSyntaxUID == EXPLICIT
    changed = {"PixelData", "PhotometricInterpretation", "PlanarConfiguration"}
    assert {e.keyword for e in got if e.keyword and e.keyword not in changed} == {
        e.keyword for e in kept if e.keyword and e.keyword not in changed
    }
    for element in kept:
        if element.keyword not in changed and element.VR not in ("SQ", "UN", "OW", "OB"):
            assert got[element.tag].value == element.value, element.keyword
    if "jpeg" not in name:
        np.testing.assert_array_equal(got.pixel_array, kept.pixel_array)
    else:
        assert np.abs(got.pixel_array.astype(int) - _rgb(kept).astype(int)).max() <= 4


def _rgb(data: Dataset) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return pixel_array(data)  # pydicom turns YBR into RGB here


def test_named_alone_it_is_the_same() -> None:
    found = packaged("SC_rgb_rle_2frame.dcm")
    alone = decompressed(found, "application/dicom; transfer-syntax=1.2.840.10008.1.2.1")
    np.testing.assert_array_equal(alone.pixel_array, stored(found).pixel_array)


@pytest.mark.parametrize("syntax", ["*", "1.2.840.10008.1.2.5"])
def test_as_stored_where_asked_so(syntax: str) -> None:
    found = packaged("SC_rgb_rle_2frame.dcm")
    accept = f"{RELATED.format('dicom')}; transfer-syntax={syntax}"
    ((headers, content),) = parts(asker().get(place(found), headers={"Accept": accept}))
    assert headers["Content-Type"].endswith("transfer-syntax=1.2.840.10008.1.2.5")
    assert dcmread(io.BytesIO(content)).PixelData == stored(found).PixelData


@pytest.mark.parametrize("part", ["", "/frames/1"])
def test_a_syntax_that_is_not_to_be_had_is_406(part: str) -> None:
    kind = "octet-stream" if part else "dicom"
    accept = f"{RELATED.format(kind)}; transfer-syntax=1.2.840.10008.1.2.4.80"
    assert (
        asker().get(place(packaged("SC_rgb_rle_2frame.dcm")) + part, headers={"Accept": accept}).status_code
        == 406
    )


def test_frames_are_decompressed_where_asked_so() -> None:
    found = packaged("SC_rgb_rle_2frame.dcm")
    pixels = stored(found).pixel_array
    accept = f"{RELATED.format('octet-stream')}; transfer-syntax={EXPLICIT}"
    got = parts(asker().get(f"{place(found)}/frames/2,1", headers={"Accept": accept}))
    assert [content for _, content in got] == [pixels[1].tobytes(), pixels[0].tobytes()]
    assert {headers["Content-Type"] for headers, _ in got} == {
        f"application/octet-stream; transfer-syntax={EXPLICIT}"
    }


def test_jpeg_is_given_as_jpeg_where_it_is_stored_so() -> None:
    found = packaged("SC_rgb_jpeg_dcmtk.dcm")
    accept = 'multipart/related; type="image/jpeg"; transfer-syntax=1.2.840.10008.1.2.4.50'
    ((headers, content),) = parts(asker().get(f"{place(found)}/frames/1", headers={"Accept": accept}))
    assert headers["Content-Type"].startswith("image/jpeg")
    assert content[:2] == b"\xff\xd8"
    alone = asker().get(f"{place(found)}/frames/1", headers={"Accept": "image/jpeg"})
    assert (alone["Content-Type"], body(alone)) == ("image/jpeg", content)
    wrong = packaged("SC_rgb_rle_2frame.dcm", 8)
    assert asker().get(f"{place(wrong)}/frames/1", headers={"Accept": accept}).status_code == 406


def test_what_cannot_be_decompressed_comes_as_stored_unless_the_syntax_was_named() -> None:
    found = packaged("SC_rgb_rle_2frame.dcm", Rows=9999)  # the codestream holds less
    ((headers, _content),) = parts(asker().get(place(found), headers={"Accept": RELATED.format("dicom")}))
    assert headers["Content-Type"].endswith("1.2.840.10008.1.2.5")
    named = f"{RELATED.format('dicom')}; transfer-syntax={EXPLICIT}"
    assert asker().get(place(found), headers={"Accept": named}).status_code == 406


def test_an_object_laid_out_otherwise_than_it_says_keeps_its_pixels() -> None:
    pixels = dcmread(str(get_testdata_file("MR_small_implicit.dcm"))).PixelData
    found = packaged("MR_small_implicit.dcm")  # sent as explicit, announced as implicit
    assert decompressed(found).PixelData == pixels
