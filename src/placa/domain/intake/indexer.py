"""The process that gives acknowledged files their rows, batch by batch, for all associations of one listener.

What it has not done when it dies is found by `recover` when the next one starts. Several may run on one database.
"""

import logging
import signal
import socket
import time
from collections.abc import Callable
from functools import partial

from django.db import DatabaseError, close_old_connections, connection

from placa.domain.archive.errors import RetriableError
from placa.domain.archive.records import Received
from placa.domain.archive.storage import StorageError
from placa.domain.intake import pipeline, services
from placa.domain.intake.feed import Inlet
from placa.domain.intake.recovery import recover

log = logging.getLogger(__name__)

BATCH = 256
GATHER_SECONDS = (
    0.3  # a transaction costs as much as a hundred rows: wait for company, while there may be any
)
QUIET_SECONDS = 1.0  # a study without news for that long is prepared
PREVIEW_SECONDS = 3.0  # while news come, its previews are looked after that often; the first time at once
BACKOFF_SECONDS = (0.1, 0.5, 2.0, 5.0)


def run(reading: socket.socket) -> None:
    """Recover what an earlier process left, then index what comes until all writers are gone."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # it ends when those who receive have ended
    Indexer(Inlet(reading)).run()


class Indexer:
    """Indexes what comes in at `inlet`."""

    def __init__(self, inlet: Inlet) -> None:
        self._inlet = inlet
        self._news: dict[str, float] = {}  # study UID -> when it last got something
        self._previewed: dict[str, float] = {}  # the same studies -> when their previews were last asked for
        self._given_up = False

    def run(self) -> None:
        """Until the inlet has ended and nothing waits."""
        try:
            self._patiently(recover)
            while not (self._inlet.ended or self._given_up):
                if batch := self._inlet.batch(BATCH, 0.2, GATHER_SECONDS):
                    self._patiently(partial(self._index, batch))
                if self._inlet.look_again():
                    self._patiently(recover)
                self._preview_arriving()
                self._prepare_quiet()
            self._prepare_quiet(at_once=True)
        finally:
            connection.close()

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

    def _prepare_quiet(self, *, at_once: bool = False) -> None:
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
                if self._inlet.closed and tries > 3:
                    self._given_up = True  # the files stay; the next start finds them
                    return
                time.sleep(pause)
            except Exception:
                log.exception("a batch could not be indexed; its files stay and the next start tries again")
                return
