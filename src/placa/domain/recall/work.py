"""Carrying out a recall: find an archive that has the study, fetch what is missing, take it in, say how it ended.

A run may die at any moment, and so may the archive: what has come stays, and the next run asks for the rest only.
A worker claims a recall for some minutes and prolongs that while something moves; the sweep takes up what nobody holds.
"""

import datetime as dt
import logging
import time
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from django.db import transaction
from django.db.models import Q, QuerySet

from placa.common import clock
from placa.domain.archive.errors import RetriableError
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.records import Received, Sender
from placa.domain.archive.storage import StorageError, storage
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExternalArchive
from placa.domain.intake import pipeline
from placa.domain.intake import services as intake
from placa.domain.jobs.services import enqueue
from placa.domain.recall import notices, services
from placa.domain.recall.models import Copy, Recall
from placa.domain.recall.peers import peer_of
from placa.standards.dicom import part10
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import InstanceHeader, header_of
from placa.standards.dicom.peers import base
from placa.standards.dicom.peers.base import PermanentPeerError, RetriablePeerError, Wanted
from placa.standards.dicom.source import FileSource

log = logging.getLogger(__name__)
State, Why = Recall.State, Recall.Why
LEASE = dt.timedelta(minutes=3)  # longer than an archive may take for one answer
RENEWED = 5.0  # seconds between two prolongations
SLICE = 300.0  # seconds of one run; then others in the queue have their turn
AHEAD = 3  # recalls before one other job: with their slices well within the time a long job has
BATCH = 16  # objects that are indexed together
PAUSES = (15, 30, 60, 120, 300, 600, 900)  # seconds until the next try, growing
ARRIVES = 20.0  # seconds in which an object of a C-MOVE must follow the one before
DETAIL = 64  # so many missing instances of a series are asked for one by one, not the series whole


class _Stop(Exception):
    """The run ends here: cancelled, claimed by another, or its slice of time is over."""


def run(recall_id: int) -> None:
    """The job. Harmless when run twice, or while another runs."""
    now = clock.now()
    due = Recall.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now), pk=recall_id, finished_at=None
    )
    if not due.filter(due_at__lte=now).update(claimed_until=now + LEASE, state=State.RUNNING):
        return
    recall = Recall.objects.select_related("study").get(pk=recall_id)
    try:
        tried = _Try(recall)
        tried.all_archives()
    except _Stop:
        _later(recall, 0)
        return
    except (StorageError, RetriableError, OSError):  # our disk or database, not the archive
        log.exception("recall %s waits", recall.pk)
        _later(recall, PAUSES[1], "storage")
        return
    _settle(recall, tried)


def sweep() -> None:
    """Queue what is due and nobody works on: lost jobs, dead workers."""
    for pk in _free():
        enqueue("recall.run", pk, dedupe_key=f"recall.run:{pk}", long=True)


def run_due() -> None:
    """Before any other long job: a person waits, and the queue may be full of ZIPs to prepare and studies to evict."""
    for pk in _free()[:AHEAD]:
        run(pk)


def _free() -> QuerySet[Recall, int]:
    """What is due and nobody works on, the longest due first."""
    now = clock.now()
    free = Recall.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now), finished_at=None, due_at__lte=now
    )
    return free.order_by("due_at").values_list("pk", flat=True)


def missing(study: Study) -> list[Instance]:
    """Instances whose file is not here, series by series."""
    rows = Instance.objects.filter(study=study, evicted=True, held=False).select_related("series")
    return list(rows.order_by("series__series_number", "series_id", "instance_number", "id"))


@dataclass(slots=True)
class _Try:
    """One run: every archive in turn, until nothing is missing."""

    recall: Recall
    troubles: list[base.PeerError] = field(default_factory=list)
    knew: bool = False  # some archive has something of the study
    had: bool = False  # some archive has something of what is missing
    _missing: frozenset[str] = frozenset()  # SOPInstanceUIDs that may come
    _waiting: list[Received] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _renewed: float = field(default_factory=time.monotonic)

    def all_archives(self) -> None:
        for archive in institution.archives():
            if not (left := missing(self.recall.study)):
                return
            try:
                self._one(archive, left)
            except base.PeerError as error:
                log.warning("recall %s: archive %s: %s", self.recall.pk, archive.pk, error.reason)
                self.troubles.append(error)
            finally:
                self._index()

    def _one(self, archive: ExternalArchive, left: list[Instance]) -> None:
        uid = self.recall.study.study_instance_uid
        self._missing = frozenset(one.sop_instance_uid for one in left)
        peer = peer_of(archive, self.recall.study)
        there = peer.instances(uid)
        self.knew |= bool(there)
        self._moved()
        wanted = [one for one in left if one.sop_instance_uid in there]
        self.had |= bool(wanted)
        sender = Sender(archive.ae_title or "ARCHIVE", archive.host, is_archive=True)
        for series, rows in groupby(wanted, key=lambda one: one.series):
            uids = [one.sop_instance_uid for one in rows]
            whole = len(uids) > DETAIL or len(uids) == series.number_of_instances
            asked = Wanted(uid, series.series_instance_uid, () if whole else uids)
            peer.fetch(asked, lambda path: self._take(path, sender), self._moved)
            self._index()
        if wanted and peer.delivers_itself:
            self._wait_for_the_listener(len(left))

    def _wait_for_the_listener(self, before: int) -> None:
        """What a C-MOVE sent has its rows a little after the listener took it."""
        last, since = before, time.monotonic()
        while (now := len(missing(self.recall.study))) and time.monotonic() - since < ARRIVES:
            if now != last:
                last, since = now, time.monotonic()
            self._moved()
            time.sleep(0.25)

    def _take(self, path: Path, sender: Sender) -> None:
        """One object of the archive, by the same steps as what modalities send.

        What was not asked for is left, and so is what is no DICOM: what is missing is seen when it is counted.
        """
        self._moved()
        try:
            with storage().new() as writer:
                part10.copy_clean(path, writer)
                with FileSource(writer.path) as source:
                    header = header_of(source)
                if not self._is_wanted(header):
                    log.info("recall %s: an object that was not asked for is left", self.recall.pk)
                    return
                self._waiting.append(Received(writer.commit(), sender))
        except InvalidObject as error:
            log.warning("recall %s: an object of the archive is left: %s", self.recall.pk, error.reason)
            return
        if len(self._waiting) >= BATCH:
            self._index()

    def _is_wanted(self, header: InstanceHeader) -> bool:
        """Only what left comes back: whatever else the archive has would be new here, and served."""
        same_study = header.study_instance_uid == self.recall.study.study_instance_uid
        return same_study and header.sop_instance_uid in self._missing

    def _index(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            intake.prepare(pipeline.new_studies(pipeline.process(batch)))
            self._progress()

    def _progress(self) -> None:
        left = Instance.objects.filter(study=self.recall.study_id, evicted=True, held=False).count()
        here = max(0, self.recall.expected - left)
        more = Recall.objects.filter(pk=self.recall.pk, received__lt=here)
        more.update(received=here, moved_at=clock.now(), tries=0)

    def _moved(self) -> None:
        """Something moves: keep the claim. Raises _Stop where the recall has ended or the slice is over."""
        at = time.monotonic()
        if at - self._renewed < RENEWED and at - self._began < SLICE:
            return
        self._renewed = at
        mine = Recall.objects.filter(pk=self.recall.pk, finished_at=None)
        if not mine.update(claimed_until=clock.now() + LEASE) or at - self._began >= SLICE:
            raise _Stop
        self._progress()


def _settle(recall: Recall, tried: _Try) -> None:
    """How a run ended: done, failed for a reason, or tried again later."""
    if not missing(recall.study):
        finish(recall)
        return
    permanent = [error for error in tried.troubles if isinstance(error, PermanentPeerError)]
    retriable = [error for error in tried.troubles if isinstance(error, RetriablePeerError)]
    recall.refresh_from_db(fields=["tries", "moved_at"])
    silent = clock.now() - recall.moved_at >= dt.timedelta(hours=institution.setting("recall_hours"))
    if not institution.archives():
        services.fail(recall, Why.NO_ARCHIVE)
    elif not retriable and (silent or not tried.had):
        services.fail(recall, _why(recall, tried, permanent))
    elif silent:
        services.fail(recall, Why.UNANSWERED)
    else:
        reason = tried.troubles[0].reason if tried.troubles else "not-sent"
        _later(recall, PAUSES[min(recall.tries, len(PAUSES) - 1)], reason)


def _why(recall: Recall, tried: _Try, permanent: list[PermanentPeerError]) -> str:
    """Why it can never be had, as far as the archives said."""
    reasons = {error.reason for error in permanent}
    if base.CANCELLED in reasons:
        return Why.CANCELLED
    if reasons:
        return Why.REFUSED
    if tried.knew:
        return Why.INCOMPLETE
    had_it = Copy.objects.filter(study=recall.study_id).exclude(fingerprint="").exists()  # confirmed once
    return Why.WITHDRAWN if had_it else Why.UNKNOWN


def _later(recall: Recall, seconds: float, trouble: str = "") -> None:
    at = clock.now() + dt.timedelta(seconds=seconds)
    mine = Recall.objects.filter(pk=recall.pk, finished_at=None)
    with transaction.atomic():
        if mine.update(
            claimed_until=None, due_at=at, state=State.WAITING, trouble=trouble[:40], tries=recall.tries + 1
        ):
            key = f"recall.run:{recall.pk}"
            enqueue("recall.run", recall.pk, dedupe_key=key, run_after=at if seconds else None, long=True)


@transaction.atomic
def finish(recall: Recall) -> bool:
    """Everything is here: the study is online again, and whoever asked is told. False where it had ended before."""
    study = Study.objects.select_for_update().get(pk=recall.study_id)
    ended = Recall.objects.filter(pk=recall.pk, finished_at=None).update(
        state=State.DONE, finished_at=clock.now(), claimed_until=None, received=recall.expected, trouble=""
    )
    if not ended:
        return False
    Study.objects.filter(pk=study.pk).update(availability=Study.Availability.ONLINE)
    audit.record(
        action="recalled", actor="system", study_uid=study.study_instance_uid, patient=str(study.patient_id or ""),
        detail={"instances": recall.expected},
    )  # fmt: skip
    intake.prepare({study.study_instance_uid})
    notices.tell(recall)
    return True
