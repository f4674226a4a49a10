"""How recalls stand, for the panel of whoever asked and for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count, Exists, OuterRef, QuerySet

from placa.domain.access.selectors import known_visible_to
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from placa.domain.recall.models import Asker, Copy, Recall

PanelState = Literal["offer", "preparing", "ready", "unavailable"]
SHOWN = 5  # recalls that a list's panel names


@dataclass(frozen=True, slots=True)
class Standing:
    """How the recall of one study stands for one viewer. `received` of `expected` objects are here."""

    study: Study
    state: PanelState
    received: int = 0
    expected: int = 0
    folded: bool = False
    asked: bool = False  # this viewer asked for it

    @property
    def percent(self) -> int:
        """Progress, 0 to 100."""
        return min(100, 100 * self.received // self.expected) if self.expected else 0


def standing(viewer: Viewer, study: Study) -> Standing | None:
    """For the page of a study that `access` handed out; None where there is nothing to say."""
    if not study.may_images or not study.number_of_images:
        return None
    asked = _asked(viewer).filter(recall__study=study).first()
    if asked is not None and asked.closed_at is None and (shown := _shown(asked, study)):
        return shown
    if study.availability == Study.Availability.ONLINE:
        return None
    if study.availability == Study.Availability.RECALLING:  # for somebody else, or this viewer closed it
        running = Recall.objects.filter(study=study, finished_at=None).first()
        return Standing(study, "preparing", running.received, running.expected) if running else None
    return Standing(study, "offer" if institution.archives() else "unavailable")


def standings(viewer: Viewer) -> list[Standing]:
    """What the viewer asked for and has not closed, newest first; only what they may still open."""
    found: list[Standing] = []
    open_ones = list(_asked(viewer).filter(closed_at=None)[: SHOWN * 4])
    if not open_ones:
        return found
    studies = known_visible_to(viewer, need="images").in_bulk([one.recall.study_id for one in open_ones])
    for one in open_ones:
        study = studies.pop(one.recall.study_id, None)  # the latest recall of each study speaks
        if study is not None and (shown := _shown(one, study)):
            found.append(shown)
    return found[:SHOWN]


def _asked(viewer: Viewer) -> QuerySet[Asker]:
    return (
        Asker.objects.filter(actor=viewer.actor, role=viewer.role)
        .select_related("recall")
        .order_by("-recall_id")
    )


def _shown(asker: Asker, study: Study) -> Standing | None:
    recall = asker.recall
    if recall.state == Recall.State.DONE:
        here = study.availability == Study.Availability.ONLINE
        return Standing(study, "ready", folded=asker.folded, asked=True) if here else None
    state: PanelState = "unavailable" if recall.state == Recall.State.FAILED else "preparing"
    if state == "unavailable" and study.availability != Study.Availability.UNAVAILABLE:
        return None  # somebody asked again since
    return Standing(study, state, recall.received, recall.expected, asker.folded, asked=True)


def latest(study: Study) -> Recall | None:
    """The newest recall of a study, for staff."""
    return Recall.objects.filter(study=study).first()


def copies_of(study: Study) -> list[Copy]:
    """What the archives keep of a study, for staff."""
    return list(
        Copy.objects.filter(study=study).select_related("archive").order_by("archive__priority", "id")
    )


def failed_of(copies: Sequence[Copy]) -> Copy | None:
    """The copy of a study that is not what it should be: its `trouble` says why, its `failed_at` when.

    Where one is confirmed, that one speaks; else each may.
    """
    in_use = [copy for copy in copies if copy.archive.enabled]
    confirmed = [copy for copy in in_use if copy.confirmed_at]
    return next((copy for copy in confirmed or in_use if copy.trouble), None)


def failing() -> dict[int, int]:
    """How many studies whose images are here could not be kept at an archive when last tried, by archive.

    Those that another archive has confirmed do not count: nothing is in their way.
    """
    elsewhere = Copy.objects.filter(
        study=OuterRef("study"), archive__enabled=True, confirmed_at__isnull=False
    ).exclude(pk=OuterRef("pk"))
    failed = Copy.objects.filter(failed_at__isnull=False, study__availability=Study.Availability.ONLINE)
    rows = failed.exclude(Exists(elsewhere)).values("archive").order_by()
    return {row["archive"]: row["n"] for row in rows.annotate(n=Count("pk"))}


def running() -> int:
    """How many recalls have not ended."""
    return Recall.objects.filter(finished_at=None).count()
