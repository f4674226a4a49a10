"""The demo's first start: the cast, and their studies sent through the receiver like any modality's."""

import datetime as dt
import logging
import os
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from pydicom.dataset import Dataset
from pydicom.filewriter import write_dataset

from placa.common import clock
from placa.demo import cast, lab, phantoms, texts
from placa.demo.reports import REPORTS
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.archive.records import Sender
from placa.domain.archive.storage import storage
from placa.domain.enrolment import services as enrolment
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExternalArchive, Institution
from placa.domain.institution.services import change_setting, save_archive
from placa.domain.intake import pipeline
from placa.domain.intake import services as intake
from placa.domain.intake.receiving import Announced, receive
from placa.domain.recall import copies, eviction
from placa.domain.reports import services as reports
from placa.domain.reports.models import DiagnosticReport, ReportVersion
from placa.domain.sharing import services as sharing

log = logging.getLogger(__name__)
HUGO = "hugo@consulta.example"
STATIONS = {"NORTE": "TC-NORTE-1", "CENTRO": "RX-CENTRO-1"}


def load_demo(*, say: Callable[[str], None] = log.info) -> bool:
    """Load what is not there yet, so that a load that was cut off goes on; returns whether anything was loaded."""
    call_command("createcachetable", verbosity=0)
    if not Institution.objects.exists():
        with transaction.atomic():
            cast.institution_and_sites()
            texts.publish()
            change_setting(key="letter_paper", value=True, by="system")  # as in Santo Domingo
            cast.people()
            cast.orders()
    there = set(Study.objects.values_list("study_instance_uid", flat=True))
    missing = [plan for plan in cast.STUDIES.values() if plan.uid not in there]
    for plan in sorted(missing, key=lambda plan: plan.ago, reverse=True):
        started = time.monotonic()
        number = load_study(plan)
        say(f"{plan.description}: {number} objects in {time.monotonic() - started:.1f} s")
    invitations()
    return bool(missing)


def load_study(plan: cast.StudyPlan) -> int:
    """Draw one study, send it through the receiver at its own time, give it its report. Returns its objects."""
    exam_at = clock.now() - plan.ago
    data_sets = drawn(plan, exam_at)
    with clock.standing_at(exam_at + dt.timedelta(minutes=5)):
        arrive(data_sets, STATIONS[plan.site])
        study = Study.objects.get(study_instance_uid=plan.uid)
        intake.prepare({plan.uid})
        give_report(plan, study)
    if plan.offline:
        leave(study)
    return len(data_sets)


def leave(study: Study) -> None:
    """Send a study to the demo's archive, a folder, and let its images go."""
    folder = Path(settings.ENVIRONMENT.home) / "demo-archive"
    folder.mkdir(exist_ok=True)
    if not ExternalArchive.objects.exists():
        save_archive(archive=ExternalArchive(name="Archivo", kind="folder", url=str(folder)), by="system")
    copies.keep(study)
    eviction.evict(study)


def drawn(plan: cast.StudyPlan, exam_at: dt.datetime) -> list[Dataset]:
    """The objects of one plan, as its modality would make them."""
    identity, visit = identity_of(plan), visit_of(plan, exam_at)
    if plan.phantom == "lab_pdf":
        return list(phantoms.lab_pdf(identity, visit, lab.lab_report_pdf(identity, visit)))
    draw: Callable[..., list[Dataset]] = getattr(phantoms, plan.phantom)
    options: dict[str, Any] = {"frames": 12} if plan.key == "ana_biopsy" else {}
    return list(draw(identity, visit, **options))


def identity_of(plan: cast.StudyPlan) -> phantoms.Identity:
    """Who was examined, as the modality knows it."""
    person = cast.PATIENTS.get(plan.patient)
    if person is None:
        return phantoms.Identity("Desconocido^Pedro", "900-0000-0", cast.ISSUER, dt.date(1970, 3, 9), "M")
    birth = person.birth_date(clock.today(institution.zone()))
    name = f"{person.family_name}^{person.given_name}"
    return phantoms.Identity(name, person.patient_id, cast.ISSUER, birth, person.sex)


def visit_of(plan: cast.StudyPlan, exam_at: dt.datetime) -> phantoms.Visit:
    """What was done, where and when, as the modality knows it."""
    local = exam_at.astimezone(institution.zone()).replace(tzinfo=None, microsecond=0)
    doctor = "Díaz^Rafael^^Dr." if plan.doctor == "diaz" else ""
    return phantoms.Visit(
        plan.uid, plan.accession, local, plan.description, "Clínica Alborada", doctor, STATIONS[plan.site]
    )


def arrive(data_sets: Iterable[Dataset], ae_title: str) -> None:
    """Receive objects as C-STORE does, then index and match them."""
    sender = Sender(ae_title=ae_title, address="127.0.0.1")
    received = [receive([encoded(one)], announced(one), sender) for one in data_sets]
    moment = clock.now().timestamp()
    for item in received:
        os.utime(storage().path(item.key), (moment, moment))  # arrival is read from the file
    for start in range(0, len(received), 50):
        pipeline.process(received[start : start + 50])


def announced(data_set: Dataset) -> Announced:
    """What a C-STORE request would say of it."""
    syntax = data_set.file_meta.TransferSyntaxUID
    return Announced(str(data_set.SOPClassUID), str(data_set.SOPInstanceUID), str(syntax))


def encoded(data_set: Dataset) -> bytes:
    """The data set as it travels: without preamble and group 0002."""
    buffer = BytesIO()
    syntax = data_set.file_meta.TransferSyntaxUID
    from pydicom.filebase import DicomFileLike

    file = DicomFileLike(buffer)
    file.is_implicit_VR, file.is_little_endian = syntax.is_implicit_VR, syntax.is_little_endian
    write_dataset(file, data_set)
    return buffer.getvalue()


def give_report(plan: cast.StudyPlan, study: Study) -> None:
    """The report of one plan in its state; the laboratory's PDF made its own on arrival."""
    if not plan.report or plan.phantom == "lab_pdf":
        return
    written = REPORTS[plan.phantom]
    report = DiagnosticReport.objects.create(study=study, order=study.order, title=written.title)
    if plan.report in ("registered", "partial"):
        DiagnosticReport.objects.filter(pk=report.pk).update(status=plan.report)
        return
    final = plan.report == "final"
    reports.add_version(
        report=report, status=plan.report, source=ReportVersion.Source.HL7, by="system", text=written.text,
        signed_by="Dra. Milagros Peña" if final else "", signed_at=clock.now() if final else None,
    )  # fmt: skip


def invitations() -> None:
    """Nuria's welcome mail, and Ana's share with Hugo, both to be read in /demo/outbox."""
    if cast.patient("nuria").user is not None:
        return
    enrolment.enable_portal(cast.patient("nuria"), "system")
    ana = viewer_for(User.objects.get(username="ana"), "patient")
    sharing.create_share(viewer=ana, study_uids=[cast.STUDIES["ana_ct"].uid], recipients=[HUGO], days=30)
