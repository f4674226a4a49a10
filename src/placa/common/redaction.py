"""Keeps the tokens of shares out of logs: `/s/<token>` is written as `/s/***` (S10, case 12)."""

import logging
import re

_SHARE = re.compile(r"(?<![\w-])s/[A-Za-z0-9_-]{16,}")


def masked(text: str) -> str:
    """`text` with the token of every share's address taken out."""
    return _SHARE.sub("s/***", text)


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
