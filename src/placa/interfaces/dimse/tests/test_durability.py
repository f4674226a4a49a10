"""Success comes after fdatasync of a file whose name was synced before: shown by strace, at the system calls."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom.association import Association

from placa.domain.intake.tests.objects import CT
from placa.interfaces.dimse.tests.listener import Child, listening
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send

CALLS = "openat,write,fdatasync,rename,renameat,renameat2,fsync,sendto,sendmsg"


def _can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not _can_trace(), reason="strace cannot trace here"),
]


def _send_three(child: Child) -> None:
    with child.association((CT, EXPLICIT)) as association:
        assert isinstance(association, Association)
        for number in (1, 2, 3):
            assert send(association, new_slice(number)) == 0x0000


def test_each_response_waits_for_a_file_whose_name_is_durable(migrated: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    prefix = ["strace", "-f", "-yy", "-s", "64", "-e", f"trace={CALLS}", "-o", str(trace)]
    with listening(migrated, tmp_path / "home", prefix=prefix) as child:
        _send_three(child)
        child.stop()
    synced = "".join(_ended(trace.read_text(errors="replace").splitlines()))
    # names are made and their folder synced; a store: file synced, renamed, and only then the response PDU (type 04)
    assert re.fullmatch("N{2}DFRSFRSN{8}DFRSN*D?", synced), synced


def _ended(lines: list[str]) -> Iterator[str]:
    """Our calls in the order in which they came back without error; sends as they began."""
    open_calls: dict[str, str] = {}
    for line in lines:
        pid = line.split(maxsplit=1)[0]
        place = open_calls.pop(pid, None) if "resumed>" in line else _place(line)
        if place is None:
            continue
        if place == "S":
            yield place
        elif "<unfinished" in line:
            open_calls[pid] = place
        elif re.search(r"= (0|\d+<.*>)$", line.strip()):
            yield place


def _place(line: str) -> str | None:
    """N a name made ahead, F fdatasync of its file, R its rename, D fsync of the folder it is in, S a P-DATA PDU sent."""
    if re.search(r"openat\(.*\.ahead\", [^)]*O_CREAT", line):
        return "N"
    if re.search(r"fdatasync\(\d+<[^>]*\.ahead>", line):
        return "F"
    if re.search(r"rename\w*\(.*\.ahead", line):
        return "R"
    if re.search(r"fsync\(\d+<[^>]*/archive/\d{4}/\d\d/\d\d/[0-9a-f]{2}>", line):
        return "D"
    if re.search(r'send(to|msg)\(\d+<TCP.*"\\4\\0', line):
        return "S"
    return None
