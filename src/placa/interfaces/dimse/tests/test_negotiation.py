"""Associations by the book: what is accepted, what is refused and why, what ends in an abort (PS3.7 Annex D, PS3.8)."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    AsynchronousOperationsWindowNegotiation,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)
from pynetdicom.presentation import build_context

from placa.domain.intake.tests.objects import CT
from placa.interfaces.dimse import command as dimse
from placa.interfaces.dimse import pdu
from placa.interfaces.dimse.contexts import VERIFICATION
from placa.interfaces.dimse.tests.listener import Child, admit, listening
from placa.interfaces.dimse.tests.test_store import EXPLICIT

UNKNOWN_SYNTAX = "1.2.826.0.1.3680043.10.999.5"
WORKLIST = "1.2.840.10008.5.1.4.31"


@pytest.fixture(scope="module")
def strict(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A listener that is no demo."""
    with listening(migrated, tmp_path_factory.mktemp("strict") / "home", mode="test") as child:
        admit(child, "CT1", "127.0.0.1")
        yield child


def request(*contexts: tuple[str, list[str]], called: str = "PLACA", extra: tuple[Any, ...] = ()) -> bytes:
    """An A-ASSOCIATE-RQ of CT1."""
    asked = A_ASSOCIATE()
    asked.application_context_name = "1.2.840.10008.3.1.1.1"
    asked.calling_ae_title, asked.called_ae_title = "CT1", called
    length, ours = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received, ours.implementation_class_uid = 16384, "1.2.3.4"
    asked.user_information = [length, ours, *extra]
    found = [build_context(uid, syntaxes) for uid, syntaxes in contexts]
    for number, context in enumerate(found):
        context.context_id = 2 * number + 1
    asked.presentation_context_definition_list = found
    made = A_ASSOCIATE_RQ()
    made.from_primitive(asked)
    return bytes(made.encode())


@contextmanager
def connected(child: Child) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", child.port), 10) as peer:
        peer.settimeout(10)
        yield peer


def answer(peer: socket.socket) -> bytes:
    """The next PDU; b"" where the connection was closed."""
    head = b""
    while len(head) < 6:
        piece = peer.recv(6 - len(head))
        if not piece:
            return b""
        head += piece
    body = b""
    while len(body) < struct.unpack(">2xI", head)[0]:
        body += peer.recv(65536)
    return head + body


def _accepted(raw: bytes) -> A_ASSOCIATE:
    assert raw[0] == pdu.ASSOCIATE_AC
    read = A_ASSOCIATE_AC()
    read.decode(raw)
    return read.to_primitive()


def _say(peer: socket.socket, context_id: int, number: int, body: bytes = b"") -> dimse.Command:
    """Send a command without data set; the response."""
    made = dimse.response(dimse.Command(number & 0x7FFF, 9, affected_sop_class_uid=VERIFICATION), 0)
    raw = made.replace(
        struct.pack("<HHIH", 0, 0x0100, 2, number | 0x8000), struct.pack("<HHIH", 0, 0x0100, 2, number)
    ).replace(struct.pack("<HHIH", 0, 0x0120, 2, 9), struct.pack("<HHIH", 0, 0x0110, 2, 9))
    peer.sendall(pdu.p_data(context_id, 3, raw) + body)
    found = answer(peer)
    assert found[0] == pdu.P_DATA, found
    return dimse.read(found[12:])


def test_each_context_gets_its_own_answer(listener: Child) -> None:
    asked = request(
        (CT, [UNKNOWN_SYNTAX, *EXPLICIT]), (WORKLIST, EXPLICIT), (CT, [UNKNOWN_SYNTAX]),
        (VERIFICATION, [ImplicitVRLittleEndian]),
    )  # fmt: skip
    with connected(listener) as peer:
        peer.sendall(asked)
        got = _accepted(answer(peer))
    results = got.presentation_context_definition_results_list
    assert [(one.context_id, one.result) for one in results] == [(1, 0), (3, 3), (5, 4), (7, 0)]
    assert results[0].transfer_syntax == EXPLICIT


def test_what_is_negotiated_besides_is_tolerated_and_the_window_stays_one(listener: Child) -> None:
    window, role, more, who = (
        AsynchronousOperationsWindowNegotiation(),
        SCP_SCU_RoleSelectionNegotiation(),
        SOPClassExtendedNegotiation(),
        UserIdentityNegotiation(),
    )
    window.maximum_number_operations_invoked = window.maximum_number_operations_performed = 8
    role.sop_class_uid, role.scu_role, role.scp_role = CT, True, True
    more.sop_class_uid, more.service_class_application_information = CT, b"\2\0\3\0\1\0"
    who.user_identity_type, who.primary_field = 1, b"somebody"
    with connected(listener) as peer:
        peer.sendall(request((CT, EXPLICIT), extra=(window, role, more, who)))
        items = _accepted(answer(peer)).user_information
    assert not [item for item in items if isinstance(item, AsynchronousOperationsWindowNegotiation)]
    roles = [item for item in items if isinstance(item, SCP_SCU_RoleSelectionNegotiation)]
    assert [(one.sop_class_uid, one.scu_role, one.scp_role) for one in roles] == [(CT, True, False)]


def test_another_called_ae_title_is_refused(strict: Child) -> None:
    with connected(strict) as peer:
        peer.sendall(request((CT, EXPLICIT), called="OTHER"))
        assert answer(peer)[7:] == bytes((1, 1, 7))
    with connected(strict) as peer:
        peer.sendall(request((CT, EXPLICIT)))
        _accepted(answer(peer))


@pytest.mark.parametrize(
    ("at", "value", "reason"), [(7, b"\2", (1, 2, 2)), (78, b"9", (1, 1, 2))], ids=["version", "context"]
)
def test_another_protocol_is_refused(listener: Child, at: int, value: bytes, reason: tuple[int, ...]) -> None:
    raw = request((CT, EXPLICIT))
    with connected(listener) as peer:
        peer.sendall(raw[:at] + value + raw[at + 1 :])
        assert answer(peer)[7:] == bytes(reason)


@pytest.mark.parametrize("damage", [b"\x04", b"\x07", b"\x99", b"G"])
def test_a_first_pdu_that_is_none_ends_the_connection(listener: Child, damage: bytes) -> None:
    with connected(listener) as peer:
        peer.sendall(damage + request((CT, EXPLICIT))[1:])
        assert answer(peer)[:1] in (b"", bytes((pdu.ABORT,)))


def test_items_that_cannot_be_read_are_answered_by_an_abort(listener: Child) -> None:
    raw = bytearray(request((CT, EXPLICIT)))
    raw[76:78] = b"\xff\xff"  # the application context claims 64 KiB
    with connected(listener) as peer:
        peer.sendall(raw)
        assert answer(peer)[0] == pdu.ABORT


@pytest.mark.parametrize("number", [0x0020, 0x0021, 0x0010, 0x0100, 0x0140, 0x7777 & 0x7FFF])
def test_a_service_that_is_none_of_ours_fails_and_the_association_lives(listener: Child, number: int) -> None:
    with connected(listener) as peer:
        peer.sendall(request((VERIFICATION, [ImplicitVRLittleEndian])))
        _accepted(answer(peer))
        said = _say(peer, 1, number)
        assert (said.command_field, said.status) == (number | 0x8000, dimse.UNRECOGNIZED_OPERATION)
        assert _say(peer, 1, dimse.C_ECHO_RQ).status == dimse.SUCCESS


def test_a_cancel_is_let_pass_and_release_is_answered(listener: Child) -> None:
    cancel = dimse.response(dimse.Command(0x7FFF), 0).replace(
        struct.pack("<HHIH", 0, 0x0100, 2, 0xFFFF), struct.pack("<HHIH", 0, 0x0100, 2, 0x0FFF)
    )
    with connected(listener) as peer:
        peer.sendall(request((VERIFICATION, [ImplicitVRLittleEndian])))
        _accepted(answer(peer))
        peer.sendall(pdu.p_data(1, 3, cancel))
        assert _say(peer, 1, dimse.C_ECHO_RQ).status == dimse.SUCCESS
        peer.sendall(pdu.release_request())
        assert answer(peer) == pdu.release_response()


@pytest.mark.parametrize(
    "words",
    [
        pdu.p_data(9, 3, dimse.response(dimse.Command(0x30), 0)),  # a context that was not accepted
        pdu.p_data(1, 3, b"\0\0\0\1\xff\xff\0\0"),  # a command set that is cut
        pdu.p_data(1, 2, b"data"),  # a data set without command
        struct.pack(">BxIIBB", 4, 500_000_000, 499_999_996, 1, 3),
        struct.pack(">BxIIBB", 4, 20, 4000, 1, 3),  # a PDV longer than its PDU
        struct.pack(">BxI4x", 5, 400),
        struct.pack(">BxI4x", 0x55, 4),
        request((CT, EXPLICIT)),  # a second request
    ],
)
def test_what_must_not_come_ends_in_an_abort(listener: Child, words: bytes) -> None:
    with connected(listener) as peer:
        peer.sendall(request((VERIFICATION, [ImplicitVRLittleEndian])))
        _accepted(answer(peer))
        peer.sendall(words)
        assert answer(peer)[0] == pdu.ABORT
        assert answer(peer) == b""


def test_a_request_of_all_contexts_and_syntaxes_is_answered(listener: Child) -> None:
    ae = AE(ae_title="CT1")
    for number in range(128):
        ae.add_requested_context(CT, [*EXPLICIT, *(f"1.2.3.{number}.{at}" for at in range(40))])
    association = ae.associate("127.0.0.1", listener.port, ae_title="PLACA")
    try:
        assert len(association.accepted_contexts) == 128
    finally:
        association.release()
