"""The earlier studies to compare with: of the same patient, and only those whose images the asker may see."""

from placa.domain.access.selectors import known_visible_to
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Series

MOST = 20


def earlier_studies(viewer: Viewer, study: Study) -> list[Study]:
    """Studies of the patient of `study` from before it with images that are here, for `viewer`: at most MOST.

    First those of the same modality and part of the body, then of one of the two, then the others, each newest first.
    Without a patient there are none: equal names are not the same person.
    """
    if study.patient_id is None:
        return []
    seen = known_visible_to(viewer, need="images").filter(
        patient_id=study.patient_id, exam_at__lt=study.exam_at, availability=Study.Availability.ONLINE,
        number_of_images__gt=0,
    )  # fmt: skip
    found = list(seen.order_by("-exam_at", "-pk")[:MOST])
    parts = _body_parts([study, *found])
    modalities = set(study.modalities_in_study)

    def unlike(other: Study) -> int:
        return -bool(modalities & set(other.modalities_in_study)) - bool(parts[study.pk] & parts[other.pk])

    return sorted(found, key=unlike)


def _body_parts(studies: list[Study]) -> dict[int, set[str]]:
    """BodyPartExamined of the series of each study, by its key."""
    parts: dict[int, set[str]] = {study.pk: set() for study in studies}
    named = Series.objects.filter(study__in=parts.keys()).exclude(body_part_examined="")
    for study_id, part in named.values_list("study_id", "body_part_examined").distinct():
        parts[study_id].add(part.upper())
    return parts
