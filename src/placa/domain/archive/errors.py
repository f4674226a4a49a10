"""The ways in which work on an object fails (style 7)."""


class PermanentError(Exception):
    """It can never be done: trying again does not help. `reason` is a short code, never personal data."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class RetriableError(Exception):
    """It cannot be done now (disk full, database away): it may be tried again."""


class NotOnline(Exception):
    """The files are not here: they are in the external archive, or on their way back (7.4)."""

    def __init__(self, study_instance_uid: str = "") -> None:
        super().__init__("not online")
        self.study_instance_uid = study_instance_uid
