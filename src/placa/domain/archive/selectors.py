"""Reads of the archive, for `access` and the rooms above it. None of them asks who is looking: `access` does that."""

from dataclasses import dataclass

from django.db.models import QuerySet

from placa.domain.archive import metadata
from placa.domain.archive.indexing import SHOWN
from placa.domain.archive.models import Instance, Series, Study

Span = tuple[int, int]


def study_by_uid(study_instance_uid: str) -> Study:
    """One study. Raises Study.DoesNotExist."""
    return Study.objects.get(study_instance_uid=study_instance_uid)


def series_of(study: Study) -> QuerySet[Series]:
    """Series of a study that have something to serve, by number."""
    return Series.objects.filter(study=study, number_of_instances__gt=0).order_by("series_number", "id")


def series_by_uid(study: Study, series_instance_uid: str) -> Series:
    """One series of a study. Raises Series.DoesNotExist."""
    return series_of(study).get(series_instance_uid=series_instance_uid)


def instances_of_study(study: Study) -> QuerySet[Instance]:
    """All instances of a study that are served, series by series, with their series."""
    served = Instance.objects.filter(study=study, held=False).select_related("series")
    return served.order_by("series__series_number", "series_id", "instance_number", "id")


def instances_of(series: Series) -> QuerySet[Instance]:
    """Instances of a series that are served, by number."""
    return Instance.objects.filter(series=series, held=False).order_by("instance_number", "id")


def instance_by_uid(study: Study, series_instance_uid: str, sop_instance_uid: str) -> Instance:
    """One served instance of a study. Raises Instance.DoesNotExist."""
    return Instance.objects.select_related("series").get(
        study=study,
        series__series_instance_uid=series_instance_uid,
        sop_instance_uid=sop_instance_uid,
        held=False,
    )


def damaged() -> QuerySet[Instance]:
    """Instances whose file was found damaged or gone."""
    return Instance.objects.exclude(damage="")


def damaged_of(study_id: int) -> QuerySet[Instance]:
    """Those of one study."""
    return damaged().filter(study_id=study_id)


def metadata_blob(study: Study) -> bytes:
    """DICOM JSON of a study's instances as one gzip stream, good for `Content-Encoding: gzip`."""
    return metadata.blob(study)


def metadata_of_series(study: Study, series_instance_uid: str) -> bytes:
    """DICOM JSON of one series, gzipped."""
    return metadata.joined(metadata.pieces(study, series_instance_uid=series_instance_uid))


def metadata_of_instances(instances: list[Instance]) -> bytes:
    """DICOM JSON array of some instances, gzipped."""
    return metadata.joined(metadata.pieces_of_instances([instance.pk for instance in instances]))


def metadata_of_instance(instance: Instance) -> bytes:
    """DICOM JSON array of one instance, gzipped."""
    return metadata.joined(metadata.pieces_of_instances([instance.pk]))


def frame_spans(instance: Instance, frame: int) -> list[Span] | None:
    """(offset, length) of the parts of frame `frame` (from 1) in the stored file; None where it must be computed.

    Raises IndexError where there is no such frame.
    """
    if not 1 <= frame <= max(instance.number_of_frames, len(instance.frame_offsets)):
        raise IndexError(frame)
    if frame > len(instance.frame_offsets):
        return None
    flat = instance.frame_offsets[frame - 1]
    return list(zip(flat[::2], flat[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class Preview:
    """The picture that stands for a study or series: an instance and its frame (from 1)."""

    instance: Instance
    frame: int


def preview_of_series(series: Series) -> Preview | None:
    """The middle picture of a series, or None where it has none."""
    pictures = instances_of(series).filter(kind__in=SHOWN, damage="")
    count = pictures.count()
    if count == 0:
        return None
    instance = pictures[count // 2]
    frame = instance.number_of_frames // 2 + 1 if count == 1 and instance.kind == "image" else 1
    return Preview(instance, frame)


def preview_of_study(study: Study) -> Preview | None:
    """The middle picture of the largest series of a study."""
    largest = series_of(study).filter(number_of_images__gt=0).order_by("-number_of_images", "id").first()
    return preview_of_series(largest) if largest else None
