"""The PDUs that are not P-DATA or A-ASSOCIATE, and the fixed head of an A-ASSOCIATE-RQ (PS3.8 9.3)."""

import struct
from dataclasses import dataclass

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)

HEAD = struct.Struct(">BxI")
ASSOCIATE_MAX = 256 * 1024  # bytes: 128 contexts with forty transfer syntaxes each
ASSOCIATE_FIXED = 68  # bytes after the head, before the variable items

PERMANENT, TRANSIENT = 1, 2
USER, ACSE, PRESENTATION = 1, 2, 3  # who refuses
NO_REASON, NO_APPLICATION_CONTEXT, CALLING_AE, CALLED_AE = 1, 2, 3, 7  # by the service user
PROTOCOL_VERSION = 2  # by ACSE
CONGESTION, LIMIT = 1, 2  # by the presentation layer

NOT_SPECIFIED, UNRECOGNIZED, UNEXPECTED, INVALID_PARAMETER = 0, 1, 2, 6  # reasons of an abort by the provider


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks whom for an association."""

    protocol_version: int
    called_ae_title: str
    calling_ae_title: str


def asked(body: bytes) -> Asked:
    """The fixed fields of an A-ASSOCIATE-RQ, `body` being what follows its head (table 9-11)."""
    version, called, calling = struct.unpack_from(">H2x16s16s", body)
    return Asked(version, _title(called), _title(calling))


def _title(raw: bytes) -> str:
    return raw.decode("ascii", "replace").strip(" \0")


def reject(result: int, source: int, reason: int) -> bytes:
    """An A-ASSOCIATE-RJ (9.3.4)."""
    return struct.pack(">BxIxBBB", ASSOCIATE_RJ, 4, result, source, reason)


def release_request() -> bytes:
    """An A-RELEASE-RQ (9.3.6)."""
    return struct.pack(">BxI4x", RELEASE_RQ, 4)


def release_response() -> bytes:
    """An A-RELEASE-RP (9.3.7)."""
    return struct.pack(">BxI4x", RELEASE_RP, 4)


def abort(reason: int = NOT_SPECIFIED) -> bytes:
    """An A-ABORT by the service provider (9.3.8)."""
    return struct.pack(">BxI2xBB", ABORT, 4, 2, reason)


def p_data(context_id: int, control: int, fragment: bytes) -> bytes:
    """A P-DATA-TF with one fragment; `control`: bit 0 command, bit 1 last (9.3.5, Annex E)."""
    return (
        struct.pack(">BxIIBB", P_DATA, len(fragment) + 6, len(fragment) + 2, context_id, control) + fragment
    )
