"""An archive out of use, or away: never while studies have their images there alone (7.4)."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from placa.domain.archive.models import Instance
from placa.domain.institution import services as institution
from placa.domain.institution.models import ExternalArchive
from placa.domain.recall.models import Copy


class NeededError(Exception):
    """The archive stays as it is: `studies` studies have their images nowhere else."""

    def __init__(self, studies: int) -> None:
        super().__init__(studies)
        self.studies = studies


def only_here(archive: ExternalArchive) -> int:
    """How many studies whose images left have them at this archive alone.

    What it had once counts (its fingerprint), also where its entry has changed since. What another archive in use
    has confirmed in the same state can be brought back from there.
    """
    away = Instance.objects.filter(study=OuterRef("study"), evicted=True)
    elsewhere = Copy.objects.filter(
        study=OuterRef("study"), fingerprint=OuterRef("fingerprint"), confirmed_at__isnull=False,
        archive__enabled=True,
    ).exclude(archive=archive)  # fmt: skip
    kept = Copy.objects.filter(archive=archive).exclude(fingerprint="")
    return kept.filter(Exists(away), ~Exists(elsewhere)).count()


@transaction.atomic
def save(*, archive: ExternalArchive, secret: str | None = None, by: str) -> ExternalArchive:
    """As `institution.services.save_archive`. Raises NeededError for one that may not go out of use."""
    before = ExternalArchive.objects.select_for_update().filter(pk=archive.pk).first()
    if before is not None and before.enabled and not archive.enabled:
        _must_not_be_needed(before)
    return institution.save_archive(archive=archive, secret=secret, by=by)


@transaction.atomic
def remove(*, archive: ExternalArchive, by: str) -> None:
    """Forget an archive and what it confirmed. Raises NeededError."""
    locked = ExternalArchive.objects.select_for_update().get(pk=archive.pk)
    _must_not_be_needed(locked)
    Copy.objects.filter(archive=locked).delete()
    institution.remove_archive(archive=locked, by=by)


def _must_not_be_needed(archive: ExternalArchive) -> None:
    """Called with the archive's row locked: an eviction locks it too before it lets anything go."""
    if studies := only_here(archive):
        raise NeededError(studies)
