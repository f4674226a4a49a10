"""The supervisor with small children of its own: restart, orderly and forced end, taken ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from placa.config import supervisor

PROGRAM = """
import sys
from placa.config.supervisor import Service, Supervisor

services = [Service(f"child {n}", [sys.executable, "-c", code]) for n, code in enumerate(sys.argv[1:])]
say = lambda text: print(text, flush=True)
Supervisor(services, say).run(lambda: "", lambda: say("ready"))
"""


@pytest.fixture
def supervise() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a supervisor over children that run the given pieces of Python."""
    started = []

    def start(*codes: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *codes], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def appears(path: Path, seconds: float = 10) -> str:
    """The content of `path` once there is some."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.02)
    raise AssertionError(f"{path} did not appear")


def lives(pid: int) -> bool:
    """Whether `pid` runs (a zombie does not)."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def is_gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not lives(pid)


def writes_pid(path: Path, then: str = "time.sleep(60)") -> str:
    """Python that notes its process id in `path` and goes on with `then`."""
    return f"import os, time; open({str(path)!r}, 'w').write(str(os.getpid())); {then}"


def test_a_child_that_dies_is_started_again(tmp_path, supervise):
    pid_file = tmp_path / "pid"
    process = supervise(writes_pid(pid_file))
    first = int(appears(pid_file))
    pid_file.unlink()
    os.kill(first, signal.SIGKILL)

    assert int(appears(pid_file)) != first
    process.terminate()
    output, _ = process.communicate(timeout=10)
    assert "child 0 ended (SIGKILL); starting it again in 0.5 s." in output


def test_pauses_grow_while_a_child_keeps_dying(supervise):
    process = supervise("raise SystemExit(3)")
    lines = [process.stdout.readline().strip() for _ in range(4)]

    assert lines == [
        "ready",
        "child 0 ended (exit 3); starting it again in 0.5 s.",
        "child 0 ended (exit 3); starting it again in 1 s.",
        "child 0 ended (exit 3); starting it again in 2 s.",
    ]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_child(tmp_path, supervise, signum):
    files = [tmp_path / "one", tmp_path / "two"]
    process = supervise(*(writes_pid(file) for file in files))
    pids = [int(appears(file)) for file in files]
    started = time.monotonic()
    process.send_signal(signum)

    assert process.wait(timeout=10) == 0
    assert time.monotonic() - started < supervisor.POLITE_STOP
    assert [lives(pid) for pid in pids] == [False, False]


def test_a_child_that_ignores_the_signal_is_killed_with_its_own_children(tmp_path, supervise):
    pid_file, grandchild_file = tmp_path / "pid", tmp_path / "grandchild"
    grandchild = writes_pid(grandchild_file)
    process = supervise(
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"subprocess.Popen([sys.executable, '-c', {grandchild!r}]);" + writes_pid(pid_file)
    )
    pids = [int(appears(pid_file)), int(appears(grandchild_file))]
    started = time.monotonic()
    process.terminate()

    assert process.wait(timeout=15) == 0
    assert time.monotonic() - started < 10
    assert all(is_gone(pid) for pid in pids)


def test_children_end_when_the_supervisor_is_killed(tmp_path, supervise):
    pid_file = tmp_path / "pid"
    process = supervise(writes_pid(pid_file))
    child = int(appears(pid_file))
    process.kill()

    assert is_gone(child)


def test_a_taken_port_is_refused_by_name():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(supervisor.PortTakenError, match=rf"Port {port} .*PLACA_HTTP_PORT"):
            supervisor.refuse_taken_ports("127.0.0.1", {"PLACA_HTTP_PORT": port})


def test_a_free_port_is_taken_quietly():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    supervisor.refuse_taken_ports("127.0.0.1", {"PLACA_HTTP_PORT": port})


def test_whoever_waits_long_is_told_for_what(monkeypatch):
    said: list[str] = []
    answers = iter(["the portal", "the portal", ""])
    boss = supervisor.Supervisor([], said.append)
    monkeypatch.setattr(supervisor, "PATIENCE", 0.0)
    monkeypatch.setattr(supervisor, "TICK", 0.001)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def ready() -> None:
        said.append("ready")
        boss.stop()

    boss.run(lambda: next(answers), ready)
    assert said == ["Still waiting for the portal."] * 2 + ["ready"]
