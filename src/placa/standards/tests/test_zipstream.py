"""The ZIP writer: what other tools read back, exact lengths, any range, ZIP64, flat memory."""

import datetime as dt
import io
import os
import random
import subprocess
import tracemalloc
import zipfile
import zlib

import pytest

from placa.standards.zipstream import CHUNK, WHOLE, BadSource, Entry, FileSpan, StoredZip, of_bytes

AT = dt.datetime(2026, 3, 9, 11, 42, 30, tzinfo=dt.UTC)
GIB = 1024**3


@pytest.fixture
def some(tmp_path):
    """A ZIP of bytes, of a whole file and of a part of one."""
    noise = random.Random(7).randbytes(700_000)
    path = tmp_path / "pack"
    path.write_bytes(noise)
    part = noise[1000:600_000]
    entries = [
        of_bytes("README.TXT", "Señal, ação, perché\r\n".encode()),
        Entry("DICOM/SER00001/IM000001", len(noise), zlib.crc32(noise), FileSpan(path)),
        Entry("IHE_PDI/Ñandú.JPG", len(part), zlib.crc32(part), FileSpan(path, 1000)),
        of_bytes("EMPTY", b""),
    ]
    return StoredZip(entries, AT), {"DICOM/SER00001/IM000001": noise, "IHE_PDI/Ñandú.JPG": part, "EMPTY": b""}


def test_python_and_unzip_read_it_back(some, tmp_path):
    made, contents = some
    data = b"".join(made.stream())
    assert len(data) == made.size
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [entry.name for entry in made.entries]
        assert {name: archive.read(name) for name in contents} == contents
        assert archive.getinfo("README.TXT").date_time == (2026, 3, 9, 11, 42, 30)
    file = tmp_path / "some.zip"
    file.write_bytes(data)
    tested = subprocess.run(["unzip", "-t", file], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout
    assert "No errors detected" in tested.stdout


def test_every_range_is_the_same_bytes(some):
    made, _contents = some
    data = b"".join(made.stream())
    dice = random.Random(11)
    edges = {0, 1, 29, 30, made.size - 1, made.size, *(dice.randrange(made.size) for _ in range(60))}
    for start in edges:
        stop = dice.randrange(start, made.size + 1)
        assert b"".join(made.stream(start, stop)) == data[start:stop]
        assert b"".join(made.stream(start)) == data[start:]


def test_chunks_are_small(some):
    assert max(len(chunk) for chunk in some[0].stream()) <= CHUNK


def test_the_digest_follows_the_content():
    one = StoredZip([of_bytes("A", b"one")], AT)
    assert one.digest == StoredZip([of_bytes("A", b"one")], AT).digest
    others = [
        StoredZip([of_bytes("A", b"two")], AT),
        StoredZip([of_bytes("B", b"one")], AT),
        StoredZip([of_bytes("A", b"one")], AT + dt.timedelta(seconds=2)),
        StoredZip([of_bytes("A", b"one"), of_bytes("B", b"")], AT),
    ]
    assert one.digest not in {other.digest for other in others}


def test_entries_and_offsets_beyond_4_gib(tmp_path):
    """A sparse file of 5 GiB stands for a large one: only the ends of the archive are ever made."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(5 * GIB)
    # the large entry is never read to its end, so its CRC is never looked at; the last one lies behind 4 GiB
    made = StoredZip(
        [Entry("LARGE", 5 * GIB, 0, FileSpan(path)), of_bytes("LAST", b"behind four gibibytes")], AT
    )
    tail_from = made._starts[1]
    head, tail = b"".join(made.stream(0, 200)), b"".join(made.stream(tail_from))
    assert tail_from + len(tail) == made.size
    target = tmp_path / "large.zip"
    with target.open("wb") as file:
        file.write(head)
        file.seek(tail_from)
        file.write(tail)
    assert target.stat().st_size == made.size
    with zipfile.ZipFile(target) as archive:
        assert archive.read("LAST") == b"behind four gibibytes"
        assert archive.getinfo("LARGE").file_size == 5 * GIB
        assert archive.getinfo("LAST").header_offset > 4 * GIB
        with archive.open("LARGE") as large:
            assert large.read(10) == bytes(10)
    listed = subprocess.run(["unzip", "-p", target, "LAST"], capture_output=True)
    assert listed.stdout == b"behind four gibibytes"
    os.unlink(target)


def test_more_entries_than_sixteen_bits_count():
    made = StoredZip((of_bytes(f"D/{number:06}", b"") for number in range(70_000)), AT)
    data = b"".join(made.stream())
    assert len(data) == made.size
    assert len(zipfile.ZipFile(io.BytesIO(data)).namelist()) == 70_000


def test_memory_stays_flat(tmp_path):
    path = tmp_path / "slice"
    path.write_bytes(bytes(512 * 1024))
    crc = zlib.crc32(bytes(512 * 1024))
    made = StoredZip((Entry(f"DICOM/IM{n:06}", 512 * 1024, crc, FileSpan(path)) for n in range(1500)), AT)
    tracemalloc.start()
    try:
        total = sum(len(chunk) for chunk in made.stream())
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == made.size > 750 * 1024**2
    assert peak < 6 * 1024**2


def test_a_file_that_became_shorter_cuts_the_stream(tmp_path):
    path = tmp_path / "cut"
    path.write_bytes(b"half")
    with pytest.raises(BadSource) as raised:
        list(StoredZip([Entry("A", 8, 0, FileSpan(path))], AT).stream())
    assert raised.value.entry == "A"


def test_of_a_file_with_a_flipped_bit_nothing_goes_out(tmp_path):
    data = os.urandom(3 * CHUNK)
    path = tmp_path / "flipped"
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    made = StoredZip(
        [of_bytes("FIRST", b"right"), Entry("B", len(data), zlib.crc32(data), FileSpan(path))], AT
    )
    for start in (0, 2 * CHUNK):  # from the beginning, and a download that goes on in the middle
        sent: list[bytes] = []
        with pytest.raises(BadSource) as raised:
            sent.extend(made.stream(start))
        assert raised.value.entry == "B"
        assert sum(len(chunk) for chunk in sent) < 200


def test_of_a_large_file_with_a_flipped_bit_the_end_never_goes_out(tmp_path):
    data = os.urandom(WHOLE + 3 * CHUNK)
    path = tmp_path / "flipped"
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    made = StoredZip([Entry("B", len(data), zlib.crc32(data), FileSpan(path))], AT)
    sent: list[bytes] = []
    with pytest.raises(BadSource):
        sent.extend(made.stream())
    assert sum(len(chunk) for chunk in sent) < len(data)


def test_a_file_that_is_gone_when_its_turn_comes_cuts_the_stream(tmp_path):
    made = StoredZip([Entry("A", 8, 0, lambda: (tmp_path / "gone").open("rb"))], AT)
    with pytest.raises(BadSource):
        list(made.stream())


def test_what_is_opened_in_its_turn_is_closed(tmp_path):
    path, opened = tmp_path / "one", []
    path.write_bytes(b"12345678")

    def source():
        opened.append(path.open("rb"))
        return opened[-1]

    made = StoredZip([Entry(name, 8, zlib.crc32(b"12345678"), source) for name in "AB"], AT)
    assert opened == []
    assert len(b"".join(made.stream())) == made.size
    assert [file.closed for file in opened] == [True, True]


@pytest.mark.parametrize("name", ["", "/A", "../A", "A/../B", "A//B", "A\\B", "A\0", "./A"])
def test_names_that_leave_their_folder_are_refused(name):
    with pytest.raises(ValueError, match="name"):
        StoredZip([of_bytes(name, b"")], AT)


def test_a_name_comes_once():
    with pytest.raises(ValueError, match="twice"):
        StoredZip([of_bytes("A", b""), of_bytes("A", b"")], AT)
