"""The listener's background thread: gives acknowledged files their rows, batch by batch.

What it has not done when the process dies is found by `recover` at the next start.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from functools import partial

from django.db import DatabaseError, close_old_connections, connection

from placa.domain.archive.errors import RetriableError
from placa.domain.archive.records import Received
from placa.domain.archive.storage import StorageError
from placa.domain.intake import pipeline, services
from placa.domain.intake.recovery import recover

log = logging.getLogger(__name__)

BATCH = 64
WAITING_MAX = 20_000  # acknowledged files that may wait; then receiving waits too
QUIET_SECONDS = 1.0  # a study without news for that long is prepared
PREVIEW_SECONDS = 3.0  # while news come, its previews are looked after that often; the first time at once
BACKOFF_SECONDS = (0.1, 0.5, 2.0, 5.0)


class Indexer:
    """Takes files by `add`; `stop` returns when all of them have their rows."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Received | None] = queue.Queue(WAITING_MAX)
        self._news: dict[str, float] = {}  # study UID -> when it last got something
        self._previewed: dict[str, float] = {}  # the same studies -> when their previews were last asked for
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def start(self) -> None:
        """Recover what an earlier process left, then index what comes."""
        self._thread.start()

    def add(self, received: Received) -> None:
        """Queue one acknowledged file; waits while too many wait already."""
        self._waiting.put(received)

    def stop(self, timeout: float = 60) -> None:
        """Index what waits, then end the thread."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._patiently(recover)
            while not (self._stopping.is_set() and self._waiting.empty()):
                if batch := self._next_batch():
                    self._patiently(partial(self._index, batch))
                self._preview_arriving()
                self._prepare_quiet(at_once=self._stopping.is_set())
        finally:
            connection.close()

    def _next_batch(self) -> list[Received]:
        batch = []
        try:
            item = self._waiting.get(timeout=0.2)
            while True:
                if item is not None:
                    batch.append(item)
                if len(batch) >= BATCH:
                    break
                item = self._waiting.get_nowait()
        except queue.Empty:
            pass
        return batch

    def _index(self, batch: list[Received]) -> None:
        for uid in pipeline.new_studies(pipeline.process(batch)):
            self._news[uid] = time.monotonic()

    def _preview_arriving(self) -> None:
        """The first picture does not wait for the last instance."""
        now = time.monotonic()
        due = {
            uid for uid in self._news if now - self._previewed.get(uid, -PREVIEW_SECONDS) >= PREVIEW_SECONDS
        }
        if due:
            self._patiently(partial(services.preview, due))
            self._previewed.update(dict.fromkeys(due, now))

    def _prepare_quiet(self, *, at_once: bool) -> None:
        now = time.monotonic()
        quiet = {uid for uid, at in self._news.items() if at_once or now - at >= QUIET_SECONDS}
        if quiet:
            self._patiently(partial(services.prepare, quiet))
            for uid in quiet:
                del self._news[uid]
                self._previewed.pop(uid, None)

    def _patiently(self, work: Callable[[], object]) -> None:
        """Do `work` until it is done: files that were acknowledged wait for database and storage, however long they
        are away."""
        tries = 0
        while True:
            close_old_connections()
            try:
                work()
                return
            except (RetriableError, DatabaseError, StorageError):
                pause = BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)]
                log.warning(
                    "indexing waits for database or storage, trying again in %s s", pause, exc_info=tries == 0
                )
                tries += 1
                if self._stopping.wait(pause) and tries > 3:
                    return  # the files stay; the next start finds them
            except Exception:
                log.exception("a batch could not be indexed; its files stay and the next start tries again")
                return
