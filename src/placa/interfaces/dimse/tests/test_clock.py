"""The machine's clock jumps while a modality sends: every acknowledged object is found and served (case 29)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import CT, encoded
from placa.interfaces.dimse.tests.listener import Child, listening
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send_raw

pytestmark = pytest.mark.peer
KEYS = "select sop_instance_uid, storage_key from archive_instance"
# the listener under a clock that is as many hours off as a file says
MOVED = """
import datetime as dt, sys
from django.utils import timezone
path, right = sys.argv[1], timezone.now
timezone.now = lambda: right() + dt.timedelta(hours=float(open(path).read()))
from placa.cli import main
main(["dicom"])
"""


class Moved:
    """A listener whose clock is moved, and all that it acknowledged."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.sent: dict[str, bytes] = {}

    def by(self, hours: float) -> None:
        written = self.child.home / "hours.new"
        written.write_text(str(hours))
        written.replace(self.child.home / "hours")  # it is read all the time

    def store(self, moves: list[float]) -> None:
        """Some objects on one association, two after each move."""
        with self.child.association((CT, EXPLICIT)) as association:
            for hours in moves:
                self.by(hours)
                for number in range(2):
                    data = new_slice(number)
                    self.sent[str(data.SOPInstanceUID)] = encoded(data)
                    found = send_raw(association, CT, str(data.SOPInstanceUID), encoded(data))
                    assert found == 0, hours

    def everything_is_there(self) -> None:
        found = dict(self.child.wait_for(KEYS, count=len(self.sent), seconds=30))
        assert found.keys() == self.sent.keys()
        for uid, sent in self.sent.items():
            assert (self.child.home / "archive" / found[uid]).read_bytes().endswith(sent)


@pytest.fixture
def moved(migrated: Path, tmp_path: Path) -> Iterator[Moved]:
    with listening(migrated, tmp_path / "home") as child:
        child.stop()
        child.program = ["-c", MOVED, str(child.home / "hours")]
        found = Moved(child)
        found.by(0)
        yield found


@contextmanager
def no_rows(child: Child) -> Iterator[None]:
    """What comes meanwhile gets no row before the listener is killed."""
    lock = sqlite3.connect(child.home / "placa.sqlite3", timeout=20, isolation_level=None)
    lock.execute("begin immediate")
    yield
    child.kill()
    lock.execute("rollback")
    lock.close()


def test_jumps_within_an_association_lose_nothing(moved: Moved) -> None:
    moved.child.start()
    moved.store([0, 9, -9, 30, -50, 24 * 40, 0])
    moved.everything_is_there()
    moved.child.stop()
    assert not [path for path in moved.child.stored() if path.suffix != ".dcm"]


@pytest.mark.parametrize("hours", [9, -9, 30])
def test_a_kill_while_the_clock_is_wrong_loses_nothing(moved: Moved, hours: float) -> None:
    """Wrong when they came, right again when the listener is back."""
    moved.child.start()
    moved.store([0])
    moved.everything_is_there()
    with no_rows(moved.child):
        moved.store([hours])
    moved.by(0)
    moved.child.start()
    moved.everything_is_there()


@pytest.mark.parametrize("hours", [30, 24 * 40])
def test_a_kill_after_the_clock_was_put_right_loses_nothing(moved: Moved, hours: float) -> None:
    """It ran ahead when the listener began, so the search at its next start must not begin ahead."""
    moved.by(hours)
    moved.child.start()
    moved.store([hours])
    moved.everything_is_there()
    with no_rows(moved.child):
        moved.store([0])
    moved.child.start()
    moved.everything_is_there()
