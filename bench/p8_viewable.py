"""P8: from the last C-STORE response of a study to the study being viewable by the doctor who ordered it.

Viewable: the doctor's own DICOMweb request for the study's metadata, over HTTP, answers with every instance. Beside it:
from the first response to the first preview picture, while the rest still arrives.
"""

import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydicom.uid import generate_uid
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from house import House, house
from placa.demo import cast
from placa.interfaces.dimse.tests.listener import Child
from placa.interfaces.dimse.tests.test_store import EXPLICIT
from placa.standards.dicom import uids
from table import Row, row

PLAN = cast.STUDIES["ana_ct"]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Figures:
    """One study: its UID, seconds of sending, from the last response to viewable, from the first to a preview."""

    study: str
    sending: float
    waiting: float
    preview: float


def rows(quick: bool) -> list[Row]:
    """Studies sent one after the other into a running house."""
    slices = 50 if quick else 300
    with tempfile.TemporaryDirectory() as folder, house(Path(folder) / "home") as running:
        studies = [one_study(running, slices) for _ in range(3 if quick else 10)]
    waits = [one.waiting for one in studies]
    previews = [one.preview for one in studies]
    return [
        row("P8", f"last of {slices} CT slices to viewable by the doctor", "s", waits, goal="p95 of 2 s"),
        row(
            "P8", f"first of {slices} CT slices to the study's preview", "s", previews, goal="before the last"
        ),
    ]


def one_study(house: House, slices: int) -> Figures:
    """Send a CT study of 512 x 512 slices for the doctor's order, and ask as the doctor until all of it is there."""
    study = generate_uid()
    return sent(house, study, ct_objects(study, slices))


def sent(house: House, study: str, objects: Sequence[tuple[str, bytes]]) -> Figures:
    """The same with objects at hand."""
    first = _FirstPreview(house, study)
    with Child(house.home, house.dicom_port).association((ct_class(), EXPLICIT)) as association:
        began = time.perf_counter()
        store(association, objects, first.start)
        ended = time.perf_counter()
        while house_metadata(house, study) != len(objects):
            if time.perf_counter() - ended > PATIENCE_SECONDS:
                raise SystemExit(f"not viewable after {PATIENCE_SECONDS:.0f} s; see {house.home}/house.log")
            time.sleep(0.01)
        waited = time.perf_counter() - ended
    return Figures(study, ended - began, waited, first.seconds())


def _pause_reactor(association: Association) -> None:
    """Keep pynetdicom's own thread from taking answers meant for us, for as long as we store.

    Paused and let go for each store it may wake late and take the next answer: seen where this process is busy too.
    """
    association._reactor_checkpoint.clear()
    while not association._is_paused:
        time.sleep(0.001)


def _store(association: Association, uid: str, sent: bytes) -> int:
    """C-STORE of bytes as they are; the status."""
    request = C_STORE()
    request.MessageID = 7
    request.AffectedSOPClassUID = ct_class()
    request.AffectedSOPInstanceUID = uid
    request.DataSet = BytesIO(sent)
    number = association.accepted_contexts[0].context_id
    assert number is not None
    association.dimse.send_msg(request, number)
    _id, response = association.dimse.get_msg(block=True)
    assert isinstance(response, C_STORE)
    return int(response.Status or 0)


class _FirstPreview:
    """Asks for a study's preview, again and again, from the first stored instance on."""

    def __init__(self, house: House, study: str) -> None:
        self._request = urllib.request.Request(
            f"{house.address}/dicomweb/studies/{study}/thumbnail?viewport=480,480",
            headers={"Authorization": f"Bearer {house.token}"},
        )
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._waited = 0.0

    def start(self) -> None:
        if not self._thread.ident:
            self._thread.start()

    def seconds(self) -> float:
        self._thread.join()
        return self._waited

    def _ask(self) -> None:
        began = time.perf_counter()
        while not self._answers() and time.perf_counter() - began < PATIENCE_SECONDS:
            time.sleep(0.05)
        self._waited = time.perf_counter() - began

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._request, timeout=20) as answer:
                return bool(answer.read(3) == b"\xff\xd8\xff")
        except urllib.error.HTTPError:
            return False


def store(
    association: Association,
    objects: Sequence[tuple[str, bytes]],
    after_each: Callable[[], None] = lambda: None,
) -> None:
    """C-STORE each; a refused one ends the measurement."""
    _pause_reactor(association)
    for uid, data in objects:
        if _store(association, uid, data) != 0:
            raise SystemExit("a store failed")
        after_each()


def house_metadata(house: House, study: str) -> int:
    """How many instances the doctor's metadata request answers with; 0 where it is 404."""
    request = urllib.request.Request(
        f"{house.address}/dicomweb/studies/{study}/metadata",
        headers={"Authorization": f"Bearer {house.token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
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
