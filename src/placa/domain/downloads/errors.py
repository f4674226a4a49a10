"""What may go wrong when something is handed out."""

from errno import ECONNRESET


class NothingToDownloadError(Exception):
    """There is nothing here that may be taken along."""


class NotOnlineError(Exception):
    """The images are in the archive: they have to be brought back first (7.4)."""


class MissingFileError(Exception):
    """A stored file is not there or not as long as it was: nothing is sent rather than half of it."""


class NotReadyError(Exception):
    """The pictures are still being drawn: to be asked again in some seconds."""


class DownloadCutError(ConnectionResetError):
    """Access ended while the bytes were on their way; the server closes the connection without a word."""

    def __init__(self) -> None:
        super().__init__(ECONNRESET, "access ended during a download")
