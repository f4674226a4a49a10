"""Ana, her visit, and one small scan for all tests of the phantoms."""

from datetime import date, datetime, timedelta, timezone

import pytest

from placa.demo.phantoms import Identity, Visit, derived_uid
from placa.demo.phantoms.ct import Scan, scan_abdomen


@pytest.fixture(scope="session")
def ana() -> Identity:
    return Identity("Morales Peña^Ana", "ALB-20417", "ALBORADA", date(1985, 5, 8), "F")


@pytest.fixture(scope="session")
def visit() -> Visit:
    return Visit(
        study_instance_uid=derived_uid("a visit of the tests"),
        accession_number="A26-114502",
        study_datetime=datetime(2026, 11, 12, 9, 20, tzinfo=timezone(timedelta(hours=-4))),
        description="Estudio de demostración",
        institution_name="Clínica Alborada",
        referring_physician_name="Díaz^Rafael",
        station="NORTE-1",
    )


@pytest.fixture(scope="session")
def small_scan() -> Scan:
    return scan_abdomen(12)
