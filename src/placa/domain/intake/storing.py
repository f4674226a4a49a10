"""Objects that come one after the other in a request: stored durably at once, indexed in batches behind.

What a process that dies has stored and not indexed is found by the sweep `intake.recover`.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from django.db import DatabaseError

from placa.domain.access import storing as access
from placa.domain.access.viewers import Viewer
from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.archive.records import Received, Sender
from placa.domain.intake import pipeline, services
from placa.domain.intake.receiving import Announced, receive
from placa.standards.dicom.header import InstanceHeader

log = logging.getLogger(__name__)

BATCH = 64
OVERLAP = 4
Kept = tuple[InstanceHeader, Received]
OTHER_STUDY = "other-study"
NOT_AUTHORIZED = "not-authorized"


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
        self._pool: ThreadPoolExecutor | None = None

    @property
    def may_overlap(self) -> bool:
        """Whether `begin` can be used: where the sites of a study need not be looked up for each object."""
        return self._viewer.sites is None

    def begin(self, data_set: bytes, announced: Announced) -> "Future[Kept]":
        """Store an object that is in memory while the next one comes; `end` says what became of it.

        A disk takes several syncs at once in little more time than one. The threads touch no database.
        """
        if self._pool is None:
            self._pool = ThreadPoolExecutor(OVERLAP, thread_name_prefix="store")
        return self._pool.submit(self._receive, (data_set,), announced)

    def end(self, begun: "Future[Kept]") -> InstanceHeader:
        """When this returns the object is on disk. Raises PermanentError, RetriableError."""
        return self._kept(*begun.result())

    def keep(self, data_set: Iterable[bytes], announced: Announced) -> InstanceHeader:
        """Store one object; when this returns it is on disk. Raises PermanentError, RetriableError."""
        return self._kept(*self._receive(data_set, announced))

    def _receive(self, data_set: Iterable[bytes], announced: Announced) -> "Kept":
        seen: list[InstanceHeader] = []
        received = receive(data_set, announced, self._sender, look=partial(self._check, seen))
        return seen[0], received

    def _kept(self, header: InstanceHeader, received: Received) -> InstanceHeader:
        self._counts[header.study_instance_uid] = self._counts.get(header.study_instance_uid, 0) + 1
        self._waiting.append(received)
        if len(self._waiting) >= BATCH:
            self._index()
        return header

    def finish(self) -> None:
        """Index what waits, and have what is new prepared."""
        if self._pool is not None:
            self._pool.shutdown()
        self._index()
        self._patiently(lambda: services.prepare(self._news))
        for uid, count in self._counts.items():
            access.stored(self._viewer, uid, count)

    def _check(self, seen: list[InstanceHeader], header: InstanceHeader) -> None:
        uid = header.study_instance_uid
        if self._only and uid != self._only:
            raise PermanentError(OTHER_STUDY, "it belongs to another study than the one in the address")
        if uid not in self._allowed:
            self._allowed[uid] = access.may_add_to(self._viewer, uid)
        if not self._allowed[uid]:
            raise PermanentError(NOT_AUTHORIZED)
        seen.append(header)

    def _index(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            self._patiently(lambda: self._news.update(pipeline.new_studies(pipeline.process(batch))))

    def _patiently(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (RetriableError, DatabaseError):
            log.warning("what was stored waits for its rows: the sweep makes them", exc_info=True)
