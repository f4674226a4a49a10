"""Which presentation contexts the listener takes, and how it says so (PS3.8 9.3.2 and 9.3.3, PS3.7 Annex D.3.3).

pynetdicom reads the request and writes the answer; what stands in between is here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydicom._uid_dict import UID_dictionary
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext

from placa.interfaces.dimse.pdata import MAX_PDU
from placa.standards.dicom import uids

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
VERIFICATION = "1.2.840.10008.1.1"
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
ACCEPTED, ABSTRACT_SYNTAX_NOT_SUPPORTED, TRANSFER_SYNTAXES_NOT_SUPPORTED = 0, 3, 4
CONTEXTS_MAX = 128  # odd numbers from 1 to 255

_DICOM_ROOT = "1.2.840.10008."
_PLAIN = frozenset({uids.IMPLICIT_VR_LITTLE_ENDIAN, uids.EXPLICIT_VR_LITTLE_ENDIAN})
_ALL = frozenset(uids.ACCEPTED_TRANSFER_SYNTAXES)


class NoApplicationContextError(Exception):
    """The peer speaks something else than DICOM over the upper layer."""


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context."""

    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was negotiated: accepted contexts by id, the longest P-DATA the peer takes (0: any), and our answer."""

    contexts: Mapping[int, Context]
    peer_max_pdu: int
    answer: bytes


def takes(sop_class_uid: str) -> bool:
    """Storage classes of the standard, and private ones: an unknown UID outside DICOM's own root is a private class."""
    if uids.is_storage(sop_class_uid):
        return True
    private = uids.is_valid_uid(sop_class_uid) and not sop_class_uid.startswith(_DICOM_ROOT)
    return private and sop_class_uid not in UID_dictionary


def negotiate(request: bytes) -> Agreed:
    """Answer an A-ASSOCIATE-RQ, `request` being the whole PDU. Raises NoApplicationContextError, and whatever
    pynetdicom raises where it cannot be read.

    An asynchronous operations window is not answered, which means one operation at a time (PS3.7 D.3.3.3); extended
    negotiation and user identity are read and not answered (D.3.3.5 to D.3.3.7).
    """
    pdu = A_ASSOCIATE_RQ()
    pdu.decode(request)
    asked = pdu.to_primitive()
    if asked.application_context_name != APPLICATION_CONTEXT:
        raise NoApplicationContextError
    requested = asked.presentation_context_definition_list[:CONTEXTS_MAX]
    results = [_result(context) for context in requested]
    accepted = {
        context.context_id: Context(str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in results
        if context.result == ACCEPTED and context.context_id is not None
    }
    theirs = [item for item in asked.user_information if isinstance(item, MaximumLengthNotification)]
    longest = theirs[0].maximum_length_received if theirs else 0
    return Agreed(accepted, longest or 0, _answer(asked, results))


def _result(asked: PresentationContext) -> PresentationContext:
    """Our word on one context: the first of the peer's transfer syntaxes that we take, or why none."""
    result = PresentationContext()
    result.context_id = asked.context_id
    result.abstract_syntax = asked.abstract_syntax
    ours = _syntaxes(str(asked.abstract_syntax))
    fitting = [syntax for syntax in asked.transfer_syntax if syntax in ours]
    # a transfer syntax stands in the answer even where it means nothing (table 9-18)
    named = fitting or asked.transfer_syntax
    result.transfer_syntax = [str(named[0]) if named else uids.IMPLICIT_VR_LITTLE_ENDIAN]
    refused = TRANSFER_SYNTAXES_NOT_SUPPORTED if ours else ABSTRACT_SYNTAX_NOT_SUPPORTED
    result.result = ACCEPTED if fitting else refused
    return result


def _syntaxes(abstract_syntax: str) -> frozenset[str]:
    if abstract_syntax in (VERIFICATION, STORAGE_COMMITMENT):
        return _PLAIN
    return _ALL if takes(abstract_syntax) else frozenset()


def _answer(asked: A_ASSOCIATE, results: list[PresentationContext]) -> bytes:
    answer = A_ASSOCIATE()
    answer.application_context_name = APPLICATION_CONTEXT
    answer.calling_ae_title, answer.called_ae_title = asked.calling_ae_title, asked.called_ae_title
    answer.result, answer.result_source = 0x00, 0x01
    answer.presentation_context_definition_results_list = results
    longest, ours, name = (
        MaximumLengthNotification(),
        ImplementationClassUIDNotification(),
        ImplementationVersionNameNotification(),
    )
    longest.maximum_length_received = MAX_PDU
    ours.implementation_class_uid = uids.IMPLEMENTATION_CLASS_UID
    name.implementation_version_name = uids.IMPLEMENTATION_VERSION_NAME
    taken = {str(context.abstract_syntax) for context in results if context.result == ACCEPTED}
    answer.user_information = [longest, ours, name, *_roles(asked.user_information, taken)]
    pdu = A_ASSOCIATE_AC()
    pdu.from_primitive(answer)
    return bytes(pdu.encode())


def _roles(items: Iterable[object], taken: set[str]) -> list[SCP_SCU_RoleSelectionNegotiation]:
    """The peer may be the client of what we take, never its server (PS3.7 D.3.3.4); no answer means the same."""
    answers = []
    for item in items:
        if (
            isinstance(item, SCP_SCU_RoleSelectionNegotiation)
            and item.sop_class_uid in taken
            and item.scu_role
        ):
            role = SCP_SCU_RoleSelectionNegotiation()
            role.sop_class_uid, role.scu_role, role.scp_role = item.sop_class_uid, True, False
            answers.append(role)
    return answers
