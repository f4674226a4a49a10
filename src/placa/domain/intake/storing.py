"""Objects that come one after the other in a request: stored durably at once, indexed in batches behind.

What a process that dies has stored and not indexed is found by the sweep `intake.recover`.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from django.db import DatabaseError

from placa.domain.access import storing as access
from placa.domain.access.viewers import Viewer
from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.archive.records import Received, Sender
from placa.domain.archive.storage import Writer, ahead, storage
from placa.domain.intake import pipeline, services
from placa.domain.intake.receiving import Announced, Examined, Incoming
from placa.standards.dicom.header import InstanceHeader

log = logging.getLogger(__name__)

BATCH = 64
OVERLAP = 4
NAMES = 32  # open files of one request
OTHER_STUDY = "other-study"
NOT_AUTHORIZED = "not-authorized"


@dataclass(frozen=True, slots=True)
class Begun:
    """An object that was found good and is on its way to disk."""

    announced: Announced
    header: InstanceHeader
    received: "Future[Received]"


class Storing:
    """What one request of `viewer` stores; into `study_instance_uid` alone, where one is named."""

    def __init__(self, viewer: Viewer, study_instance_uid: str = "") -> None:
        access.open_store(viewer)
        self._viewer = viewer
        self._only = study_instance_uid
        self._sender = Sender(site_id=access.site_of_store(viewer))
        self._allowed: dict[str, bool] = {}
        self._counts: dict[str, int] = {}
        self._waiting: list[Received] = []
        self._news: set[str] = set()
        self._names, self._turn = ahead.source(storage(), NAMES), Lock()
        self._pool: ThreadPoolExecutor | None = None

    def begin(self, data_set: memoryview, announced: Announced) -> Begun:
        """Store an object that is in memory while the next one comes; `end` says what became of it.

        A disk takes several syncs at once in little more time than one. The threads wait for it and touch no database;
        what is Python's is done here. Raises PermanentError.
        """
        if self._pool is None:
            self._pool = ThreadPoolExecutor(OVERLAP, thread_name_prefix="store")
        examined = Incoming(self._new, announced, self._sender, self._check).examine(data_set)
        return Begun(announced, examined.header, self._pool.submit(_kept, examined))

    def end(self, begun: Begun) -> InstanceHeader:
        """When this returns the object is on disk. Raises RetriableError."""
        return self._count(begun.header, begun.received.result())

    def keep(self, data_set: Iterable[bytes | memoryview], announced: Announced) -> InstanceHeader:
        """Store one object as it comes; when this returns it is on disk. Raises PermanentError, RetriableError."""
        with Incoming(self._new, announced, self._sender, self._check) as incoming:
            for part in data_set:
                incoming.write(part)
            kept = incoming.finish()
        return self._count(kept.header, kept.described())

    def _new(self) -> Writer:
        with self._turn:
            return self._names.new()

    def _count(self, header: InstanceHeader, received: Received) -> InstanceHeader:
        self._counts[header.study_instance_uid] = self._counts.get(header.study_instance_uid, 0) + 1
        self._waiting.append(received)
        if len(self._waiting) >= BATCH:
            self._index()
        return header

    def finish(self) -> None:
        """Index what waits, and have what is new prepared."""
        if self._pool is not None:
            self._pool.shutdown()
        self._names.close()
        self._index()
        self._patiently(lambda: services.prepare(self._news))
        for uid, count in self._counts.items():
            access.stored(self._viewer, uid, count)

    def _check(self, header: InstanceHeader) -> None:
        uid = header.study_instance_uid
        if self._only and uid != self._only:
            raise PermanentError(OTHER_STUDY, "it belongs to another study than the one in the address")
        if uid not in self._allowed:
            self._allowed[uid] = access.may_add_to(self._viewer, uid)
        if not self._allowed[uid]:
            raise PermanentError(NOT_AUTHORIZED)

    def _index(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            self._patiently(lambda: self._news.update(pipeline.new_studies(pipeline.process(batch))))

    def _patiently(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (RetriableError, DatabaseError):
            log.warning("what was stored waits for its rows: the sweep makes them", exc_info=True)


def _kept(examined: Examined) -> Received:
    return examined.keep().described()
