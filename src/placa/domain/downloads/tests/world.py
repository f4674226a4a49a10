"""Ana's CT with real files: three slices, a picture that cannot be drawn, a cine, an ECG."""

from typing import Any

from placa.common import clock
from placa.demo import cast, load, phantoms
from placa.domain.access.viewers import Viewer, roles_of, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import ct, received

PLAN = cast.STUDIES["ana_ct"]
CT = PLAN.uid


def viewer(username: str) -> Viewer:
    """`username` of the cast in their first role."""
    user = User.objects.get(username=username)
    return viewer_for(user, roles_of(user)[0])


def study() -> Study:
    """The study as the database has it now."""
    return Study.objects.get(study_instance_uid=CT)


def slices(count: int, *, series: int = 1, **changes: Any) -> Study:
    """Store `count` slices in a series of Ana's CT."""
    person, sent = cast.PATIENTS["ana"], []
    for number in range(1, count + 1):
        own = {
            "StudyInstanceUID": CT, "SeriesInstanceUID": f"{CT}.{series}", "SeriesNumber": series,
            "SOPInstanceUID": f"{CT}.{series}.{number}", "PatientID": person.patient_id,
            "IssuerOfPatientID": cast.ISSUER, "SeriesDescription": f"Axial {series} <señal>",
            "AccessionNumber": PLAN.accession,
        }  # fmt: skip
        sent.append(received(ct(number, **(own | changes))))
    process(sent)
    return study()


def undrawable() -> Study:
    """A slice that says it has pictures and has none: it cannot be drawn."""
    return slices(1, series=2, PixelData=b"\0\0")


def cine(frames: int = 3) -> Study:
    """An ultrasound loop of some frames, through the receiver."""
    _phantom("us_renal", frames=frames)
    return study()


def ecg() -> Study:
    """Twelve leads."""
    _phantom("ecg_12lead")
    return study()


def _phantom(name: str, **options: Any) -> None:
    visit = load.visit_of(PLAN, clock.now() - PLAN.ago)
    drawn = getattr(phantoms, name)(load.identity_of(PLAN), visit, **options)
    load.arrive(drawn, "TEST")


def everything() -> Study:
    """All of it."""
    slices(3)
    undrawable()
    cine()
    return ecg()
