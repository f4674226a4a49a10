"""Jobs of the archive."""

from django.conf import settings
from django.db import connection

from placa.domain.archive import picture_cache, preparing
from placa.domain.archive.models import Study
from placa.domain.archive.rendering import RenderUnavailable
from placa.domain.archive.storage import StorageError
from placa.domain.jobs.registry import job
from placa.domain.jobs.services import RetriableError, enqueue

DRAWING_SECONDS = 20.0  # then whatever else waits in the queue of long jobs has its turn


@job("archive.preview")
def preview(study_id: int) -> None:
    """Draw the first previews of a study that is still arriving."""
    _with_pool(study_id, preparing.prepare_previews)


@job("archive.prepare")
def prepare(study_id: int) -> None:
    """Put a study's metadata together and draw its previews, so that it opens at once."""
    _with_pool(study_id, preparing.prepare_study)
    ask_for_drawing()


def _with_pool(study_id: int, work: preparing.Work) -> None:
    study = Study.objects.filter(pk=study_id).first()
    if study is None:
        return
    try:
        work(study)
    except RenderUnavailable as error:
        raise RetriableError("the render pool is away") from error
    except StorageError as error:
        raise RetriableError("the storage is away") from error


@job("archive.ask_for_drawing", every_minutes=2)
def ask_for_drawing() -> None:
    """Have drawn what is missing (also what a process that died, or a full pool, left undone)."""
    if preparing.is_something_left():
        enqueue("archive.draw", dedupe_key="archive.draw", long=True)


@job("archive.draw")
def draw() -> None:
    """Draw for a while what the viewer will ask for, and come back for the rest."""
    try:
        left = preparing.draw(DRAWING_SECONDS)
    except (RenderUnavailable, StorageError):
        return  # the next sweep asks again
    if left:
        ask_for_drawing()


@job("archive.make_room", every_minutes=60)
def make_room() -> None:
    """Keep the drawn pictures within their budget."""
    enqueue("archive.remove_pictures", dedupe_key="archive.remove_pictures", long=True)


@job("archive.remove_pictures")
def remove_pictures() -> None:
    """Remove the pictures that were used longest ago, where there are too many."""
    picture_cache.make_room(settings.ENVIRONMENT.picture_cache_bytes)


@job("archive.statistics", every_minutes=24 * 60)
def statistics() -> None:
    """Let SQLite learn how full its tables are, by a sample of each index: PostgreSQL does so by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")
