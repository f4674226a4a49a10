"""Why a share is not made, or not opened."""

from django.utils.functional import Promise


class InvalidShareError(ValueError):
    """It cannot be shared so: `field` names the part of the form, `reason` is for the person."""

    def __init__(self, field: str, reason: str | Promise) -> None:
        super().__init__(field)
        self.field = field
        self.reason = reason


class ShareGoneError(Exception):
    """Unknown, ended, revoked, locked, used up, withdrawn: outside they are all one (case 11)."""


class WrongPinError(Exception):
    """Not the PIN; `left` tries remain."""

    def __init__(self, left: int) -> None:
        super().__init__("wrong PIN")
        self.left = left
