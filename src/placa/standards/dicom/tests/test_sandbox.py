"""Pictures come from child processes that hostile files cannot hurt for long."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from placa.standards.dicom import sandbox, uids
from placa.standards.dicom.sandbox import (
    RenderFailed,
    RenderPool,
    RenderRefused,
    RenderUnavailable,
    ask,
    messages,
)
from placa.standards.dicom.tests.conftest import packaged

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with one good CT and things that must not be read."""
    root = tmp_path_factory.mktemp("root")
    shutil.copy(packaged("CT_small.dcm"), root / "ct.dcm")
    outside = tmp_path_factory.mktemp("outside")
    shutil.copy(packaged("CT_small.dcm"), outside / "ct.dcm")
    (root / "link.dcm").symlink_to(outside / "ct.dcm")
    (root / "page.dcm").write_text("<!DOCTYPE html><html></html>")
    return root


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """A running pool of two."""
    path, stop = str(folder / "render.sock"), threading.Event()
    thread = threading.Thread(
        target=sandbox.serve, args=(path, 2, [folder]), kwargs={"stop": stop, "time_limit": 15.0}
    )
    thread.start()
    for _ in range(100):
        if os.path.exists(path):
            break
        time.sleep(0.1)
    yield path
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert not os.path.exists(path)


def test_it_answers_with_a_jpeg_and_the_socket_is_private(server: str, folder: Path) -> None:
    answer = ask(server, {"op": "jpeg", "path": str(folder / "ct.dcm"), "viewport": [64, 64]})
    assert answer[:3] == b"\xff\xd8\xff"
    assert os.stat(server).st_mode & 0o777 == 0o600


def test_several_sizes_of_a_frame_are_those_that_each_would_be(server: str, folder: Path) -> None:
    path = str(folder / "ct.dcm")
    answer = ask(server, {"op": "jpegs", "path": path, "frame": 0, "sizes": [[[64, 64], 80], [None, 85]]})
    small = ask(server, {"op": "jpeg", "path": path, "viewport": [64, 64], "quality": 80})
    whole = ask(server, {"op": "jpeg", "path": path, "quality": 85})
    assert messages.unpacked(answer) == [small, whole]


@pytest.mark.parametrize("body", [b"\0\0\0", b"\0\0\0\5abc", messages.packed([b"a"]) + b"\0"])
def test_parts_that_are_cut_short_are_no_pictures(body: bytes) -> None:
    with pytest.raises(RenderFailed):
        messages.unpacked(body)
    assert messages.unpacked(messages.packed([b"a", b"", b"bc"])) == [b"a", b"", b"bc"]


def test_many_clients_at_once(server: str, folder: Path) -> None:
    answers: list[bytes] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(ask(server, {"op": "png", "path": str(folder / "ct.dcm")}))
        )
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert {answer[:8] for answer in answers} == {b"\x89PNG\r\n\x1a\n"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("page.dcm", "not-dicom"),
        ("missing.dcm", "no-file"),
        ("link.dcm", "outside-root"),
        ("../../etc/passwd", "outside-root"),
    ],
)
def test_refusals(server: str, folder: Path, name: str, reason: str) -> None:
    with pytest.raises(RenderRefused) as refusal:
        ask(server, {"op": "jpeg", "path": str(folder / name)})
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"op": "jpeg"}, "bad-request"),
        ({"op": "jpeg", "path": "ct.dcm"}, "bad-request"),
        ({"op": "jpeg", "path": 5}, "bad-request"),
        ({"op": "rm", "path": "ct.dcm"}, "not-renderable"),
        ({"op": "jpeg", "path": "ct.dcm", "frame": 7}, "not-renderable"),
    ],
)
def test_bad_requests(server: str, folder: Path, request_: dict[str, object], reason: str) -> None:
    if reason == "not-renderable":
        request_ = {**request_, "path": str(folder / "ct.dcm")}
    with pytest.raises(RenderRefused) as refusal:
        ask(server, request_)
    assert refusal.value.reason == reason


def test_a_client_that_sends_garbage_harms_nobody(server: str, folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(server)
        client.sendall(b"\xff\xff\xff\xff rubbish")
    assert ask(server, {"op": "thumbnail", "path": str(folder / "ct.dcm")})


def test_nobody_listening(folder: Path) -> None:
    with pytest.raises(RenderUnavailable):
        ask(str(folder / "nothing.sock"), {"op": "jpeg", "path": "/x"}, timeout=1)


def _lying_frame(folder: Path) -> Path:
    """An RLE object of 15,000 × 15,000 in 16 bits (450 MB): within the frame limit, beyond the child's
    memory."""
    data_set = pydicom.dcmread(packaged("MR_small_RLE.dcm"))
    data_set.Rows = data_set.Columns = 15_000
    path = folder / "lying.dcm"
    data_set.save_as(path)
    assert data_set.file_meta.TransferSyntaxUID == uids.RLE_LOSSLESS
    return path


def test_memory_is_bounded_and_the_pool_goes_on(folder: Path) -> None:
    pool = RenderPool(1, [folder])
    try:
        status, body = pool.answer(f'{{"op": "jpeg", "path": "{_lying_frame(folder)}"}}'.encode())
        assert status in b"13"
        assert b"too-large" in body or b"undecodable" in body
        status, _body = pool.answer(f'{{"op": "jpeg", "path": "{folder / "ct.dcm"}"}}'.encode())
        assert status == b"0"
    finally:
        pool.close()


def test_a_dead_child_is_replaced(folder: Path) -> None:
    pool = RenderPool(1, [folder])
    request = f'{{"op": "jpeg", "path": "{folder / "ct.dcm"}"}}'.encode()
    try:
        assert pool.answer(request)[0] == b"0"
        (before,) = pool.pids()
        os.kill(before, 9)
        status, body = pool.answer(request)
        assert (status, body) == (b"3", b'{"reason": "crashed"}')
        assert pool.answer(request)[0] == b"0"
        assert before not in pool.pids()
    finally:
        pool.close()


def test_a_late_child_is_killed(folder: Path) -> None:
    pool = RenderPool(1, [folder], time_limit=0.5)
    request = f'{{"op": "jpeg", "path": "{folder / "ct.dcm"}"}}'.encode()
    try:
        assert pool.answer(request)[0] == b"0"
        (before,) = pool.pids()
        os.kill(before, 19)  # SIGSTOP: as good as an endless loop
        assert pool.answer(request) == (b"3", b'{"reason": "too-slow"}')
        assert before not in pool.pids()
        assert not os.path.exists(f"/proc/{before}")
    finally:
        pool.close()


def test_the_pool_outlives_a_moment_without_processes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = RenderPool(1, [folder])
    request = f'{{"op": "jpeg", "path": "{folder / "ct.dcm"}"}}'.encode()
    try:
        (before,) = pool.pids()
        os.kill(before, 9)

        def full(*_arguments: object) -> None:
            raise OSError("no process can be had")

        with monkeypatch.context() as patch:
            patch.setattr(RenderPool, "_start", full)
            assert pool.answer(request)[0] == b"3"
            assert pool.answer(request)[0] == b"3"
        assert pool.answer(request)[0] == b"3"  # the dead one's last; now it is replaced
        assert pool.answer(request)[0] == b"0"
    finally:
        pool.close()


def test_what_is_no_file_comes_with_the_request(
    server: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (folder / "ct.dcm").read_bytes()
    with pytest.raises(RenderRefused) as refusal:
        ask(server, {"op": "no-such"}, data)
    assert refusal.value.reason == "not-renderable"  # it reached a child, without a path


def test_the_background_lane_is_a_child_of_low_priority(folder: Path) -> None:
    pool = RenderPool(1, [folder], background=1)
    picture = {"op": "jpeg", "path": str(folder / "ct.dcm")}
    try:
        assert pool.answer(json.dumps({**picture, "lane": "background"}).encode())[0] == b"0"
        assert pool.answer(json.dumps(picture).encode())[0] == b"0"
        assert sorted(os.getpriority(os.PRIO_PROCESS, pid) for pid in pool.pids()) == [0, 10]
    finally:
        pool.close()
