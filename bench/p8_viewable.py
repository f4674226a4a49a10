"""P8: from the last C-STORE response of a study to the study being viewable by the doctor who ordered it.

Viewable: the doctor's own DICOMweb request for the study's metadata, over HTTP, answers with every instance.
"""

import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.uid import generate_uid
from pynetdicom.association import Association

from house import House, house
from placa.demo import cast
from placa.interfaces.dimse.tests.listener import Child
from placa.interfaces.dimse.tests.test_store import EXPLICIT, send_raw
from placa.standards.dicom import uids
from table import Row, row

PLAN = cast.STUDIES["ana_ct"]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Figures:
    """One study: its UID, seconds of sending, seconds from the last response to viewable."""

    study: str
    sending: float
    waiting: float


def rows(quick: bool) -> list[Row]:
    """Studies sent one after the other into a running house."""
    slices = 50 if quick else 300
    with tempfile.TemporaryDirectory() as folder, house(Path(folder) / "home") as running:
        studies = [one_study(running, slices) for _ in range(3 if quick else 10)]
    waits = [one.waiting for one in studies]
    return [row("P8", f"last of {slices} CT slices to viewable by the doctor", "s", waits, goal="p95 of 2 s")]


def one_study(house: House, slices: int) -> Figures:
    """Send a CT study of 512 x 512 slices for the doctor's order, and ask as the doctor until all of it is there."""
    study = generate_uid()
    return sent(house, study, ct_objects(study, slices))


def sent(house: House, study: str, objects: Sequence[tuple[str, bytes]]) -> Figures:
    """The same with objects at hand."""
    with Child(house.home, house.dicom_port).association((ct_class(), EXPLICIT)) as association:
        began = time.perf_counter()
        store(association, objects)
        ended = time.perf_counter()
        while house_metadata(house, study) != len(objects):
            if time.perf_counter() - ended > PATIENCE_SECONDS:
                raise SystemExit(f"not viewable after {PATIENCE_SECONDS:.0f} s; see {house.home}/house.log")
            time.sleep(0.01)
        return Figures(study, ended - began, time.perf_counter() - ended)


def store(association: Association, objects: Sequence[tuple[str, bytes]]) -> None:
    """C-STORE each; a refused one ends the measurement."""
    for uid, data in objects:
        if send_raw(association, ct_class(), uid, data) != 0:
            raise SystemExit("a store failed")


def house_metadata(house: House, study: str) -> int:
    """How many instances the doctor's metadata request answers with; 0 where it is 404."""
    request = urllib.request.Request(  # noqa: S310 - our own http address
        f"{house.address}/dicomweb/studies/{study}/metadata",
        headers={"Authorization": f"Bearer {house.token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own http address
            return len(json.load(answer))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return 0
        raise


def ct_class() -> str:
    """CT Image Storage."""
    from placa.domain.intake.tests.objects import CT

    return CT


def ct_objects(study: str, slices: int) -> list[tuple[str, bytes]]:
    """(SOP Instance UID, data set) of each slice, with the patient and the order of the doctor's CT."""
    from placa.domain.intake.tests.objects import ct, encoded

    person, series, found = cast.PATIENTS["ana"], generate_uid(), []
    for number in range(1, slices + 1):
        uid = generate_uid()
        row = bytes((at + number) % 256 if not at % 2 else at % 8 for at in range(1024))
        data = ct(
            number, StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=uid, Rows=512, Columns=512,
            PixelData=row * 512, PatientID=person.patient_id, IssuerOfPatientID=cast.ISSUER,
            PatientBirthDate="", AccessionNumber=PLAN.accession,
        )  # fmt: skip
        found.append((uid, encoded(data)))
    assert EXPLICIT == [uids.EXPLICIT_VR_LITTLE_ENDIAN]
    return found
