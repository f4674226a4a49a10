"""A PDF that people may open: it parses, and does nothing by itself."""

import io
import json
import zlib
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from placa.standards.dicom.sandbox import RenderPool
from placa.standards.passive_pdf import NotPassive, pages_of


def _script() -> DictionaryObject:
    return DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('x')")}
    )


def _pdf(pages: int = 1, **more: object) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if "js" in more:
        writer.root_object[NameObject("/OpenAction")] = _script()
    if "attachment" in more:
        writer.add_attachment("a.exe", b"MZ")
    if "password" in more:
        writer.encrypt("secret", algorithm="RC4-128")
    if "launch" in more:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")}
        )
        writer.root_object[NameObject("/OpenAction")] = action
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@pytest.fixture
def check(tmp_path: Path):
    """`pages_of` for bytes."""

    def pages(data: bytes) -> int:
        path = tmp_path / "some.pdf"
        path.write_bytes(data)
        return pages_of(path)

    return pages


def test_a_plain_pdf_is_fine(check) -> None:
    assert check(_pdf(3)) == 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-pdf"),
        (b"<html>%PDF-1.4", "not-pdf"),
        (b"%PDF-1.7\n" + b"garbage " * 100, "broken"),
        (_pdf(0), "empty"),
        (_pdf(js=True), "active"),
        (_pdf(launch=True), "active"),
        (_pdf(attachment=True), "attachments"),
        (_pdf(password=True), "encrypted"),
        (_pdf()[:-200], "broken"),
    ],
)
def test_anything_else_is_refused_with_its_reason(check, data: bytes, reason: str) -> None:
    with pytest.raises(NotPassive) as refused:
        check(data)
    assert refused.value.reason == reason


def test_a_script_under_a_disguised_name_is_found(check) -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.root_object[NameObject("/OpenAction")] = _script()
    buffer = io.BytesIO()
    writer.write(buffer)
    # a name may be spelt so (ISO 32000-1, 7.3.5)
    hidden = buffer.getvalue().replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53")
    assert b"/JavaScript" not in hidden
    with pytest.raises(NotPassive) as refused:
        check(hidden)
    assert refused.value.reason == "active"


def test_a_page_that_inflates_to_gigabytes_is_not_inflated(check) -> None:
    engine = zlib.compressobj(9)
    bomb = b"".join(engine.compress(bytes(1 << 20)) for _ in range(256)) + engine.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(bomb), bomb),
    ]
    assert check(_file(objects)) == 1


def _file(objects: list[bytes]) -> bytes:
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.enable_socket
def test_millions_of_objects_take_no_more_memory_than_a_process_may(tmp_path: Path) -> None:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/X 4 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        b"[" + b"0 " * (16 << 20) + b"]",
    ]
    path = tmp_path / "many.pdf"
    path.write_bytes(_file(objects))
    pool = RenderPool(1, [tmp_path])
    try:
        status, body = pool.answer(json.dumps({"op": "pdf", "path": str(path)}).encode())
        (child,) = pool.pids()
        peak = Path(f"/proc/{child}/status").read_text().partition("VmHWM:")[2].split()[0]
        assert (status, json.loads(body)) == (b"1", {"reason": "broken"})
        assert int(peak) <= 512 * 1024  # KiB (S5)
        path.write_bytes(_pdf(2))
        assert pool.answer(json.dumps({"op": "pdf", "path": str(path)}).encode()) == (b"0", b"2")
    finally:
        pool.close()
