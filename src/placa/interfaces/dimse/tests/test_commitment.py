"""Storage commitment: what is durable and indexed is promised, nothing else (PS3.4 Annex J)."""

import queue
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, evt

from placa.domain.intake.tests.objects import CT, encoded
from placa.interfaces.dimse.commitment import INSTANCE
from placa.interfaces.dimse.contexts import STORAGE_COMMITMENT
from placa.interfaces.dimse.tests.listener import Child, admit, free_port
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send_raw
from placa.standards.dicom.uids import new_uid


def _action(*references: tuple[str, str]) -> Dataset:
    asked = Dataset()
    asked.TransactionUID = new_uid()
    asked.ReferencedSOPSequence = []
    for sop_class, instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
        asked.ReferencedSOPSequence.append(item)
    return asked


class Modality:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: queue.Queue[tuple[int, Dataset]] = queue.Queue()

    def hear(self, event: Any) -> tuple[int, None]:
        self.told.put((event.event_type, event.event_information))
        return 0, None


def _ask(child: Child, modality: Modality, asked: Dataset, *, stay: bool, title: str = "CT1") -> int:
    """Send the request; on the same association, or released at once."""
    ae = AE(ae_title=title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
    ae.add_requested_context(STORAGE_COMMITMENT, ImplicitVRLittleEndian)
    association = ae.associate(
        "127.0.0.1", child.port, ae_title="PLACA", evt_handlers=[(evt.EVT_N_EVENT_REPORT, modality.hear)]
    )
    assert association.is_established
    try:
        status, _ = association.send_n_action(asked, 1, STORAGE_COMMITMENT, INSTANCE)
        if stay:
            modality_waits(modality)
        return int(status.Status)
    finally:
        association.release()


def modality_waits(modality: Modality) -> None:
    told = modality.told.get(timeout=25)
    modality.told.put(told)


def _stored(child: Child) -> str:
    data = new_slice()
    with child.association((CT, EXPLICIT)) as association:
        assert send_raw(association, CT, str(data.SOPInstanceUID), encoded(data)) == 0
    return str(data.SOPInstanceUID)


def test_what_is_here_is_promised_on_the_same_association(listener: Child) -> None:
    modality, first, second = Modality(), _stored(listener), _stored(listener)
    asked = _action((CT, first), (CT, second))
    assert _ask(listener, modality, asked, stay=True) == 0
    event, result = modality.told.get_nowait()
    assert (event, result.TransactionUID) == (1, asked.TransactionUID)
    assert [item.ReferencedSOPInstanceUID for item in result.ReferencedSOPSequence] == [first, second]
    assert "FailedSOPSequence" not in result


def test_what_is_not_here_or_is_something_else_is_not_promised(listener: Child) -> None:
    modality, kept, absent = Modality(), _stored(listener), new_uid()
    asked = _action((CT, kept), (CT, absent), ("1.2.840.10008.5.1.4.1.1.4", kept))
    assert _ask(listener, modality, asked, stay=True) == 0
    event, result = modality.told.get_nowait()
    assert event == 2
    assert [item.ReferencedSOPInstanceUID for item in result.ReferencedSOPSequence] == [kept]
    assert [item.FailureReason for item in result.FailedSOPSequence] == [0x0112, 0x0119]


def test_what_was_found_damaged_or_short_is_not_promised(listener: Child) -> None:
    """The modality's may be the only good copy."""
    modality, damaged, short = Modality(), _stored(listener), _stored(listener)
    query = "select storage_key from archive_instance where sop_instance_uid = ?"
    listener.wait_for(query, damaged)
    ((key,),) = listener.wait_for(query, short)
    with (listener.home / "archive" / key).open("r+b") as file:
        file.truncate(100)
    connection = sqlite3.connect(listener.home / "placa.sqlite3", timeout=20)
    with connection:
        connection.execute(
            "update archive_instance set damage = 'crc' where sop_instance_uid = ?", (damaged,)
        )
    connection.close()
    assert _ask(listener, modality, _action((CT, damaged), (CT, short)), stay=True) == 0
    _event, result = modality.told.get_nowait()
    assert [item.FailureReason for item in result.FailedSOPSequence] == [0x0112, 0x0112]


def test_who_released_is_told_on_a_new_association(listener: Child) -> None:
    modality, port, kept = Modality(), free_port(), _stored(listener)
    admit(listener, "CT5", "127.0.0.1", port=port)
    with _listening(modality, port):
        time.sleep(1.1)
        assert _ask(listener, modality, _action((CT, kept)), stay=False, title="CT5") == 0
        event, result = modality.told.get(timeout=25)
    assert (event, result.ReferencedSOPSequence[0].ReferencedSOPInstanceUID) == (1, kept)


@contextmanager
def _listening(modality: Modality, port: int) -> Iterator[None]:
    ae = AE(ae_title="CT5")
    ae.add_supported_context(STORAGE_COMMITMENT, scu_role=True, scp_role=True)
    server = ae.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, modality.hear)]
    )
    try:
        yield
    finally:
        assert server is not None
        server.shutdown()


@pytest.mark.parametrize("wrong", [{"TransactionUID": ""}, {"ReferencedSOPSequence": []}])
def test_a_request_that_says_nothing_is_refused(listener: Child, wrong: dict[str, Any]) -> None:
    asked = _action((CT, "1.2.3"))
    for keyword, value in wrong.items():
        setattr(asked, keyword, value)
    assert _ask(listener, Modality(), asked, stay=False) == 0x0212
