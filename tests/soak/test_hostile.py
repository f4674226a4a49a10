"""Hostile peers measured (S1, S5, S6): a table of what a modality and the listener's memory notice of each.

.venv/bin/pytest -n0 -m soak tests/soak/test_hostile.py
"""

import multiprocessing
import os
import resource
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from placa.domain.intake.tests.objects import CT, encoded
from placa.interfaces.dimse.tests.listener import Child, admit, listening, placa
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send_raw
from tests.soak.attacks import ATTACKS, HOME, OTHERS, Attack

ASSOCIATIONS, OBJECTS = 20, 10  # of the honest modality: 200 slices of half a megabyte a row
MEMORY = 512 * 1024  # KiB a process (S5)
HEAD = (
    f"\n{'':34}{'stored':>9}{'median':>9}{'worst':>9}{'to begin':>10}{'a process':>11}{'all':>9}"
    f"\n{'':34}{'of 200':>9}{'ms':>9}{'ms':>9}{'worst ms':>10}{'peak MiB':>11}{'MiB':>9}"
)

pytestmark = pytest.mark.soak


@dataclass
class Honest:
    """What the modality saw: milliseconds of each C-STORE and of each beginning of an association; what was kept."""

    stores: list[float] = field(default_factory=list)
    begins: list[float] = field(default_factory=list)
    acknowledged: dict[str, bytes] = field(default_factory=dict)


class Memory(threading.Thread):
    """Looks at the listener's processes until told to stop: the largest, and all of them together (what they share
    counted once)."""

    def __init__(self, child: Child) -> None:
        super().__init__(daemon=True)
        self.largest = self.together = 0  # KiB
        self._child, self._done = child, threading.Event()

    def run(self) -> None:
        rounds = 0
        while not self._done.wait(0.02):
            with suppress(OSError):
                pids = self._child.processes()
                self.largest = max([self.largest, *(_kib(pid, "status", "VmHWM") for pid in pids)])
                if rounds % 25 == 0:
                    self.together = max(self.together, sum(_kib(pid, "smaps_rollup", "Pss") for pid in pids))
            rounds += 1

    def stop(self) -> None:
        self._done.set()
        self.join()


def _kib(pid: int, file: str, name: str) -> int:
    """A figure of a process; 0 for one that has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("template") / "home"
    placa("migrate", home=home)
    return home


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


SCENES: dict[str, tuple[Attack, ...]] = {
    "nobody": (),
    **{name: (attack,) for name, attack in ATTACKS.items()},
    "all of these at once": tuple(ATTACKS.values()),
}


@pytest.fixture(scope="module")
def table() -> list[str]:
    """Its rows so far."""
    return []


@pytest.mark.parametrize("name", SCENES)
def test_a_modality_is_served_whatever_others_do(
    template: Path, tmp_path: Path, table: list[str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    row = _scene(name, SCENES[name], template, tmp_path / "home")
    with capsys.disabled():
        print("" if table else HEAD, row, sep="\n", end="")  # noqa: T201
    table.append(row)


def _scene(name: str, attacks: tuple[Attack, ...], template: Path, home: Path) -> str:
    """One row of the table."""
    with listening(template, home, mode="test") as child:
        for address in (HOME, *OTHERS):
            admit(child, "CT1", address)
        before = child.processes()[:2]
        memory = Memory(child)
        memory.start()
        with ExitStack() as stack:
            for attack in attacks:
                stack.enter_context(_under(attack, child.port))
            honest = _store_all(child)
        memory.stop()
        assert child.processes()[:2] == before, "the listener or its indexer was started again"
        _everything_is_kept(child, honest)
        assert memory.largest < MEMORY
    stores, begins = sorted(honest.stores), honest.begins
    return (
        f"{name:34}{len(honest.acknowledged):>9}{statistics.median(stores):>9.1f}{stores[-1]:>9.0f}{max(begins):>10.0f}"
        f"{memory.largest / 1024:>11.0f}{memory.together / 1024:>9.0f}"
    )


@contextmanager
def _under(attack: Attack, port: int) -> Iterator[None]:
    fork = multiprocessing.get_context("fork")
    ready = fork.Event()
    process = fork.Process(target=attack, args=(port, ready), daemon=True)
    process.start()
    try:
        assert ready.wait(60), attack.__name__
        yield
    finally:
        process.kill()
        process.join()


def _store_all(child: Child) -> Honest:
    """What a modality does meanwhile: association after association; each object must be stored at the first try."""
    found = Honest()
    for _ in range(ASSOCIATIONS):
        began = time.monotonic()
        with child.association((CT, EXPLICIT), seconds=20) as association:
            found.begins.append((time.monotonic() - began) * 1000)
            assert association.is_established, child.log()[-2000:]
            for number in range(OBJECTS):
                data = new_slice(number, Rows=512, Columns=512, PixelData=os.urandom(524_288))
                sent, uid = encoded(data), str(data.SOPInstanceUID)
                began = time.monotonic()
                assert send_raw(association, CT, uid, sent) == 0
                found.stores.append((time.monotonic() - began) * 1000)
                found.acknowledged[uid] = sent
    return found


def _everything_is_kept(child: Child, honest: Honest) -> None:
    """All that was acknowledged, as it was sent, and nothing half."""
    query = "select sop_instance_uid, storage_key from archive_instance"
    kept = dict(child.wait_for(query, count=len(honest.acknowledged), seconds=60))
    for uid, sent in honest.acknowledged.items():
        assert (child.home / "archive" / kept[uid]).read_bytes().endswith(sent)
    child.stop()
    assert not [path for path in child.stored() if path.suffix != ".dcm"]
