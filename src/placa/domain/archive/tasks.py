"""Jobs of the archive."""

from placa.domain.archive import metadata
from placa.domain.archive.models import Study
from placa.domain.jobs.registry import job


@job("archive.prepare")
def prepare(study_id: int) -> None:
    """Put the study's metadata together, and render the previews of the study and its series."""
    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        metadata.blob(study)
