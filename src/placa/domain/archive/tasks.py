"""Jobs of the archive."""

import contextlib

from placa.domain.archive import metadata, rendering, selectors
from placa.domain.archive.models import Study
from placa.domain.archive.rendering import RenderRefused, RenderUnavailable
from placa.domain.archive.storage import DamagedError, StorageError
from placa.domain.jobs.registry import job
from placa.domain.jobs.services import RetriableError


@job("archive.prepare")
def prepare(study_id: int) -> None:
    """Put a study's metadata together and draw the previews of its series, so that it opens at once."""
    study = Study.objects.filter(pk=study_id).first()
    if study is None:
        return
    metadata.blob(study)
    for series in selectors.series_of(study):
        preview = selectors.preview_of_series(series)
        if preview is None:
            continue
        try:
            with contextlib.suppress(RenderRefused, IndexError, DamagedError):
                rendering.thumbnail(preview.instance, preview.frame)
        except RenderUnavailable as error:
            raise RetriableError("the render pool is away") from error
        except StorageError as error:
            raise RetriableError("the storage is away") from error
