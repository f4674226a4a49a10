"""kill -9 of the listener while a modality sends, again and again: nothing acknowledged is lost or altered (S1)."""

import random
import threading
import time
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import CT, encoded
from placa.interfaces.dimse.tests.listener import Child, listening, placa
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send_raw

ROUNDS = 20
SEED = 20261122

pytestmark = pytest.mark.soak


class Modality(threading.Thread):
    """Sends slice after slice until the line is dead; keeps what was acknowledged."""

    def __init__(self, child: Child, acknowledged: dict[str, bytes]) -> None:
        super().__init__(daemon=True)
        self._child, self._acknowledged = child, acknowledged

    def run(self) -> None:
        with self._child.association((CT, EXPLICIT), seconds=3) as association:
            number = 0
            while association.is_established:
                number += 1
                data = new_slice(number, Rows=256, Columns=256, PixelData=random.randbytes(131072))
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
            modalities = [Modality(child, acknowledged) for _ in range(2)]
            for modality in modalities:
                modality.start()
            time.sleep(moments.uniform(0.3, 1.5))
            child.kill()
            for modality in modalities:
                modality.join(60)
            child.start()
        assert len(acknowledged) > ROUNDS * 3
        _everything_is_there(child, acknowledged)
        child.stop()
    assert [path for path in child.stored() if path.suffix == ".part"] == []
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged, 0 lost")  # noqa: T201


def _everything_is_there(child: Child, acknowledged: dict[str, bytes]) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        kept = dict(child.rows("select sop_instance_uid, storage_key from archive_instance"))
        if acknowledged.keys() <= kept.keys():
            break
        time.sleep(0.2)
    assert acknowledged.keys() <= kept.keys(), f"{len(acknowledged.keys() - kept.keys())} lost"
    for uid, sent in acknowledged.items():
        assert (child.home / "archive" / kept[uid]).read_bytes().endswith(sent), f"{uid} altered"
