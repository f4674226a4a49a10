"""What may go wrong when something is handed out."""


class NothingToDownloadError(Exception):
    """There is nothing here that may be taken along."""
