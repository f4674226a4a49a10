"""Keeps tokens in addresses out of logs: `/s/<token>`, `/new-password/<token>` end in `***` (S10, case 12)."""

import logging
import re

_SECRET = re.compile(r"(?<![\w-])(s|new-password)/[A-Za-z0-9_-]{16,}")


def masked(text: str) -> str:
    """`text` without the tokens of shares and of links to a new password."""
    return _SECRET.sub(r"\1/***", text)


class MaskTokens(logging.Filter):
    """For a logger or handler whose format is not ours, such as gunicorn's access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        plain = record.getMessage()
        if (clean := masked(plain)) != plain:
            record.msg, record.args = clean, ()
        return True


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, a traceback's text too."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
