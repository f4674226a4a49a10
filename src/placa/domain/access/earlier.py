"""The earlier studies to compare with: of the same patient, and only those whose images the asker may see."""

from placa.domain.access.selectors import known_visible_to
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Series

MOST = 100
ALIKE = {"CR": "DX", "RG": "DX"}  # plain radiographs under three names
BESIDE = frozenset({"SR", "PR", "KO", "DOC", "SEG", "REG"})  # stand beside the images of any modality
# terms of BodyPartExamined (PS3.16 L) that name a piece of a region, or several at once
REGIONS = {
    "ABDOMENPELVIS": "ABDOMEN PELVIS", "CHESTABDOMEN": "CHEST ABDOMEN", "CHESTABDPELVIS": "CHEST ABDOMEN PELVIS",
    "NECKCHEST": "NECK CHEST", "NECKCHESTABDOMEN": "NECK CHEST ABDOMEN",
    "NECKCHESTABDPELV": "NECK CHEST ABDOMEN PELVIS", "HEADNECK": "HEAD NECK", "BRAIN": "HEAD", "SKULL": "HEAD",
    "THORAX": "CHEST", "LUNG": "CHEST", "KIDNEY": "ABDOMEN", "LIVER": "ABDOMEN", "PANCREAS": "ABDOMEN", "SPLEEN": "ABDOMEN",
    "CTSPINE": "CSPINE TSPINE", "TLSPINE": "TSPINE LSPINE", "LSSPINE": "LSPINE SSPINE",
}  # fmt: skip


def earlier_studies(viewer: Viewer, study: Study) -> list[Study]:
    """Studies of the patient of `study` from before it with images that are here, for `viewer`: at most MOST.

    First those of the same region and modality, then of the same region; where a study does not name its region, the same
    modality speaks for it; then the others: each newest first. Without a patient there are none: equal names are not
    the same person.
    """
    if study.patient_id is None:
        return []
    seen = known_visible_to(viewer, need="images").filter(
        patient_id=study.patient_id, exam_at__lt=study.exam_at, availability=Study.Availability.ONLINE,
        number_of_images__gt=0,
    )  # fmt: skip
    found = list(seen.order_by("-exam_at", "-pk")[:MOST])
    regions = _regions([study, *found])

    def distance(other: Study) -> int:
        same = bool(_kinds(study) & _kinds(other))
        here, there = regions[study.pk], regions[other.pk]
        if here & there:
            return 0 if same else 1
        return 2 if same and not (here and there) else 3

    return sorted(found, key=distance)


def _kinds(study: Study) -> set[str]:
    return {ALIKE.get(modality, modality) for modality in study.modalities_in_study} - BESIDE


def _regions(studies: list[Study]) -> dict[int, set[str]]:
    """Regions of the body that the series of each study name, by its key."""
    regions: dict[int, set[str]] = {study.pk: set() for study in studies}
    named = Series.objects.filter(study__in=regions.keys()).exclude(body_part_examined="")
    for study_id, part in named.values_list("study_id", "body_part_examined").distinct():
        term = part.strip().upper()
        regions[study_id].update(REGIONS.get(term, term).split())
    return regions
