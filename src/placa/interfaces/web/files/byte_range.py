"""One byte range of a whole whose length is known (RFC 9110 14)."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII)


class Unsatisfiable(ValueError):
    """The range lies outside (416)."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to before `stop` of `size`."""

    start: int
    stop: int
    size: int

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def asked_span(header: str, if_range: str, etag: str, size: int) -> Span | None:
    """The span that Range asks for; None for the whole.

    The whole is also the answer to several ranges, to a header that is none (RFC 9110 14.2 allows both), and where
    If-Range names another state than `etag`. Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or (if_range and if_range.strip() != etag):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        start, stop = max(0, size - int(last)), size
        if not int(last):
            raise Unsatisfiable
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None  # not a range at all
    if start >= size:
        raise Unsatisfiable
    return Span(start, stop, size)
