"""Builds what `states.py` says: one study a state and copy, among the people of the cast."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from placa.demo import cast
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.archive.services import copied
from placa.domain.institution.models import ExamType, ReleaseDelay, Setting, Site
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Agreement, Organization, Patient, Practitioner
from placa.domain.reports.models import DiagnosticReport, ReportVersion
from tests.access.states import COPIES, DAY, NOW, STATES, State

PATIENT_OF = {"adult": "ana", "child": "bruno", "walkin": "nuria"}
# a version exists for what somebody wrote; "registered" and "partial" are announced, no more
WRITTEN = {"preliminary", "final", "amended", "cancelled"}


@dataclass
class World:
    """The studies by their cell (state, copy), and the way back."""

    studies: dict[tuple[str, str], int] = field(default_factory=dict)

    def cells(self, found: Iterable[int]) -> set[tuple[str, str]]:
        """The cells of primary keys; KeyError for a study that nobody built."""
        back = {pk: cell for cell, pk in self.studies.items()}
        return {back[pk] for pk in found}

    def of(self, copy: str, states: Iterable[str] = STATES) -> list[int]:
        """Primary keys of one copy."""
        return [self.studies[state, copy] for state in states]


def build() -> World:
    """The world of the matrix: no other study than its own; ages and agreements as of NOW."""
    Study.objects.all().delete()
    Patient.objects.filter(pk=cast.patient("bruno").pk).update(birth_date=dt.date(2015, 3, 1))
    Patient.objects.filter(pk=cast.patient("nuria").pk).update(birth_date=dt.date(1968, 3, 1))
    Agreement.objects.update(starts_on=NOW.date() - 400 * DAY, ends_on=None)
    Practitioner.objects.create(
        user=account("copia"), family_name="Copia", given_name="Luz", name_key="copia luz", state="enabled"
    )
    Site.objects.create(code="LENTO", name="Lento", release_delay_hours=48)
    world = World()
    for copy in COPIES:
        for name, state in STATES.items():
            world.studies[name, copy] = _study(name, copy, state).pk
    return world


def account(username: str) -> User:
    """An account of somebody outside the cast."""
    return cast.account(username, f"{username}@x.example", username.title())


def _study(name: str, copy: str, state: State) -> Study:
    patient = cast.patient(PATIENT_OF[copy])
    site = Site.objects.get(code=state.site) if state.site else None
    order = _order(name, copy, state, patient, site) if state.order else None
    started = NOW - state.started
    study = Study.objects.create(
        study_instance_uid=uid_of(name, copy), patient=patient if state.matched else None, order=order,
        site=site, exam_at=started, first_received_at=started, last_received_at=started, clock_start=started,
        release=state.release, hand_delivery=state.hand_delivery, hidden_by_patient=state.hidden,
        released_at=None if state.released_ago is None else NOW - state.released_ago,
        exclusive_to=Organization.objects.get(identifier=state.payer) if state.exclusive else None,
        doctor_read_at=None if state.read_ago is None else NOW - state.read_ago,
        number_of_images=1, number_of_instances=1, number_of_series=1, study_description=name,
        search_key=name, patient_name=patient.full_name, name_key=patient.name_key, **copied(order),
    )  # fmt: skip
    for status, final_ago in state.reports:
        report(study, status, None if final_ago is None else NOW - final_ago)
    return study


def uid_of(name: str, copy: str) -> str:
    """StudyInstanceUID of a cell, always the same."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, f'matrix/{name}/{copy}').int}"


def _order(name: str, copy: str, state: State, patient: Patient, site: Site | None) -> ServiceRequest:
    exam_type = None
    if state.own_delay is not None:
        exam_type, _new = ExamType.objects.get_or_create(
            code=f"DELAY-{state.own_delay}", defaults={"name": name, "release_delay_hours": state.own_delay}
        )
        if state.own_delay == 12:
            slow = Site.objects.get(code="LENTO")
            ReleaseDelay.objects.get_or_create(exam_type=exam_type, site=slow, defaults={"hours": 72})
    # doctors and companies are asked about Ana's own copy: the others name nobody
    named = copy == "adult"
    doctor = Practitioner.objects.filter(user__username=state.ordered_by).first() if named else None
    paying = named or state.exclusive
    order = ServiceRequest.objects.create(
        accession_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{copy}").hex[:16], patient=patient,
        requester=doctor, site=site, exam_type=exam_type, description=name, ordered_at=NOW - 60 * DAY,
        payer=Organization.objects.filter(identifier=state.payer).first() if paying else None,
    )  # fmt: skip
    if named:
        order.copies_to.add(Practitioner.objects.get(user__username="copia"))
    return order


def report(study: Study, status: str, final_at: dt.datetime | None) -> DiagnosticReport:
    """A report in `status`, with its text where there is one by then."""
    made = DiagnosticReport.objects.create(study=study, order=study.order, status=status, final_at=final_at)
    if status in WRITTEN:
        ReportVersion.objects.create(
            report=made, number=1, status=status, source="hl7", text="Sin hallazgos.", digest="0" * 64,
            received_at=NOW - DAY,
        )  # fmt: skip
    return made


def share(studies: Iterable[int], patient: str = "ana", *, kind: str = "mail", **grant: object) -> SharePart:
    """A share of `studies`, live at NOW unless `grant` says otherwise."""
    values = {"starts_at": NOW - DAY, "expires_at": NOW + DAY} | grant
    made = ShareGrant.objects.create(patient=cast.patient(patient), **values)
    made.studies.set(studies)
    token = uuid.uuid4().hex
    return SharePart.objects.create(
        grant=made, kind=kind, token_hash=token, pin_hash="!", email="h@x.example"
    )


def choose(**settings: object) -> None:
    """Let the institution choose `settings`."""
    for key, value in settings.items():
        Setting.objects.update_or_create(key=key, defaults={"value": value})
