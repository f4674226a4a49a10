"""Storage commitment, push model, as its provider (PS3.4 J.3): N-ACTION answered at once, the result by N-EVENT-REPORT.

The result goes out on the association of the request where that lives on, else on a new one to the peer's port.
"""

import logging
from io import BytesIO

from django.conf import settings
from django.db import DatabaseError
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role
from pynetdicom.dsutils import decode, encode

from placa.domain.archive.records import Sender
from placa.domain.intake.commitment import Reference, failures, port_of
from placa.interfaces.dimse import command as dimse
from placa.interfaces.dimse.command import Command
from placa.interfaces.dimse.contexts import STORAGE_COMMITMENT, Context
from placa.interfaces.dimse.pdata import Inbound
from placa.standards.dicom import uids

log = logging.getLogger(__name__)

INSTANCE = "1.2.840.10008.1.20.1.1"  # the well-known SOP Instance (J.3.5)
REQUEST_COMMITMENT, ALL_COMMITTED, SOME_FAILED = 1, 1, 2  # action type; event types
REFERENCES_MAX = 20_000
SECONDS = 20.0


class Commitment:
    """The requests of one association, and the results that it owes."""

    def __init__(self, inbound: Inbound, sender: Sender) -> None:
        self._inbound, self._sender = inbound, sender
        self._asked: list[tuple[int, Context, str, list[Reference]]] = []

    @property
    def owed(self) -> bool:
        """Whether a result waits to be sent."""
        return bool(self._asked)

    def receive(self, context_id: int, context: Context, request: Command) -> tuple[int, str]:
        """Take one request. Returns (status, comment) of its N-ACTION-RSP."""
        if not request.has_data_set:
            return dimse.MISTYPED_ARGUMENT, "no action information"
        too_long: list[int] = []
        raw = bytes(self._inbound.data_set(context_id, lambda part: too_long.append(len(part))))
        if context.abstract_syntax != STORAGE_COMMITMENT:
            return dimse.SOP_CLASS_NOT_SUPPORTED, "not storage commitment"
        if request.action_type_id != REQUEST_COMMITMENT:
            return dimse.NO_SUCH_ACTION, "no such action"
        if too_long:
            return dimse.PROCESSING_FAILURE, "too many references"
        try:
            transaction, references = _read(raw, context)
        except Exception as error:  # pydicom raises whatever a wrong element makes it raise
            log.warning("a request for commitment cannot be read: %s", type(error).__name__)
            return dimse.MISTYPED_ARGUMENT, "action information cannot be read"
        self._asked.append((context_id, context, transaction, references))
        return dimse.SUCCESS, ""

    def results(self) -> list[tuple[int, bytes, bytes]]:
        """(context, command set, data set) of each N-EVENT-REPORT-RQ that is owed; they are owed no longer."""
        found = []
        for number, (context_id, context, transaction, references) in enumerate(self._take()):
            event, body = _result(transaction, references)
            implicit = context.transfer_syntax == uids.IMPLICIT_VR_LITTLE_ENDIAN
            data_set = encode(body, implicit, True) or b""
            found.append(
                (context_id, dimse.event_report(number + 1, STORAGE_COMMITMENT, INSTANCE, event), data_set)
            )
        return found

    def report_anew(self) -> None:
        """Send what is owed on an association of our own: the peer released its own before the result was there."""
        owed = self._take()
        try:
            port = port_of(self._sender)
        except DatabaseError:
            port = None
        if not owed or port is None:
            if owed:
                log.warning(
                    "%s asked for commitment, released, and has no port: it may ask again", self._sender.name
                )
            return
        ae = AE(ae_title=settings.ENVIRONMENT.dicom_aet)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = SECONDS
        ae.add_requested_context(STORAGE_COMMITMENT)
        association = ae.associate(
            self._sender.address, port, ae_title=self._sender.ae_title,
            ext_neg=[build_role(STORAGE_COMMITMENT, scp_role=True)],
        )  # fmt: skip
        if not association.is_established:
            log.warning("%s cannot be told of a commitment: it may ask again", self._sender.name)
            return
        for _id, _context, transaction, references in owed:
            event, body = _result(transaction, references)
            association.send_n_event_report(body, event, STORAGE_COMMITMENT, INSTANCE)
        association.release()

    def _take(self) -> list[tuple[int, Context, str, list[Reference]]]:
        asked, self._asked = self._asked, []
        return asked


def _read(raw: bytes, context: Context) -> tuple[str, list[Reference]]:
    """Transaction UID and references. Raises whatever is wrong."""
    data = decode(BytesIO(raw), context.transfer_syntax == uids.IMPLICIT_VR_LITTLE_ENDIAN, True)
    items = data.ReferencedSOPSequence
    references = [
        Reference(str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID)) for item in items
    ]
    transaction = str(data.TransactionUID)
    if not references or len(references) > REFERENCES_MAX or not uids.is_acceptable_uid(transaction):
        raise ValueError("references or transaction UID")
    return transaction, references


def _result(transaction: str, references: list[Reference]) -> tuple[int, Dataset]:
    """Event type and event information (table J.3-4)."""
    failed = failures(references)
    body = Dataset()
    body.TransactionUID = transaction
    good = [_item(one) for one in references if one not in failed]
    if good:
        body.ReferencedSOPSequence = good
    if failed:
        body.FailedSOPSequence = [_item(one, reason) for one, reason in failed.items()]
    return (SOME_FAILED if failed else ALL_COMMITTED), body


def _item(reference: Reference, reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = (
        reference.sop_class_uid,
        reference.sop_instance_uid,
    )
    if reason is not None:
        item.FailureReason = reason
    return item
