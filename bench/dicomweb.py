"""What P2 to P5 share: the same studies in Placa and in Orthanc, and a client that costs both sides the same.

The client speaks HTTP/1.1 over plain sockets, one connection kept open by each of its threads, as a browser does. It
measures the servers and not itself: it stands on the same two cores, where a browser stands on its own, so the kernel
counts a body's bytes and throws them away without a copy (tcp(7), MSG_TRUNC), of both servers alike.
"""

import re
import secrets
import socket
import statistics
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from pydicom.uid import generate_uid

from house import house
from orthanc import orthanc
from placa.demo import cast
from placa.domain.intake.tests.objects import ct, part10

CR = "1.2.840.10008.5.1.4.1.1.1"
CONNECTIONS = 6  # as many as a browser opens to one host
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Sample:
    """A study as files: (series, instance) UIDs and the Part 10 bytes of each."""

    study: str
    uids: list[tuple[str, str]] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)

    def instances(self) -> list[str]:
        """The path of every instance below a DICOMweb root."""
        return [f"/studies/{self.study}/series/{series}/instances/{one}" for series, one in self.uids]


def sample(count: int, rows: int, columns: int, *, sop_class: str = "") -> Sample:
    """A study of Ana, for the doctor's order: `count` pictures of tissue-like noise, 16 bits, 12 used."""
    made, person, series = Sample(generate_uid()), cast.PATIENTS["ana"], generate_uid()
    random = np.random.default_rng(7)
    slope = np.linspace(200, 3000, columns, dtype=np.float32)[None, :]
    for number in range(1, count + 1):
        pixels = (slope + random.normal(0, 30, (rows, columns)).astype(np.float32) + number).astype("<u2")
        uid = generate_uid()
        extra = {"SOPClassUID": sop_class, "Modality": "CR"} if sop_class else {}
        data = ct(
            number, StudyInstanceUID=made.study, SeriesInstanceUID=series, SOPInstanceUID=uid, Rows=rows,
            Columns=columns, PixelData=pixels.tobytes(), PatientID=person.patient_id,
            IssuerOfPatientID=cast.ISSUER, PatientBirthDate="",
            AccessionNumber=cast.STUDIES["ana_ct"].accession, WindowCenter="1600", WindowWidth="3000", **extra,
        )  # fmt: skip
        made.uids.append((series, uid))
        made.files.append(part10(data))
    return made


@dataclass(frozen=True)
class Side:
    """One server's DICOMweb root and what a request to it carries."""

    root: str
    headers: dict[str, str]


@contextmanager
def both(folder: Path) -> Iterator[tuple[Side, Side, Side]]:
    """A whole Placa as its doctor sees it, the same as its super-user stores into it, and an Orthanc; ended afterwards."""
    with house(folder / "home") as ours, orthanc(folder / "orthanc") as theirs:
        root = f"{ours.address}/dicomweb"
        doctor, staff = (
            Side(root, {"Authorization": f"Bearer {one}"}) for one in (ours.token, ours.staff_token)
        )
        yield doctor, staff, Side(theirs.dicomweb, {})


class Connection:
    """One connection that is kept open. Answers must say their length, or come in chunks."""

    def __init__(self, side: Side) -> None:
        parts = urlsplit(side.root)
        self._prefix, self._host = parts.path, parts.netloc
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in side.headers.items())
        self._socket = socket.create_connection((str(parts.hostname), int(parts.port or 80)), 60)
        self._socket.settimeout(None)  # a time-out of Python's would poll before each read
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 60, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(4 * 1024 * 1024)

    def get(self, path: str, accept: str, *, gzip: bool = False) -> tuple[int, int]:
        """Status and bytes of the body."""
        more = "Accept-Encoding: gzip\r\n" if gzip else ""
        head = f"GET {self._prefix}{path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: {accept}\r\n{more}{self._headers}\r\n"
        self._socket.sendall(head.encode())
        return self._answer()

    def post(self, path: str, content_type: str, chunks: Sequence[bytes]) -> tuple[int, int]:
        """Send a body of known length; status and bytes of the answer."""
        length = sum(map(len, chunks))
        head = (
            f"POST {self._prefix}{path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: application/dicom+json\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {length}\r\n{self._headers}\r\n"
        )
        self._socket.sendall(head.encode())
        for chunk in chunks:
            self._socket.sendall(chunk)
        return self._answer()

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> tuple[int, int]:
        view, filled, end = memoryview(self._buffer), 0, -1
        while end < 0:
            filled += self._more(view[filled:])
            end = self._buffer.find(b"\r\n\r\n", 0, filled)
        head = bytes(view[: end + 2])
        status, got = int(head[9:12]), filled - end - 4
        said = _LENGTH.search(head)
        if said is None:
            return status, self._chunked(bytes(view[end + 4 : filled]))
        total = int(said[1])
        while got < total:
            got += self._thrown_away(total - got)
        return status, total

    def _chunked(self, rest: bytes) -> int:
        data, total = rest, 0
        while True:
            while b"\r\n" not in data:
                data += self._socket.recv(65536)
            line, _, data = data.partition(b"\r\n")
            size = int(line.split(b";")[0], 16)
            while len(data) < size + 2:
                data += self._socket.recv(1 << 20)
            total, data = total + size, data[size + 2 :]
            if size == 0:
                return total

    def _thrown_away(self, count: int) -> int:
        size = min(count, len(self._buffer))
        gone = self._socket.recv_into(self._buffer, size, socket.MSG_TRUNC | socket.MSG_WAITALL)
        if not gone:
            raise ConnectionError("closed")
        return gone

    def _more(self, into: memoryview) -> int:
        count = self._socket.recv_into(into)
        if not count:
            raise ConnectionError("closed")
        return count


@dataclass(frozen=True)
class Load:
    """What one run of many requests gave."""

    seconds: float
    times: list[float]  # seconds of each request

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / self.seconds

    @property
    def p95(self) -> float:
        """The 95th percentile of a request, in seconds."""
        return statistics.quantiles(self.times, n=20)[-1]


def many(side: Side, asks: Sequence[Callable[[Connection], tuple[int, int]]]) -> Load:
    """Ask everything, `CONNECTIONS` at a time. Any answer but 200 ends the benchmark."""
    waiting, times, wrong = iter(asks), [], []
    lock = threading.Lock()

    def work() -> None:
        connection = Connection(side)
        while True:
            with lock:
                ask = next(waiting, None)
            if ask is None or wrong:
                return connection.close()
            began = time.perf_counter()
            status, size = ask(connection)
            times.append(time.perf_counter() - began)
            if status != 200 or not size:
                wrong.append(status)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{side.root} answered {wrong[0]}")
    return Load(time.perf_counter() - began, times)


def related(files: Sequence[bytes]) -> tuple[str, list[bytes]]:
    """Content-Type and body of a STOW-RS request."""
    boundary = secrets.token_hex(12)
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    chunks = [piece for file in files for piece in (head, file, b"\r\n")]
    content_type = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return content_type, [*chunks, f"--{boundary}--\r\n".encode()]


def store(side: Side, study: Sample) -> float:
    """STOW-RS of a study in one request; seconds until its answer."""
    content_type, chunks = related(study.files)
    connection = Connection(side)
    began = time.perf_counter()
    status, _size = connection.post("/studies", content_type, chunks)
    took = time.perf_counter() - began
    connection.close()
    if status != 200:
        raise SystemExit(f"{side.root} answered {status} to a store")
    return took
