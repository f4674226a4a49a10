"""kill -9 while modalities send, again and again, of all or of one process: nothing acknowledged is lost or altered (S1)."""

import contextlib
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import CT, ct, encoded
from placa.interfaces.dimse.tests.listener import Child, listening, placa
from placa.interfaces.dimse.tests.test_store import EXPLICIT, send_raw
from placa.standards.dicom.uids import new_uid

ROUNDS = 20
SEED = 20261122
VICTIMS = ("all", "listener", "indexer", "associations")

pytestmark = pytest.mark.soak


class Modality(threading.Thread):
    """Sends slice after slice until the line is dead; keeps what was acknowledged."""

    def __init__(self, child: Child, acknowledged: dict[str, bytes]) -> None:
        super().__init__(daemon=True)
        self._child, self._acknowledged = child, acknowledged

    def run(self) -> None:
        with self._child.association((CT, EXPLICIT), seconds=3) as association:
            number, study = 0, new_uid()
            while association.is_established:
                number += 1
                data = ct(
                    number, StudyInstanceUID=study, SOPInstanceUID=new_uid(), Rows=256, Columns=256,
                    PixelData=random.randbytes(131072),
                )  # fmt: skip
                sent = encoded(data)
                try:
                    if send_raw(association, CT, str(data.SOPInstanceUID), sent) == 0:
                        self._acknowledged[str(data.SOPInstanceUID)] = sent
                except (AssertionError, RuntimeError, OSError, ValueError):
                    return  # the listener was killed


def test_what_was_acknowledged_is_there_after_every_kill(tmp_path: Path) -> None:
    placa("migrate", home=tmp_path / "template")
    moments = random.Random(SEED)
    acknowledged: dict[str, bytes] = {}
    with listening(tmp_path / "template", tmp_path / "home") as child:
        for _ in range(ROUNDS):
            _until_it_listens(child)
            modalities = [Modality(child, acknowledged) for _ in range(2)]
            for modality in modalities:
                modality.start()
            time.sleep(moments.uniform(0.3, 1.5))
            _strike(child, moments.choice(VICTIMS))
            for modality in modalities:
                modality.join(60)
        assert len(acknowledged) > ROUNDS * 3
        _everything_is_there(child, acknowledged)
        child.stop()
    assert [path for path in child.stored() if path.suffix != ".dcm"] == []
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged, 0 lost")  # noqa: T201


def _strike(child: Child, victim: str) -> None:
    """Kill one or all of the listener's processes; it is started again where it does not do so by itself."""
    listener, indexer, *associations = child.processes()
    if victim == "all":
        child.kill()
        child.start()
    elif victim == "listener":
        os.kill(listener, signal.SIGKILL)
        assert child.process is not None
        child.process.wait(10)
        for association in associations:  # a supervisor ends the whole group
            with contextlib.suppress(ProcessLookupError):
                os.kill(association, signal.SIGKILL)
        child.start()
    else:
        for pid in {"indexer": [indexer], "associations": associations}[victim]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(1.5)
        for pid in child.processes()[2:]:  # those that go on are asked to end
            os.kill(pid, signal.SIGTERM)


def _until_it_listens(child: Child) -> None:
    """An indexer that was killed is back after a second."""
    limit = time.monotonic() + 20
    while len(child.processes()) < 2 and time.monotonic() < limit:
        time.sleep(0.05)


def _everything_is_there(child: Child, acknowledged: dict[str, bytes]) -> None:
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        kept = dict(child.rows("select sop_instance_uid, storage_key from archive_instance"))
        if acknowledged.keys() <= kept.keys():
            break
        time.sleep(0.2)
    assert acknowledged.keys() <= kept.keys(), f"{len(acknowledged.keys() - kept.keys())} lost"
    for uid, sent in acknowledged.items():
        assert (child.home / "archive" / kept[uid]).read_bytes().endswith(sent), f"{uid} altered"
