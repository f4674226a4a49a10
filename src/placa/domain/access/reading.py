"""What somebody has read of what they may open, and so what is new to them: counted by versions of reports.

A doctor's list is walked by an index, so that a `ReadReceipt` says in one row that nothing in a study is new to them: it
goes when a newer version comes (`reports.services`), and comes back here.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Subquery

from placa.common import clock
from placa.domain.access import rules
from placa.domain.access.moment import Moment, moment
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.reports.models import ReadReceipt, ReportReading, ReportVersion

READERS = ("patient", "doctor")  # a guardian reads as a patient; nobody else is told what is new


def note(viewer: Viewer, versions: Iterable[ReportVersion]) -> bool:
    """Keep that `viewer` opened these versions; whether any of them was new to them."""
    opened = {version.pk for version in versions}
    if viewer.role not in READERS or viewer.user_id is None or not opened:
        return False
    known = ReportReading.objects.filter(user=viewer.user_id, version__in=opened)
    fresh = opened - set(known.values_list("version_id", flat=True))
    now = clock.now()
    ReportReading.objects.bulk_create(
        (ReportReading(version_id=pk, user_id=viewer.user_id, at=now) for pk in sorted(fresh)),
        ignore_conflicts=True,
    )
    return bool(fresh)


def new_to(viewer: Viewer, studies: Sequence[Study], when: Moment | None = None) -> dict[int, bool]:
    """Those `studies` with a report whose newest version `viewer` may open and has not, by key; one query.

    True where they read something of the study before: what is new is a correction or one more report.
    """
    if not studies:
        return {}
    newest = ReportVersion.objects.filter(report=OuterRef("pk")).order_by("-number").values("pk")[:1]
    own = ReportReading.objects.filter(user=viewer.user_id)
    reports = rules.openable_reports(viewer, when or moment()).filter(study__in=[one.pk for one in studies])
    unread = reports.annotate(newest=Subquery(newest)).exclude(Exists(own.filter(version=OuterRef("newest"))))
    again = unread.annotate(again=Exists(own.filter(version__report__study=OuterRef("study"))))
    return dict(again.order_by().values_list("study_id", "again").distinct())


def doctor_read(viewer: Viewer, study: Study, *, looked: bool) -> None:
    """A doctor opened a study: it is read, unless a report in it is new to them. Inside the caller's transaction,
    with the study locked (`lock`), so that no version comes in between.

    Who has only seen its page (not `looked`) has read it where nothing is left to read of what they read before.
    """
    if new_to(viewer, [study]):
        return
    own = ReportReading.objects.filter(user=viewer.user_id, version__report__study=study)
    if looked or own.exists():
        ReadReceipt.objects.get_or_create(
            study=study, practitioner_id=viewer.subject, defaults={"at": clock.now()}
        )


def lock(study: Study) -> None:
    """Let no version of a report of `study` come until the transaction ends."""
    Study.objects.select_for_update().values_list("pk").get(pk=study.pk)
