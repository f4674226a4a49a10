"""S5 for decoding: whatever an object claims or inflates to, no process takes more than 512 MiB, and the pool goes on.

Legitimate large images, of which mammography has the largest, are drawn all the same.
"""

from __future__ import annotations

import contextlib
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from placa.standards.dicom import uids
from placa.standards.dicom.part10 import file_header
from placa.standards.dicom.sandbox import RenderPool
from placa.standards.dicom.tests.conftest import packaged

LIMIT_KIB = 512 * 1024
RLE, JPEG, J2K, J2K_LOSSY = (f"1.2.840.10008.1.2.{suffix}" for suffix in ("5", "4.50", "4.90", "4.91"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bounds")


@pytest.fixture(scope="module")
def pool(root: Path) -> Iterator[RenderPool]:
    """One child: what it survives, the next one meets."""
    made = RenderPool(1, [root])
    yield made
    made.close()


def saved(
    root: Path,
    rows: int,
    columns: int,
    bits: int,
    pixels: bytes | list[bytes],
    syntax: str = "1.2.840.10008.1.2.1",
    **more: object,
) -> Path:
    """A CT that says it is so large, with these pixels."""
    data = pydicom.dcmread(packaged("CT_small.dcm"))
    data.Rows, data.Columns, data.PixelRepresentation = rows, columns, 0
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    for keyword, value in more.items():
        setattr(data, keyword, value)
    data.file_meta.TransferSyntaxUID = UID(syntax)
    data.PixelData = encapsulate(pixels) if isinstance(pixels, list) else pixels
    data["PixelData"].VR = "OB" if isinstance(pixels, list) else "OW"
    path = root / f"{time.monotonic_ns()}.dcm"
    data.save_as(path)
    return path


def asked(pool: RenderPool, path: Path, op: str = "jpeg", frame: int = 0) -> tuple[bytes, bytes, int]:
    """Status, body, and the highest memory of the child until then, in KiB."""
    (pid,) = pool.pids()
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                peak[0] = max(
                    peak[0], int(status.partition("VmHWM:")[2].split()[0]) if "VmHWM:" in status else 0
                )

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        status, body = pool.answer(json.dumps({"op": op, "path": str(path), "frame": frame}).encode())
    finally:
        time.sleep(0.02)
        done.set()
        thread.join()
    return status, body, peak[0]


def _claimed(root: Path) -> Path:
    return saved(root, 65535, 65535, 16, bytes(100))


def _claimed_within_the_limit(root: Path) -> Path:
    return saved(root, 16000, 16000, 16, bytes(100))


def _rle_header(root: Path) -> Path:
    return saved(root, 30000, 30000, 16, [struct.pack("<16I", 2, 64, 96, *[0] * 13) + b"\x81\0" * 64], RLE)


def _rle_bomb(root: Path) -> Path:
    """Two bytes become 128, to 15,000 × 15,000 pixels."""
    run = b"\x81\0" * (15000 * 15000 // 128 + 1)
    return saved(
        root, 15000, 15000, 16, [struct.pack("<16I", 2, 64, 64 + len(run), *[0] * 13) + run + run], RLE
    )


def _jpeg_bomb(root: Path) -> Path:
    """A small JPEG whose frame header says 30,000 × 30,000, as the data set does."""
    small = bytes(imagecodecs.jpeg8_encode(np.zeros((64, 64), np.uint8)))
    at = small.index(b"\xff\xc0")
    lie = small[: at + 5] + struct.pack(">HH", 20000, 20000) + small[at + 9 :]
    return saved(root, 20000, 20000, 8, [lie], JPEG)


def _jpeg_2000_bomb(root: Path) -> Path:
    """A few hundred bytes that decode to 98 MB."""
    return saved(
        root, 7000, 7000, 16, [bytes(imagecodecs.jpeg2k_encode(np.zeros((7000, 7000), np.uint16)))], J2K
    )


def _deflated(size: int) -> bytes:
    engine = zlib.compressobj(1, zlib.DEFLATED, -15)
    return b"".join(
        [*(engine.compress(bytes(10_000_000)) for _ in range(size // 10_000_000)), engine.flush()]
    )


def _deflated_frame(root: Path) -> Path:
    path = saved(root, 10000, 10000, 16, [_deflated(400_000_000)], J2K_LOSSY)
    path.write_bytes(path.read_bytes().replace(J2K_LOSSY.encode(), b"1.2.840.10008.1.2.8.1\0"))
    return path


def _deflated_data_set(root: Path) -> Path:
    path = root / "deflated.dcm"
    header = file_header(
        sop_class_uid=uids.SECONDARY_CAPTURE,
        sop_instance_uid="1.2.3.4",
        transfer_syntax_uid=uids.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    )
    path.write_bytes(header + _deflated(1_000_000_000))
    return path


def _deep(root: Path) -> Path:
    inner = b""
    for _ in range(5000):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
        inner = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, len(item)) + item
    path = saved(root, 16, 16, 16, bytes(512))
    path.write_bytes(path.read_bytes() + inner)
    return path


HOSTILE: list[Callable[[Path], Path]] = [
    _claimed, _claimed_within_the_limit, _rle_header, _rle_bomb, _jpeg_bomb, _jpeg_2000_bomb, _deflated_frame,
    _deflated_data_set, _deep,
]  # fmt: skip


@pytest.mark.parametrize("make", HOSTILE, ids=[make.__name__ for make in HOSTILE])
def test_a_hostile_object_takes_no_more_than_it_may(
    pool: RenderPool, root: Path, make: Callable[[Path], Path]
) -> None:
    path = make(root)
    for op in ("jpeg", "raw"):
        status, body, peak = asked(pool, path, op)
        assert status in (b"0", b"1", b"3"), body
        assert 0 < peak < LIMIT_KIB
    path.unlink()
    good = saved(root, 128, 128, 16, bytes(2 * 128 * 128))
    assert asked(pool, good)[0] == b"0"


def _ramp(count: int) -> bytes:
    return (np.arange(count, dtype=np.uint32) % 4096).astype("<u2").tobytes()


def _mammogram(root: Path) -> Path:
    return saved(root, 7000, 7000, 16, _ramp(7000 * 7000), BitsStored=12, HighBit=11)


def _mammogram_in_jpeg_2000(root: Path) -> Path:
    picture = np.frombuffer(_ramp(4096 * 3328), "<u2").reshape(4096, 3328)
    return saved(root, 4096, 3328, 16, [bytes(imagecodecs.jpeg2k_encode(picture, level=0))], J2K)


def _chest(root: Path) -> Path:
    return saved(root, 3000, 2500, 16, _ramp(3000 * 2500))


def _ultrasound(root: Path) -> Path:
    picture = np.zeros((600, 800, 3), np.uint8)
    picture[100:200, 100:300] = (200, 50, 50)
    frame = bytes(imagecodecs.jpeg8_encode(picture, colorspace="RGB"))
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422", "PlanarConfiguration": 0}
    return saved(root, 600, 800, 8, [frame] * 60, JPEG, NumberOfFrames=60, **colour)


def _tomosynthesis(root: Path) -> Path:
    return saved(root, 2560, 2048, 16, bytes(2560 * 2048 * 2 * 12), NumberOfFrames=12)


LARGE = [(_mammogram, 0), (_mammogram_in_jpeg_2000, 0), (_chest, 0), (_ultrasound, 59), (_tomosynthesis, 11)]


@pytest.mark.parametrize(("make", "frame"), LARGE, ids=[make.__name__ for make, _frame in LARGE])
def test_a_large_image_is_drawn_within_the_same_bounds(
    pool: RenderPool, root: Path, make: Callable[[Path], Path], frame: int
) -> None:
    path = make(root)
    for op in ("jpeg", "raw"):
        status, body, peak = asked(pool, path, op, frame)
        assert status == b"0", body[:100]
        assert 0 < peak < LIMIT_KIB
    path.unlink()


def test_the_malformed_files_of_the_world_end_no_child(testdata: Path) -> None:
    pool = RenderPool(1, [testdata])
    try:
        before = pool.pids()
        for path in sorted((testdata / "malformed").iterdir()):
            status, body, peak = asked(pool, path)
            assert status in (b"0", b"1"), (path.name, body)
            assert 0 < peak < LIMIT_KIB
        assert pool.pids() == before
    finally:
        pool.close()
