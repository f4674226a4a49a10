from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery

from placa.common import clock

BATCH = 500
OPENING = ("view_images", "view_report", "download")  # after which a result was no longer new, until now
Opening = tuple[int, int]  # keys of a study and of the account that opened it


def fill(apps: Any, schema_editor: Any) -> None:
    """What was read before is read: every report, as it is now, of a study that somebody opened."""
    _keep(apps, _by_doctors(apps))
    _keep(apps, _by_patients(apps))


def _by_doctors(apps: Any) -> Iterator[Opening]:
    receipts = apps.get_model("reports", "ReadReceipt").objects.filter(practitioner__user__isnull=False)
    yield from receipts.values_list("study_id", "practitioner__user_id").iterator(chunk_size=2_000)


def _by_patients(apps: Any) -> Iterator[Opening]:
    """By the audit log, which alone knew it; an account that is gone opens nothing any more."""
    events = apps.get_model("audit", "AuditEvent").objects.filter(
        role="patient", action__in=OPENING, outcome="success", actor__startswith="user:"
    )
    opened = events.order_by().values_list("study_uid", "actor").distinct().iterator(chunk_size=2_000)
    users = set(apps.get_model("accounts", "User").objects.values_list("pk", flat=True))
    studies = apps.get_model("archive", "Study").objects
    while some := list(islice(opened, BATCH)):
        named = studies.filter(study_instance_uid__in={uid for uid, _actor in some})
        keys = dict(named.values_list("study_instance_uid", "pk"))
        for uid, actor in some:
            account = actor.removeprefix("user:")
            if uid in keys and account.isdecimal() and int(account) in users:
                yield keys[uid], int(account)


def _keep(apps: Any, openings: Iterable[Opening]) -> None:
    versions, reading = apps.get_model("reports", "ReportVersion"), apps.get_model("reports", "ReportReading")
    newest = versions.objects.filter(report=OuterRef("report")).order_by("-number").values("number")[:1]
    shown = versions.objects.filter(number=Subquery(newest))
    openings, now = iter(openings), clock.now()
    while some := list(islice(openings, BATCH)):
        of_study: dict[int, list[int]] = {}
        found = shown.filter(report__study__in={study for study, _user in some})
        for study, version in found.values_list("report__study", "pk"):
            of_study.setdefault(study, []).append(version)
        rows = (
            reading(version_id=version, user_id=user, at=now)
            for study, user in some
            for version in of_study.get(study, ())
        )
        reading.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


class Migration(migrations.Migration):
    """A migration of its own: PostgreSQL changes no table whose rows were just changed."""

    dependencies = [
        ("reports", "0004_report_reading"),
        ("archive", "0010_fill_urgent"),
        ("accounts", "0001_initial"),
        ("audit", "0001_initial"),
        ("people", "0002_patients_merged"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
