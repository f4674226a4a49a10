"""Command sets of DIMSE messages (PS3.7 6.3 and Annex E): always implicit VR little endian, group 0000."""

import struct
from dataclasses import dataclass

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ, N_ACTION_RQ, N_EVENT_REPORT_RQ = 0x0001, 0x0030, 0x0FFF, 0x0130, 0x0100
RESPONSE = 0x8000  # the bit of a Command Field that makes it a response's
NO_DATA_SET = 0x0101

# statuses (PS3.7 Annex C; PS3.4 B.2.3 for storage)
SUCCESS = 0x0000
PROCESSING_FAILURE, NO_SUCH_ACTION = 0x0110, 0x0123
SOP_CLASS_NOT_SUPPORTED, UNRECOGNIZED_OPERATION, MISTYPED_ARGUMENT = 0x0122, 0x0211, 0x0212
OUT_OF_RESOURCES, DOES_NOT_MATCH, CANNOT_UNDERSTAND = 0xA700, 0xA900, 0xC000

_COMMENT_MAX = 64  # VR LO of Error Comment (0000,0902)
_HEAD = struct.Struct("<HHI")
_NUMBERS = {
    0x0100: "command_field", 0x0110: "message_id", 0x0120: "responded_to", 0x0800: "data_set_type", 0x0900: "status",
    0x1008: "action_type_id", 0x1002: "event_type_id",
}  # fmt: skip
_TEXTS = {
    0x0002: "affected_sop_class_uid", 0x0003: "requested_sop_class_uid", 0x1000: "affected_sop_instance_uid",
    0x1001: "requested_sop_instance_uid",
}  # fmt: skip


class BadCommandError(Exception):
    """The command set cannot be read."""


@dataclass(slots=True)
class Command:
    """A command set; fields are keywords. What it does not say is -1 or empty."""

    command_field: int = -1
    message_id: int = -1
    responded_to: int = -1
    data_set_type: int = NO_DATA_SET
    status: int = -1
    action_type_id: int = -1
    event_type_id: int = -1
    affected_sop_class_uid: str = ""
    requested_sop_class_uid: str = ""
    affected_sop_instance_uid: str = ""
    requested_sop_instance_uid: str = ""

    @property
    def has_data_set(self) -> bool:
        """Whether a data set follows (0000,0800)."""
        return self.data_set_type != NO_DATA_SET


def read(raw: bytes) -> Command:
    """The command set in `raw`. Raises BadCommandError."""
    found, position = Command(), 0
    while position < len(raw):
        if position + _HEAD.size > len(raw):
            raise BadCommandError("cut")
        group, number, length = _HEAD.unpack_from(raw, position)
        position += _HEAD.size
        value = raw[position : position + length]
        position += length
        if group != 0 or len(value) != length:
            raise BadCommandError("not a command set")
        if number in _NUMBERS:
            if length != 2:
                raise BadCommandError(f"(0000,{number:04X}) of {length} bytes")
            setattr(found, _NUMBERS[number], int.from_bytes(value, "little"))
        elif number in _TEXTS:
            setattr(found, _TEXTS[number], value.decode("ascii", "replace").strip(" \0"))
    if found.command_field < 0:
        raise BadCommandError("no command field")
    return found


def response(request: Command, status: int, comment: str = "") -> bytes:
    """The response to `request` without data set. A failure may say why in `comment`."""
    sop_class = request.affected_sop_class_uid or request.requested_sop_class_uid
    instance = request.affected_sop_instance_uid or request.requested_sop_instance_uid
    body = b"".join(
        (
            _text(0x0002, sop_class) if sop_class else b"",
            _number(0x0100, request.command_field | RESPONSE),
            _number(0x0120, request.message_id),
            _number(0x0800, NO_DATA_SET),
            _number(0x0900, status),
            _text(0x0902, comment[:_COMMENT_MAX], b" ") if comment else b"",
            _text(0x1000, instance) if instance else b"",
            _number(0x1008, request.action_type_id) if request.action_type_id >= 0 else b"",
        )
    )
    return _HEAD.pack(0, 0, 4) + struct.pack("<I", len(body)) + body


def event_report(message_id: int, sop_class_uid: str, sop_instance_uid: str, event_type_id: int) -> bytes:
    """An N-EVENT-REPORT-RQ that a data set follows (PS3.7 10.3.1)."""
    body = b"".join(
        (
            _text(0x0002, sop_class_uid),
            _number(0x0100, N_EVENT_REPORT_RQ),
            _number(0x0110, message_id),
            _number(0x0800, 0x0001),
            _text(0x1000, sop_instance_uid),
            _number(0x1002, event_type_id),
        )
    )
    return _HEAD.pack(0, 0, 4) + struct.pack("<I", len(body)) + body


def _number(number: int, value: int) -> bytes:
    return struct.pack("<HHIH", 0, number, 2, value & 0xFFFF)


def _text(number: int, value: str, padding: bytes = b"\0") -> bytes:
    raw = value.encode("ascii", "replace")
    raw += padding * (len(raw) % 2)
    return _HEAD.pack(0, number, len(raw)) + raw
