"""Jobs of the downloads."""

from placa.domain.archive.models import Study
from placa.domain.archive.storage import StorageError
from placa.domain.downloads import deflated, directory, folder, pixels, services
from placa.domain.downloads.errors import MissingFileError, NotReadyError
from placa.domain.jobs.registry import job
from placa.domain.jobs.services import PermanentError, RetriableError


@job("downloads.prepare")
def prepare(study_id: int) -> None:
    """Make ready what the ZIP of a study needs; while its instances still arrive, ask again later."""
    study = Study.objects.filter(pk=study_id).first()
    if study is None or study.availability != Study.Availability.ONLINE:
        return
    if services.is_arriving(study):
        services.wait_for_the_rest(study.pk)
        return
    try:
        services.prepare_study(study)
    except NotReadyError as error:
        raise RetriableError("the render pool is away") from error
    except MissingFileError as error:
        raise PermanentError("a stored file is missing") from error


@job("downloads.deflate")
def deflate(study_id: int) -> None:
    """Deflate the DICOM files of a study whose compressed ZIP somebody asked for."""
    study = Study.objects.filter(pk=study_id, availability=Study.Availability.ONLINE).first()
    if study is None:
        return
    try:
        deflated.prepare(directory.contents_of(study))
    except StorageError as error:
        raise RetriableError("the storage is away") from error
    except MissingFileError as error:
        raise PermanentError("a stored file is missing") from error


@job("downloads.tidy", every_minutes=24 * 60)
def tidy() -> None:
    """Drop what was kept for studies that nobody took along for long, or that are gone."""
    pixels.drop_unused()
    folder.tidy(set(Study.objects.values_list("public_id", flat=True)))
