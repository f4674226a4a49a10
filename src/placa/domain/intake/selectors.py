"""Reads of the inbox, and who might be meant by a study that found nobody.

A name never grants: candidates are shown to staff side by side, who decide.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from placa.common.text import fold
from placa.domain.access.records import patients_visible_to
from placa.domain.access.selectors import known_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.archive import selectors as archive
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.services import survivor
from placa.domain.intake.models import InboxItem, ScrubMark
from placa.domain.people.models import Patient, PatientIdentifier, Permission
from placa.standards.dicom import names

SHOWN = 4
SIMILAR = 2  # edit distance at which two identifiers look alike: a typing error or two
POOL = 200  # rows looked at more closely


def inbox_visible_to(viewer: Viewer) -> QuerySet[InboxItem]:
    """What waits and this member of staff may see, newest first: by the study's site; files without a study, all."""
    return _items(viewer).filter(resolved_at=None)


def decided_visible_to(viewer: Viewer) -> QuerySet[InboxItem]:
    """What staff kept or rejected, and may put back; the latest first."""
    return _items(viewer).filter(resolution__in=("kept", "rejected")).order_by("-resolved_at")


def _items(viewer: Viewer) -> QuerySet[InboxItem]:
    if not viewer.may(Permission.INBOX):
        return InboxItem.objects.none()
    seen = known_visible_to(viewer).filter(pk=OuterRef("study_id"))
    items = InboxItem.objects.filter(Q(study=None) | Q(Exists(seen)))
    return items.select_related("study__order", "study__site", "instance")


def damage_of(item: InboxItem) -> str:
    """What is wrong with stored files of its study, in words; empty where it waits for another reason."""
    return ". ".join(str(Instance.Damage(what).label) for what in item.detail.get("damage", ()))


@dataclass(frozen=True, slots=True)
class FileState:
    """How many stored files are known as damaged, and when all of them were last looked at."""

    damaged: int
    all_checked_at: dt.datetime | None


def file_state() -> FileState:
    """How the stored files are, as far as is known."""
    mark = ScrubMark.objects.first()
    return FileState(archive.damaged().count(), mark.finished_at if mark else None)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How one datum of a candidate compares: same, near (looks alike), differs, or unknown on either side."""

    arrived: str
    on_file: str
    state: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient who might be meant, with the comparison by datum: name, birth_date, sex, identifier."""

    patient: Patient
    likeness: dict[str, Likeness]

    @property
    def points(self) -> int:
        """How much speaks for this candidate, for the order in which they are shown."""
        weight = {"name": 2, "birth_date": 3, "sex": 1, "identifier": 5}
        return sum(
            weight[key] * {"same": 2, "near": 1, "unknown": 0, "differs": -1}[one.state]
            for key, one in self.likeness.items()
        )

    @property
    def equal(self) -> int:
        """How many data are the same."""
        return sum(one.state == "same" for one in self.likeness.values())


def assignable(viewer: Viewer, study: Study) -> QuerySet[Patient]:
    """Whom this member of staff may give `study` to: patients in sight, and whoever bears its very identifier."""
    in_sight = patients_visible_to(viewer).values("pk")
    bears = PatientIdentifier.objects.filter(value=study.dicom_patient_id or None).values("patient")
    return Patient.objects.filter(Q(pk__in=in_sight) | Q(pk__in=bears), merged_into=None)


def candidates(viewer: Viewer, study: Study, named: Iterable[int] = ()) -> list[Candidate]:
    """At most four patients who might be meant, the likeliest first; `named` are keys that matching itself found."""
    allowed = assignable(viewer, study)
    bears = PatientIdentifier.objects.filter(value=study.dicom_patient_id or None)
    owners = {survivor(row.patient).pk for row in bears.select_related("patient__merged_into")}
    alike = Q(pk__in=[*owners, *named])
    for word in fold(study.patient_name.partition("=")[0].replace("^", " ")).split():
        if len(word) > 2:
            alike |= Q(name_key__contains=word)
    if study.patient_birth_date:
        alike |= Q(birth_date=study.patient_birth_date)
    pool = allowed.filter(alike).prefetch_related("identifiers").distinct()[:POOL]
    compared = [Candidate(patient, compare(study, patient)) for patient in pool]
    likely = [one for one in compared if one.points > 0 or one.patient.pk in {*owners, *named}]
    return sorted(likely, key=lambda one: (-one.points, one.patient.pk))[:SHOWN]


def compare(study: Study, patient: Patient) -> dict[str, Likeness]:
    """What arrived with `study` beside what is on file for `patient`."""
    numbers = [identifier.value for identifier in patient.identifiers.all()]
    on_file = f"{patient.family_name}^{patient.given_name}"
    birth = (study.patient_birth_date, patient.birth_date)
    return {
        "name": Likeness(study.patient_name, patient.full_name, _name_state(study.patient_name, on_file)),
        "birth_date": Likeness(
            birth[0].isoformat() if birth[0] else "", birth[1].isoformat() if birth[1] else "",
            _state(birth[0], birth[1], near=_swapped(birth[0], birth[1])),
        ),
        "sex": Likeness(study.patient_sex, patient.sex, _state(study.patient_sex, patient.sex)),
        "identifier": _identifier(study.dicom_patient_id, numbers),
    }  # fmt: skip


def _state(arrived: object, on_file: object, *, near: bool = False) -> str:
    if not arrived or not on_file:
        return "unknown"
    if arrived == on_file:
        return "same"
    return "near" if near else "differs"


def _name_state(arrived: str, on_file: str) -> str:
    if not arrived or not names.name_tokens(arrived):
        return "unknown"
    if names.name_tokens(arrived) == names.name_tokens(on_file):
        return "same"
    return "near" if names.same_person_names(arrived, on_file) else "differs"


def _swapped(one: object, other: object) -> bool:
    """Whether two dates have the same digits: day and month changed places."""
    return bool(one and other) and sorted(str(one)) == sorted(str(other))


def _identifier(arrived: str, numbers: list[str]) -> Likeness:
    if not arrived or not numbers:
        return Likeness(arrived, ", ".join(numbers), "unknown")
    if arrived in numbers:
        return Likeness(arrived, arrived, "same")
    near = [number for number in numbers if names.edit_distance(arrived, number, SIMILAR) <= SIMILAR]
    return Likeness(arrived, ", ".join(near or numbers), "near" if near else "differs")
