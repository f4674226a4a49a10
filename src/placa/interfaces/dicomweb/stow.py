"""STOW-RS (PS3.18 10.5): objects that a program stores, each durable before the answer says so.

The body is read as it comes: a part goes to its file while the next is still on the wire.
"""

import contextlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from placa.domain.access.viewers import Viewer
from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.intake.receiving import MISMATCH, Announced
from placa.domain.intake.storing import NOT_AUTHORIZED, OTHER_STUDY, Begun, Storing
from placa.interfaces.dicomweb.accept import DICOM, DICOM_JSON, DICOM_XML, RELATED, chosen
from placa.interfaces.dicomweb.bodies import reader
from placa.interfaces.dicomweb.door import BadQuery, Refused, door
from placa.interfaces.dicomweb.related import CHUNK, BadMultipart, Read, media_type, parts
from placa.standards.dicom import errors, part10
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader
from placa.standards.dicom.native_xml import native_xml

PARTS_LIMIT: Final = 20_000
OBJECT_LIMIT: Final = 4 * 1024**3
STEPPED_OVER: Final = 512 * 1024**2  # bytes behind what is wrong that are read before the answer
HEAD: Final = 128 * 1024  # group 0002 and the beginning of the data set lie in it
SMALL: Final = 4 * 1024**2  # objects below that are held in memory, IN_FLIGHT at most
IN_FLIGHT: Final = 8
# Failure Reason (0008,1197): PS3.18 table I.2-2, PS3.4 B.2.3
NOT_ALLOWED, OUT_OF_RESOURCES = 0x0124, 0xA700
DOES_NOT_MATCH, CANNOT_UNDERSTAND, SYNTAX_NOT_SUPPORTED = 0xA900, 0xC000, 0xC122
_REASONS: Final = {
    MISMATCH: DOES_NOT_MATCH,
    OTHER_STUDY: DOES_NOT_MATCH,
    NOT_AUTHORIZED: NOT_ALLOWED,
    errors.UNKNOWN_TRANSFER_SYNTAX: SYNTAX_NOT_SUPPORTED,
}


@dataclass(slots=True)
class Outcome:
    """What became of the parts of one request."""

    stored: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    nameless: list[dict[str, Any]] = field(default_factory=list)  # failed, and of no UID
    studies: set[str] = field(default_factory=set)
    broken: str = ""  # why the body ended before its end

    @property
    def status(self) -> int:
        """PS3.18 table 10.5.3-1."""
        if not self.failed and not self.nameless:
            return 200 if self.stored else 400
        return 202 if self.stored else 409


@door
def store(request: HttpRequest, viewer: Viewer, study: str = "") -> HttpResponse:
    """Store instances, in the study of the address where it names one."""
    if getattr(request, "placa_bearer", None) is None:
        raise Refused(403, "Storing wants a bearer token.")
    media, _related, _range = chosen(request, [(DICOM_JSON, False), (DICOM_XML, False)])
    storing = Storing(viewer, study)
    read = reader(request)
    bodies = _bodies(request, read)  # says 415 before anything is read
    outcome = Outcome()
    try:
        _store_all(bodies, storing, outcome)
    finally:
        storing.finish()
    if outcome.broken:
        _step_over(read)
    if outcome.broken and not outcome.stored:
        raise BadQuery(outcome.broken)
    return _answer(outcome, media)


def _bodies(request: HttpRequest, read: Read) -> Iterator[Iterable[bytes]]:
    kind, parameters = media_type(request.headers.get("Content-Type", ""))
    if kind == DICOM:
        return iter([_whole(read)])
    if kind == RELATED and parameters.get("type", DICOM).lower() == DICOM:
        return _of_parts(read, parameters.get("boundary", ""))
    raise Refused(415, f'Send {DICOM}, alone or as {RELATED}; type="{DICOM}".')


def _of_parts(read: Read, boundary: str) -> Iterator[Iterable[bytes]]:
    for number, (headers, chunks) in enumerate(parts(read, boundary)):
        if number >= PARTS_LIMIT:
            raise BadMultipart(f"At most {PARTS_LIMIT} parts a request")
        if headers.get_content_type() != DICOM and "Content-Type" in headers:
            raise BadMultipart("a part is of another type than application/dicom")
        yield chunks


def _step_over(read: Read) -> None:
    """Read what is left, within reason: whoever still sends would not hear the answer."""
    buffer, left = memoryview(bytearray(CHUNK)), STEPPED_OVER
    with contextlib.suppress(OSError):
        while left > 0 and (count := read(buffer)):
            left -= count


def _whole(read: Read) -> Iterator[bytes]:
    buffer = memoryview(bytearray(CHUNK))
    while count := read(buffer):
        yield bytes(buffer[:count])


def _store_all(bodies: Iterator[Iterable[bytes]], storing: Storing, outcome: Outcome) -> None:
    waiting: deque[Begun] = deque()
    try:
        for chunks in bodies:
            _store_one(iter(chunks), storing, outcome, waiting)
    except BadMultipart as error:
        outcome.broken = str(error)
    except OSError:
        outcome.broken = "The body ended before its end."
    _settle(storing, outcome, waiting)
    if outcome.broken:
        outcome.nameless.append(_failure(CANNOT_UNDERSTAND))


def _store_one(chunks: Iterator[bytes], storing: Storing, outcome: Outcome, waiting: deque[Begun]) -> None:
    """Store one object: a small one while the next is read, a large one as it comes."""
    announced: Announced | None = None
    beginning, is_all = _beginning(chunks, SMALL)
    try:
        announced, start = _announced(beginning[:HEAD])
        data_set = memoryview(beginning)[start:]
        if is_all:
            waiting.append(storing.begin(data_set, announced))
            _settle(storing, outcome, waiting, leave=IN_FLIGHT - 1)
            return
        _settle(storing, outcome, waiting)
        header = storing.keep(_bounded(chain([data_set], chunks)), announced)
    except (InvalidObject, PermanentError, RetriableError) as error:
        _fail(outcome, announced, error)
    else:
        _succeed(outcome, announced, header)


def _settle(storing: Storing, outcome: Outcome, waiting: deque[Begun], leave: int = 0) -> None:
    """Wait for what was begun first, until no more than `leave` are under way."""
    while len(waiting) > leave:
        begun = waiting.popleft()
        try:
            header = storing.end(begun)
        except RetriableError as error:
            _fail(outcome, begun.announced, error)
        else:
            _succeed(outcome, begun.announced, header)


def _succeed(outcome: Outcome, announced: Announced, header: InstanceHeader) -> None:
    study = header.study_instance_uid
    outcome.studies.add(study)
    place = (
        f"{_root()}/studies/{study}/series/{header.series_instance_uid}/instances/{header.sop_instance_uid}"
    )
    outcome.stored.append(_named(announced) | {"00081190": {"vr": "UR", "Value": [place]}})


def _beginning(chunks: Iterator[bytes], least: int) -> tuple[bytes, bool]:
    """The first `least` bytes and a few more, and whether they are all that there are."""
    found, total = [], 0
    for chunk in chunks:
        found.append(chunk)
        total += len(chunk)
        if total >= least:
            return b"".join(found), False
    return b"".join(found), True


def _bounded(chunks: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > OBJECT_LIMIT:
            raise PermanentError(errors.TOO_LARGE)
        yield chunk


def _announced(head: bytes) -> tuple[Announced, int]:
    """What a file says of itself, and where its data set begins. Raises InvalidObject."""
    meta = part10.stated_meta(head)
    return (
        Announced(
            meta.media_storage_sop_class_uid, meta.media_storage_sop_instance_uid, meta.transfer_syntax_uid
        ),
        meta.data_set_start,
    )


# --- the answer (PS3.18 10.5.3, table 10.5.3-3)


def _fail(outcome: Outcome, announced: Announced | None, error: Exception) -> None:
    reason = OUT_OF_RESOURCES
    if isinstance(error, InvalidObject | PermanentError):
        reason = _REASONS.get(error.reason, CANNOT_UNDERSTAND)
    if announced:
        outcome.failed.append(_named(announced) | _failure(reason))
    else:
        outcome.nameless.append(_failure(reason))


@lru_cache(maxsize=16)
def _failure(reason: int) -> dict[str, Any]:
    """Kept once, however many parts fail."""
    return {"00081197": {"vr": "US", "Value": [reason]}}


def _named(announced: Announced) -> dict[str, Any]:
    return {
        "00081150": {"vr": "UI", "Value": [announced.sop_class_uid[:64]]},
        "00081155": {"vr": "UI", "Value": [announced.sop_instance_uid[:64]]},
    }


def _root() -> str:
    return f"{settings.ENVIRONMENT.base_url}/dicomweb"


def _answer(outcome: Outcome, media: str) -> HttpResponse:
    said: dict[str, Any] = {}
    if len(outcome.studies) == 1:
        said["00081190"] = {"vr": "UR", "Value": [f"{_root()}/studies/{next(iter(outcome.studies))}"]}
    for tag, items in (
        ("00081198", outcome.failed),
        ("00081199", outcome.stored),
        ("0008119A", outcome.nameless),
    ):
        if items:
            said[tag] = {"vr": "SQ", "Value": items}
    body = native_xml(said) if media == DICOM_XML else json.dumps(said).encode()
    answer = HttpResponse(body, status=outcome.status, content_type=media)
    if outcome.broken:
        answer["Warning"] = f'299 placa "{outcome.broken}"'
    return answer
