"""P1: C-STORE by dcmtk's storescu, from its start to its end and to the last row in the index; and what it costs in CPU.

Placa and Orthanc alternate, each round with new UIDs. The null receiver, which only says Success, is the client's limit.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from null_receiver import null_receiver
from orthanc import orthanc
from placa.domain.intake.tests.objects import ct, part10
from placa.interfaces.dimse.tests.listener import Child, listening, placa
from placa.standards.dicom.uids import new_uid
from table import Row, row

STORESCU = "/usr/bin/storescu"
PATIENCE_SECONDS = 60.0
MR = "1.2.840.10008.5.1.4.1.1.4"


@dataclass(frozen=True)
class Load:
    """What a round sends."""

    name: str
    slices: int
    side: int
    associations: int
    goal: str


@dataclass
class Side:
    """Who receives, and what its rounds took: seconds, CPU milliseconds an instance."""

    port: int
    aet: str
    pids: Callable[[], list[int]]
    wait: Callable[[int], None]
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def rows(quick: bool) -> list[Row]:
    """A row of time and one of CPU for each load."""
    slices = 100 if quick else 300
    loads = [
        Load(f"{slices} CT 512x512, one association", slices, 512, 1, "4x"),
        Load(f"{slices} CT 512x512, two associations", slices, 512, 2, "3x"),
        Load(f"{slices + slices // 3} MR 256x256, one association", slices + slices // 3, 256, 1, "3x"),
    ]
    found = []
    for load in loads:
        with _sides() as (ours, theirs, null):
            for _ in range(3 if quick else 5):
                for side in (theirs, ours, null):
                    _round(load, side)
            limit = (
                f"null receiver {statistics.median(theirs.seconds) / statistics.median(null.seconds):.1f}x"
            )
            found.append(row("P1", load.name, "s", ours.seconds, theirs.seconds, goal=load.goal, note=limit))
            found.append(
                row(
                    "P1",
                    f"{load.name}: server CPU",
                    "ms",
                    ours.cpu,
                    theirs.cpu,
                    goal="4x",
                    note="an instance",
                )
            )
    return found


@contextmanager
def _sides() -> Iterator[tuple[Side, Side, Side]]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        placa("migrate", home=home / "template")
        with (
            listening(home / "template", home / "home") as child,
            orthanc(home / "orthanc") as other,
            null_receiver() as null,
        ):
            yield (
                Side(
                    child.port,
                    "PLACA",
                    lambda: _tree(child.process.pid),
                    _Indexed(child),
                ),
                Side(other.dicom_port, other.aet, lambda: _tree(other.pid), lambda count: None),
                Side(null, "NULL", list, lambda count: None),
            )


def _round(load: Load, side: Side) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = [study_files(Path(folder) / str(number), load) for number in range(load.associations)]
        os.sync()
        before, began = _cpu(side.pids()), time.perf_counter()
        sending = [
            subprocess.Popen(
                [STORESCU, "-aec", side.aet, "-R", "+sd", "127.0.0.1", str(side.port), str(part)],
                env={**os.environ, "TCP_NODELAY": "1"},
            )
            for part in parts
        ]
        for one in sending:
            if one.wait(120) != 0:
                raise SystemExit("storescu failed")
        count = load.slices // load.associations * load.associations
        side.wait(count)
        side.seconds.append(time.perf_counter() - began)
        time.sleep(0.5)  # a process that ended is counted with its parent once that has noticed
        side.cpu.append((_cpu(side.pids()) - before) * 1000 / count)


def study_files(folder: Path, load: Load) -> Path:
    """Files of one study with UIDs of its own, with what a scanner writes beside the pixels."""
    folder.mkdir()
    study, series, frame = new_uid(), new_uid(), new_uid()
    body = os.urandom(load.side * load.side * 2)
    extra = {"SOPClassUID": MR, "Modality": "MR"} if load.side == 256 else {}
    for number in range(1, load.slices // load.associations + 1):
        data = ct(
            number, StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=new_uid(), Rows=load.side,
            Columns=load.side, PixelData=body, PatientID=f"P1-{study[-8:]}", FrameOfReferenceUID=frame,
            Manufacturer="Bench", ManufacturerModelName="P1", StationName="CT1", InstitutionName="Clinic",
            ReferringPhysicianName="Diaz^Eva", SeriesDescription="Axial", ProtocolName="Abdomen",
            BodyPartExamined="ABDOMEN", SliceThickness="1.0", KVP="120", ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
            ContentDate="20261120", ContentTime="103100", AcquisitionDate="20261120", AcquisitionTime="103100",
            ImagePositionPatient=[-250, -250, number], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            PixelSpacing=[0.9, 0.9], SliceLocation=str(number), RescaleIntercept="-1024", RescaleSlope="1",
            WindowCenter="40", WindowWidth="400", AcquisitionNumber=1, **extra,
        )  # fmt: skip
        (folder / f"{number:04d}.dcm").write_bytes(part10(data))
    return folder


@dataclass
class _Indexed:
    """Waits until all that was sent to a listener has rows and metadata, `count` more than when it was asked last."""

    child: Child
    sent: int = 0

    def __call__(self, count: int) -> None:
        self.sent += count
        limit = time.monotonic() + PATIENCE_SECONDS
        while self.child.rows("select count(*) from archive_instancemetadata")[0][0] < self.sent:
            if time.monotonic() > limit:
                raise SystemExit(f"not indexed: {self.child.log()[-2000:]}")
            time.sleep(0.01)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += _tree(int(child))
    return found


def _cpu(pids: list[int]) -> float:
    """Seconds of CPU of these processes and of the children that they have buried."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")
