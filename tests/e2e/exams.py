"""What the modalities of the journeys send: small studies that the demo's phantoms draw."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from pydicom.dataset import Dataset
from pydicom.uid import UID

from placa.common import clock
from placa.demo import cast, phantoms

ZONE = ZoneInfo("America/Santo_Domingo")
SLICES = 12
MANY = 200


def visit(key: str, accession: str, description: str) -> phantoms.Visit:
    """An exam that was done a quarter of an hour ago."""
    done = (clock.now() - dt.timedelta(minutes=15)).astimezone(ZONE).replace(tzinfo=None, microsecond=0)
    uid = phantoms.derived_uid(f"e2e/{key}")
    return phantoms.Visit(uid, accession, done, description, "Clínica Alborada", "", "TC-NORTE-1")


def small_ct(identity: phantoms.Identity, exam: phantoms.Visit) -> list[Dataset]:
    """Twelve slices of an abdomen."""
    return phantoms.ct_abdomen(identity, exam, slices=SLICES, coronal=0)


def long_ct(identity: phantoms.Identity, exam: phantoms.Visit) -> Iterator[Dataset]:
    """So many slices that somebody may die while they are fetched; the same data set with another number each."""
    data = phantoms.ct_abdomen(identity, exam, slices=1, coronal=0)[0]
    for number in range(1, MANY + 1):
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID(
            f"{data.SeriesInstanceUID}.{number}"
        )
        data.InstanceNumber = number
        yield data


def of_the_cast(key: str) -> phantoms.Identity:
    """A patient of the cast as the modality's worklist names them."""
    person = cast.PATIENTS[key]
    birth = person.birth_date(today())
    return phantoms.Identity(
        f"{person.family_name}^{person.given_name}", person.patient_id, cast.ISSUER, birth, person.sex
    )


def report_pdf(sentence: str) -> bytes:
    """One page with a sentence."""
    from weasyprint import HTML

    return bytes(
        HTML(string=f"<html lang='es'><title>Informe</title><h1>Informe</h1><p>{sentence}</p>").write_pdf()
    )


def today() -> dt.date:
    """The institution's calendar day."""
    return clock.today(ZONE)
