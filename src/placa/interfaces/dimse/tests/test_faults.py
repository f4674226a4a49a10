"""fsync errors, a full disk, a database that is away: refuse or wait, never lie, recover alone (case 29)."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from placa.domain.intake.tests.objects import CT
from placa.interfaces.dimse.tests.listener import Child, free_port, listening
from placa.interfaces.dimse.tests.small import small_disk
from placa.interfaces.dimse.tests.test_durability import _can_trace
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send

pytestmark = pytest.mark.peer
KNOWN = "select 1 from archive_instance where sop_instance_uid = ?"


@pytest.mark.skipif(not _can_trace(), reason="strace cannot trace here")
@pytest.mark.parametrize("code", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("call", ["fdatasync", "rename", "fsync", "write"])
def test_a_disk_that_fails_is_told_to_the_sender_and_the_next_object_works(
    migrated: Path, tmp_path: Path, call: str, code: str
) -> None:
    with listening(migrated, tmp_path / "home") as child, child.association((CT, EXPLICIT)) as association:
        assert send(association, new_slice()) == 0
        held = child.processes()[2]
        trace = ["strace", "-p", str(held), "-o", str(tmp_path / "trace"), "-P", str(child.home / "archive")]
        inject = f"inject={call}:error={code}:when=1..2"
        with _traced([*trace[:5], "-e", f"trace={call}", "-e", inject]):
            refused = [send(association, new_slice()) for _ in range(2)]
            assert 0xA700 in refused, refused
        good = new_slice()
        assert send(association, good) == 0
        child.wait_for(KNOWN, str(good.SOPInstanceUID))
        assert len(child.stored()) == 2 + refused.count(0)


# the system refuses the listener three processes once its indexer runs
FEW_PROCESSES = """
import errno, os
fork, calls = os.fork, iter(range(1000))
def refusing():
    if 1 <= next(calls) <= 3:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    return fork()
os.fork = refusing
from placa.cli import main
main(["dicom"])
"""


def test_a_listener_that_may_not_fork_waits_until_it_may(migrated: Path, tmp_path: Path) -> None:
    with listening(migrated, tmp_path / "home") as child:
        child.stop()
        child.program = ["-c", FEW_PROCESSES]
        child.start()
        [gate, *_others] = child.processes()
        with child.association((CT, EXPLICIT)) as association:
            assert send(association, new_slice()) == 0
        assert child.processes()[0] == gate
        assert child.log().count("no process for an association") == 3


@contextmanager
def _traced(command: list[str]) -> Iterator[None]:
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert tracer.stderr is not None
    assert b"attached" in tracer.stderr.readline()
    try:
        yield
    finally:
        tracer.terminate()
        tracer.wait(20)
        tracer.stderr.close()


def test_a_full_disk_is_told_to_the_sender_and_space_that_is_back_is_used(
    migrated: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", "size=3m") as disk:
        more = {"PLACA_STORAGE_URL": f"file://{disk}/archive"}
        with (
            listening(migrated, tmp_path / "home", more=more) as child,
            child.association((CT, EXPLICIT)) as association,
        ):
            large: dict[str, Any] = {"Rows": 512, "Columns": 512, "PixelData": os.urandom(524288)}
            statuses = [send(association, new_slice(number, **large)) for number in range(8)]
            assert statuses[:4] == [0] * 4
            assert set(statuses[4:]) == {0, 0xA700} or set(statuses[4:]) == {0xA700}
            before = [path for path in disk.rglob("*.dcm")]
            assert len(before) == statuses.count(0)
            before[0].unlink()
            assert send(association, new_slice(**large)) == 0
            child.wait_for("select 1 from archive_instance", count=statuses.count(0))


def test_what_comes_while_the_database_is_away_is_indexed_once_it_is_back(
    migrated: Path, tmp_path: Path
) -> None:
    with listening(migrated, tmp_path / "home") as child, child.association((CT, EXPLICIT)) as association:
        first, second = new_slice(), new_slice()
        assert send(association, first) == 0
        child.wait_for(KNOWN, str(first.SOPInstanceUID))
        _move(child, "placa.sqlite3", "away")
        _block(child.home / "placa.sqlite3")
        assert send(association, second) == 0
        time.sleep(1)
        (child.home / "placa.sqlite3").rmdir()
        _move(child, "away", "placa.sqlite3")
        child.wait_for(KNOWN, str(second.SOPInstanceUID), seconds=30)


def test_what_comes_while_the_database_is_locked_is_indexed_later(migrated: Path, tmp_path: Path) -> None:
    with listening(migrated, tmp_path / "home") as child, child.association((CT, EXPLICIT)) as association:
        lock = sqlite3.connect(child.home / "placa.sqlite3", timeout=20, isolation_level=None)
        lock.execute("begin immediate")
        data = new_slice()
        assert send(association, data) == 0
        time.sleep(2)
        assert child.rows(KNOWN, str(data.SOPInstanceUID)) == []
        lock.execute("rollback")
        lock.close()
        child.wait_for(KNOWN, str(data.SOPInstanceUID), seconds=30)


def _block(path: Path) -> None:
    """Put a folder at `path`, in the place of whatever empty database a process makes there meanwhile."""
    while not path.is_dir():
        path.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir()


def _move(child: Child, old: str, new: str) -> None:
    for tail in ("", "-wal", "-shm"):
        if (child.home / f"{old}{tail}").exists():
            shutil.move(child.home / f"{old}{tail}", child.home / f"{new}{tail}")


def test_two_listeners_on_one_database_index_each_object_once(migrated: Path, tmp_path: Path) -> None:
    with listening(migrated, tmp_path / "home") as one, one.association((CT, EXPLICIT)) as writing:
        assert send(writing, new_slice()) == 0
        other = Child(one.home, free_port())
        other.start()  # its recovery meets the living one's files
        try:
            with other.association((CT, EXPLICIT)) as association:
                sent = [new_slice(number) for number in range(6)]
                for number, data in enumerate(sent):
                    assert send((writing, association)[number % 2], data) == 0
            one.wait_for("select 1 from archive_instance", count=7)
            assert len(one.stored()) == 7
            assert one.rows("select count(*) from intake_inboxitem where kind = 'unreadable'") == [(0,)]
        finally:
            other.kill()


def test_a_killed_association_loses_nothing_that_it_acknowledged(migrated: Path, tmp_path: Path) -> None:
    with listening(migrated, tmp_path / "home") as child:
        for _ in range(3):
            with child.association((CT, EXPLICIT), seconds=5) as association:
                data = new_slice()
                assert send(association, data) == 0
                os.kill(child.processes()[2], signal.SIGKILL)
            child.wait_for(KNOWN, str(data.SOPInstanceUID))
        os.kill(child.processes()[1], signal.SIGKILL)  # the indexer
        with child.association((CT, EXPLICIT)) as association:
            data = new_slice()
            assert send(association, data) == 0
        child.wait_for(KNOWN, str(data.SOPInstanceUID))
        assert not [path for path in child.stored() if path.suffix == ".ahead"]
