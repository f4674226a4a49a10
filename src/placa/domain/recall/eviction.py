"""Letting images go, once the archive has confirmed that it keeps them (7.4). Never more than that.

The order is safe against a crash at any point: first the rows say that the files are gone (nothing is served from them
any more), then the files go. A crash in between leaves files that nobody reads; the sweep removes them.
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from placa.common import clock
from placa.domain.archive import rendering
from placa.domain.archive import selectors as archive
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.archive.tasks import prepare
from placa.domain.audit import services as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExternalArchive
from placa.domain.jobs.services import enqueue
from placa.domain.recall import copies
from placa.domain.recall.models import Copy
from placa.standards.dicom.peers.base import PermanentPeerError, RetriablePeerError

log = logging.getLogger(__name__)
IN_USE = dt.timedelta(hours=2)  # who opened or downloaded it since may still be at it
USES = ("view_images", "download")
A_RUN = 50  # studies that one sweep lets go
ROW = (480, 480)  # the picture of a list's row
LOW_WATER = 0.9  # of the maximum: so far it goes down
BATCH = 200
TRIES_MAX = 24
LONGEST_PAUSE = dt.timedelta(hours=1)
ASKED = dt.timedelta(hours=1)  # so long a page that staff look at waits for what they asked for
SILENT = "silent"  # and then says that nothing was heard of it
LEFT_OUT = dt.timedelta(days=1)  # after a failure: what is refused for good must not stand in front each hour


class NotEvictable(Exception):
    """The images stay. `why`: one of `WHY`."""

    WHY = ("state", "in_use", "arriving", "damaged", "not_confirmed", "nothing")

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def ask(*, study: Study, by: str) -> None:
    """Staff want the images of a study away: a job sends, proves and evicts."""
    why = _why_not(study)
    if why:
        raise NotEvictable(why)
    with transaction.atomic():
        audit.record(
            action="evict_asked",
            actor=by,
            study_uid=study.study_instance_uid,
            patient=str(study.patient_id or ""),
        )
        enqueue("recall.evict", study.pk, dedupe_key=f"recall.evict:{study.pk}", long=True)


def is_under_way(study: Study) -> bool:
    """Whether what staff asked for lately is still to come: the images are here, and nothing has failed since."""
    asked = _asked(study)
    return asked is not None and not _hindrance(study, asked)


@dataclass(frozen=True, slots=True)
class Stay:
    """Why images that staff asked to leave are here still, and since when.

    `why` is a code of `NotEvictable`, the archive's, or `SILENT`.
    """

    why: str
    at: dt.datetime


def why_here(study: Study) -> Stay | None:
    """Why images that staff asked to leave are here still.

    None where nobody asked, where they may leave yet, and once they have left or staff asked anew.
    """
    asked = _asked(study)
    return _hindrance(study, asked) if asked else None


def _asked(study: Study) -> AuditEvent | None:
    """The request of staff that has not come true; None where there is none."""
    if study.availability != Study.Availability.ONLINE:
        return None
    said = AuditEvent.objects.filter(study_uid=study.study_instance_uid, action__in=("evict_asked", "evict"))
    last = said.order_by("-id").first()
    return last if last is not None and last.action == "evict_asked" else None


def _hindrance(study: Study, asked: AuditEvent) -> Stay | None:
    failed = Copy.objects.filter(study=study, failed_at__gte=asked.at).order_by("-failed_at").first()
    stayed = AuditEvent.objects.filter(
        study_uid=study.study_instance_uid, action="evict_stayed", id__gt=asked.pk
    )
    last = stayed.order_by("-id").first()
    if last is not None and (failed is None or failed.failed_at is None or failed.failed_at <= last.at):
        return Stay(str(last.detail["why"]), last.at)
    if failed is not None and failed.failed_at is not None:
        return Stay(failed.trouble, failed.failed_at)
    return Stay(SILENT, asked.at) if asked.at <= clock.now() - ASKED else None


def _note_stay(study: Study, why: str) -> None:
    """Whoever asked is told why the images stay, once; a sweep that nobody asked for tries again by itself."""
    asked = _asked(study)
    known = _hindrance(study, asked) if asked else None
    if asked is not None and (known is None or known.why != why):
        audit.record(
            action="evict_stayed", outcome="failure", actor="system", study_uid=study.study_instance_uid,
            patient=str(study.patient_id or ""), detail={"why": why},
        )  # fmt: skip


def keep_and_evict(study_id: int) -> None:
    """The job: have the archive keep the study, then let the images go. Where it is away: later, with growing pauses."""
    study = Study.objects.filter(pk=study_id).first()
    if study is None:
        return
    if why := _why_not(study):
        _note_stay(study, why)
        return
    try:
        copies.keep(study)
    except RetriablePeerError:
        _later(study)
        return
    except PermanentPeerError as error:
        log.warning("study %s stays: the archive does not keep it (%s)", study.pk, error.reason)
        _note_stay(study, error.reason)
        return
    _draw(study)
    try:
        evict(study)
    except NotEvictable as stays:
        log.info("study %s stays: %s", study.pk, stays.why)
        _note_stay(study, stays.why)


def _later(study: Study) -> None:
    tries = max(Copy.objects.filter(study=study).values_list("tries", flat=True), default=TRIES_MAX)
    if tries < TRIES_MAX:  # after that the next sweep, or staff, begin again
        at = clock.now() + min(dt.timedelta(minutes=2**tries), LONGEST_PAUSE)
        enqueue("recall.evict", study.pk, dedupe_key=f"recall.evict:{study.pk}", run_after=at, long=True)


def _draw(study: Study) -> None:
    """Previews and metadata are made while the files are here: the list looks the same afterwards."""
    try:
        prepare(study.pk)
        if (preview := archive.preview_of_study(study)) is not None:
            if preview.instance.kind == "ecg":
                rendering.ecg_drawing(preview.instance)
            else:
                rendering.rendered(preview.instance, preview.frame, viewport=ROW, quality=80)
    except Exception as error:  # a picture that is missing later is a smaller loss than a disk that runs full
        log.warning("no previews of study %s: %s", study.pk, type(error).__name__)


def _why_not(study: Study) -> str:
    if study.availability != Study.Availability.ONLINE:
        return "state"
    if not study.number_of_instances:
        return "nothing"
    if archive.damaged_of(study.pk).filter(held=False).exists():
        return "damaged"
    since = clock.now() - IN_USE
    if study.last_received_at > since:
        return "arriving"
    used = AuditEvent.objects.filter(
        study_uid=study.study_instance_uid, action__in=USES, outcome="success", at__gt=since
    )
    return "in_use" if used.exists() else ""


def evict(study: Study) -> None:
    """Let the images of a confirmed study go. Raises NotEvictable."""
    with transaction.atomic():
        locked = Study.objects.select_for_update().get(pk=study.pk)
        why = _why_not(locked) or ("" if _is_kept(locked) else "not_confirmed")
        if why:
            raise NotEvictable(why)
        Instance.objects.filter(study=locked, held=False).update(evicted=True)
        Study.objects.filter(pk=locked.pk).update(availability=Study.Availability.OFFLINE)
        audit.record(
            action="evict", actor="system", study_uid=locked.study_instance_uid, patient=str(locked.patient_id or ""),
            detail={"instances": locked.number_of_instances, "bytes": locked.bytes},
        )  # fmt: skip
    remove_files(study.pk)


def _is_kept(study: Study) -> bool:
    """Whether an archive confirmed the study; its row stays locked, so that nobody takes it out of use meanwhile."""
    copy = copies.confirmed(study)
    archives = ExternalArchive.objects.select_for_update().filter(enabled=True)
    return copy is not None and archives.filter(pk=copy.archive_id).first() is not None


def remove_files(study_id: int) -> int:
    """Remove the files of evicted instances of a study that is off-line; how many were there.

    In batches, each under the study's lock: once somebody asks for a recall not one more file goes.
    """
    removed, last = 0, 0
    while True:
        with transaction.atomic():
            study = Study.objects.select_for_update().get(pk=study_id)
            if study.availability != Study.Availability.OFFLINE:
                return removed
            rows = Instance.objects.filter(study=study, evicted=True, pk__gt=last).order_by("pk")[:BATCH]
            batch = list(rows.values_list("pk", "storage_key"))
            if not batch:
                return removed
            for pk, key in batch:
                removed += storage().exists(key)
                storage().delete(key)
                last = pk


def sweep() -> None:
    """What the settings say leaves now: by age, by last use, and by size the least recently used first."""
    remove_left_behind()
    if not institution.archives():
        return
    for study_id in list(dict.fromkeys([*_by_age(), *_by_size()]))[:A_RUN]:
        enqueue("recall.evict", study_id, dedupe_key=f"recall.evict:{study_id}", long=True)


def remove_left_behind() -> None:
    """Files that a crash left between the rows and the disk."""
    since = clock.now() - dt.timedelta(days=1)
    evicted = AuditEvent.objects.filter(action="evict", at__gt=since).values("study_uid")
    offline = Study.objects.filter(availability=Study.Availability.OFFLINE, study_instance_uid__in=evicted)
    for study_id in offline.values_list("pk", flat=True):
        remove_files(study_id)


def _candidates() -> QuerySet[Study]:
    """What may leave: neither damaged here nor refused by an archive just now."""
    now = clock.now()
    studies = Study.objects.filter(
        availability=Study.Availability.ONLINE,
        number_of_instances__gt=0,
        last_received_at__lt=now - IN_USE,
    )
    failed = Copy.objects.filter(study=OuterRef("pk"), failed_at__gt=now - LEFT_OUT)
    broken = archive.damaged().filter(study=OuterRef("pk"), held=False)
    return studies.exclude(Exists(failed)).exclude(Exists(broken))


def _by_age() -> list[int]:
    age, unused = institution.setting("evict_after_days"), institution.setting("evict_unused_days")
    if age is None and unused is None:
        return []
    now = clock.now()
    studies = _candidates()
    if age is not None:
        studies = studies.filter(last_received_at__lt=now - dt.timedelta(days=age))
    if unused is not None:
        since = now - dt.timedelta(days=unused)
        used = AuditEvent.objects.filter(action__in=USES, outcome="success", at__gt=since).values("study_uid")
        studies = studies.filter(last_received_at__lt=since).exclude(study_instance_uid__in=used)
    return list(studies.order_by("last_received_at").values_list("pk", flat=True)[:A_RUN])


def _by_size() -> list[int]:
    maximum = institution.setting("archive_gigabytes_maximum")
    if maximum is None:
        return []
    here = Instance.objects.filter(evicted=False).aggregate(n=Sum("bytes"))["n"] or 0
    limit = maximum * 1024**3
    if here <= limit:
        return []
    excess = here - limit * LOW_WATER
    chosen: list[int] = []
    for pk, size in _least_recently_used().values_list("pk", "bytes")[:A_RUN]:
        if excess <= 0:
            break
        chosen.append(pk)
        excess -= size
    return chosen


def _least_recently_used() -> QuerySet[Study]:
    """Candidates, the one that was used, or came, the longest ago first."""
    uses = AuditEvent.objects.filter(
        study_uid=OuterRef("study_instance_uid"), action__in=USES, outcome="success"
    )
    last = Subquery(uses.order_by("-at").values("at")[:1])
    used = Greatest(Coalesce(last, F("last_received_at")), F("last_received_at"))
    return _candidates().annotate(used=used).order_by("used", "pk")
