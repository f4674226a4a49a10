"""Errors of the DICOM library: permanent refusals, each with a reason code."""

from __future__ import annotations


class InvalidObject(ValueError):
    """An object that can never be taken as it is: sending it again will not help.

    `reason` is a short stable code for rows and logs (never personal data); `detail` is English for staff and
    holds positions and lengths, never values of elements.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


NOT_DICOM = "not-dicom"
TRUNCATED = "truncated"
TRUNCATED_PIXEL_DATA = "truncated-pixel-data"
BAD_STRUCTURE = "bad-structure"
TOO_DEEP = "nested-too-deep"
TOO_MANY_ELEMENTS = "too-many-elements"
TOO_LARGE = "too-large"
BAD_DEFLATE = "bad-deflate"
MISSING_UID = "missing-uid"
INVALID_UID = "invalid-uid"
UNKNOWN_TRANSFER_SYNTAX = "unknown-transfer-syntax"
IS_DICOMDIR = "dicomdir"
NO_PIXEL_DATA = "no-pixel-data"
UNDECODABLE = "undecodable"
NOT_RENDERABLE = "not-renderable"
BAD_PDF = "bad-pdf"
BAD_PICTURE = "bad-picture"
