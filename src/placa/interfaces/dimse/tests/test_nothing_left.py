"""No inode, no descriptor, no space for the database: what cannot be kept is refused, all else goes on (case 29)."""

import contextlib
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import CT
from placa.interfaces.dimse.tests.listener import Child, admit, free_port, listening
from placa.interfaces.dimse.tests.small import fill, small_disk
from placa.interfaces.dimse.tests.test_hostile import _hold
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send

pytestmark = pytest.mark.peer
ALL = "select sop_instance_uid from archive_instance"
STRANGERS = 300


def test_without_inodes_it_is_told_and_those_that_are_back_are_used(migrated: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=20m,nr_inodes=48") as disk:
        more = {"PLACA_STORAGE_URL": f"file://{disk}/archive"}
        with (
            listening(migrated, tmp_path / "home", more=more) as child,
            child.association((CT, EXPLICIT)) as association,
        ):
            sent = [(data, send(association, data)) for data in (new_slice(n) for n in range(70))]
            assert {status for _data, status in sent} == {0, 0xA700}
            kept = [data for data, status in sent if status == 0]
            assert len(kept) > 25  # the last ones are used too, although names are made in batches
            assert len(list(disk.rglob("*.dcm"))) == len(kept)
            child.wait_for(ALL, count=len(kept))
            for path in list(disk.rglob("*.dcm"))[:20]:
                path.unlink()
            assert [send(association, new_slice(n)) for n in range(10)] == [0] * 10
        assert not [path for path in disk.rglob("*.ahead") if path.stat().st_size]


def test_a_full_disk_below_the_database_holds_up_rows_and_no_object(migrated: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "size=16m") as disk:
        home = disk / "home"
        shutil.copytree(migrated, home)
        child = Child(home, free_port(), more={"PLACA_STORAGE_URL": f"file://{tmp_path}/archive"})
        child.start()
        try:
            with child.association((CT, EXPLICIT)) as association:
                first = new_slice()
                assert send(association, first) == 0
                child.wait_for(ALL)
                fill(disk / "filler")
                sent = [new_slice(n) for n in range(10)]
                assert [send(association, data) for data in sent] == [0] * 10
            with child.association((CT, EXPLICIT)) as association:
                sent.append(new_slice())
                assert send(association, sent[-1]) == 0
            time.sleep(1.5)
            assert child.rows(ALL) == [(first.SOPInstanceUID,)]
            (disk / "filler").unlink()
            rows = child.wait_for(ALL, count=12, seconds=30)
            assert {uid for (uid,) in rows} == {str(data.SOPInstanceUID) for data in [first, *sent]}
        finally:
            child.kill()


def test_an_association_with_few_descriptors_stores_all(migrated: Path, tmp_path: Path) -> None:
    prefix = ["prlimit", "--nofile=40:40"]
    with (
        listening(migrated, tmp_path / "home", prefix=prefix) as child,
        child.association((CT, EXPLICIT)) as association,
    ):
        assert [send(association, new_slice(n)) for n in range(100)] == [0] * 100
        child.wait_for(ALL, count=100)


def test_strangers_who_take_every_descriptor_leave_modalities_alone(migrated: Path, tmp_path: Path) -> None:
    """Fewer descriptors than connections may wait: who has waited longest goes, and the database is still read."""
    prefix = ["prlimit", "--nofile=160:160"]
    with listening(migrated, tmp_path / "home", mode="test", prefix=prefix) as child:
        admit(child, "CT1", "127.0.0.1")
        with child.association((CT, EXPLICIT)) as early, ExitStack() as held:
            assert send(early, new_slice()) == 0
            for number in range(STRANGERS):
                with contextlib.suppress(OSError):  # some are cut at once
                    held.enter_context(_hold(child, b"", f"127.0.0.{1 + number % 3}"))
            assert send(early, new_slice()) == 0
            for _ in range(3):
                time.sleep(1.1)  # the peers are read anew
                with child.association((CT, EXPLICIT)) as late:
                    assert late.is_established, child.log()[-2000:]
                    assert send(late, new_slice()) == 0
        with child.association((CT, EXPLICIT)) as association:
            assert send(association, new_slice()) == 0
        child.wait_for(ALL, count=6)
