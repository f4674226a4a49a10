"""C-ECHO and C-STORE by real peers: kept as sent, indexed, or refused with the right status."""

import socket
import struct
import subprocess
import time
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode

from placa.domain.intake.tests.objects import CT, ct, encoded, part10
from placa.interfaces.dimse.tests.listener import Child
from placa.standards.dicom.uids import new_uid

EXPLICIT: list[str] = [ExplicitVRLittleEndian]
PRIVATE_CLASS = "1.2.826.0.1.3680043.10.999.77"


def new_slice(number: int = 1, **elements: object) -> Dataset:
    """A CT slice of a study of its own."""
    study = new_uid()
    return ct(
        number, StudyInstanceUID=study, SeriesInstanceUID=new_uid(), SOPInstanceUID=new_uid(), **elements
    )


def _context(association: Association) -> int:
    """The id of the one accepted context."""
    number = association.accepted_contexts[0].context_id
    assert number is not None
    return number


def _pause_reactor(association: Association) -> None:
    """Keep pynetdicom's own thread from taking the answer; it says that it rests in passing, too."""
    association._reactor_checkpoint.clear()
    resting = 0
    while resting < 3 and association.is_alive():
        resting = resting + 1 if association._is_paused else 0
        time.sleep(0.001)


def send_raw(association: Association, sop_class: str, instance: str, data_set: bytes) -> int:
    """C-STORE of bytes as they are, under a command set that may lie. Returns the status."""
    request = C_STORE()
    request.MessageID = 7
    request.AffectedSOPClassUID = sop_class
    request.AffectedSOPInstanceUID = instance
    request.DataSet = BytesIO(data_set)
    _pause_reactor(association)
    try:
        association.dimse.send_msg(request, _context(association))
        _id, response = association.dimse.get_msg(block=True)
    finally:
        association._reactor_checkpoint.set()
    assert isinstance(response, C_STORE)
    return int(response.Status or 0)


def send(association: Association, data: Dataset) -> int:
    """C-STORE of `data` in the accepted transfer syntax. Returns the status."""
    syntax = UID(association.accepted_contexts[0].transfer_syntax[0])
    sent = encode(data, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
    assert sent is not None
    return send_raw(association, str(data.SOPClassUID), str(data.SOPInstanceUID), sent)


def _instance(listener: Child, data: Dataset) -> tuple[object, ...]:
    query = "select storage_key, transfer_syntax_uid from archive_instance where sop_instance_uid = ?"
    return listener.wait_for(query, str(data.SOPInstanceUID))[0]


@pytest.mark.peer
def test_dcmtk_gets_an_echo(listener: Child) -> None:
    done = subprocess.run(["/usr/bin/echoscu", "-aec", "PLACA", "127.0.0.1", str(listener.port)], timeout=30)
    assert done.returncode == 0


@pytest.mark.peer
def test_what_dcmtk_sends_is_kept_byte_for_byte_and_indexed(listener: Child, tmp_path: Path) -> None:
    data = new_slice()
    (tmp_path / "a.dcm").write_bytes(part10(data))
    command = [
        "/usr/bin/storescu",
        "-xe",
        "-aec",
        "PLACA",
        "127.0.0.1",
        str(listener.port),
        str(tmp_path / "a.dcm"),
    ]
    assert subprocess.run(command, timeout=30).returncode == 0
    key, syntax = _instance(listener, data)
    kept = (listener.home / "archive" / str(key)).read_bytes()
    assert kept[:132] == bytes(128) + b"DICM"
    assert kept.endswith(encoded(data))
    assert syntax == ExplicitVRLittleEndian
    [(name, count)] = listener.wait_for(
        "select patient_name, number_of_instances from archive_study where study_instance_uid = ?",
        str(data.StudyInstanceUID),
    )
    assert (name, count) == ("Morales Peralta^Ana", 1)
    assert listener.wait_for("select kind from intake_inboxitem where kind = 'unknown_patient'")


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_each_uncompressed_syntax_is_kept_as_it_came(listener: Child, syntax: str) -> None:
    data = new_slice()
    with listener.association((CT, [syntax])) as association:
        assert send(association, data) == 0x0000
    key, stored_as = _instance(listener, data)
    assert stored_as == syntax
    sent = encode(data, syntax == ImplicitVRLittleEndian, True, syntax == DeflatedExplicitVRLittleEndian)
    assert sent is not None
    assert (listener.home / "archive" / str(key)).read_bytes().endswith(sent)


def test_a_private_storage_class_that_nobody_knows_is_taken(listener: Child) -> None:
    data = new_slice(SOPClassUID=PRIVATE_CLASS)
    with listener.association((PRIVATE_CLASS, EXPLICIT)) as association:
        assert send(association, data) == 0x0000
    _instance(listener, data)


def test_what_is_no_storage_class_is_not_accepted(listener: Child) -> None:
    with listener.association(("1.2.840.10008.5.1.4.1.2.2.1", EXPLICIT)) as association:
        assert not association.is_established


def test_command_and_data_set_that_differ_are_refused(listener: Child) -> None:
    data = new_slice()
    before = len(listener.stored())
    with listener.association((CT, EXPLICIT)) as association:
        assert send_raw(association, CT, "1.2.3.4.5", encoded(data)) == 0xA900
    assert len(listener.stored()) == before


@pytest.mark.parametrize("damage", ["cut", "short", "noise"])
def test_what_cannot_be_read_is_refused_and_the_next_object_works(listener: Child, damage: str) -> None:
    data = new_slice()
    whole = encoded(data)
    sent = {"cut": whole[:-10], "short": whole[:4], "noise": b"<html>" * 50}[damage]
    before = len(listener.stored())
    with listener.association((CT, EXPLICIT)) as association:
        assert send_raw(association, CT, str(data.SOPInstanceUID), sent) == 0xC000
        assert len(listener.stored()) == before
        assert send(association, data) == 0x0000


def test_a_deflate_bomb_is_refused(listener: Child) -> None:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = new_slice()
    head = encoded(data)[:-44]  # without pixel data
    bomb = engine.compress(head + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 400_000_000))
    bomb += b"".join(engine.compress(bytes(10_000_000)) for _ in range(40)) + engine.flush()
    with listener.association((CT, [DeflatedExplicitVRLittleEndian])) as association:
        assert send_raw(association, CT, str(data.SOPInstanceUID), bomb) == 0xC000
        assert _peak_memory(listener) < 512 * 1024


def _peak_memory(listener: Child) -> int:
    """The largest VmHWM of the listener's processes, in KiB."""
    peaks = []
    for pid in listener.processes():
        status = Path(f"/proc/{pid}/status").read_text()
        peaks += [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks)


def test_a_pdu_that_claims_half_a_gigabyte_is_cut_off(listener: Child) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), 10) as peer:
        peer.settimeout(10)
        peer.sendall(struct.pack(">BBL", 1, 0, 512 * 1024 * 1024))
        try:
            for _ in range(200):
                peer.sendall(bytes(65536))
                time.sleep(0.01)
            cut = peer.recv(10) == b""
        except OSError:
            cut = True
    assert cut
    assert _peak_memory(listener) < 512 * 1024


def test_an_association_cut_inside_a_store_leaves_nothing(listener: Child) -> None:
    before = len(listener.stored())
    with listener.association((CT, EXPLICIT)) as association:
        data = encoded(new_slice())
        command = _store_command(CT, "1.2.3.4.9")
        context = _context(association)
        pdus = _pdv(context, 3, command) + _pdv(context, 0, data[:100])
        bound = association.dul.socket
        assert bound is not None
        assert bound.socket is not None
        bound.socket.sendall(pdus)
        time.sleep(0.2)
        association.abort()
    limit = time.monotonic() + 10
    while len(listener.processes()) > 2 and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(listener.processes()) == 2
    assert len(listener.stored()) == before
    assert not [path for path in (listener.home / "archive").rglob("*.ahead") if path.is_file()]


def _store_command(sop_class: str, instance: str) -> bytes:
    command = Dataset()
    command.AffectedSOPClassUID = sop_class
    command.CommandField = 1
    command.MessageID = 1
    command.Priority = 0
    command.CommandDataSetType = 1
    command.AffectedSOPInstanceUID = instance
    body = encode(command, True, True)
    assert body is not None
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def _pdv(context: int, control: int, data: bytes) -> bytes:
    item = struct.pack(">LBB", len(data) + 2, context, control) + data
    return struct.pack(">BBL", 4, 0, len(item)) + item
