"""Starts Placa's services as child processes and keeps them alive (`placa run`).

A child that dies is started again after a pause that grows while it keeps dying. Ctrl-C or SIGTERM ends
all of them, politely first, and within ten seconds in any case. A child whose supervisor dies ends too.
"""

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

FIRST_PAUSE = 0.5  # seconds before the first restart
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 60.0  # seconds of life after which a death counts as the first one again
POLITE_STOP = 7.0  # seconds between SIGTERM and SIGKILL
TICK = 0.2
PATIENCE = 20.0  # seconds between words about what is not up yet
PR_SET_PDEATHSIG = 1  # prctl(2)


class PortTakenError(Exception):
    """Somebody else listens where a service of ours should."""


@dataclass(frozen=True, slots=True)
class Service:
    """One child: its name in messages and the command line that starts it."""

    name: str
    command: Sequence[str]


def refuse_taken_ports(host: str, ports: dict[str, int]) -> None:
    """Raise PortTakenError for the first of `ports` (setting: port) that cannot be bound on `host`."""
    for setting, port in ports.items():
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortTakenError(
                    f"Port {port} on {host} cannot be used ({error.strerror}). "
                    f"End what listens there, or choose another port with {setting}."
                ) from error


class Child:
    """A service's running process and what is known of its deaths."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.process: subprocess.Popen[bytes] | None = None
        self.pause = FIRST_PAUSE
        self.started_at = 0.0
        self.start_at = 0.0  # monotonic moment of the next start

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches only the supervisor."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.service.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # safe: this process has one thread
        )

    def tick(self, say: Callable[[str], None]) -> None:
        """Start the process where it is due; note its death and when to try again."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        if time.monotonic() - self.started_at > HEALTHY_AFTER:
            self.pause = FIRST_PAUSE
        say(f"{self.service.name} ended ({_reason(status)}); starting it again in {self.pause:g} s.")
        self._kill_group()  # what a dead master left behind
        self.process = None
        self.start_at = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_end(self) -> None:
        """SIGTERM, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def make_end(self, deadline: float) -> None:
        """Wait for the end until `deadline` (monotonic), then kill it and all its descendants."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._kill_group()
            self.process.wait()

    def _kill_group(self) -> None:
        assert self.process is not None
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class Supervisor:
    """Runs `services` until told to stop."""

    def __init__(self, services: Sequence[Service], say: Callable[[str], None]) -> None:
        self.children = [Child(service) for service in services]
        self.say = say
        self._stop = threading.Event()

    def stop(self, signum: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        """Ask `run` to end (also a signal handler)."""
        self._stop.set()

    def run(self, waiting_for: Callable[[], str], on_ready: Callable[[], None]) -> None:
        """Keep every service alive until told to stop.

        `waiting_for` says what is not up yet; `on_ready` is called once, when it first says nothing.
        """
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self.stop)
        try:
            announce = self._announcer(waiting_for, on_ready)
            while not self._stop.is_set():
                for child in self.children:
                    child.tick(self.say)
                next(announce, None)
                self._stop.wait(TICK)
        finally:
            self._end_all()

    def _announcer(self, waiting_for: Callable[[], str], on_ready: Callable[[], None]) -> Iterator[None]:
        """Ask once a step; ends when everything is up. Whoever waits long is told for what."""
        told = time.monotonic()
        while missing := waiting_for():
            if time.monotonic() - told > PATIENCE:
                self.say(f"Still waiting for {missing}.")
                told = time.monotonic()
            yield
        on_ready()

    def _end_all(self) -> None:
        for child in self.children:
            child.ask_to_end()
        deadline = time.monotonic() + POLITE_STOP
        for child in self.children:
            child.make_end(deadline)


def _reason(status: int) -> str:
    """`exit 3`, or the name of the signal that `status` (as Popen.returncode) tells of."""
    return f"exit {status}" if status >= 0 else signal.Signals(-status).name


def _die_with_parent() -> None:
    """In the child: have the kernel send SIGTERM when the supervisor dies (Linux only)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
