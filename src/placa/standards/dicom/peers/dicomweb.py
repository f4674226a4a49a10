"""An archive over DICOMweb: QIDO-RS, WADO-RS as a stream, STOW-RS (PS3.18 8, 10.4, 10.5, 10.6).

Standard library only: one connection a request, to the configured host and nowhere else. A redirect is an error, and
no address in an answer (RetrieveURL, BulkDataURI, Location) is ever followed.
"""

import base64
import http.client
import json
import secrets
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from placa.standards.dicom.peers.base import (
    ADDRESS,
    BAD_ANSWER,
    NOT_ACCEPTED,
    REFUSED,
    Held,
    Moved,
    Outgoing,
    PermanentPeerError,
    RetriablePeerError,
    Take,
    Wanted,
    address_of,
)
from placa.standards.dicom.peers.multipart import CHUNK, boundary_of, parts

JSON_MAX: Final = 64 * 1024 * 1024
PAGE: Final = 1000
INSTANCES_MAX: Final = 200_000
BATCH_BYTES: Final = 64 * 1024 * 1024  # of one STOW-RS request; a larger file goes alone
_CLASS, _INSTANCE, _SERIES = "00080016", "00080018", "0020000E"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Root of the archive's DICOMweb services, and who we are there. Seconds."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None
    answer_seconds: float = 60


class DicomwebArchive:
    """An archive behind a DICOMweb root."""

    delivers_itself = False

    def __init__(self, address: WebAddress, folder: Path | None = None) -> None:
        parts_of = urlsplit(address.url)
        if parts_of.scheme not in ("http", "https") or not parts_of.hostname or parts_of.username:
            raise PermanentPeerError(ADDRESS, "not an http(s) address")
        self.address = address
        self._folder = folder
        self._host: str = parts_of.hostname
        self._is_tls = parts_of.scheme == "https"
        self._port = parts_of.port or (443 if self._is_tls else 80)
        self._root = parts_of.path.rstrip("/")

    def echo(self) -> None:
        """A QIDO-RS search that wants one study at most."""
        self._json("/studies?limit=1")

    def instances(self, study_instance_uid: str) -> dict[str, Held]:
        """QIDO-RS for the instances of a study, page by page; an archive that knows no pages sends all at once."""
        found: dict[str, Held] = {}
        while len(found) < INSTANCES_MAX:
            path = f"/studies/{quote(study_instance_uid)}/instances?limit={PAGE}&offset={len(found)}"
            rows = [
                held
                for row in self._json(path)
                if (held := _held(row)) and held.sop_instance_uid not in found
            ]
            if not rows:  # not "fewer than asked": some archives have smaller pages than that
                return found
            found |= {held.sop_instance_uid: held for held in rows}
        raise PermanentPeerError(BAD_ANSWER, "more answers than a study has instances")

    def fetch(self, wanted: Wanted, take: Take, moved: Moved) -> None:
        """WADO-RS: the study, the series, or each instance by itself; as stored, whatever the transfer syntax."""
        path = f"/studies/{quote(wanted.study_instance_uid)}"
        if wanted.series_instance_uid:
            path += f"/series/{quote(wanted.series_instance_uid)}"
        paths = [f"{path}/instances/{quote(uid)}" for uid in wanted.sop_instance_uids] or [path]
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'

        def taken(file: Path) -> None:
            moved()
            take(file)

        for one in paths:
            with self._asked("GET", one, {"Accept": accept}) as answer:
                if answer.status in (404, 410):
                    continue  # what is not there is seen when counted
                _must(answer)
                parts(
                    _Coming(answer), boundary_of(answer.headers.get("Content-Type", "")), taken, self._folder
                )

    def store(self, files: Iterable[Outgoing]) -> None:
        """STOW-RS, some files a request."""
        batch: list[Outgoing] = []
        size = 0
        for file in files:
            batch.append(file)
            size += file.path.stat().st_size
            if size >= BATCH_BYTES:
                self._stow(batch)
                batch, size = [], 0
        if batch:
            self._stow(batch)

    def _stow(self, files: list[Outgoing]) -> None:
        boundary = secrets.token_hex(16)
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        tail = f"--{boundary}--\r\n".encode()
        length = sum(len(head) + file.path.stat().st_size + 2 for file in files) + len(tail)
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(length),
            "Accept": "application/dicom+json",
        }
        with self._asked("POST", "/studies", headers, _body(files, head, tail)) as answer:
            if answer.status not in (200, 202, 409):
                _must(answer)
            said = _loaded(answer)
            failed = said.get("00081198", {}).get("Value") if isinstance(said, dict) else None
            if failed:
                raise PermanentPeerError(NOT_ACCEPTED, f"{len(failed)} objects were refused")
            if answer.status == 409:
                raise PermanentPeerError(NOT_ACCEPTED)

    def commit(self, instances: Mapping[str, str]) -> set[str]:
        """DICOMweb has no storage commitment that archives know (PS3.18 has one since 2023): promised is nothing."""
        raise PermanentPeerError(NOT_ACCEPTED, "no storage commitment over DICOMweb")

    def _json(self, path: str) -> list[dict[str, Any]]:
        with self._asked("GET", path, {"Accept": "application/dicom+json"}) as answer:
            if answer.status in (204, 404):
                return []
            _must(answer)
            found = _loaded(answer)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise PermanentPeerError(BAD_ANSWER, "not a list of objects")
        return found

    @contextmanager
    def _asked(
        self, method: str, path: str, headers: dict[str, str], body: Iterator[bytes] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = self._connection()
        try:
            try:
                connection.request(method, self._root + path, body, {**headers, **self._credentials()})
                answer = connection.getresponse()
            except (ssl.SSLCertVerificationError, ssl.CertificateError) as error:
                raise PermanentPeerError(REFUSED, "its certificate is not trusted") from error
            except (OSError, http.client.HTTPException) as error:
                raise RetriablePeerError("no-connection", type(error).__name__) from error
            yield answer
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection
        if self._is_tls:
            connection = _PinnedTls(
                self._host, self._port, timeout=self.address.answer_seconds,
                context=self.address.context or ssl.create_default_context(),
            )  # fmt: skip
        else:
            connection = _Pinned(self._host, self._port, timeout=self.address.answer_seconds)
        return connection

    def _credentials(self) -> dict[str, str]:
        where = self.address
        if where.token:
            return {"Authorization": f"Bearer {where.token}"}
        if where.user:
            pair = base64.b64encode(f"{where.user}:{where.password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was looked at, whatever the name says a moment later."""

    def connect(self) -> None:
        self.sock = socket.create_connection((address_of(self.host, self.port), self.port), self.timeout)


class _PinnedTls(http.client.HTTPSConnection):
    """The same, in TLS under the configured name."""

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((address_of(self.host, self.port), self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


@dataclass(frozen=True, slots=True)
class _Coming:
    """The body of an answer; that it breaks off is the archive's trouble, not ours."""

    answer: http.client.HTTPResponse

    def read(self, size: int, /) -> bytes:
        try:
            return self.answer.read(size)
        except (OSError, http.client.HTTPException) as error:
            raise RetriablePeerError("cut-off", type(error).__name__) from error


def _body(files: list[Outgoing], head: bytes, tail: bytes) -> Iterator[bytes]:
    for file in files:
        yield head
        with file.path.open("rb") as stored:
            while chunk := stored.read(CHUNK):
                yield chunk
        yield b"\r\n"
    yield tail


def _held(row: dict[str, Any]) -> Held | None:
    uid = _first(row, _INSTANCE)
    return Held(uid, _first(row, _CLASS), _first(row, _SERIES)) if uid else None


def _first(row: dict[str, Any], tag: str) -> str:
    element = row.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return str(values[0]) if isinstance(values, list) and values else ""


def _loaded(answer: http.client.HTTPResponse) -> Any:
    body = _Coming(answer).read(JSON_MAX + 1)
    if len(body) > JSON_MAX:
        raise PermanentPeerError(BAD_ANSWER, "too long")
    try:
        return json.loads(body or b"null")
    except ValueError as error:
        raise PermanentPeerError(BAD_ANSWER, "not JSON") from error


def _must(answer: http.client.HTTPResponse) -> None:
    """Raise what a status means, unless it is one of success (PS3.18 8.5)."""
    status = answer.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise PermanentPeerError(ADDRESS, "it sends us elsewhere")
    if status in (401, 403):
        raise PermanentPeerError(REFUSED, f"HTTP {status}")
    if status in (408, 425, 429) or status >= 500:
        raise RetriablePeerError("failed", f"HTTP {status}")
    raise PermanentPeerError(NOT_ACCEPTED, f"HTTP {status}")
