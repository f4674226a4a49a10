"""The named cast: the same people and studies in the demo, in the tests and in the manuals.

`people()` makes the persons, accounts and orders; `STUDIES` says what was examined and how it stands.
Dates are given backwards from the moment of loading, so that "pending" stays pending.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Literal

from django.contrib.auth.hashers import make_password

from placa.common import clock
from placa.common.text import fold
from placa.demo.accounts import PASSWORD
from placa.domain.accounts.models import User
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExamType, Institution, Site
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import (
    Agreement,
    Guardianship,
    Organization,
    OrganizationMember,
    Patient,
    PatientIdentifier,
    Permission,
    Practitioner,
    StaffMember,
)

ISSUER = "ALBORADA"
SUPPORT_PHONE = "809-555-0142"


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """One study of the cast. `ago` is how long before loading the exam was done."""

    key: str
    patient: str  # key of PATIENTS, or "" for a study of somebody unknown
    description: str
    modality: str
    ago: dt.timedelta
    site: str
    phantom: str
    report: Literal["", "registered", "partial", "preliminary", "final"] = "final"
    payer: str = ""
    doctor: str = "diaz"
    hand_delivery: bool = False
    offline: bool = False
    kind: str = "radiology"
    images: bool = True

    @property
    def uid(self) -> str:
        """StudyInstanceUID, the same at every loading (PS3.5 B.2)."""
        return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, 'placa/' + self.key).int}"

    @property
    def accession(self) -> str:
        return f"A26-{114500 + list(STUDIES).index(self.key)}"


@dataclass(frozen=True, slots=True)
class Person:
    """A patient of the cast; `age` in whole years (some months past the birthday)."""

    family_name: str
    given_name: str
    patient_id: str
    sex: str
    age: int
    email: str = ""
    mobile: str = ""
    username: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def birth_date(self, today: dt.date) -> dt.date:
        """A birthday 100 days before `today`, `age` years ago."""
        day = today - dt.timedelta(days=100)
        return day.replace(year=day.year - self.age, day=min(day.day, 28))


PATIENTS = {
    "ana": Person(
        "Morales Peralta", "Ana", "402-1180-7", "F", 41, "ana@correo.example", "+18095550111", "ana",
        {"address": "Calle Duarte 12", "phone": "+18095550112", "family_doctor": "Dra. Sol Egea"},
    ),
    "bruno": Person("Reyes Morales", "Bruno", "402-2291-3", "M", 11),
    "carla": Person(
        "Núñez Sosa", "Carla", "402-3304-9", "F", 35, "carla@correo.example", "+18095550121", "carla"
    ),
    "nuria": Person("Campos Lora", "Nuria", "402-4417-5", "F", 58, "nuria@correo.example"),
}  # fmt: skip

_DAY = dt.timedelta(days=1)
_PLANS = (
    StudyPlan(
        "ana_ct",
        "ana",
        "TC de abdomen y pelvis con contraste",
        "CT",
        8 * _DAY,
        "NORTE",
        "ct_abdomen",
        payer="quisqueya",
    ),
    StudyPlan(
        "ana_cr",
        "ana",
        "Radiografía de tórax",
        "CR",
        dt.timedelta(hours=30),
        "CENTRO",
        "cr_chest",
        report="partial",
    ),
    StudyPlan("ana_us", "ana", "Sonografía renal", "US", 4 * _DAY, "NORTE", "us_renal", report="preliminary"),
    StudyPlan(
        "ana_mr",
        "ana",
        "Resonancia de rodilla derecha",
        "MR",
        dt.timedelta(hours=3),
        "NORTE",
        "mr_knee",
        report="registered",
    ),
    StudyPlan(
        "ana_biopsy",
        "ana",
        "Biopsia guiada por sonografía",
        "US",
        7 * _DAY,
        "CENTRO",
        "us_renal",
        hand_delivery=True,
    ),
    StudyPlan(
        "ana_ecg",
        "ana",
        "Electrocardiograma de 12 derivaciones",
        "ECG",
        11 * _DAY,
        "NORTE",
        "ecg_12lead",
        kind="ecg",
    ),
    StudyPlan(
        "ana_lab",
        "ana",
        "Laboratorio: hemograma y química",
        "DOC",
        12 * _DAY,
        "NORTE",
        "lab_pdf",
        kind="laboratory",
        images=False,
    ),
    StudyPlan("ana_mg", "ana", "Mamografía bilateral", "MG", 620 * _DAY, "CENTRO", "mg_pair", offline=True),
    StudyPlan("bruno_dx", "bruno", "Radiografía de muñeca derecha", "DX", 5 * _DAY, "NORTE", "dx_wrist"),
    StudyPlan("carla_cr", "carla", "Radiografía de tórax", "CR", 3 * _DAY, "NORTE", "cr_chest"),
    StudyPlan(
        "carla_wc",
        "carla",
        "Radiografía de columna lumbosacra",
        "DX",
        2 * _DAY,
        "NORTE",
        "lumbar_xray",
        payer="arl",
    ),
    StudyPlan(
        "stranger",
        "",
        "Radiografía de tórax",
        "CR",
        dt.timedelta(hours=2),
        "NORTE",
        "cr_chest",
        report="",
        doctor="",
    ),
)
STUDIES = {plan.key: plan for plan in _PLANS}


def institution_and_sites() -> None:
    """Clínica Alborada with its two sites and its exam catalogue."""
    Institution.objects.get_or_create(
        name="Clínica Alborada",
        defaults={
            "short_name": "Alborada",
            "address": "Av. Independencia 210, Santo Domingo",
            "phone": SUPPORT_PHONE,
            "email": "resultados@alborada.example",
            "hours": "Lunes a sábado, 7:00 a 19:00",
            "default_issuer": ISSUER,
        },
    )
    for code, name in (("NORTE", "Sede Norte"), ("CENTRO", "Sede Centro")):
        Site.objects.get_or_create(code=code, defaults={"name": name})
    for plan in STUDIES.values():
        ExamType.objects.get_or_create(
            code=plan.key.upper(),
            defaults={"name": plan.description, "kind": plan.kind, "modality": plan.modality},
        )
    institution.forget()


def account(username: str, email: str, full_name: str, *, mobile: str = "") -> User:
    """An activated account with the demo's password (no first-entry change)."""
    now = clock.now()
    return User.objects.create(
        username=username, email=email, full_name=full_name, mobile=mobile, activated_at=now,
        password=_hashed_password(), language="es",
    )  # fmt: skip


_hashes: list[str] = []


def _hashed_password() -> str:
    if not _hashes:
        _hashes.append(make_password(PASSWORD))
    return _hashes[0]


def people() -> None:
    """Everybody of the cast, with accounts where they have one. Needs `institution_and_sites`."""
    _patients()
    _doctors()
    _companies()
    _staff()


def _patients() -> None:
    today = clock.today(institution.zone())
    rows: dict[str, Patient] = {}
    for key, person in PATIENTS.items():
        user = None
        full_name = f"{person.given_name} {person.family_name}"
        if person.username:
            user = account(person.username, person.email, full_name, mobile=person.mobile)
        rows[key] = Patient.objects.create(
            user=user, family_name=person.family_name, given_name=person.given_name,
            name_key=fold(f"{person.family_name} {person.given_name}"), birth_date=person.birth_date(today),
            sex=person.sex, email=person.email, mobile=person.mobile, portal_enabled=user is not None,
            **person.extra,
        )  # fmt: skip
        PatientIdentifier.objects.create(patient=rows[key], value=person.patient_id, issuer=ISSUER, kind="MR")
    Guardianship.objects.create(
        guardian=rows["ana"], child=rows["bruno"], kind="mother", proof="Acta de nacimiento 2015-3381"
    )


def _doctors() -> None:
    rows = (
        ("diaz", "Díaz", "Rafael", "Dr.", "10234", "Medicina interna", Practitioner.State.ENABLED),
        ("egea", "Egea", "Sol", "Dra.", "20877", "Ginecología", Practitioner.State.ENABLED),
        ("faro", "Faro", "Tomás", "Dr.", "30561", "Traumatología", Practitioner.State.WAITING),
    )
    for username, family, given, title, licence, specialty, state in rows:
        email = f"{username}@medicos.example"
        Practitioner.objects.create(
            user=account(username, email, f"{title} {given} {family}"), family_name=family, given_name=given,
            name_key=fold(f"{family} {given}"), title=title, licence=licence, specialty=specialty,
            email=email,
            state=state,
        )  # fmt: skip


def _companies() -> None:
    today = clock.today(institution.zone())
    rows = (
        ("gomez", "Elsa Gómez", "Seguros Quisqueya", "quisqueya", Organization.Kind.INSURER),
        ("heras", "Iván Heras", "ARL Caribe", "arl", Organization.Kind.WORKERS_COMPENSATION),
    )
    for username, full_name, name, identifier, kind in rows:
        company = Organization.objects.create(name=name, kind=kind, identifier=identifier)
        Agreement.objects.create(organization=company, starts_on=today - dt.timedelta(days=400))
        OrganizationMember.objects.create(
            organization=company, user=account(username, f"{username}@{identifier}.example", full_name)
        )


def _staff() -> None:
    ines = StaffMember.objects.create(
        user=account("ines", "ines@alborada.example", "Inés Rosado"),
        permissions=[Permission.PATIENTS, Permission.UPLOAD, Permission.ORDERS],
    )
    ines.sites.add(Site.objects.get(code="NORTE"))
    StaffMember.objects.create(
        user=account("jefe", "jefe@alborada.example", "Julio Jefe Marte"), is_super=True, permissions=[]
    )


def orders() -> None:
    """An order for every study of the cast that has a patient."""
    now = clock.now()
    for plan in STUDIES.values():
        if not plan.patient:
            continue
        ServiceRequest.objects.create(
            accession_number=plan.accession,
            order_number=f"P-{plan.accession[4:]}",
            patient=patient(plan.patient),
            requester=Practitioner.objects.get(user__username=plan.doctor),
            payer=Organization.objects.get(identifier=plan.payer) if plan.payer else None,
            site=Site.objects.get(code=plan.site),
            exam_type=ExamType.objects.get(code=plan.key.upper()),
            description=plan.description,
            modality=plan.modality,
            ordered_at=now - plan.ago - _DAY,
            hand_delivery=plan.hand_delivery,
            status=ServiceRequest.Status.COMPLETED,
        )


def patient(key: str) -> Patient:
    """The patient row of a person of the cast."""
    return Patient.objects.get(identifiers__value=PATIENTS[key].patient_id)
